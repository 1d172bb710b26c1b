package differential

import "github.com/ingot-go/ingot/ir"

// movement is a chain of operators that move bytes, with a convolution at its
// end sometimes.
func (m *maker) movement() {
	x := m.input(1, m.pick(4, 8, 12, 16, 36), 2+m.IntN(6), 2+m.IntN(6))
	all := []*ir.Value{x}
	for range 1 + m.IntN(4) {
		y := m.move(all[m.IntN(len(all))])
		all = append(all, y)
	}
	last := all[len(all)-1]
	if len(last.Shape) == 4 && last.Shape[0] == 1 && m.chance(2) {
		c, oc := last.Shape[1], m.pick(3, 16, 20)
		win := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
		if m.chance(2) {
			win.Kernel, win.Pad = [2]int{3, 3}, [4]int{1, 1, 1, 1}
		}
		rq, q := m.requant(oc, c*win.Kernel[0]*win.Kernel[1])
		last = m.value(ir.QConv{Window: win, Groups: 1, Requant: rq}, q, last, m.weights(oc, c, win.Kernel[0], win.Kernel[1]), m.bias(oc), nil)
	}
	if other := all[m.IntN(len(all))]; other != last && m.chance(3) {
		m.output(last, other)
		return
	}
	m.output(last)
}

// move applies a random operator to a value of any shape.
func (m *maker) move(x *ir.Value) *ir.Value {
	s, q := x.Shape, x.Quant
	if len(s) != 4 || s[0] != 1 {
		n := s.Elems()
		for _, c := range []int{4, 3, 2, 1} {
			if n%c == 0 {
				return m.value(ir.Reshape{Shape: ir.Shape{1, c, n / c, 1}}, q, x)
			}
		}
	}
	switch m.IntN(14) {
	case 0, 1:
		return m.concat(x)
	case 2:
		return m.slice(x)
	case 3:
		return m.pad(x)
	case 4:
		for _, g := range []int{3, 4, 2} {
			if s[1]%g == 0 {
				return m.value(ir.ChannelShuffle{Groups: g}, q, x)
			}
		}
	case 5:
		for _, b := range []int{3, 2} {
			if s[1]%(b*b) == 0 {
				return m.value(ir.DepthToSpace{Block: b, CRD: m.chance(2)}, q, x)
			}
		}
	case 6:
		return m.value(ir.ResizeNearest{Y: m.indices(s[2]), X: m.indices(s[3])}, q, x)
	case 12:
		return m.value(m.average(2+m.IntN(2), s), q, x)
	case 13:
		for _, b := range []int{3, 2} {
			if s[2]%b+s[3]%b == 0 {
				return m.value(ir.SpaceToDepth{Block: b}, q, x)
			}
		}
		return m.value(m.average(m.IntN(4), s), q, x)
	case 7:
		perm := [][]int{{0, 2, 3, 1}, {0, 3, 1, 2}, {0, 1, 3, 2}, {1, 0, 2, 3}, {0, 2, 1, 3}}
		return m.value(ir.Transpose{Perm: perm[m.IntN(len(perm))]}, q, x)
	case 8:
		shapes := []ir.Shape{{1, s.Elems()}, {1, s[1], s[2] * s[3], 1}, {1, s[1] * s[2], 1, s[3]}, {s[1], s[2] * s[3]}}
		return m.value(ir.Reshape{Shape: shapes[m.IntN(len(shapes))]}, q, x)
	case 10:
		return m.joinedShuffle(x)
	case 9:
		axis := 1 + m.IntN(3)
		idx := m.indices(s[axis])
		return m.value(ir.Gather{Axis: axis, Index: idx, IndexShape: ir.Shape{len(idx)}}, q, x)
	}
	cut := m.IntN(s[1] + 1)
	parts := m.node(ir.Split{Axis: 1, Sizes: []int{cut, s[1] - cut}}, q, x).Out
	if cut == 0 || m.chance(2) && cut < s[1] {
		return parts[1]
	}
	return parts[0]
}

