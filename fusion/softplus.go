package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// recognizeSoftplus makes a Softplus of log(1+exp(x)).
func recognizeSoftplus(e *edit, n *ir.Node) (bool, error) {
	u, ok := n.Op.(ir.Unary)
	if !ok || u.Act.Kind != ir.Log {
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
	return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Softplus}}, exp.In, exp, plus)
}
