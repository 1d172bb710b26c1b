package exec

import "github.com/ingot-go/ingot/ir"

// move copies elements: the one at index i of the result is the operand's at the
// sum over the axes of offset[axis][i[axis]], or the fill where one of these is
// negative. All operators that rearrange one operand are moves.
type move struct {
	offset [][]int
	last   bool // the last axis is contiguous in the operand
}

// outside marks what no element of the operand stands for.
const outside = -1

func newMove(offset [][]int) *move {
	m := &move{offset: offset}
	if len(offset) == 0 {
		m.offset = [][]int{{0}}
	}
	line := m.offset[len(m.offset)-1]
	m.last = len(line) > 0 && line[0] != outside
	for i := range line {
		m.last = m.last && line[i] == line[0]+i
	}
	return m
}

func runMove[T any](m *move, dst, src []T, fill T) {
	pos := 0
	var walk func(axis, base int, inside bool)
	walk = func(axis, base int, inside bool) {
		line := m.offset[axis]
		if axis < len(m.offset)-1 {
			for _, o := range line {
				walk(axis+1, base+max(o, 0), inside && o != outside)
			}
			return
		}
		d := dst[pos:][:len(line)]
		pos += len(line)
		switch {
		case inside && m.last:
			copy(d, src[base+line[0]:])
		default:
			for i, o := range line {
				if inside && o != outside {
					d[i] = src[base+o]
				} else {
					d[i] = fill
				}
			}
		}
	}
	walk(0, 0, true)
}

// tensor runs a move on tensors of any type.
func (m *move) tensor(dst, src *ir.Tensor, fill float32, fillByte uint8) {
	switch src.Type {
	case ir.F32:
		runMove(m, dst.F32, src.F32, fill)
	case ir.U8, ir.Bool:
		runMove(m, dst.U8, src.U8, fillByte)
	case ir.S8:
		runMove(m, dst.S8, src.S8, int8(fill))
	case ir.S32:
		runMove(m, dst.S32, src.S32, int32(fill))
	case ir.I64:
		runMove(m, dst.I64, src.I64, int64(fill))
	}
}

// progression returns n numbers from start on, step apart.
func progression(start, step, n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = start + i*step
	}
	return p
}

// axes returns the moves' offsets of the identity.
func axes(s ir.Shape) [][]int {
	st := rowMajor(s)
	var o [][]int
	for i, d := range s {
		o = append(o, progression(0, st[i], d))
	}
	return o
}

// rowMajor returns the strides of s, also along axes of extent 1.
func rowMajor(s ir.Shape) []int {
	st, step := make([]int, len(s)), 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = step
		step *= s[i]
	}
	return st
}

// permuted returns the identity of s with its axes in another order.
func permuted(s ir.Shape, perm ...int) [][]int {
	id := axes(s)
	var o [][]int
	for _, p := range perm {
		o = append(o, id[p])
	}
	return o
}

// movement builds the operators that rearrange elements, nil for others.
func (c *call) movement() (func(report), error) {
	x := c.in[0]
	s := x.Shape
	switch op := c.node.Op.(type) {
	case ir.Identity, ir.Reshape:
		return func(report) {}, nil // the same memory
	case ir.Concat:
		return c.concat(op), nil
	case ir.Split:
		return c.split(op), nil
	case ir.Slice:
		o := axes(s)
		for i, st := range rowMajor(s) {
			o[i] = progression(op.Start[i]*st, op.Step[i]*st, op.Size[i])
		}
		return c.moved(o, 0), nil
	case ir.Pad:
		return c.moved(padded(op, s), op.Value), nil
	case ir.Transpose:
		return c.moved(permuted(s, op.Perm...), 0), nil
	case ir.ChannelShuffle:
		g := op.Groups
		return c.moved(permuted(ir.Shape{s[0], g, s[1] / g, s[2] * s[3]}, 0, 2, 1, 3), 0), nil
	case ir.DepthToSpace:
		b := op.Block
		n := s[1] / (b * b)
		if op.CRD {
			return c.moved(permuted(ir.Shape{s[0], n, b, b, s[2], s[3]}, 0, 1, 4, 2, 5, 3), 0), nil
		}
		return c.moved(permuted(ir.Shape{s[0], b, b, n, s[2], s[3]}, 0, 3, 4, 1, 5, 2), 0), nil
	case ir.ResizeNearest:
		o := axes(s)
		o[2], o[3] = scaled(op.Y, s[3]), op.X
		return c.moved(o, 0), nil
	case ir.Gather:
		o := axes(s)
		o[op.Axis] = scaled(op.Index, rowMajor(s)[op.Axis])
		return c.moved(o, 0), nil
	}
	return nil, nil
}

