package fusion

import (
	"reflect"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// sinkMoves exchanges a Reshape, a Transpose or a DepthToSpace, or what crops the latter,
// with the elementwise operator that reads it. So the operator gets next to the convolution that it may become a
// part of, and moves meet the inverse ones further down.
func sinkMoves(e *edit, n *ir.Node) (bool, error) {
	if !isElementwise(n.Op) {
		return false, nil
	}
	move := e.moveBefore(n.In[0])
	if move == nil {
		return false, nil
	}
	in := []*ir.Value{move.In[0]}
	if len(n.In) == 2 {
		other := e.moveBefore(n.In[1])
		if other == nil || !reflect.DeepEqual(other.Op, move.Op) || !other.In[0].Shape.Equal(move.In[0].Shape) {
			return false, nil
		}
		in = append(in, other.In[0])
	}
	if o, ok := n.Op.(ir.Affine); ok && len(o.Mul)+len(o.Add) > 2 && !keepsChannels(move) {
		return false, nil
	}
	first, err := ir.NewNode(n.Name, n.Op, in...)
	if err != nil {
		return false, err
	}
	// n's result keeps its name and shape; the one before the move is new.
	first.Out[0].Name = e.FreshName(n.Name)
	first.From = n.From
	second, err := ir.NewNode(move.Name, move.Op, first.Out[0])
	if err != nil {
		return false, err
	}
	second.From = move.From
	e.put(second, n)
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, second), first)
	return true, nil
}

func isElementwise(op ir.Op) bool {
	switch op.(type) {
	case ir.Unary, ir.Affine, ir.Binary:
		return true
	}
	return false
}

// moveBefore returns the node that moves elements and computes v for one reader, if it is
// one to be exchanged.
func (e *edit) moveBefore(v *ir.Value) *ir.Node {
	if n, _, ok := sole[ir.Reshape](e, v); ok {
		return n
	}
	if n, o, ok := sole[ir.Transpose](e, v); ok && !slices.Equal(o.Perm, toChannelsSecond) {
		return n
	}
	if n, _, ok := sole[ir.DepthToSpace](e, v); ok {
		return n
	}
	if n, _, ok := sole[ir.Slice](e, v); ok {
		if _, _, crops := sole[ir.DepthToSpace](e, n.In[0]); crops {
			return n
		}
	}
	return nil
}

// keepsChannels reports whether axis 1 means the same before and after the move.
func keepsChannels(move *ir.Node) bool {
	if o, ok := move.Op.(ir.Transpose); ok {
		return o.Perm[1] == 1
	}
	if o, ok := move.Op.(ir.Slice); ok && (o.Start[1] != 0 || o.Step[1] != 1) {
		return false
	}
	x, y := move.In[0].Shape, move.Out[0].Shape
	return len(x) >= 2 && len(y) >= 2 && x[0] == y[0] && x[1] == y[1]
}
