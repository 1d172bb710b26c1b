// Package interp defines what every operator means, in naive loops written
// straight from the definitions. It is the oracle of all tests, so it shares
// no arithmetic with any other implementation.
//
// fp32 operators compute in float64 and round once. int8 operators are exact:
// every implementation must equal them to the bit.
package interp

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// Run evaluates g on one tensor for each input, and returns one for each output.
func Run(g *ir.Graph, in []*ir.Tensor) ([]*ir.Tensor, error) {
	return Trace(g, in, func(*ir.Value, *ir.Tensor) {})
}

// Trace is Run that shows observe every input and every node's results, in
// graph order, as they are computed. The tensors stay valid; observe must not change them.
func Trace(g *ir.Graph, in []*ir.Tensor, observe func(*ir.Value, *ir.Tensor)) ([]*ir.Tensor, error) {
	if err := ir.Verify(g); err != nil {
		return nil, err
	}
	if len(in) != len(g.Inputs) {
		return nil, fmt.Errorf("graph %q has %d inputs, got %d tensors", g.Name, len(g.Inputs), len(in))
	}
	env := map[*ir.Value]*ir.Tensor{}
	for i, v := range g.Inputs {
		if err := fits(v, in[i]); err != nil {
			return nil, fmt.Errorf("input %d: %w", i, err)
		}
		env[v] = in[i]
		observe(v, in[i])
	}
	read := func(v *ir.Value) *ir.Tensor {
		if v.IsConst() {
			return v.Const
		}
		return env[v]
	}
	for _, n := range g.Nodes {
		operands := make([]*ir.Tensor, len(n.In))
		for i, v := range n.In {
			if v != nil {
				operands[i] = read(v)
			}
		}
		results, err := eval(n, operands)
		if err != nil {
			return nil, fmt.Errorf("node %q: %s: %w", n.Name, n.Op.Kind(), err)
		}
		for i, v := range n.Out {
			env[v] = results[i]
			observe(v, results[i])
		}
	}
	out := make([]*ir.Tensor, len(g.Outputs))
	for i, v := range g.Outputs {
		out[i] = read(v)
	}
	return out, nil
}

// Eval evaluates one node. in has a tensor for each of n.In, nil where the
// operand is absent; zero points come from the operands' Values.
func Eval(n *ir.Node, in []*ir.Tensor) ([]*ir.Tensor, error) {
	if err := ir.CheckNode(n); err != nil {
		return nil, err
	}
	fail := func(err error) error { return fmt.Errorf("node %q: %s: %w", n.Name, n.Op.Kind(), err) }
	if len(in) != len(n.In) {
		return nil, fail(fmt.Errorf("has %d operands, got %d tensors", len(n.In), len(in)))
	}
	for i, v := range n.In {
		if v == nil && in[i] == nil {
			continue
		}
		if err := fits(v, in[i]); err != nil {
			return nil, fail(fmt.Errorf("operand %d: %w", i, err))
		}
	}
	out, err := eval(n, in)
	if err != nil {
		return nil, fail(err)
	}
	return out, nil
}

// fits checks that t may stand for v.
func fits(v *ir.Value, t *ir.Tensor) error {
	switch {
	case v == nil:
		return fmt.Errorf("got a tensor for an absent operand")
	case t == nil:
		return fmt.Errorf("no tensor for %q", v.Name)
	case t.Type != v.Type || !t.Shape.Equal(v.Shape):
		return fmt.Errorf("got %s %s for %q, which is %s %s", t.Type, t.Shape, v.Name, v.Type, v.Shape)
	}
	return t.Check()
}

// eval computes a node whose operands fit it.
func eval(n *ir.Node, in []*ir.Tensor) ([]*ir.Tensor, error) {
	out := make([]*ir.Tensor, len(n.Out))
	elems := 0
	for i, v := range n.Out {
		out[i] = ir.NewTensor(v.Type, v.Shape)
		elems += v.Shape.Elems()
	}
	if elems == 0 {
		return out, nil
	}
	for len(in) < 4 { // absent operands at the end
		in = append(in[:len(in):len(in)], nil)
	}
	err := evalFloat(n, in, out)
	return out, err
}

