package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// powToFunction makes a function of one variable of a power whose exponent turned out to be one
// constant number.
func powToFunction(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Binary)
	if !ok || o.Fn != ir.Pow || !o.Act.IsNone() || n.In[0].Type != ir.F32 {
		return false, nil
	}
	x, k := n.In[0], n.In[1]
	if x.IsConst() || !k.IsConst() || len(k.Const.F32) != 1 || !n.Out[0].Shape.Equal(x.Shape) {
		return false, nil
	}
	act := ir.Act{Kind: ir.Power, A: k.Const.F32[0]}
	switch act.A {
	case 0.5:
		act = ir.Act{Kind: ir.Sqrt}
	case -1:
		act = ir.Act{Kind: ir.Reciprocal}
	}
	return true, e.fuse(n, n, ir.Unary{Act: act}, []*ir.Value{x})
}
