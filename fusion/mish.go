package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// recognizeMish makes a Mish of x times the tanh of its Softplus.
func recognizeMish(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return false, nil
	}
	for i, v := range n.In {
		tanh, o, ok := sole[ir.Unary](e, v)
		if !ok || o.Act.Kind != ir.Tanh {
			continue
		}
		soft, o, ok := sole[ir.Unary](e, tanh.In[0])
		if ok && o.Act.Kind == ir.Softplus && soft.In[0] == n.In[1-i] {
			return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Mish}}, soft.In, soft, tanh)
		}
	}
	return false, nil
}
