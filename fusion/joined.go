package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// activationIntoJoined makes the activation that reads a Concat of layers an activation of
// each of them, where only the Concat reads these and none has one.
func activationIntoJoined(e *edit, n *ir.Node) (bool, error) {
	u, ok := n.Op.(ir.Unary)
	if !ok {
		return false, nil
	}
	join, _, ok := sole[ir.Concat](e, n.In[0])
	if !ok {
		return false, nil
	}
	for i, v := range join.In {
		if _, ep, ok := e.layer(v); !ok || !ep.Act.IsNone() || slices.Contains(join.In[:i], v) {
			return false, nil
		}
	}
	for _, v := range join.In {
		ep, _ := epilogue(v.Def.Op)
		ep.Act = u.Act
		v.Def.Op = withEpilogue(v.Def.Op, ep)
	}
	return true, e.fuse(join, n, join.Op, join.In)
}
