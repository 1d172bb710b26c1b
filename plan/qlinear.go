package plan

import (
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// quantizationStep returns what makes the step of an operator of quantized source models, nil
// for others. Most are part of int8 layers by now.
func quantizationStep(n *ir.Node) plainBuilder {
	in := n.In[0].Shape
	along := func(axis, count int) portable.ChannelOf {
		if count == 1 {
			return portable.ChannelOf{Channels: 1}
		}
		return portable.ChannelOf{Channels: count, Plane: in[axis+1:].Elems()}
	}
	third := func(x []portable.Values) portable.Values {
		if len(x) < 3 {
			return portable.Values{}
		}
		return x[2]
	}
	switch op := n.Op.(type) {
	case ir.FakeQuant:
		return func(x, y []portable.Values) portable.Step {
			return portable.FakeQuant{Name: n.Name, X: x[0], Y: y[0], Scale: op.Scale, Zero: op.Zero, Along: along(op.Axis, len(op.Scale))}
		}
	case ir.QuantizeLinear:
		return func(x, y []portable.Values) portable.Step {
			return portable.QuantizeLinear{Name: n.Name, X: x[0], Scale: x[1], Zero: third(x), Y: y[0], Along: along(op.Axis, n.In[1].Shape.Elems())}
		}
	case ir.DequantizeLinear:
		return func(x, y []portable.Values) portable.Step {
			return portable.DequantizeLinear{Name: n.Name, X: x[0], Scale: x[1], Zero: third(x), Y: y[0], Along: along(op.Axis, n.In[1].Shape.Elems())}
		}
	case ir.DynamicQuantizeLinear:
		return func(x, y []portable.Values) portable.Step {
			return portable.DynamicQuantize{Name: n.Name, X: x[0], Y: y[0], Scale: y[1], Zero: y[2]}
		}
	}
	return nil
}
