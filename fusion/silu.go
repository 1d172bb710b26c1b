package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// recognizeSilu makes a Silu of x times its Sigmoid, and a Swish where x has a factor in that.
func recognizeSilu(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return false, nil
	}
	for i, v := range n.In {
		s, o, ok := sole[ir.Unary](e, v)
		if !ok || o.Act.Kind != ir.Sigmoid {
			continue
		}
		x := n.In[1-i]
		if s.In[0] == x {
			return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Silu}}, s.In, s)
		}
		a, scale, ok := sole[ir.Affine](e, s.In[0])
		if ok && a.In[0] == x && len(scale.Mul) == 1 && len(scale.Add) == 1 && scale.Add[0] == 0 {
			return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.Swish, A: scale.Mul[0]}}, []*ir.Value{x}, s, a)
		}
	}
	return false, nil
}
