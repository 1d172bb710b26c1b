package differential

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// floats is a chain of operators on float32, as they stand before and behind the
// int8 part, with a quantized layer at its end sometimes.
func (m *maker) floats() {
	shape := []int{1, m.pick(2, 3, 4, 8), 1 + m.IntN(5), 1 + m.IntN(5)}
	if m.chance(2) { // around the sizes of kernels
		shape = []int{1, m.tail(), 1 + m.IntN(4), m.pick(1, 3, 7, 8, 9, 16, 17)}
	}
	all := []*ir.Value{m.floatInput(shape...)}
	if m.chance(3) {
		all[0] = m.value(ir.Dequantize{Scale: 0.02}, nil, m.input(all[0].Shape...))
		m.g.Inputs = m.g.Inputs[1:]
	}
	for range 1 + m.IntN(4) {
		all = append(all, m.floatNode(all[max(0, len(all)-1-m.IntN(2))]))
	}
	last := all[len(all)-1]
	if last.Shape.Elems() > 0 && m.chance(2) {
		q := m.quant()
		y := m.value(ir.Quantize{Mul: []float32{30}, Add: []float32{0}, Zero: uint8(q.Zero[0])}, q, last)
		m.output(m.move(y))
		return
	}
	m.g.Outputs = []*ir.Value{last}
	if other := all[m.IntN(len(all))]; other != last && other != m.g.Inputs[0] && m.chance(3) {
		m.g.Outputs = append(m.g.Outputs, other)
	}
	m.g.RemoveDead()
}

func (m *maker) floatInput(shape ...int) *ir.Value {
	m.n++
	v := &ir.Value{Name: fmt.Sprintf("x%d", m.n), Type: ir.F32, Shape: shape}
	m.g.Inputs = append(m.g.Inputs, v)
	return v
}

func (m *maker) floatConst(shape ...int) *ir.Value {
	m.n++
	t := ir.NewTensor(ir.F32, shape)
	for i := range t.F32 {
		t.F32[i] = float32(m.NormFloat64())
	}
	return ir.Const(fmt.Sprintf("c%d", m.n), t)
}

// operand broadcasts to the shape of x, or is x itself.
func (m *maker) operand(x *ir.Value) *ir.Value {
	s := append([]int(nil), x.Shape...)
	for i := range s {
		if m.chance(2) {
			s[i] = 1
		}
	}
	switch m.IntN(3) {
	case 0:
		return m.floatConst(s[m.IntN(len(s)+1):]...)
	case 1:
		return x
	}
	return m.value(ir.Unary{Act: ir.Act{Kind: ir.Tanh}}, nil, x)
}

func (m *maker) floatNode(x *ir.Value) *ir.Value {
	s := x.Shape
	acts := []ir.Act{{Kind: ir.Relu}, {Kind: ir.Clip, A: -0.5, B: 1}, {Kind: ir.LeakyRelu, A: 0.2}, {Kind: ir.Sigmoid}, {Kind: ir.Tanh},
		{Kind: ir.HardSigmoid, A: 0.2, B: 0.5}, {Kind: ir.HardSwish}, {Kind: ir.Elu, A: 0.7}, {Kind: ir.Exp}, {Kind: ir.Silu},
		{Kind: ir.Swish, A: 1.7}, {Kind: ir.Selu, A: 1.67, B: 1.05}, {Kind: ir.Celu, A: 0.8}, {Kind: ir.Softplus}, {Kind: ir.Softsign}, {Kind: ir.Mish},
		{Kind: ir.Gelu}, {Kind: ir.GeluTanh}, {Kind: ir.Erf}, {Kind: ir.Abs}, {Kind: ir.Neg}}
	switch m.IntN(14) {
	case 0, 1:
		return m.value(ir.Unary{Act: acts[m.IntN(len(acts))]}, nil, x)
	case 2, 3:
		op := ir.Binary{Fn: ir.BinaryKind(m.IntN(4))}
		if m.chance(2) {
			op.Act = acts[m.IntN(len(acts))]
		}
		if y := m.operand(x); m.chance(2) && op.Fn != ir.Div {
			return m.value(op, nil, y, x)
		} else {
			return m.value(op, nil, x, y)
		}
	case 4:
		slope := m.floatConst(1)
		if len(s) > 1 && m.chance(2) {
			slope = m.floatConst(append([]int{s[1]}, ones(len(s)-2)...)...)
		}
		return m.value(ir.PRelu{}, nil, x, slope)
	case 5:
		n := 1
		if len(s) > 1 {
			n = m.pick(1, s[1])
		}
		return m.value(ir.Affine{Mul: m.floatConst(n).Const.F32, Add: m.floatConst(n).Const.F32}, nil, x)
	case 6:
		return m.value(ir.Softmax{Axis: m.IntN(len(s))}, nil, x)
	case 7:
		op := ir.Reduce{Keep: m.chance(2)}
		for i := range s {
			if m.chance(3) {
				op.Axes = append(op.Axes, i)
			}
		}
		if len(op.Axes) > 0 && (op.Keep || len(op.Axes) < len(s)) {
			return m.value(op, nil, x)
		}
	case 8:
		k := s[len(s)-1]
		return m.value(ir.MatMul{}, nil, x, m.floatConst(k, 1+m.IntN(4)))
	case 9:
		return m.value(ir.Concat{Axis: m.IntN(len(s))}, nil, x, m.floatConst(s...))
	case 10:
		perm := m.Perm(len(s))
		return m.value(ir.Transpose{Perm: perm}, nil, x)
	case 11, 12:
		if len(s) == 4 && s[0] == 1 {
			return m.floatPool(x)
		}
	case 13:
		if x.Def == nil {
			m.numbers, m.finite = true, true
			return m.normalized(x)
		}
	}
	return m.value(ir.Reshape{Shape: ir.Shape{1, s.Elems()}}, nil, x)
}

// normalized is a normalization over the last axis, or over the channels of an image.
func (m *maker) normalized(x *ir.Value) *ir.Value {
	axis := len(x.Shape) - 1
	if m.chance(2) {
		axis = min(1, axis)
	}
	factors := ones(len(x.Shape) - axis)
	factors[0] = x.Shape[axis]
	return m.value(ir.Normalize{Axes: []int{axis}, Epsilon: 1e-2}, nil, x, m.floatConst(factors...), m.floatConst(factors...))
}

// floatPool is a pooling of an image; a maximum only of an input, for what it is of
// numbers that are none is left open.
func (m *maker) floatPool(x *ir.Value) *ir.Value {
	h, w := x.Shape[2], x.Shape[3]
	win := ir.Window{Kernel: [2]int{1 + m.IntN(min(3, h)), 1 + m.IntN(min(3, w))}, Stride: [2]int{1 + m.IntN(2), 1 + m.IntN(2)}, Dilation: [2]int{1, 1}}
	for i := range 4 {
		win.Pad[i] = m.IntN(win.Kernel[i%2])
	}
	switch i := m.IntN(5); {
	case i < 2 && x.Def == nil:
		m.numbers = true
		if i == 0 {
			return m.value(ir.GlobalMaxPool{}, nil, x)
		}
		return m.value(ir.MaxPool{Window: win}, nil, x)
	case i == 2:
		return m.value(ir.GlobalAvgPool{}, nil, x)
	case i == 3:
		return m.value(ir.Reduce{Axes: []int{2, 3}, Keep: m.chance(2)}, nil, x)
	}
	return m.value(ir.AvgPool{Window: win, CountPad: m.chance(2)}, nil, x)
}

// ones is a shape of n axes of extent 1.
func ones(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = 1
	}
	return s
}
