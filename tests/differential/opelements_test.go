package differential

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// lastAct is the last kind of activation.
const lastAct = ir.Atanh

// elementwise are the operators on each element by itself.
func (o *opMaker) elementwise() []operator {
	numbers := []ir.DType{ir.F32, ir.F32, ir.F32, ir.I64, ir.S32, ir.S8, ir.U8}
	all := []ir.DType{ir.F32, ir.F32, ir.I64, ir.S32, ir.S8, ir.U8, ir.Bool}
	swapped := func(a, b *ir.Value) (x, y *ir.Value) {
		if o.yes() {
			return b, a
		}
		return a, b
	}
	return []operator{
		{"Unary", o.unary}, {"Unary", o.unary}, {"Unary", o.unary}, {"Unary", o.unary},
		{"PRelu", func() {
			x := o.withAxes(o.real())
			slope := o.constant(0.3, o.partner(x.Shape)...)
			if len(x.Shape) > 1 && o.yes() {
				s := make(ir.Shape, len(x.Shape)-1)
				for i := range s {
					s[i] = 1
				}
				s[0] = x.Shape[1]
				slope = o.constant(0.3, s...)
			}
			o.one(ir.PRelu{}, x, slope)
		}},
		{"Binary", func() {
			a := o.of(numbers...)
			b := o.beside(a)
			if a, b = swapped(a, b); o.IntN(8) == 0 {
				b = a
			}
			o.one(ir.Binary{Fn: ir.BinaryKind(o.IntN(int(ir.FMod) + 1))}, a, b)
		}},
		{"Binary", func() { // those that int8 has
			a := o.real()
			a, b := swapped(a, o.beside(a))
			o.one(ir.Binary{Fn: []ir.BinaryKind{ir.Add, ir.Sub, ir.Mul}[o.IntN(3)]}, a, b)
		}},
		{"Compare", func() {
			a := o.of(all...)
			a, b := swapped(a, o.beside(a))
			o.one(ir.Compare{Fn: ir.CompareKind(o.IntN(int(ir.LessOrEqual) + 1))}, a, b)
		}},
		{"Logic", func() {
			a := o.of(ir.Bool)
			a, b := swapped(a, o.beside(a))
			o.one(ir.Logic{Fn: ir.LogicKind(o.IntN(int(ir.Xor) + 1))}, a, b)
		}},
		{"Where", func() {
			a := o.of(all...)
			b := o.beside(a)
			s, err := ir.Broadcast(a.Shape, b.Shape)
			if err != nil {
				return
			}
			cond := o.recent(func(v *ir.Value) bool {
				s, err := ir.Broadcast(v.Shape, s)
				return v.Type == ir.Bool && err == nil && s.Elems() <= o.most
			})
			if cond == nil {
				cond = o.fresh(ir.Bool, o.partner(s))
			}
			a, b = swapped(a, b)
			o.one(ir.Where{}, cond, a, b)
		}},
		{"Cast", func() {
			types := []ir.DType{ir.F32, ir.F32, ir.F32, ir.I64, ir.S32, ir.S8, ir.U8, ir.Bool}
			x := o.of(all...)
			to := types[o.IntN(len(types))]
			o.one(ir.Cast{To: to}, x)
		}},
		{"Identity", func() { o.one(ir.Identity{}, o.of(all...)) }},
	}
}

// unary is a function of one variable, on numbers for which it is defined mostly.
func (o *opMaker) unary() {
	act := ir.Act{Kind: ir.ActKind(1 + o.IntN(int(lastAct))), A: 0.7, B: 1.3}
	x := o.real()
	switch act.Kind {
	case ir.Clip:
		act.A = -0.4
	case ir.Log, ir.Sqrt, ir.Power, ir.Reciprocal, ir.Acosh:
		x = o.one(ir.Affine{Mul: []float32{1}, Add: []float32{1}}, o.one(ir.Unary{Act: ir.Act{Kind: ir.Abs}}, x))
	case ir.Asin, ir.Acos, ir.Atanh, ir.Tan, ir.Exp, ir.Sinh, ir.Cosh:
		x = o.one(ir.Unary{Act: ir.Act{Kind: ir.Clip, A: -0.9, B: 0.9}}, x)
	}
	o.one(ir.Unary{Act: act}, x)
}

