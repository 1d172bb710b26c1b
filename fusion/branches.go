package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// mostBranches is how many stacked branches are added one by one.
const mostBranches = 4

// sumOfBranches adds images one by one where a network stacks its branches along an axis of their
// own and sums over that, as attention over branches does: [1,K,C,H,W] summed over K. Kernels work
// on images, not on stacks of them.
func sumOfBranches(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Reduce)
	if !ok || o.Fn != ir.ReduceSum || o.Keep || !slices.Equal(o.Axes, []int{1}) {
		return false, nil
	}
	x := n.In[0]
	if s := x.Shape; x.Type != ir.F32 || len(s) != 5 || s[0] != 1 || s[1] < 2 || s[1] > mostBranches || !e.isStack(x) {
		return false, nil
	}
	parts, err := e.branches(n, x)
	if err != nil {
		return false, err
	}
	sum, last := parts[0], len(parts)-1
	for _, p := range parts[1:last] {
		if sum, err = e.insertPart(n, n.Name+".sum", ir.Binary{Fn: ir.Add}, sum, p); err != nil {
			return false, err
		}
	}
	return true, e.fuse(n, n, ir.Binary{Fn: ir.Add}, []*ir.Value{sum, parts[last]})
}

// isStack reports whether branches can take v apart: it is images that were stacked, or the
// channels of one image in another shape, or a factor for each channel, or computed from such
// element by element and read once.
func (e *edit) isStack(v *ir.Value) bool {
	if len(v.Shape) != 5 || v.Shape[0] != 1 || v.Def == nil {
		return false
	}
	if _, ok := imageOf(v); ok || v.Shape[3:].Elems() == 1 {
		return true
	}
	switch op := v.Def.Op.(type) {
	case ir.Concat:
		return op.Axis == 1 && !slices.ContainsFunc(v.Def.In, func(p *ir.Value) bool {
			_, ok := imageOf(p)
			return !ok || p.Shape[1] != 1
		})
	case ir.Binary:
		return e.only(v) != nil && !slices.ContainsFunc(v.Def.In, func(p *ir.Value) bool {
			return !e.isStack(p) || !p.Shape[:3].Equal(v.Shape[:3])
		})
	}
	return false
}

// imageOf returns the image [1,K*C,H,W] that v, [1,K,C,H,W], has the elements of.
func imageOf(v *ir.Value) (*ir.Value, bool) {
	r, _, ok := producer[ir.Reshape](v)
	if !ok || len(v.Shape) != 5 {
		return nil, false
	}
	x := r.In[0]
	return x, len(x.Shape) == 4 && x.Shape[0] == 1 && v.Shape[0] == 1 && x.Shape[2:].Equal(v.Shape[3:])
}

// branches returns the images of a stack; n is the sum over it.
func (e *edit) branches(n *ir.Node, v *ir.Value) ([]*ir.Value, error) {
	whole, ok := imageOf(v)
	switch op := v.Def.Op.(type) {
	case ir.Concat:
		if v.Shape[3:].Elems() > 1 {
			var parts []*ir.Value
			for _, p := range v.Def.In {
				image, _ := imageOf(p)
				parts = append(parts, image)
			}
			return parts, nil
		}
	case ir.Binary:
		if v.Shape[3:].Elems() > 1 {
			return e.branchesOf(n, v.Def, op)
		}
	}
	k, c := v.Shape[1], v.Shape[2]
	if !ok {
		var err error
		if whole, err = e.insertPart(n, v.Def.Name+".channels", ir.Reshape{Shape: ir.Shape{1, k * c, 1, 1}}, v); err != nil {
			return nil, err
		}
	}
	sizes := slices.Repeat([]int{c}, k)
	for _, r := range e.readers[whole] {
		if s, ok := r.Op.(ir.Split); ok && s.Axis == 1 && slices.Equal(s.Sizes, sizes) && slices.Index(e.Nodes, r) < slices.Index(e.Nodes, n) {
			return r.Out, nil
		}
	}
	first, err := e.insertPart(n, v.Def.Name+".branches", ir.Split{Axis: 1, Sizes: sizes}, whole)
	if err != nil {
		return nil, err
	}
	return first.Def.Out, nil
}

// branchesOf computes of each branch what f computes of whole stacks.
func (e *edit) branchesOf(n, f *ir.Node, op ir.Binary) ([]*ir.Value, error) {
	var in [2][]*ir.Value
	for i, v := range f.In {
		var err error
		if in[i], err = e.branches(n, v); err != nil {
			return nil, err
		}
	}
	parts := make([]*ir.Value, len(in[0]))
	for i := range parts {
		var err error
		if parts[i], err = e.insertPart(n, f.Name+".branch", op, in[0][i], in[1][i]); err != nil {
			return nil, err
		}
		parts[i].Def.From = f.From
	}
	return parts, nil
}

// insertPart is insert of a node that is a part of what n stands for.
func (e *edit) insertPart(n *ir.Node, name string, op ir.Op, in ...*ir.Value) (*ir.Value, error) {
	v, err := e.insert(n, name, op, in...)
	if err != nil {
		return nil, err
	}
	v.Def.From = n.From
	return v, nil
}
