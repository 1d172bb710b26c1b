package plan

import (
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// plainIndexed returns what makes the step of an operator that takes or gives positions; nil
// for others.
func plainIndexed(n *ir.Node) plainBuilder {
	switch op := n.Op.(type) {
	case ir.GatherAt:
		in := n.In[0].Shape
		by := portable.TupleIndex{Dims: []int{in[op.Axis]}, Outer: in[:op.Axis].Elems(), PerOuter: n.In[1].Shape.Elems(),
			Inner: in[op.Axis+1:].Elems(), Shared: true}
		return func(x, y []portable.Values) portable.Step {
			return portable.GatherSlices{Name: n.Name, X: x[0], Index: x[1], Y: y[0], By: by}
		}
	case ir.GatherND:
		return func(x, y []portable.Values) portable.Step {
			return portable.GatherSlices{Name: n.Name, X: x[0], Index: x[1], Y: y[0], By: tuplesOf(n, op.Batch)}
		}
	case ir.GatherElements:
		return func(x, y []portable.Values) portable.Step {
			return portable.ElementsAt{Name: n.Name, X: x[0], Index: x[1], Y: y[0], By: elementsOf(n, op.Axis)}
		}
	case ir.ScatterElements:
		return func(x, y []portable.Values) portable.Step {
			return portable.ElementsAt{Name: n.Name, X: x[0], Index: x[1], Updates: x[2], Y: y[0], By: elementsOf(n, op.Axis),
				Scatter: true, Fn: portable.ScatterFn(op.Fn)}
		}
	case ir.ScatterND:
		return func(x, y []portable.Values) portable.Step {
			return portable.ScatterSlices{Name: n.Name, X: x[0], Index: x[1], Updates: x[2], Y: y[0], By: tuplesOf(n, 0), Fn: portable.ScatterFn(op.Fn)}
		}
	case ir.OneHot:
		return func(x, y []portable.Values) portable.Step {
			return portable.OneHot{Name: n.Name, X: x[0], Values: x[1], Y: y[0], Depth: op.Depth, Inner: n.In[0].Shape[op.Axis:].Elems()}
		}
	case ir.NonMaxSuppression:
		s := n.In[1].Shape
		return func(x, y []portable.Values) portable.Step {
			return portable.Suppress{Name: n.Name, Boxes: x[0], Scores: x[1], Y: y[0], Order: y[1], Images: s[0], Classes: s[1], Count: s[2],
				Most: op.Most, IoU: op.IoU, Score: op.Score, Center: op.Center}
		}
	}
	return nil
}

// scratch returns the shape of the s32 that a step in plain Go has as room behind its results; nil
// where it needs none.
func scratch(n *ir.Node) ir.Shape {
	if _, ok := n.Op.(ir.NonMaxSuppression); ok {
		return ir.Shape{n.In[1].Shape[2]}
	}
	return nil
}

// tuplesOf are the tuples of operand 1 behind some batch axes.
func tuplesOf(n *ir.Node, batch int) portable.TupleIndex {
	x, index := n.In[0].Shape, n.In[1].Shape
	last := len(index) - 1
	k := index[last]
	return portable.TupleIndex{Dims: x[batch : batch+k], Outer: x[:batch].Elems(), PerOuter: index[batch:last].Elems(), Inner: x[batch+k:].Elems()}
}

// elementsOf are the elements of operand 0 that the indices of operand 1 stand for.
func elementsOf(n *ir.Node, axis int) portable.ElementIndex {
	x := n.In[0].Shape
	return portable.ElementIndex{Dims: n.In[1].Shape, Stride: rowMajor(x, 1), Axis: axis, Extent: x[axis]}
}