// moves are the operators that move elements.
func (o *opMaker) moves() []operator {
	return []operator{
		{"Concat", o.concat}, {"Split", o.split}, {"Slice", o.slice}, {"Pad", o.padding},
		{"Reshape", func() { o.reshape(o.movable(), 1+o.IntN(5), o.yes()) }},
		{"Transpose", func() {
			x := o.movable()
			o.one(ir.Transpose{Perm: o.Perm(len(x.Shape))}, x)
		}},
		{"Transpose", func() { // channels last, and back
			x := o.image()
			o.one(ir.Transpose{Perm: [][]int{{0, 2, 3, 1}, {0, 3, 1, 2}}[o.IntN(2)]}, x)
		}},
		{"ChannelShuffle", func() {
			x := o.imageOf(o.moved())
			o.one(ir.ChannelShuffle{Groups: o.divisor(x.Shape[1])}, x)
		}},
		{"DepthToSpace", func() {
			x := o.imageOf(o.moved())
			b := o.pick(1, 2)
			if c := x.Shape[1]; c%4 != 0 && b == 2 {
				if x.Shape.Elems()%4 != 0 {
					return
				}
				x = o.one(ir.Reshape{Shape: ir.Shape{1, 4, 1, x.Shape.Elems() / 4}}, x)
			}
			o.one(ir.DepthToSpace{Block: b, CRD: o.yes()}, x)
		}},
		{"SpaceToDepth", func() {
			x := o.imageOf(o.moved())
			b := o.divisor(x.Shape[2])
			if x.Shape[3]%b != 0 {
				x = o.one(ir.Reshape{Shape: ir.Shape{x.Shape[0], x.Shape[3], x.Shape[2], x.Shape[1]}}, x)
				if b = o.divisor(x.Shape[2]); x.Shape[3]%b != 0 {
					b = 1
				}
			}
			o.one(ir.SpaceToDepth{Block: b}, x)
		}},
		{"ResizeNearest", func() {
			x := o.imageOf(o.moved())
			o.one(ir.ResizeNearest{Y: o.positions(x.Shape[2]), X: o.positions(x.Shape[3])}, x)
		}},
		{"Gather", func() {
			x := o.movable()
			axis := o.axis(x)
			s := o.shape(o.IntN(3))
			var index []int
			for range s.Elems() {
				index = append(index, o.IntN(x.Shape[axis]))
			}
			if s.Elems()*x.Shape.Elems()/x.Shape[axis] <= o.most {
				o.one(ir.Gather{Axis: axis, Index: index, IndexShape: s}, x)
			}
		}},
		{"Expand", func() {
			x := o.movable()
			to := append(o.shape(o.IntN(2)), x.Shape...)
			for i, d := range to {
				if d == 1 {
					to[i] = o.pick(1, 2, 5)
				}
			}
			if to.Elems() <= o.most {
				o.one(ir.Expand{Shape: to}, x)
			}
		}},
	}
}

// moved is a type, mostly float32.
func (o *opMaker) moved() ir.DType {
	return []ir.DType{ir.F32, ir.F32, ir.F32, ir.F32, ir.I64, ir.S32, ir.S8, ir.U8, ir.Bool}[o.IntN(9)]
}

// movable is a value of any type that has axes.
func (o *opMaker) movable() *ir.Value {
	if o.yes() {
		return o.withAxes(o.real())
	}
	return o.withAxes(o.of(ir.F32, ir.I64, ir.S32, ir.S8, ir.U8, ir.Bool))
}

func (o *opMaker) divisor(n int) int {
	var all []int
	for d := 1; d <= n; d++ {
		if n%d == 0 {
			all = append(all, d)
		}
	}
	return all[o.IntN(len(all))]
}

// positions are some along an axis of n, in order mostly.
func (o *opMaker) positions(n int) []int {
	var at []int
	for range 1 + o.IntN(2*n) {
		at = append(at, o.IntN(n))
	}
	if o.IntN(4) > 0 {
		slices.Sort(at)
	}
	return at
}

// concat joins values that fit, the same one or parts of it too, with a constant sometimes.
func (o *opMaker) concat() {
	x := o.movable()
	axis := o.axis(x)
	if len(x.Shape) == 4 && o.yes() {
		axis = 1
	}
	in := []*ir.Value{x}
	for range 1 + o.IntN(3) {
		v := o.recent(func(v *ir.Value) bool {
			if v.Type != x.Type || len(v.Shape) != len(x.Shape) {
				return false
			}
			for i, d := range v.Shape {
				if i != axis && d != x.Shape[i] {
					return false
				}
			}
			return true
		})
		if v == nil || o.IntN(8) == 0 {
			s := x.Shape.Clone()
			s[axis] = 1 + o.IntN(4)
			v = o.fresh(x.Type, s)
		}
		if o.yes() {
			in = append(in, v)
		} else {
			in = append([]*ir.Value{v}, in...)
		}
	}
	o.one(ir.Concat{Axis: axis}, in...)
}

func (o *opMaker) split() {
	x := o.movable()
	axis := o.axis(x)
	var sizes []int
	for rest := x.Shape[axis]; rest > 0; {
		n := 1 + o.IntN(rest)
		sizes = append(sizes, n)
		rest -= n
	}
	o.add(ir.Split{Axis: axis, Sizes: sizes}, x)
}

func (o *opMaker) slice() {
	x := o.movable()
	var s ir.Slice
	for _, d := range x.Shape {
		step := o.pick(1, 1, 1, 2, -1, -2)
		start, size := o.IntN(d), 0
		if o.yes() {
			start = 0
		}
		if step < 0 {
			size = 1 + o.IntN(1+start/-step)
		} else {
			size = 1 + o.IntN(1+(d-1-start)/step)
		}
		s.Start, s.Step, s.Size = append(s.Start, start), append(s.Step, step), append(s.Size, size)
	}
	o.one(s, x)
}

// padding has a border of any kind, of negative widths sometimes.
func (o *opMaker) padding() {
	x := o.movable()
	if o.yes() {
		x = o.image()
	}
	p := ir.Pad{Mode: ir.PadMode(o.IntN(int(ir.PadWrap) + 1)), Value: []float32{0, 0, 1, -0.5}[o.IntN(4)]}
	for i, d := range x.Shape {
		b, a := o.pick(0, 0, 1, 2), o.pick(0, 0, 1, 3)
		if p.Mode == ir.PadConstant && d > 2 && o.IntN(6) == 0 {
			b = -1
		}
		if p.Mode == ir.PadReflect {
			b, a = min(b, d-1), min(a, d-1)
		}
		if i < 2 && len(x.Shape) == 4 && o.yes() {
			a, b = 0, 0
		}
		p.Before, p.After = append(p.Before, b), append(p.After, a)
	}
	o.one(p, x)
}
