package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// recognizeSilu makes a Silu of x times its Sigmoid.
func recognizeSilu(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return false, nil
	}
	for i, v := range n.In {
		s, o, ok := sole[ir.Unary](e, v)
		if ok && o.Act.Kind == ir.Sigmoid && s.In[0] == n.In[1-i] {
			return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Silu}}, s.In, s)
		}
	}
	return false, nil
}
