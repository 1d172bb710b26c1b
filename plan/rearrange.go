package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// copyTo plans a copy of a view to another of the same shape, and returns it.
func (p *planner) copyTo(n *ir.Node, from, to *place) *place {
	if p.transposes(n, from, to) {
		return to
	}
	p.move(n, fmt.Sprintf("copy of %s", from.dims), from, to, from.strides, to.strides, from.dims)
	return to
}

// move plans the copy of elements between two places along axes of their own.
func (p *planner) move(n *ir.Node, text string, from, to *place, fromStride, toStride []int, dims ir.Shape) {
	// The axis with the smallest distance in the result comes last, so that runs are copied whole.
	order := make([]int, 0, len(dims))
	for i, d := range dims {
		if d > 1 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return toStride[b] - toStride[a] })
	m := portable.Move{Name: n.Name, Elem: from.elem}
	for i, a := range order {
		if i > 0 && joins(order[i-1], a, dims, fromStride) && joins(order[i-1], a, dims, toStride) {
			k := len(m.Dims) - 1
			m.Dims[k], m.FromStride[k], m.ToStride[k] = m.Dims[k]*dims[a], fromStride[a], toStride[a]
			continue
		}
		m.Dims = append(m.Dims, dims[a])
		m.FromStride = append(m.FromStride, fromStride[a])
		m.ToStride = append(m.ToStride, toStride[a])
	}
	p.step(n, text, []*place{from}, []*place{to}, func() portable.Step {
		m.From, m.To = from.at(), to.at()
		return m
	})
}

// joins reports whether axis b runs on where axis a takes its next step.
func joins(a, b int, dims ir.Shape, strides []int) bool { return strides[a] == dims[b]*strides[b] }

// rearrange plans the operators that move elements and are no views.
func (p *planner) rearrange(n *ir.Node) error {
	switch op := n.Op.(type) {
	case ir.Concat:
		return p.concat(n, op)
	case ir.ChannelShuffle:
		if interleaves(n) {
			return p.interleave(n)
		}
	case ir.Resample:
		return p.resample(n, op)
	case ir.Pad:
		if lists := padLists(n, op); lists != nil {
			return p.takeAxes(n, lists)
		}
	case ir.ResizeNearest:
		if !isImage(n.Out[0]) {
			return p.takeAxes(n, map[int][]int{2: op.Y, 3: op.X})
		}
	}
	x, err := p.find(n.In[0])
	if err != nil {
		return err
	}
	y := p.result(n.Out[0])
	switch op := n.Op.(type) {
	case ir.Pad:
		p.pad(n, op, x, y)
	case ir.ChannelShuffle:
		g, c := op.Groups, x.dims[1]/op.Groups
		fs, ts := x.strides, y.strides
		p.move(n, describe("channel shuffle", n), x, y,
			[]int{fs[0], fs[2], fs[3], fs[1], fs[1] * c},
			[]int{ts[0], ts[2], ts[3], ts[1] * g, ts[1]},
			ir.Shape{x.dims[0], x.dims[2], x.dims[3], c, g})
	case ir.DepthToSpace:
		p.depthToSpace(n, op, x, y)
	case ir.SpaceToDepth:
		p.spaceToDepth(n, op, x, y)
	case ir.ResizeNearest:
		p.resize(n, x, y, op.Y, op.X)
	case ir.Gather:
		p.gather(n, op, x, y)
	case ir.Expand:
		p.move(n, describe("expansion", n), x, y, expanded(x, op.Shape), y.strides, op.Shape)
	}
	return nil
}

// constant brings a constant to the arena.
func (p *planner) constant(v *ir.Value) (*place, error) {
	l := rowMajorPlace(p, v.Shape, v.Type.Size())
	p.places[v] = l
	from := p.weights(constantBytes(v.Const))
	p.step(&ir.Node{Name: v.Name}, "constant "+v.Shape.String(), nil, []*place{l}, func() portable.Step {
		return portable.Load{Name: v.Name, From: from, To: l.at(), N: v.Shape.Elems(), Kind: kindOf(v.Type)}
	})
	return l, nil
}

