package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// preluToLeaky makes a LeakyRelu of a PRelu with one slope for all.
func preluToLeaky(e *edit, n *ir.Node) (bool, error) {
	if _, ok := n.Op.(ir.PRelu); !ok {
		return false, nil
	}
	slope, ok := factors(n.In[1], n.In[0].Shape)
	if !ok || len(slope) != 1 {
		return false, nil
	}
	return true, e.fuse(n, n, ir.Unary{Act: ir.Act{Kind: ir.LeakyRelu, A: slope[0]}}, n.In[:1])
}
