package fusion

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// recognizeGeluTanh makes a GeluTanh of x/2*(1+tanh(sqrt(2/pi)*(x+0.044715*x^3))).
func recognizeGeluTanh(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return false, nil
	}
	x, last, parts, ok := e.gated(n, ir.Tanh, e.cubic)
	if !ok {
		return false, nil
	}
	return true, e.fuse(n, last, ir.Unary{Act: ir.Act{Kind: ir.GeluTanh}}, []*ir.Value{x}, parts...)
}

// cubic matches sqrt(2/pi)*(x+0.044715*x^3).
func (e *edit) cubic(u *ir.Value) (x *ir.Value, parts []*ir.Node, ok bool) {
	m, s, ok := scalar(u.Def)
	if !ok || e.only(u) == nil || s != 0 || !near(m, math.Sqrt(2/math.Pi)) {
		return nil, nil, false
	}
	sum, o, ok := sole[ir.Binary](e, u.Def.In[0])
	if !ok || o != (ir.Binary{Fn: ir.Add}) {
		return nil, nil, false
	}
	for i, v := range sum.In {
		m, s, ok := scalar(v.Def)
		if !ok || e.only(v) == nil || s != 0 || !near(m, 0.044715) {
			continue
		}
		if cube, ok := e.powerOf(v.Def.In[0], sum.In[1-i], 3); ok {
			return sum.In[1-i], append(cube, v.Def, sum, u.Def), true
		}
	}
	return nil, nil, false
}

// powerOf reports whether v is x to a power of 1 to 3, by Power or by products, and returns
// the nodes that compute it.
func (e *edit) powerOf(v, x *ir.Value, n int) ([]*ir.Node, bool) {
	if v == x || n == 1 {
		return nil, v == x
	}
	if v.Def == nil {
		return nil, false
	}
	if u, ok := v.Def.Op.(ir.Unary); ok {
		return []*ir.Node{v.Def}, u.Act == ir.Act{Kind: ir.Power, A: float32(n)} && v.Def.In[0] == x
	}
	if v.Def.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return nil, false
	}
	for i, w := range v.Def.In {
		if v.Def.In[1-i] != x {
			continue
		}
		if rest, ok := e.powerOf(w, x, n-1); ok {
			return append(rest, v.Def), true
		}
	}
	return nil, false
}