// concat copies the operands that do not lie in the result already.
func (p *planner) concat(n *ir.Node, op ir.Concat) error {
	y := p.result(n.Out[0])
	whole, at := p.owner(n.Out[0])
	from := 0
	for _, v := range n.In {
		if of, first := p.owner(v); of != whole || first != at+from || op.Axis != 1 {
			x, err := p.find(v)
			if err != nil {
				return err
			}
			part := *y
			part.dims = v.Shape
			part.off += from * y.strides[op.Axis]
			p.copyTo(n, x, &part)
		}
		from += v.Shape[op.Axis]
	}
	return nil
}

// pad fills the result and copies the operand inside; reflected and repeated
// borders take rows and columns by index.
func (p *planner) pad(n *ir.Node, op ir.Pad, x, y *place) {
	dims := x.dims.Clone()
	if op.Mode != ir.PadConstant {
		p.resize(n, x, y, padIndex(op, 2, dims[2]), padIndex(op, 3, dims[3]))
		return
	}
	p.fill(n, y, op.Value)
	src, dst := *x, *y
	for i := range dims {
		cut := max(0, -op.Before[i])
		src.off += cut * x.strides[i]
		dst.off += max(0, op.Before[i]) * y.strides[i]
		dims[i] -= cut + max(0, -op.After[i])
	}
	src.dims, dst.dims = dims, dims
	p.copyTo(n, &src, &dst)
}

// padLists returns the indices by axis of a padding that repeats elements of anything but
// the rows and columns of an image, nil for others.
func padLists(n *ir.Node, op ir.Pad) map[int][]int {
	image := isImage(n.Out[0]) && op.Before[0]|op.Before[1]|op.After[0]|op.After[1] == 0
	if op.Mode == ir.PadConstant || image {
		return nil
	}
	lists := map[int][]int{}
	for i, d := range n.In[0].Shape {
		if op.Before[i]|op.After[i] != 0 {
			lists[i] = padIndex(op, i, d)
		}
	}
	return lists
}

// padIndex returns the source index of every position along a padded axis.
func padIndex(op ir.Pad, axis, extent int) []int {
	var idx []int
	for i := -op.Before[axis]; i < extent+op.After[axis]; i++ {
		j := i
		switch {
		case op.Mode == ir.PadEdge:
			j = min(max(i, 0), extent-1)
		case op.Mode == ir.PadWrap:
			j = (i%extent + extent) % extent
		case i < 0:
			j = -i
		case i >= extent:
			j = 2*(extent-1) - i
		}
		idx = append(idx, j)
	}
	return idx
}

// fill plans setting the whole buffer of a place to a real number.
func (p *planner) fill(n *ir.Node, y *place, value float32) {
	f := portable.Fill{Name: n.Name, Elem: y.elem, Bits: fillBits(n.Out[0], value)}
	dense := y.buf.size == y.dims.Elems()*y.elem
	if dense {
		p.step(n, "fill "+y.dims.String(), nil, []*place{y}, func() portable.Step {
			f.To, f.N = y.at(), y.dims.Elems()
			return f
		})
		return
	}
	// Part of a larger buffer: one filled pixel, copied with strides of 0.
	one := rowMajorPlace(p, ir.Shape{1}, y.elem)
	p.step(n, "fill", nil, []*place{one}, func() portable.Step {
		f.To, f.N = one.at(), 1
		return f
	})
	p.move(n, "fill "+y.dims.String(), one, y, make([]int, len(y.dims)), y.strides, y.dims)
}

