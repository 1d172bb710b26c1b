package qdq

import (
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// many writes the operators of many elements at a time: in order, by position, normalized.
func (w *writer) many(c call) error {
	one := func(op string, attrs ...*onnx.AttributeProto) error {
		w.add(op, c.name, c.in, c.out, attrs...)
		return nil
	}
	with := func(op string, constant string, attrs ...*onnx.AttributeProto) error {
		w.add(op, c.name, append(c.in[:len(c.in):len(c.in)], constant), c.out, attrs...)
		return nil
	}
	switch op := c.op.(type) {
	case ir.Reduce:
		keep := truth("keepdims", op.Keep)
		if op.Fn == ir.ReduceSum { // takes its axes as an operand
			return with("ReduceSum", w.ints(c.name+"/axes", op.Axes...), keep)
		}
		return one("Reduce"+op.Fn.String(), integers("axes", op.Axes...), keep)
	case ir.Softmax:
		return one(map[ir.SoftmaxKind]string{ir.SoftmaxPlain: "Softmax", ir.SoftmaxLog: "LogSoftmax", ir.SoftmaxHard: "Hardmax"}[op.Fn], integer("axis", op.Axis))
	case ir.ArgMax:
		kind := "ArgMax"
		if op.Min {
			kind = "ArgMin"
		}
		return one(kind, integer("axis", op.Axis), truth("keepdims", op.Keep), truth("select_last_index", op.Last))
	case ir.TopK:
		return with("TopK", w.ints(c.name+"/k", op.K), integer("axis", op.Axis), truth("largest", !op.Smallest))
	case ir.CumSum:
		return with("CumSum", w.ints(c.name+"/axis", op.Axis), truth("exclusive", op.Exclusive), truth("reverse", op.Reverse))
	case ir.LRN:
		return one("LRN", integer("size", op.Size), number("alpha", op.Alpha), number("beta", op.Beta), number("bias", op.Bias))
	case ir.Normalize:
		return w.normalize(c, op)
	case ir.GatherAt:
		return one("Gather", integer("axis", op.Axis))
	case ir.GatherND:
		return one("GatherND", integer("batch_dims", op.Batch))
	case ir.GatherElements:
		return one("GatherElements", integer("axis", op.Axis))
	case ir.ScatterElements:
		return one("ScatterElements", append(reduction(op.Fn), integer("axis", op.Axis))...)
	case ir.ScatterND:
		return one("ScatterND", reduction(op.Fn)...)
	}
	return w.move(c)
}

// reduction is the attribute of what Scatter does with the elements that are there.
func reduction(f ir.ScatterKind) []*onnx.AttributeProto {
	name := map[ir.ScatterKind]string{ir.ScatterAdd: "add", ir.ScatterMul: "mul", ir.ScatterMax: "max", ir.ScatterMin: "min"}[f]
	if name == "" {
		return nil
	}
	return []*onnx.AttributeProto{text("reduction", name)}
}