func evalFloat(n *ir.Node, in, out []*ir.Tensor) error {
	x, y := in[0], out[0]
	switch o := n.Op.(type) {
	case ir.Conv:
		conv(o, in, y)
	case ir.FC:
		fc(o, in, y)
	case ir.Gemm:
		gemm(o, in, y)
	case ir.MatMul:
		matMul(in[0], in[1], y)
	case ir.BatchNorm:
		batchNorm(o, in, y)
	case ir.Affine:
		affine(o, x, y)
	case ir.Unary:
		for i, v := range x.F32 {
			y.F32[i] = Apply(o.Act, v)
		}
	case ir.PRelu:
		pRelu(x, in[1], y)
	case ir.Binary:
		binary(o, x, in[1], y)
	case ir.AvgPool:
		return avgPool(o, x, y)
	case ir.GlobalAvgPool:
		mean(x, []int{2, 3}, y)
	case ir.Softmax:
		softmax(o, x, y)
	case ir.Normalize:
		normalize(o, in, out)
	case ir.LRN:
		lrn(o, x, y)
	case ir.LpPool:
		lpPool(o, x, y)
	default:
		return evalMove(n, in, out)
	}
	return nil
}

// evalMove has the operators that work on several types, most of which only move elements.
func evalMove(n *ir.Node, in, out []*ir.Tensor) error {
	x, y := in[0], out[0]
	switch o := n.Op.(type) {
	case ir.MaxPool:
		maxPool(o, x, y)
	case ir.GlobalMaxPool:
		whole := ir.Window{Kernel: [2]int{x.Shape[2], x.Shape[3]}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
		maxPool(ir.MaxPool{Window: whole}, x, y)
	case ir.Identity, ir.Reshape:
		copyData(y, x)
	case ir.Concat:
		concat(o, in[:len(n.In)], y)
	case ir.Split:
		split(o, x, out)
	case ir.Slice:
		slice(o, x, y)
	case ir.Pad:
		return pad(o, x, y, n.In[0].Quant)
	case ir.Transpose:
		transpose(o, x, y)
	case ir.ChannelShuffle:
		channelShuffle(o, x, y)
	case ir.DepthToSpace:
		depthToSpace(o, x, y)
	case ir.ResizeNearest:
		resizeNearest(o, x, y)
	case ir.Gather:
		gather(o, x, y)
	case ir.Expand:
		index := broadcastIndex(y.Shape, x.Shape)
		take(y, x, func(i int, _ []int) int { return index[i] })
	case ir.Compare:
		compare(o, x, in[1], y)
	case ir.Logic:
		logic(o, x, in[1], y)
	case ir.Where:
		where(x, in[1], in[2], y)
	case ir.Cast:
		cast(x, y)
	default:
		return evalAny(n, in, out)
	}
	return nil
}

// evalAny has the reductions and the operators that take indices.
func evalAny(n *ir.Node, in, out []*ir.Tensor) error {
	x, y := in[0], out[0]
	switch o := n.Op.(type) {
	case ir.Reduce:
		reduce(o, x, y)
	case ir.ArgMax:
		argMax(o, x, y)
	case ir.TopK:
		topK(o, x, y, out[1])
	case ir.CumSum:
		cumSum(o, x, y)
	case ir.GatherAt:
		gatherAt(o, x, in[1], y)
	case ir.GatherND:
		gatherND(o, x, in[1], y)
	case ir.GatherElements:
		gatherElements(o, x, in[1], y)
	case ir.ScatterElements:
		scatterElements(o, in, y)
	case ir.ScatterND:
		scatterND(o, in, y)
	case ir.OneHot:
		oneHot(o, x, in[1], y)
	case ir.NonMaxSuppression:
		nonMaxSuppression(o, x, in[1], y)
	default:
		return evalInt8(n, in, y)
	}
	return nil
}

func evalInt8(n *ir.Node, in []*ir.Tensor, y *ir.Tensor) error {
	x := in[0]
	zero := func(i int) int64 { return int64(n.In[i].Zero()) }
	switch o := n.Op.(type) {
	case ir.QConv:
		return qConv(o, n, in, y)
	case ir.QFC:
		return qFC(o, n, in, y)
	case ir.QAdd:
		qAdd(o, x, in[1], y, zero(0), zero(1))
	case ir.QMul:
		qMul(o, x, in[1], y, zero(0), zero(1))
	case ir.QAvgPool:
		return qAvgPool(o, x, y, zero(0))
	case ir.QGlobalAvgPool:
		return qGlobalAvgPool(o, x, y, zero(0))
	case ir.QTable:
		qTable(o, x, y)
	case ir.Quantize:
		quantize(o, x, y)
	case ir.Dequantize:
		for i, v := range x.U8 {
			y.F32[i] = float32(int64(v)-zero(0)) * o.Scale
		}
	default:
		return fmt.Errorf("package interp has no meaning for it")
	}
	return nil
}
