package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// residualIntoEpilogue makes the addition of a layer's result and another tensor
// of its shape, with the activation behind it, part of the layer. A clamp before the addition
// is Pre; a curved activation there keeps the addition apart. Of two layers the later
// takes the sum. The layer moves to the addition's position, where both operands
// are computed.
func residualIntoEpilogue(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Binary)
	if !ok || o.Fn != ir.Add || n.In[0].Type != ir.F32 || !n.In[0].Shape.Equal(n.In[1].Shape) {
		return false, nil
	}
	best, rest := (*ir.Node)(nil), (*ir.Value)(nil)
	for i, v := range n.In {
		l, ep, ok := e.layer(v)
		if !ok || operand(l, 3) != nil || n.In[1-i].IsConst() {
			continue
		}
		if _, _, clamp := ep.Act.IsClamp(); !clamp && !ep.Act.IsNone() {
			continue
		}
		if best == nil || slices.Index(e.Nodes, l) > slices.Index(e.Nodes, best) {
			best, rest = l, n.In[1-i]
		}
	}
	if best == nil {
		return false, nil
	}
	ep, _ := epilogue(best.Op)
	sum := withEpilogue(best.Op, ir.Epilogue{Pre: ep.Act, Act: o.Act})
	return true, e.fuse(best, n, sum, []*ir.Value{best.In[0], best.In[1], operand(best, 2), rest})
}
