package fusion

import (
	"reflect"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Graphs of frameworks that have channels last transpose images where operators want
// channels second. Transposes to channels second are raised towards the graph's inputs,
// all others sink towards its outputs, so that they meet and cancel, and what lies between
// is images as kernels know them.

// toChannelsSecond is the permutation of images that have channels last.
var toChannelsSecond = []int{0, 3, 1, 2}

// raiseTransposes exchanges a Transpose to channels second with the operator before it.
func raiseTransposes(e *edit, n *ir.Node) (bool, error) {
	t, ok := n.Op.(ir.Transpose)
	if !ok || !slices.Equal(t.Perm, toChannelsSecond) {
		return false, nil
	}
	src := n.In[0].Def
	if src == nil || e.only(n.In[0]) != n || len(src.Out) != 1 {
		return false, nil
	}
	to := make([]int, len(t.Perm))
	for i, p := range t.Perm {
		to[p] = i
	}
	op := permuted(src.Op, to)
	if op == nil || slices.ContainsFunc(src.In, func(v *ir.Value) bool { return v.Type != ir.F32 || !v.IsConst() && len(v.Shape) != len(to) }) {
		return false, nil
	}
	in := slices.Clone(src.In)
	for i, v := range in {
		if v.IsConst() {
			in[i] = e.transposedConst(v, t.Perm)
			continue
		}
		x, err := e.insert(n, n.Name, t, v)
		if err != nil {
			return false, err
		}
		x.Def.From = n.From
		in[i] = x
	}
	return true, e.fuse(src, n, op, in)
}

// transposedConst returns a constant that broadcasts to what has been transposed as the
// given one did before.
func (e *edit) transposedConst(v *ir.Value, perm []int) *ir.Value {
	old := make(ir.Shape, len(perm)-len(v.Shape), len(perm))
	for i := range old {
		old[i] = 1
	}
	old = append(old, v.Shape...)
	strides := make([]int, len(old))
	for i, step := len(old)-1, 1; i >= 0; i-- {
		strides[i] = step
		step *= old[i]
	}
	shape := make(ir.Shape, len(perm))
	for i, p := range perm {
		shape[i] = old[p]
	}
	c := ir.NewTensor(ir.F32, shape)
	for i := range c.F32 {
		from, rest := 0, i
		for a := len(shape) - 1; a >= 0; a-- {
			from += rest % shape[a] * strides[perm[a]]
			rest /= shape[a]
		}
		c.F32[i] = v.Const.F32[from]
	}
	return e.recast(v, c)
}

// sinkTransposes exchanges a Transpose, other than to channels second, with the operator
// that reads it, and maybe constants, or all of those that a Concat reads with the Concat.
func sinkTransposes(e *edit, n *ir.Node) (bool, error) {
	var t ir.Transpose
	var parts []*ir.Node
	for _, v := range n.In {
		if v == nil || v.IsConst() && v.Type == ir.F32 {
			continue
		}
		move, o, ok := sole[ir.Transpose](e, v)
		if !ok || slices.Equal(o.Perm, toChannelsSecond) || parts != nil && !reflect.DeepEqual(o, t) || slices.Contains(parts, move) {
			return false, nil
		}
		t, parts = o, append(parts, move)
	}
	if parts == nil || len(n.Out) != 1 || len(n.Out[0].Shape) != len(t.Perm) {
		return false, nil
	}
	op := permuted(n.Op, t.Perm)
	if op == nil || scatters(n, parts[0], op) {
		return false, nil
	}
	back := make([]int, len(t.Perm))
	for i, p := range t.Perm {
		back[p] = i
	}
	in := slices.Clone(n.In)
	for i, v := range in {
		if v.IsConst() {
			in[i] = e.transposedConst(v, back)
		} else {
			in[i] = v.Def.In[0]
		}
	}
	x, err := e.insert(n, n.Name, op, in...)
	if err != nil {
		return false, err
	}
	x.Def.From = n.From
	return true, e.fuse(parts[0], n, t, []*ir.Value{x}, parts...)
}

// scatters reports whether op, a Softmax that takes n's place before the Transpose t, would read
// runs of numbers that don't lie side by side, where those that n reads do.
func scatters(n, t *ir.Node, op ir.Op) bool {
	before, ok := n.Op.(ir.Softmax)
	return ok && sideBySide(n.In[0].Shape, before.Axis) && !sideBySide(t.In[0].Shape, op.(ir.Softmax).Axis)
}

// sideBySide reports whether the elements along an axis lie together: in images, which have
// channels last in memory, or in other tensors.
func sideBySide(s ir.Shape, axis int) bool {
	if len(s) == 4 && s[0] == 1 {
		return axis == 1
	}
	return axis == len(s)-1
}

// permuted returns an operator for operands whose axis a is axis to[a] now, nil where there is
// none.
func permuted(op ir.Op, to []int) ir.Op {
	moved := func(list []int) []int {
		out := make([]int, len(list))
		for a, v := range list {
			out[to[a]] = v
		}
		return out
	}
	switch o := op.(type) {
	case ir.Unary, ir.Binary:
		return o
	case ir.Affine:
		if len(o.Mul)+len(o.Add) == 2 {
			return o
		}
	case ir.Concat:
		return ir.Concat{Axis: to[o.Axis]}
	case ir.Softmax:
		o.Axis = to[o.Axis]
		return o
	case ir.Resample:
		o.Axis = to[o.Axis]
		return o
	case ir.Pad:
		o.Before, o.After = moved(o.Before), moved(o.After)
		return o
	case ir.Slice:
		return ir.Slice{Start: moved(o.Start), Step: moved(o.Step), Size: moved(o.Size)}
	}
	return nil
}
