package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// activationIntoEpilogue makes an activation part of the Conv, FC or Binary whose
// result only it reads. A Binary that is an Affine in truth may be folded into a layer first.
func activationIntoEpilogue(e *edit, n *ir.Node) (bool, error) {
	u, ok := n.Op.(ir.Unary)
	if !ok {
		return false, nil
	}
	if l, ep, ok := e.layer(n.In[0]); ok && ep.Act.IsNone() {
		ep.Act = u.Act
		return true, e.fuse(l, n, withEpilogue(l.Op, ep), l.In)
	}
	if b, o, ok := sole[ir.Binary](e, n.In[0]); ok && o.Act.IsNone() && o.Fn <= ir.Div && !isAffine(b) {
		o.Act = u.Act
		return true, e.fuse(b, n, o, b.In)
	}
	return false, nil
}

// isAffine reports whether constantToAffine may have something to do with a Binary.
func isAffine(b *ir.Node) bool {
	for i, k := range b.In {
		if b.Op.(ir.Binary).Fn == ir.Div && i == 0 {
			continue
		}
		if _, ok := factors(k, b.In[1-i].Shape); ok {
			return true
		}
	}
	return false
}
