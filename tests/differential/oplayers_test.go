package differential

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// conv adds a convolution of any form, and an activation sometimes.
func (o *opMaker) conv() {
	x := o.image()
	c := x.Shape[1]
	groups, oc := 1, o.pick(1, 3, 8, 12, 17)
	switch o.IntN(4) {
	case 0:
		groups, oc = c, c*o.pick(1, 1, 2)
	case 1:
		if c%2 == 0 {
			groups, oc = 2, 2*o.pick(1, 3, 8)
		}
	}
	win := o.window(x.Shape)
	k := win.Kernel[0] * win.Kernel[1]
	w := o.constant(1/math.Sqrt(float64(c/groups*k)), oc, c/groups, win.Kernel[0], win.Kernel[1])
	y := o.one(ir.Conv{Window: win, Groups: groups}, x, w, o.maybe(oc))
	if o.yes() {
		o.one(ir.Unary{Act: []ir.Act{{Kind: ir.Relu}, {Kind: ir.Clip, B: 6}, {Kind: ir.HardSwish}, {Kind: ir.LeakyRelu, A: 0.1}}[o.IntN(4)]}, y)
	}
}

// maybe is a constant of n elements, or nil.
func (o *opMaker) maybe(n int) *ir.Value {
	if o.yes() {
		return nil
	}
	return o.constant(0.3, n)
}

// window fits an image; every position has a tap inside.
func (o *opMaker) window(x ir.Shape) ir.Window {
	for range 30 {
		var w ir.Window
		fits := true
		for i := range 2 {
			w.Kernel[i], w.Stride[i], w.Dilation[i] = o.pick(1, 1, 2, 3, 3, 4, 5), o.pick(1, 1, 1, 2, 3), o.pick(1, 1, 1, 2, 3)
			w.Pad[i], w.Pad[i+2] = o.IntN(w.Kernel[i]), o.IntN(w.Kernel[i])
			n, err := w.OutSize(i, x[2+i], true)
			fits = fits && err == nil && n > 0
			if _, err := w.OutSize(i, x[2+i], false); err != nil {
				fits = false
			}
			for p := 0; fits && p < n; p++ {
				inside := false
				for k := range w.Kernel[i] {
					at := p*w.Stride[i] - w.Pad[i] + k*w.Dilation[i]
					inside = inside || at >= 0 && at < x[2+i]
				}
				fits = inside
			}
		}
		if fits {
			return w
		}
	}
	return ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
}

// layers are the operators with weights, and products of matrices.
func (o *opMaker) layers() []operator {
	return []operator{
		{"Conv", o.conv},
		{"ConvTranspose", o.convTranspose},
		{"FC", func() {
			x := o.reshape(o.real(), 2, false)
			if x.Shape[0] > 1 {
				x = o.one(ir.Reshape{Shape: ir.Shape{1, x.Shape.Elems()}}, x)
			}
			k, n := x.Shape[1], o.pick(1, 3, 10, 17)
			o.one(ir.FC{}, x, o.constant(1/math.Sqrt(float64(k)), n, k), o.maybe(n))
		}},
		{"Gemm", o.gemm},
		{"MatMul", o.matMul},
		{"BatchNorm", func() {
			x := o.shaped(2 + o.IntN(3))
			c := x.Shape[1]
			variance := o.constant(0, c)
			for i := range variance.Const.F32 {
				variance.Const.F32[i] = float32(0.5 + o.Float64())
			}
			o.one(ir.BatchNorm{Epsilon: 1e-5}, x, o.numbers(c), o.numbers(c), o.numbers(c), variance)
		}},
		{"Affine", func() {
			x := o.real()
			mul, add := 1, 1
			if len(x.Shape) > 1 && o.yes() {
				mul = x.Shape[1]
			}
			if len(x.Shape) > 1 && o.yes() {
				add = x.Shape[1]
			}
			o.one(ir.Affine{Mul: o.numbers(mul).Const.F32, Add: o.numbers(add).Const.F32}, x)
		}},
	}
}

func (o *opMaker) convTranspose() {
	x := o.image()
	c, groups := x.Shape[1], 1
	if o.IntN(3) == 0 {
		groups = c
	}
	each := o.pick(1, 2, 5)
	if groups > 1 {
		each = o.pick(1, 2)
	}
	for range 20 {
		op := ir.ConvTranspose{Groups: groups, Window: ir.Window{Kernel: [2]int{1 + o.IntN(4), 1 + o.IntN(4)},
			Stride: [2]int{1 + o.IntN(3), 1 + o.IntN(3)}, Dilation: [2]int{o.pick(1, 1, 2), 1}}}
		for i := range 2 {
			op.Pad[i], op.Pad[i+2] = o.IntN(op.Kernel[i]), o.IntN(op.Kernel[i])
			op.OutPad[i] = o.IntN(op.Stride[i])
		}
		w := o.constant(1/math.Sqrt(float64(c)), c, each, op.Kernel[0], op.Kernel[1])
		if o.IntN(6) == 0 { // computed weights
			w = o.one(ir.Unary{Act: ir.Act{Kind: ir.Tanh}}, o.input(ir.F32, w.Shape))
		}
		if t, err := op.Infer([]*ir.Value{x, w}); err == nil && t[0].Shape.Elems() <= 4*o.most {
			o.one(op, x, w, o.maybe(each*groups))
			return
		}
	}
}

func (o *opMaker) gemm() {
	op := ir.Gemm{Alpha: []float32{1, 1, 0.5}[o.IntN(3)], Beta: []float32{1, 1, -2}[o.IntN(3)], TransB: o.yes()}
	x := o.real()
	x = o.one(ir.Reshape{Shape: ir.Shape{1, x.Shape.Elems()}}, x)
	k, n := x.Shape[1], o.pick(1, 4, 10)
	if o.IntN(4) == 0 {
		op.TransA = true
		x = o.one(ir.Reshape{Shape: ir.Shape{k, 1}}, x)
	}
	w := o.constant(1/math.Sqrt(float64(k)), k, n)
	if op.TransB {
		w = o.constant(1/math.Sqrt(float64(k)), n, k)
	}
	c := []*ir.Value{nil, o.numbers(n), o.numbers(1, n), o.numbers(1, 1), o.numbers()}[o.IntN(5)]
	o.one(op, x, w, c)
}

// matMul has two computed operands, or a constant on either side.
func (o *opMaker) matMul() {
	x := o.withAxes(o.real())
	last := len(x.Shape) - 1
	k, n := x.Shape[last], o.pick(1, 3, 8)
	switch o.IntN(5) {
	case 0: // by its own transposition
		switch {
		case last == 0:
			o.one(ir.MatMul{}, x, x)
			return
		case x.Shape[last-1] <= 30:
			perm := make([]int, last+1)
			for i := range perm {
				perm[i] = i
			}
			perm[last], perm[last-1] = last-1, last
			o.one(ir.MatMul{}, x, o.one(ir.Transpose{Perm: perm}, x))
			return
		}
	case 1: // a constant on the left
		if last > 0 {
			o.one(ir.MatMul{}, o.constant(0.3, n, x.Shape[last-1]), x)
			return
		}
	case 2:
		o.one(ir.MatMul{}, x, o.constant(0.3, k))
		return
	case 3:
		s := ir.Shape{k, n}
		if last < 2 {
			s = ir.Shape{2, k, n}
		}
		o.one(ir.MatMul{}, x, o.fresh(ir.F32, s))
		return
	}
	o.one(ir.MatMul{}, x, o.constant(1/math.Sqrt(float64(k)), k, n))
}
