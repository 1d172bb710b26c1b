package exec

import (
	"errors"
	"fmt"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// call is a node on its way to become a function.
type call struct {
	pool *pool
	node *ir.Node
	in   []*ir.Tensor // nil for absent operands
	out  []*ir.Tensor
	fail func(error) // ends the current run, later
}

// operand returns operand i, nil when absent.
func (c *call) operand(i int) *ir.Tensor {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// zero returns the zero point of u8 operand i, 0 for other types.
func (c *call) zero(i int) int32 {
	if v := c.node.In[i]; v.Type == ir.U8 && v.Quant != nil {
		return v.Zero()
	}
	return 0
}

// build returns the function that computes the node.
func (c *call) build() (func(report), error) {
	if err := ir.CheckNode(c.node); err != nil {
		return nil, err
	}
	for i, t := range c.in {
		if t != nil && t.Shape.Elems() == 0 {
			return nil, fmt.Errorf("operand %d is empty: %s", i, describe(t))
		}
	}
	run, err := c.arithmetic()
	if err == nil && run == nil {
		run, err = c.movement()
	}
	if err == nil && run == nil {
		run = c.interpreted
	}
	return run, err
}

// interpreted runs an operator that has no fast form here by its definition.
func (c *call) interpreted(report) {
	out, err := interp.Eval(c.node, c.in)
	if err != nil {
		c.fail(err)
		return
	}
	for i, t := range out {
		copyTensor(c.out[i], t)
	}
}

// wantType fails unless operand i has one of the types.
func (c *call) wantType(i int, types ...ir.DType) error {
	for _, t := range types {
		if c.in[i].Type == t {
			return nil
		}
	}
	return fmt.Errorf("operand %d is %s, want %v", i, describe(c.in[i]), types)
}

// arithmetic builds the operators that compute, nil for others.
func (c *call) arithmetic() (func(report), error) {
	switch op := c.node.Op.(type) {
	case ir.Conv:
		return c.conv(op)
	case ir.FC:
		return c.fc(op)
	case ir.QConv:
		return c.qconv(op)
	case ir.QFC:
		return c.qfc(op)
	case ir.Gemm:
		return c.gemm(op)
	case ir.MatMul:
		return c.matMul()
	case ir.BatchNorm:
		return c.batchNorm(op)
	case ir.Affine:
		return c.affine(op.Mul, op.Add)
	case ir.Unary:
		return c.unary(op.Act)
	case ir.PRelu:
		return c.prelu()
	case ir.Binary:
		return c.binary(op)
	case ir.QAdd:
		return c.qadd(op)
	case ir.QMul:
		return c.qmul(op)
	case ir.QTable:
		return c.table(op)
	case ir.Quantize:
		return c.quantize(op)
	case ir.Dequantize:
		return c.dequantize(op)
	case ir.FakeQuant:
		return c.fakeQuant(op)
	case ir.MaxPool:
		return c.maxPool(op)
	case ir.AvgPool:
		return c.avgPool(op)
	case ir.QAvgPool:
		return c.qavgPool(op)
	case ir.GlobalAvgPool:
		return c.reduceMean([]int{2, 3})
	case ir.GlobalMaxPool:
		return c.globalMaxPool()
	case ir.QGlobalAvgPool:
		return c.qglobalAvgPool(op)
	case ir.Reduce:
		if op.Fn == ir.ReduceMean {
			return c.reduceMean(op.Axes)
		}
	case ir.Softmax:
		if op.Fn == ir.SoftmaxPlain {
			return c.softmax(op)
		}
	case ir.Cast:
		return c.cast()
	}
	return nil, nil
}

var errConstWeights = errors.New("weights must be constant")

// constants fails unless the operands at the positions are constant or absent.
func (c *call) constants(positions ...int) error {
	for _, i := range positions {
		if i < len(c.node.In) && c.node.In[i] != nil && !c.node.In[i].IsConst() {
			return fmt.Errorf("operand %d (%q): %w", i, c.node.In[i].Name, errConstWeights)
		}
	}
	return nil
}