func (m *maker) indices(extent int) []int {
	var idx []int
	for range 1 + m.IntN(2*extent) {
		idx = append(idx, m.IntN(extent))
	}
	return idx
}

// average resamples an axis by random weights.
func (m *maker) average(axis int, s ir.Shape) ir.Resample {
	op := ir.Resample{Axis: axis, Taps: m.pick(1, 2, 2, 4, 5)}
	for range 1 + m.IntN(2*s[axis]) {
		sum := 0.0
		from := len(op.Weight)
		for range op.Taps {
			op.Index = append(op.Index, m.IntN(s[axis]))
			op.Weight = append(op.Weight, float32(m.Float64()))
			sum += float64(op.Weight[len(op.Weight)-1])
		}
		for i := range op.Taps {
			op.Weight[from+i] = float32(float64(op.Weight[from+i]) / sum)
		}
	}
	return op.ForBytes()
}

// concat joins x with itself, a constant, or tables of it, along any axis.
func (m *maker) concat(x *ir.Value) *ir.Value {
	axis := 1 + m.IntN(len(x.Shape)-1)
	if m.chance(2) {
		axis = 1
	}
	in := []*ir.Value{x}
	for range 1 + m.IntN(2) {
		switch m.IntN(4) {
		case 0:
			in = append(in, x)
		case 1:
			in = append(in, m.constant(x.Quant, x.Shape...))
		default:
			in = append(in, m.value(ir.QTable{Table: m.bytesTable(1)}, x.Quant, x))
		}
	}
	m.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
	return m.value(ir.Concat{Axis: axis}, x.Quant, in...)
}

// joinedShuffle interleaves the channels of x with those of another value.
// Something else reads them too sometimes, in their order.
func (m *maker) joinedShuffle(x *ir.Value) *ir.Value {
	other := m.constant(x.Quant, x.Shape...)
	if m.chance(2) {
		other = m.value(ir.QTable{Table: m.bytesTable(1)}, x.Quant, x)
	}
	in := []*ir.Value{x, other}
	m.Shuffle(2, func(i, j int) { in[i], in[j] = in[j], in[i] })
	joined := m.value(ir.Concat{Axis: 1}, x.Quant, in...)
	y := m.value(ir.ChannelShuffle{Groups: 2}, x.Quant, joined)
	if m.chance(4) {
		return m.value(ir.Concat{Axis: 1}, x.Quant, y, joined)
	}
	return y
}

func (m *maker) slice(x *ir.Value) *ir.Value {
	op := ir.Slice{}
	for i, d := range x.Shape {
		start, step := m.IntN(d), m.pick(1, 1, 2)
		if i > 1 && m.chance(4) {
			step = -1
		}
		size := 0
		for at := start; at >= 0 && at < d; at += step {
			size++
		}
		op.Start, op.Step, op.Size = append(op.Start, start), append(op.Step, step), append(op.Size, 1+m.IntN(size))
	}
	return m.value(op, x.Quant, x)
}

func (m *maker) pad(x *ir.Value) *ir.Value {
	op := ir.Pad{Before: make([]int, 4), After: make([]int, 4), Mode: ir.PadMode(m.IntN(4)), Value: float32(m.NormFloat64() * 20)}
	for i := 2; i < 4; i++ {
		op.Before[i], op.After[i] = m.IntN(min(3, x.Shape[i])), m.IntN(min(3, x.Shape[i]))
	}
	if op.Mode != ir.PadConstant && m.chance(3) {
		op.Before[1] = m.IntN(x.Shape[1])
	}
	if op.Mode == ir.PadConstant && m.chance(2) {
		op.Before[1], op.After[1] = m.IntN(3), m.IntN(3)
		if x.Shape[2] > 1 && m.chance(3) {
			op.Before[2] = -1
		}
	}
	return m.value(op, x.Quant, x)
}
