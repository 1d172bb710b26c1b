package differential

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// along are the operators that work along axes.
func (o *opMaker) along() []operator {
	numbers := []ir.DType{ir.F32, ir.F32, ir.F32, ir.I64, ir.S32, ir.S8, ir.U8}
	return []operator{
		{"Reduce", func() {
			op := ir.Reduce{Fn: ir.ReduceKind(o.IntN(int(ir.ReduceSumSquare) + 1)), Keep: o.yes()}
			x := o.real()
			switch op.Fn {
			case ir.ReduceMax, ir.ReduceMin:
				x = o.of(append(numbers, ir.Bool)...)
			case ir.ReduceSum, ir.ReduceProd:
				x = o.of(ir.F32, ir.S32, ir.I64)
			}
			op.Axes = o.axes(x)
			o.one(op, x)
		}},
		{"Reduce", func() { // over height and width, which int8 has
			fn := []ir.ReduceKind{ir.ReduceMean, ir.ReduceMax, ir.ReduceMin}[o.IntN(3)]
			o.one(ir.Reduce{Fn: fn, Axes: []int{2, 3}, Keep: o.yes()}, o.image())
		}},
		{"ArgMax", func() {
			x := o.withAxes(o.of(numbers...))
			o.one(ir.ArgMax{Axis: o.axis(x), Min: o.yes(), Last: o.yes(), Keep: o.yes()}, x)
		}},
		{"TopK", func() {
			x := o.withAxes(o.of(numbers...))
			axis := o.axis(x)
			o.add(ir.TopK{Axis: axis, K: 1 + o.IntN(x.Shape[axis]), Smallest: o.yes()}, x)
		}},
		{"CumSum", func() {
			x := o.withAxes(o.of(ir.F32, ir.F32, ir.S32, ir.I64))
			o.one(ir.CumSum{Axis: o.axis(x), Exclusive: o.yes(), Reverse: o.yes()}, x)
		}},
		{"Softmax", func() {
			x := o.withAxes(o.real())
			o.one(ir.Softmax{Axis: o.axis(x), Fn: ir.SoftmaxKind(o.IntN(int(ir.SoftmaxHard) + 1))}, x)
		}},
		{"Normalize", o.normalization},
		{"LRN", func() {
			x := o.shaped(2 + o.IntN(3))
			o.one(ir.LRN{Size: 1 + o.IntN(6), Alpha: 0.3, Beta: []float32{0.75, 1, 0.6}[o.IntN(3)], Bias: 1.5}, x)
		}},
	}
}

func (o *opMaker) normalization() {
	x := o.withAxes(o.real())
	in := []*ir.Value{x}
	for range o.IntN(3) {
		s := x.Shape[o.IntN(len(x.Shape)):].Clone()
		for i := range s {
			if o.yes() {
				s[i] = 1
			}
		}
		in = append(in, o.numbers(s...))
	}
	if len(in) == 3 && o.IntN(4) == 0 {
		in[1] = nil
	}
	axes := o.axes(x)
	if len(axes) == 0 {
		axes = []int{len(x.Shape) - 1}
	}
	o.add(ir.Normalize{Axes: axes, Epsilon: 1e-2, NoMean: o.IntN(4) == 0, Stats: o.IntN(4) == 0}, in...)
}

// index is a value of indices of a shape, some of which leave every axis.
func (o *opMaker) index(s ir.Shape) *ir.Value {
	v := o.recent(func(v *ir.Value) bool {
		return (v.Type == ir.I64 || v.Type == ir.S32) && v.Shape.Elems() == s.Elems()
	})
	switch {
	case v != nil && v.Shape.Equal(s):
		return v
	case v != nil:
		return o.one(ir.Reshape{Shape: s}, v)
	}
	return o.fresh([]ir.DType{ir.I64, ir.S32}[o.IntN(2)], s)
}

// indexed are the operators that take positions.
func (o *opMaker) indexed() []operator {
	return []operator{
		{"GatherAt", func() {
			x := o.movable()
			axis := o.axis(x)
			index := o.of(ir.I64, ir.S32)
			if index.Shape.Elems()*x.Shape.Elems()/x.Shape[axis] > o.most {
				index = o.index(o.shape(o.IntN(2)))
			}
			o.one(ir.GatherAt{Axis: axis}, x, index)
		}},
		{"GatherND", func() {
			x := o.movable()
			batch := o.IntN(len(x.Shape))
			k := 1 + o.IntN(len(x.Shape)-batch)
			o.one(ir.GatherND{Batch: batch}, x, o.index(append(x.Shape[:batch].Clone(), o.pick(1, 3), k)))
		}},
		{"GatherElements", func() {
			x := o.movable()
			axis := o.axis(x)
			o.one(ir.GatherElements{Axis: axis}, x, o.index(o.elements(x.Shape, axis)))
		}},
		{"ScatterElements", func() {
			x := o.movable()
			axis := o.axis(x)
			s := o.elements(x.Shape, axis)
			o.one(ir.ScatterElements{Axis: axis, Fn: o.scatterKind(x.Type)}, x, o.index(s), o.updates(x.Type, s))
		}},
		{"ScatterND", func() {
			x := o.movable()
			k := 1 + o.IntN(len(x.Shape))
			n := o.pick(1, 2, 5)
			o.one(ir.ScatterND{Fn: o.scatterKind(x.Type)}, x, o.index(ir.Shape{n, k}), o.updates(x.Type, append(ir.Shape{n}, x.Shape[k:]...)))
		}},
		{"OneHot", func() {
			x := o.of(ir.I64, ir.S32, ir.I64, ir.F32)
			depth := 1 + o.IntN(9)
			if x.Shape.Elems()*depth <= o.most {
				o.one(ir.OneHot{Axis: o.IntN(len(x.Shape) + 1), Depth: depth}, x, o.fresh(o.moved(), ir.Shape{2}))
			}
		}},
		{"NonMaxSuppression", o.suppression},
	}
}

