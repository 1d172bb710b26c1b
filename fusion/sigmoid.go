package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// recognizeSigmoid makes a Sigmoid of 1/(1+exp(-x)), as detectors of text have it.
func recognizeSigmoid(e *edit, n *ir.Node) (bool, error) {
	u, ok := n.Op.(ir.Unary)
	if !ok || u.Act.Kind != ir.Reciprocal {
		return false, nil
	}
	m, s, ok := scalar(n.In[0].Def)
	if !ok || m != 1 || s != 1 || e.only(n.In[0]) == nil {
		return false, nil
	}
	plus := n.In[0].Def
	exp, o, ok := sole[ir.Unary](e, plus.In[0])
	if !ok || o.Act.Kind != ir.Exp {
		return false, nil
	}
	x, err := e.insert(n, n.Name+".negative", ir.Affine{Mul: []float32{-1}, Add: []float32{0}}, exp.In[0])
	if err != nil {
		return false, err
	}
	x.Def.From = n.From
	return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, []*ir.Value{x}, exp, plus)
}
