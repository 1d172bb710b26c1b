package fusion

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// gated matches a product n that is x/2*(1+f(u)), f a function of one variable, with the factor 1/2
// on either operand or behind the product. argument returns the x that u is made of, with the nodes
// that make it.
func (e *edit) gated(n *ir.Node, f ir.ActKind, argument func(u *ir.Value) (x *ir.Value, parts []*ir.Node, ok bool)) (x *ir.Value, last *ir.Node, parts []*ir.Node, ok bool) {
	for i, v := range n.In {
		w, mul, add, chain := e.scalars(v)
		gate, o, found := sole[ir.Unary](e, w)
		if !found || o.Act.Kind != f {
			continue
		}
		x, inner, found := argument(gate.In[0])
		if !found {
			continue
		}
		factor, half, found := e.multipleOf(n.In[1-i], x)
		if !found {
			continue
		}
		last := n
		if behind := e.only(n.Out[0]); !near(factor*mul, 0.5) {
			g, shift, ok := scalar(behind)
			if !ok || shift != 0 {
				continue
			}
			factor, last = factor*g, behind
		}
		if !near(factor*mul, 0.5) || !near(factor*add, 0.5) {
			continue
		}
		parts = append(append(append(append(parts, half...), inner...), chain...), gate, n)
		return x, last, parts, true
	}
	return nil, nil, nil, false
}

// scalars goes back over factors and shifts of a whole tensor that nothing else reads: v is mul*w + add.
func (e *edit) scalars(v *ir.Value) (w *ir.Value, mul, add float64, parts []*ir.Node) {
	mul = 1
	for {
		m, s, ok := scalar(v.Def)
		if !ok || e.only(v) == nil {
			return v, mul, add, parts
		}
		mul, add = float64(mul*m), float64(mul*s)+add
		parts = append(parts, v.Def)
		v = v.Def.In[0]
	}
}

// recognizeGelu makes a Gelu of x/2*(1+erf(x/sqrt(2))).
func recognizeGelu(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return false, nil
	}
	x, last, parts, ok := e.gated(n, ir.Erf, func(u *ir.Value) (*ir.Value, []*ir.Node, bool) {
		m, s, ok := scalar(u.Def)
		if !ok || e.only(u) == nil || s != 0 || !near(m, 1/math.Sqrt2) {
			return nil, nil, false
		}
		return u.Def.In[0], []*ir.Node{u.Def}, true
	})
	if !ok {
		return false, nil
	}
	return true, e.fuse(n, last, ir.Unary{Act: ir.Act{Kind: ir.Gelu}}, []*ir.Value{x}, parts...)
}
