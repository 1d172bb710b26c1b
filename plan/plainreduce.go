package plan

import (
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// linesOf are the lines of a tensor along an axis.
func linesOf(s ir.Shape, axis int) portable.Lines {
	return portable.Lines{Outer: s[:axis].Elems(), N: s[axis], Inner: s[axis+1:].Elems()}
}

// marked says of every axis whether it is in a list.
func marked(s ir.Shape, axes []int) []bool {
	m := make([]bool, len(s))
	for _, a := range axes {
		m[a] = true
	}
	return m
}

// plainReduce returns what makes the step of an operator that works along axes; nil for others.
func plainReduce(n *ir.Node) plainBuilder {
	in := n.In[0].Shape
	switch op := n.Op.(type) {
	case ir.Reduce:
		return func(x, y []portable.Values) portable.Step {
			return portable.Reduce{Name: n.Name, X: x[0], Y: y[0], Fn: portable.ReduceFn(op.Fn), Dims: in, Reduced: marked(in, op.Axes)}
		}
	case ir.ArgMax:
		return func(x, y []portable.Values) portable.Step {
			return portable.ArgMax{Name: n.Name, X: x[0], Y: y[0], Lines: linesOf(in, op.Axis), Least: op.Min, Last: op.Last}
		}
	case ir.TopK:
		return func(x, y []portable.Values) portable.Step {
			return portable.TopK{Name: n.Name, X: x[0], Y: y[0], At: y[1], Lines: linesOf(in, op.Axis), K: op.K, Least: op.Smallest}
		}
	case ir.CumSum:
		return func(x, y []portable.Values) portable.Step {
			return portable.CumSum{Name: n.Name, X: x[0], Y: y[0], Lines: linesOf(in, op.Axis), Exclusive: op.Exclusive, Reverse: op.Reverse}
		}
	case ir.Softmax:
		return func(x, y []portable.Values) portable.Step {
			return portable.Softmax{Name: n.Name, X: x[0], Y: y[0], Lines: linesOf(in, op.Axis), Fn: portable.SoftmaxFn(op.Fn)}
		}
	case ir.Normalize:
		return normalization(n, op)
	case ir.LRN:
		return func(x, y []portable.Values) portable.Step {
			return portable.LRN{Name: n.Name, X: x[0], Y: y[0], Lines: linesOf(in, 1), Size: op.Size, Alpha: op.Alpha, Beta: op.Beta, Bias: op.Bias}
		}
	case ir.LpPool:
		return func(x, y []portable.Values) portable.Step {
			out := n.Out[0].Shape
			return portable.LpPool{Name: n.Name, X: x[0], Y: y[0], Planes: in[0] * in[1], H: in[2], W: in[3], OH: out[2], OW: out[3],
				KH: op.Kernel[0], KW: op.Kernel[1], StrideH: op.Stride[0], StrideW: op.Stride[1],
				DilH: op.Dilation[0], DilW: op.Dilation[1], Top: op.Pad[0], Left: op.Pad[1], P: op.P}
		}
	}
	return nil
}

// normalization is a Normalize with whatever operands are there.
func normalization(n *ir.Node, op ir.Normalize) plainBuilder {
	in := n.In[0].Shape
	s := portable.Normalize{Name: n.Name, Dims: in, Reduced: marked(in, op.Axes), Epsilon: op.Epsilon, NoMean: op.NoMean,
		ScaleStride: repeating(operandShape(n, 1), in), BiasStride: repeating(operandShape(n, 2), in)}
	return func(x, y []portable.Values) portable.Step {
		x = append(slices.Clone(x), portable.Values{}, portable.Values{})
		s.X, s.Scale, s.Bias, s.Y = x[0], x[1], x[2], y[0]
		if op.Stats {
			s.Mean, s.Factor = y[1], y[2]
		}
		return s
	}
}

// operandShape is the shape of an operand, a scalar's where it is absent.
func operandShape(n *ir.Node, i int) ir.Shape {
	if i < len(n.In) && n.In[i] != nil {
		return n.In[i].Shape
	}
	return ir.Shape{}
}

// repeating returns the strides, in elements, with which a tensor is read that broadcasts to another.
func repeating(s, to ir.Shape) []int {
	stride, own := make([]int, len(to)), rowMajor(s, 1)
	for i := range s {
		if s[i] > 1 {
			stride[len(to)-len(s)+i] = own[i]
		}
	}
	return stride
}
