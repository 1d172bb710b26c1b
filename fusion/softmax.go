package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// transposeBeforeSoftmax exchanges a Softmax and the Transpose behind it where that brings the
// elements of each run together: exporters of opset 12 and before move the axis of a
// Softmax to the end and back.
func transposeBeforeSoftmax(e *edit, n *ir.Node) (bool, error) {
	t, ok := n.Op.(ir.Transpose)
	if !ok {
		return false, nil
	}
	s, op, ok := sole[ir.Softmax](e, n.In[0])
	if !ok {
		return false, nil
	}
	axis := slices.Index(t.Perm, op.Axis)
	if sideBySide(s.In[0].Shape, op.Axis) || !sideBySide(n.Out[0].Shape, axis) {
		return false, nil
	}
	x, err := e.insert(n, n.Name, t, s.In[0])
	if err != nil {
		return false, err
	}
	x.Def.From = n.From
	op.Axis = axis
	return true, e.fuse(s, n, op, []*ir.Value{x})
}

// softmaxOfRows takes the first axis from a Softmax along the last one of a single image, whose
// elements don't lie together as those of three axes do.
func softmaxOfRows(e *edit, n *ir.Node) (bool, error) {
	op, ok := n.Op.(ir.Softmax)
	s := n.In[0].Shape
	if !ok || len(s) != 4 || s[0] != 1 || op.Axis != 3 {
		return false, nil
	}
	if _, t, ok := producer[ir.Transpose](n.In[0]); ok && t.Perm[3] == 1 {
		return false, nil // which sinks
	}
	if r := e.only(n.Out[0]); r != nil {
		if t, ok := r.Op.(ir.Transpose); ok && t.Perm[1] == 3 {
			return false, nil
		}
	}
	x, err := e.insert(n, n.Name+".rows", ir.Reshape{Shape: s[1:].Clone()}, n.In[0])
	if err != nil {
		return false, err
	}
	op.Axis = 2
	rows, err := ir.NewNode(n.Name, op, x)
	if err != nil {
		return false, err
	}
	rows.Out[0].Name = e.FreshName(n.Name + ".rows")
	shape, err := ir.NewNode(e.FreshName(n.Name+".shape"), ir.Reshape{Shape: s.Clone()}, rows.Out[0])
	if err != nil {
		return false, err
	}
	x.Def.From, rows.From, shape.From = n.From, n.From, n.From
	e.put(shape, n)
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, shape), rows)
	return true, nil
}
