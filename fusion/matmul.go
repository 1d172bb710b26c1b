package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// matMulToFC makes a fully connected layer of a MatMul with a constant matrix,
// and takes a following addition of a constant vector as its bias.
func matMulToFC(e *edit, n *ir.Node) (bool, error) {
	if !isLinear(n) {
		return false, nil
	}
	m, last := n.In[1].Shape[1], n
	var bias *ir.Value
	if add := e.only(n.Out[0]); add != nil && add.Op == ir.Op(ir.Binary{Fn: ir.Add}) {
		if c := vector(otherOperand(add, n.Out[0]), m, len(n.Out[0].Shape)); c != nil {
			bias, last = e.recast(c, ir.Floats(ir.Shape{m}, slices.Clone(c.Const.F32))), add
		}
	}
	return true, e.linear(n, last, bias)
}

// loneMatMulToFC is matMulToFC without the addition.
func loneMatMulToFC(e *edit, n *ir.Node) (bool, error) {
	if !isLinear(n) {
		return false, nil
	}
	return true, e.linear(n, n, nil)
}

// isLinear reports whether a node is the product with a constant matrix.
func isLinear(n *ir.Node) bool {
	if _, ok := n.Op.(ir.MatMul); !ok {
		return false
	}
	x, b := n.In[0], n.In[1]
	return b.IsConst() && !x.IsConst() && len(b.Shape) == 2 && x.Shape.Elems() > 0
}

// linear puts a fully connected layer in the place of MatMul n and what follows up to
// last. Operands that are no matrices are reshaped before and after.
func (e *edit) linear(n, last *ir.Node, bias *ir.Value) error {
	x, b := n.In[0], n.In[1]
	k := b.Shape[0]
	in := []*ir.Value{x, e.recast(b, rows(b.Const, false, 1)), bias}
	in[1].Quant = rowQuant(b, false)
	if len(x.Shape) == 2 {
		return e.fuse(n, last, ir.FC{}, in, n)
	}
	flat, err := e.insert(last, n.Name+".rows", ir.Reshape{Shape: ir.Shape{x.Shape.Elems() / k, k}}, x)
	if err != nil {
		return err
	}
	in[0] = flat
	fc, err := ir.NewNode(n.Name, ir.FC{}, in...)
	if err != nil {
		return err
	}
	fc.From = e.origin(n, last)
	fc.Out[0].Name = e.FreshName(n.Name + ".product")
	back, err := ir.NewNode(e.FreshName(n.Name+".shape"), ir.Reshape{Shape: last.Out[0].Shape.Clone()}, fc.Out[0])
	if err != nil {
		return err
	}
	e.put(back, last)
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, back), fc)
	return nil
}

// otherOperand returns the operand of a binary node that is not v.
func otherOperand(n *ir.Node, v *ir.Value) *ir.Value {
	if n.In[0] == v {
		return n.In[1]
	}
	return n.In[0]
}

// vector returns c if it is constant, has m elements along its last axis only,
// and no more axes than rank.
func vector(c *ir.Value, m, rank int) *ir.Value {
	if !c.IsConst() || len(c.Shape) == 0 || len(c.Shape) > rank || c.Shape.Elems() != m || c.Shape[len(c.Shape)-1] != m {
		return nil
	}
	return c
}
