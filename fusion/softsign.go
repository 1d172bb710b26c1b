package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// recognizeSoftsign makes a Softsign of x/(1+|x|).
func recognizeSoftsign(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Div}) {
		return false, nil
	}
	m, s, ok := scalar(n.In[1].Def)
	if !ok || m != 1 || s != 1 || e.only(n.In[1]) == nil {
		return false, nil
	}
	plus := n.In[1].Def
	size, o, ok := sole[ir.Unary](e, plus.In[0])
	if !ok || o.Act.Kind != ir.Abs || size.In[0] != n.In[0] {
		return false, nil
	}
	return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Softsign}}, size.In, size, plus)
}
