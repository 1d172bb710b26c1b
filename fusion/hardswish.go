package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// ramp is Scale * max(0, min(1, A*x+B)) spelled out, with the nodes that spell it.
type ramp struct {
	x           *ir.Value
	a, b, scale float64
	parts       []*ir.Node
}

// scalar returns the factor and the shift of an Affine over a whole tensor.
func scalar(n *ir.Node) (mul, add float64, ok bool) {
	if n == nil {
		return 1, 0, false
	}
	a, ok := n.Op.(ir.Affine)
	if !ok || len(a.Mul) != 1 || len(a.Add) != 1 {
		return 1, 0, false
	}
	return float64(a.Mul[0]), float64(a.Add[0]), true
}

// ramp matches p*min(max(m*x+s, lo), hi)+q that n computes, where p*lo+q is 0 and
// each Affine may be absent; also a HardSigmoid with a factor. Its inner results
// must have no other reader.
func (e *edit) ramp(n *ir.Node) (ramp, bool) {
	if n == nil {
		return ramp{}, false
	}
	r := ramp{parts: []*ir.Node{n}}
	p, q, outer := scalar(n)
	if outer {
		if n = n.In[0].Def; n == nil || e.only(n.Out[0]) == nil {
			return ramp{}, false
		}
		r.parts = append(r.parts, n)
	}
	o, ok := n.Op.(ir.Unary)
	if !ok {
		return ramp{}, false
	}
	r.x = n.In[0]
	if o.Act.Kind == ir.HardSigmoid {
		r.a, r.b, r.scale = float64(o.Act.A), float64(o.Act.B), p
		return r, q == 0
	}
	l, h, ok := o.Act.IsClamp()
	lo, hi := float64(l), float64(h)
	if !ok || h == inf || l == -inf || hi <= lo || !near(float64(p*lo)+q+1, 1) {
		return ramp{}, false
	}
	inner := n.In[0].Def
	m, s, ok := scalar(inner)
	if ok && e.only(n.In[0]) != nil {
		r.x, r.parts = inner.In[0], append(r.parts, inner)
	} else {
		m, s = 1, 0
	}
	r.a, r.b, r.scale = m/(hi-lo), (s-lo)/(hi-lo), p*(hi-lo)
	return r, true
}

// recognizeHardSigmoid makes a HardSigmoid of min(max(x+3, 0), 6)/6 and its
// variants. A clamp that no Affine follows is left alone: a layer before it takes
// up the Affine and the clamp for nothing.
func recognizeHardSigmoid(e *edit, n *ir.Node) (bool, error) {
	if _, _, ok := scalar(n); !ok {
		return false, nil
	}
	r, ok := e.ramp(n)
	if !ok || !near(r.b, 0.5) || !near(r.scale, 1) || r.a <= 0 {
		return false, nil
	}
	act := ir.Act{Kind: ir.HardSigmoid, A: float32(r.a), B: float32(r.b)}
	return true, e.fuse(n, n, ir.Unary{Act: act}, []*ir.Value{r.x}, r.parts...)
}

// recognizeHardSwish makes a HardSwish of x times its HardSigmoid(1/6, 1/2), with
// the factor 1/6 on either operand or behind the product.
func recognizeHardSwish(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.Binary{Fn: ir.Mul}) {
		return false, nil
	}
	for i, v := range n.In {
		if v.Def == nil || e.only(v) == nil {
			continue
		}
		r, ok := e.ramp(v.Def)
		if !ok || !near(r.a, 1.0/6) || !near(r.b, 0.5) {
			continue
		}
		factor, parts, ok := e.multipleOf(n.In[1-i], r.x)
		if !ok {
			continue
		}
		last := n
		factor *= r.scale
		if behind := e.only(n.Out[0]); !near(factor, 1) {
			f, shift, ok := scalar(behind)
			if !ok || shift != 0 || !near(factor*f, 1) {
				continue
			}
			last = behind
		}
		parts = append(append(parts, r.parts...), n)
		return true, e.fuse(n, last, ir.Unary{Act: ir.Act{Kind: ir.HardSwish}}, []*ir.Value{r.x}, parts...)
	}
	return false, nil
}

// multipleOf reports whether v is x, or x times a constant that nothing else reads.
func (e *edit) multipleOf(v, x *ir.Value) (factor float64, parts []*ir.Node, ok bool) {
	if v == x {
		return 1, nil, true
	}
	m, s, ok := scalar(v.Def)
	if !ok || s != 0 || v.Def.In[0] != x || e.only(v) == nil {
		return 0, nil, false
	}
	return m, []*ir.Node{v.Def}, true
}
