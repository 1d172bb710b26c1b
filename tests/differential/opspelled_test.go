package differential

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// spelled are functions and moves as exporters spell them out, in operators that fusion knows
// together.
func (o *opMaker) spelled() []operator {
	return []operator{
		{"", func() { // hard-swish
			x := o.real()
			c := o.one(ir.Unary{Act: ir.Act{Kind: ir.Clip, B: 6}}, o.binary(ir.Add, x, o.scalar(3)))
			if o.yes() {
				o.binary(ir.Div, o.binary(ir.Mul, x, c), o.scalar(6))
			} else {
				o.binary(ir.Mul, x, o.binary(ir.Div, c, o.scalar(6)))
			}
		}},
		{"", func() { // silu
			x := o.real()
			o.binary(ir.Mul, x, o.function(ir.Sigmoid, x))
		}},
		{"", func() { // gelu
			x := o.real()
			e := o.binary(ir.Add, o.function(ir.Erf, o.binary(ir.Div, x, o.scalar(math.Sqrt2))), o.scalar(1))
			if o.yes() {
				o.binary(ir.Mul, o.binary(ir.Mul, x, e), o.scalar(0.5))
			} else {
				o.binary(ir.Mul, x, o.binary(ir.Mul, o.scalar(0.5), e))
			}
		}},
		{"", func() { // softplus and mish
			x := o.real()
			s := o.function(ir.Log, o.binary(ir.Add, o.function(ir.Exp, x), o.scalar(1)))
			if o.yes() {
				o.binary(ir.Mul, x, o.function(ir.Tanh, s))
			}
		}},
		{"", func() { // softsign
			x := o.real()
			o.binary(ir.Div, x, o.binary(ir.Add, o.function(ir.Abs, x), o.scalar(1)))
		}},
		{"", o.spelledNorm},
		{"", func() { // channel shuffle
			x := o.image()
			s := x.Shape
			g := o.divisor(s[1])
			y := o.one(ir.Reshape{Shape: ir.Shape{s[0], g, s[1] / g, s[2], s[3]}}, x)
			o.one(ir.Reshape{Shape: s}, o.one(ir.Transpose{Perm: []int{0, 2, 1, 3, 4}}, y))
		}},
		{"", func() { // a border of its own before a window
			x := o.image()
			y := o.one(ir.Pad{Before: []int{0, 0, o.IntN(3), 1}, After: []int{0, 0, 1, o.IntN(3)}, Value: []float32{0, 0, 1}[o.IntN(3)]}, x)
			win := ir.Window{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
			switch o.IntN(3) {
			case 0:
				o.one(ir.AvgPool{Window: win, CountPad: o.yes()}, y)
			case 1:
				o.one(ir.MaxPool{Window: win}, y)
			default:
				o.one(ir.Conv{Window: win, Groups: 1}, y, o.constant(0.5, 6, x.Shape[1], 2, 2), o.maybe(6))
			}
		}},
		{"", o.channelsLast},
		{"", func() { // factors and shifts in a row
			x := o.image()
			c := x.Shape[1]
			for range 1 + o.IntN(3) {
				k := o.constant(1, []int{c, 1, 1}[o.IntN(3):]...)
				if k.Shape.Elems() != c && k.Shape.Elems() != 1 {
					k = o.scalar(0.5)
				}
				fn := []ir.BinaryKind{ir.Add, ir.Sub, ir.Mul}[o.IntN(3)]
				if o.yes() {
					x = o.binary(fn, x, k)
				} else {
					x = o.binary(fn, k, x)
				}
			}
		}},
	}
}

func (o *opMaker) binary(fn ir.BinaryKind, a, b *ir.Value) *ir.Value {
	return o.one(ir.Binary{Fn: fn}, a, b)
}

func (o *opMaker) function(k ir.ActKind, x *ir.Value) *ir.Value {
	return o.one(ir.Unary{Act: ir.Act{Kind: k}}, x)
}

// scalar is a constant of one number, of no or one axis.
func (o *opMaker) scalar(v float32) *ir.Value {
	s := ir.Shape{}
	if o.yes() {
		s = ir.Shape{1}
	}
	return ir.Const(o.g.FreshName("scalar"), ir.Floats(s, []float32{v}))
}

// spelledNorm normalizes the last axis or the channels, with a factor and a shift sometimes.
func (o *opMaker) spelledNorm() {
	x := o.withAxes(o.real())
	axis := len(x.Shape) - 1
	if o.yes() {
		axis = o.axis(x)
	}
	mean := ir.Reduce{Axes: []int{axis}, Keep: true}
	d := o.binary(ir.Sub, x, o.one(mean, x))
	square := o.binary(ir.Mul, d, d)
	if o.yes() {
		square = o.binary(ir.Pow, d, o.scalar(2))
	}
	root := o.function(ir.Sqrt, o.binary(ir.Add, o.one(mean, square), o.scalar(1e-2)))
	y := o.binary(ir.Div, d, root)
	if o.yes() {
		y = o.binary(ir.Mul, y, o.numbers(x.Shape[axis:]...))
		o.binary(ir.Add, y, o.numbers(x.Shape[axis:]...))
	}
}

// channelsLast is a layer or two between transpositions, as frameworks with channels last have.
func (o *opMaker) channelsLast() {
	second, last := ir.Transpose{Perm: []int{0, 3, 1, 2}}, ir.Transpose{Perm: []int{0, 2, 3, 1}}
	x := o.image()
	c := x.Shape[1]
	y := o.one(last, o.one(ir.Conv{Window: ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}, Groups: 1},
		x, o.constant(0.5, 5, c, 1, 1)))
	switch o.IntN(4) {
	case 0:
		y = o.binary(ir.Add, y, o.numbers(5))
	case 1:
		y = o.one(ir.Pad{Before: []int{0, 1, 0, 0}, After: []int{0, 1, 2, 0}}, y)
	case 2:
		y = o.one(ir.Concat{Axis: 3}, y, o.function(ir.Tanh, y))
	case 3:
		y = o.one(ir.Reduce{Axes: []int{1, 2}, Keep: true}, y)
	}
	o.one(second, o.function(ir.Relu, y))
}