// fillBits returns a real number as the bits of v's elements: quantized, or an integer
// as Cast makes it.
func fillBits(v *ir.Value, value float32) uint64 {
	limited := func(lo, hi float64) float64 { return min(max(math.Trunc(float64(value)), lo), hi) }
	switch q := v.Quant; {
	case v.Type == ir.F32:
		return uint64(math.Float32bits(value))
	case v.Type == ir.U8 && q != nil:
		r := math.RoundToEven(float64(value)/float64(q.Scale[0])) + float64(q.Zero[0])
		return uint64(min(max(r, 0), 255))
	case v.Type == ir.U8:
		return uint64(limited(0, 255))
	case v.Type == ir.S8:
		return uint64(uint8(int8(limited(-128, 127))))
	case v.Type == ir.S32:
		return uint64(uint32(int32(limited(math.MinInt32, math.MaxInt32))))
	case v.Type == ir.Bool && value != 0:
		return 1
	case v.Type == ir.I64 && float64(value) >= math.MaxInt64:
		return math.MaxInt64
	case v.Type == ir.I64:
		return uint64(int64(limited(math.MinInt64, math.MaxInt64)))
	}
	return 0
}

func (p *planner) depthToSpace(n *ir.Node, op ir.DepthToSpace, x, y *place) {
	b := op.Block
	c := y.dims[1]
	fs, ts := x.strides, y.strides
	// Distances in the operand's channels of the result's channel and of the place in a block.
	chanStep, rowStep, colStep := 1, b*c, c
	if op.CRD {
		chanStep, rowStep, colStep = b*b, b, 1
	}
	p.move(n, describe("depth to space", n), x, y,
		[]int{fs[0], fs[1] * chanStep, fs[2], fs[1] * rowStep, fs[3], fs[1] * colStep},
		[]int{ts[0], ts[1], ts[2] * b, ts[2], ts[3] * b, ts[3]},
		ir.Shape{x.dims[0], c, x.dims[2], b, x.dims[3], b})
}

func (p *planner) spaceToDepth(n *ir.Node, op ir.SpaceToDepth, x, y *place) {
	b, c := op.Block, x.dims[1]
	fs, ts := x.strides, y.strides
	p.move(n, describe("space to depth", n), x, y,
		[]int{fs[0], fs[2] * b, fs[3] * b, fs[2], fs[3], fs[1]},
		[]int{ts[0], ts[2], ts[3], ts[1] * b * c, ts[1] * c, ts[1]},
		ir.Shape{x.dims[0], y.dims[2], y.dims[3], b, b, c})
}

func (p *planner) resize(n *ir.Node, x, y *place, ys, xs []int) {
	if !x.asImage() {
		x = p.copyTo(n, x, p.newPlaceHalo(n.In[0], [4]int{}))
	}
	p.step(n, describe("rows and columns by index", n), []*place{x}, []*place{y}, func() portable.Step {
		return portable.Resize{Name: n.Name, X: x.tensor(), Y: y.tensor(), N: x.dims[1] * x.elem, Ys: ys, Xs: xs}
	})
}

// gather copies one slice for each index, in rows first where those of several axes don't follow
// each other in the result.
func (p *planner) gather(n *ir.Node, op ir.Gather, x, y *place) {
	outer := len(op.IndexShape)
	to := y
	step, ok := joined(op.IndexShape, y.strides[op.Axis:op.Axis+outer])
	if !ok {
		to = rowMajorPlace(p, n.Out[0].Shape, y.elem)
		step = to.strides[op.Axis+outer-1]
	}
	dims := slices.Delete(x.dims.Clone(), op.Axis, op.Axis+1)
	fs := slices.Delete(slices.Clone(x.strides), op.Axis, op.Axis+1)
	ts := slices.Delete(slices.Clone(to.strides), op.Axis, op.Axis+outer)
	for i, at := range op.Index {
		src, dst := *x, *to
		src.off += at * x.strides[op.Axis]
		dst.off += i * step
		src.dims, dst.dims = dims, dims
		p.move(n, describe("gather", n), &src, &dst, fs, ts, dims)
	}
	if to != y {
		p.copyTo(n, to, y)
	}
}