// elements is a shape of indices beside elements of s.
func (o *opMaker) elements(s ir.Shape, axis int) ir.Shape {
	index := s.Clone()
	for i, d := range index {
		if o.yes() {
			index[i] = 1 + o.IntN(d)
		}
		if i == axis && s.Elems() < 200 {
			index[i] = 1 + o.IntN(7)
		}
	}
	return index
}

func (o *opMaker) scatterKind(t ir.DType) ir.ScatterKind {
	if t == ir.F32 || t == ir.S32 || t == ir.I64 {
		return ir.ScatterKind(o.IntN(int(ir.ScatterMin) + 1))
	}
	return ir.ScatterSet
}

// updates is a value of a type and shape, another one cut and padded where it can be.
func (o *opMaker) updates(t ir.DType, s ir.Shape) *ir.Value {
	v := o.recent(func(v *ir.Value) bool { return v.Type == t && v.Shape.Elems() >= s.Elems() })
	if v == nil || o.IntN(3) == 0 {
		return o.fresh(t, s)
	}
	n := v.Shape.Elems()
	v = o.one(ir.Reshape{Shape: ir.Shape{n}}, v)
	v = o.one(ir.Slice{Start: []int{n - s.Elems()}, Step: []int{1}, Size: []int{s.Elems()}}, v)
	return o.one(ir.Reshape{Shape: s}, v)
}

// suppression selects boxes, which are made of whatever there is.
func (o *opMaker) suppression() {
	x := o.recent(func(v *ir.Value) bool { return v.Type == ir.F32 && v.Shape.Elems()%4 == 0 && v.Shape.Elems() <= 240 })
	if x == nil {
		x = o.fresh(ir.F32, ir.Shape{1, o.pick(1, 5, 20), 4})
	}
	n := x.Shape.Elems() / 4
	boxes := o.one(ir.Reshape{Shape: ir.Shape{1, n, 4}}, x)
	scores := o.fresh(ir.F32, ir.Shape{1, o.pick(1, 3), n})
	op := ir.NonMaxSuppression{Most: 1 + o.IntN(8), IoU: float32(o.IntN(4)) / 4, Score: []float32{0.25, float32(math.Inf(-1))}[o.IntN(2)], Center: o.yes()}
	o.one(op, boxes, scores)
}

// roundings are the operators of quantized models.
func (o *opMaker) roundings() []operator {
	return []operator{
		{"FakeQuant", func() {
			x := o.real()
			op := ir.FakeQuant{}
			n := 1
			if len(x.Shape) > 0 && o.IntN(3) == 0 {
				op.Axis = o.axis(x)
				n = x.Shape[op.Axis]
			}
			for range n {
				op.Scale = append(op.Scale, float32(0.01+0.03*o.Float64()))
				op.Zero = append(op.Zero, o.pick(0, 10, 128, 128, 255))
			}
			o.one(op, x)
		}},
		{"QuantizeLinear", o.roundTrip}, {"DequantizeLinear", o.roundTrip},
		{"DequantizeLinear", func() {
			x := o.of(ir.U8, ir.S8, ir.S32)
			scale, zero, axis := o.parameters(x, x.Type)
			o.one(ir.DequantizeLinear{Axis: axis}, x, scale, zero)
		}},
		{"DynamicQuantizeLinear", func() {
			d := o.add(ir.DynamicQuantizeLinear{}, o.real())
			if o.yes() {
				o.one(ir.DequantizeLinear{}, d...)
			}
		}},
	}
}

// roundTrip quantizes, moves the bytes sometimes, and dequantizes mostly.
func (o *opMaker) roundTrip() {
	to := []ir.DType{ir.U8, ir.S8}[o.IntN(2)]
	x := o.real()
	scale, zero, axis := o.parameters(x, to)
	y := o.one(ir.QuantizeLinear{Axis: axis, To: to}, x, scale, zero)
	if scale.Shape.Elems() == 1 && o.IntN(3) == 0 {
		y = o.reshape(y, 1+o.IntN(4), false)
	} else if o.IntN(4) == 0 {
		return
	}
	o.one(ir.DequantizeLinear{Axis: axis}, y, scale, zero)
}

// parameters are the scale and the zero point of a tensor, or of each index of an axis.
func (o *opMaker) parameters(x *ir.Value, t ir.DType) (scale, zero *ir.Value, axis int) {
	s := ir.Shape{}
	if len(x.Shape) > 0 && o.IntN(3) == 0 {
		axis = o.axis(x)
		s = ir.Shape{x.Shape[axis]}
	}
	scale = o.constant(0, s...)
	for i := range scale.Const.F32 {
		scale.Const.F32[i] = float32(0.01 + 0.03*o.Float64())
	}
	if o.IntN(3) > 0 {
		o.n++
		zero = ir.Const(scale.Name+"zero", randomTensor(o.Rand, t, s))
	}
	return scale, zero, axis
}