func scaled(index []int, by int) []int {
	o := make([]int, len(index))
	for i, v := range index {
		o[i] = v * by
	}
	return o
}

// moved builds a move from operand 0 to result 0.
func (c *call) moved(offset [][]int, fill float32) func(report) {
	m := newMove(offset)
	x, out := c.in[0], c.out[0]
	var fillByte uint8
	if q := c.node.In[0].Quant; q != nil {
		fillByte = quantizedPad(fill, q)
	}
	return func(report) { m.tensor(out, x, fill, fillByte) }
}

// padded returns the offsets of a padding or cropping.
func padded(op ir.Pad, s ir.Shape) [][]int {
	o := axes(s)
	for a, st := range rowMajor(s) {
		line := make([]int, s[a]+op.Before[a]+op.After[a])
		for i := range line {
			p := i - op.Before[a]
			switch {
			case op.Mode == ir.PadReflect && p < 0:
				p = -p
			case op.Mode == ir.PadReflect && p >= s[a]:
				p = 2*(s[a]-1) - p
			case op.Mode == ir.PadEdge:
				p = min(max(p, 0), s[a]-1)
			case op.Mode == ir.PadWrap && s[a] > 0:
				p = (p%s[a] + s[a]) % s[a]
			}
			line[i] = p * st
			if p < 0 || p >= s[a] {
				line[i] = outside
			}
		}
		o[a] = line
	}
	return o
}

// split copies each part as a slice of the operand.
func (c *call) split(op ir.Split) func(report) {
	x := c.in[0]
	st, start := rowMajor(x.Shape)[op.Axis], 0
	var moves []*move
	for _, n := range op.Sizes {
		o := axes(x.Shape)
		o[op.Axis] = progression(start*st, st, n)
		moves = append(moves, newMove(o))
		start += n
	}
	return func(report) {
		for i, m := range moves {
			m.tensor(c.out[i], x, 0, 0)
		}
	}
}

// concat copies each operand's blocks, contiguous from the axis on, to their
// place in the result.
func (c *call) concat(op ir.Concat) func(report) {
	out := c.out[0]
	inner := ir.Shape(out.Shape[op.Axis+1:]).Elems()
	return func(report) {
		at := 0
		for _, t := range c.in {
			n := t.Shape[op.Axis] * inner
			interleave(out, t, n, out.Shape[op.Axis]*inner, at)
			at += n
		}
	}
}

func interleave(dst, src *ir.Tensor, n, pitch, at int) {
	switch src.Type {
	case ir.F32:
		blocks(dst.F32, src.F32, n, pitch, at)
	case ir.U8, ir.Bool:
		blocks(dst.U8, src.U8, n, pitch, at)
	case ir.S8:
		blocks(dst.S8, src.S8, n, pitch, at)
	case ir.S32:
		blocks(dst.S32, src.S32, n, pitch, at)
	case ir.I64:
		blocks(dst.I64, src.I64, n, pitch, at)
	}
}

// blocks copies blocks of n elements to every pitch-th place from at on.
func blocks[T any](dst, src []T, n, pitch, at int) {
	for i := 0; n > 0 && i*n < len(src); i++ {
		copy(dst[i*pitch+at:], src[i*n:][:n])
	}
}
