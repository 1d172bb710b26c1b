package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Unbatch returns the graph of one image of a graph that takes several, along the first axis of
// all its inputs and outputs, and how many these are; nil where it takes one, or where the
// images are not all computed alike, each from itself alone, or where no operator is one on images: rows
// of matrices are better computed together. The graph may be fused or not. Constants are shared with g.
func Unbatch(g *ir.Graph) (one *ir.Graph, images int) {
	if !slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return actsOnImages(n.Op) }) {
		return nil, 0
	}
	for _, v := range append(slices.Clone(g.Inputs), g.Outputs...) {
		if len(v.Shape) == 0 || v.Shape[0] < 2 || v.IsConst() || images > 0 && v.Shape[0] != images {
			return nil, 0
		}
		images = v.Shape[0]
	}
	u := unbatch{images: images, axis: map[*ir.Value]int{}, to: map[*ir.Value]*ir.Value{}}
	one = &ir.Graph{Name: g.Name}
	for _, v := range g.Inputs {
		one.Inputs = append(one.Inputs, u.value(v, 0))
	}
	for _, n := range g.Nodes {
		m := u.node(n)
		if m == nil {
			return nil, 0
		}
		one.Nodes = append(one.Nodes, m)
	}
	for _, v := range g.Outputs {
		if at, ok := u.axis[v]; !ok || at != 0 {
			return nil, 0
		}
		one.Outputs = append(one.Outputs, u.to[v])
	}
	return one, images
}

// unbatch is a graph on its way to that of one image.
type unbatch struct {
	images int
	// axis has the values that differ from image to image, with the axis along which the images
	// follow each other, each with the same share of its extent.
	axis map[*ir.Value]int
	to   map[*ir.Value]*ir.Value // the values of one image
}

// value makes the value of one image of v, whose images lie along an axis.
func (u *unbatch) value(v *ir.Value, axis int) *ir.Value {
	c := *v
	c.Shape, c.Def = u.share(v.Shape, axis), nil
	u.axis[v], u.to[v] = axis, &c
	return &c
}

// share returns the part of a shape that one image has.
func (u *unbatch) share(s ir.Shape, axis int) ir.Shape {
	s = s.Clone()
	s[axis] /= u.images
	return s
}

// varies reports whether a value differs from image to image.
func (u *unbatch) varies(v *ir.Value) bool {
	_, ok := u.axis[v]
	return ok
}

// node returns a node as it acts on one image, or nil.
func (u *unbatch) node(n *ir.Node) *ir.Node {
	op, axis := n.Op, -1 // of nothing but constants
	if slices.ContainsFunc(n.In, u.varies) {
		if op, axis = u.rule(n); op == nil {
			return nil
		}
	}
	in := make([]*ir.Value, len(n.In))
	for i, v := range n.In {
		switch {
		case v == nil:
		case !v.IsConst():
			in[i] = u.to[v]
		default:
			if in[i] = u.constant(n, v, axis); in[i] == nil {
				return nil
			}
		}
	}
	m, err := ir.NewNode(n.Name, op, in...)
	if err != nil || len(m.Out) != len(n.Out) {
		return nil
	}
	m.From = n.From
	for i, v := range n.Out {
		w, want := m.Out[i], v.Shape
		if axis >= 0 {
			if axis >= len(want) || want[axis]%u.images != 0 {
				return nil
			}
			want, u.axis[v] = u.share(want, axis), axis
		}
		if w.Type != v.Type || !w.Shape.Equal(want) {
			return nil
		}
		w.Name, w.Quant, u.to[v] = v.Name, v.Quant, w
	}
	return m
}

// constant returns a constant operand of n on one image: itself, where it has nothing along the
// images' axis of the result, or the part that all images have alike, as the token
// of a class that was repeated for each; else nil.
func (u *unbatch) constant(n *ir.Node, v *ir.Value, axis int) *ir.Value {
	_, join := n.Op.(ir.Concat)
	at := len(v.Shape) - (len(n.Out[0].Shape) - axis)
	if axis < 0 || !join && !broadcasts(n.Op) || at < 0 || v.Shape[at] == 1 {
		return v
	}
	if v.Shape[at]%u.images != 0 || v.Type != ir.F32 {
		return nil
	}
	inner := v.Shape[at:].Elems()
	part := ir.NewTensor(v.Type, u.share(v.Shape, at))
	to := part.F32
	for whole := range slices.Chunk(v.Const.F32, inner) {
		first := whole[:inner/u.images]
		for other := range slices.Chunk(whole, len(first)) {
			if !slices.Equal(other, first) {
				return nil
			}
		}
		to = to[copy(to, first):]
	}
	c := ir.Const(v.Name, part)
	c.Quant = v.Quant
	return c
}
