package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// constantToAffine makes an Affine of a Binary with one constant operand that is a
// scalar or varies along the channels only: x+c, x-c, c-x, x*c and x/c.
func constantToAffine(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Binary)
	if !ok || !o.Act.IsNone() || n.In[0].Type != ir.F32 {
		return false, nil
	}
	x, k := n.In[0], n.In[1]
	first := x.IsConst() // the constant comes first
	if first {
		x, k = k, x
	}
	c, ok := factors(k, x.Shape)
	if !ok || x.IsConst() {
		return false, nil
	}
	a := ir.Affine{Mul: []float32{1}, Add: []float32{0}}
	switch {
	case o.Fn == ir.Add:
		a.Add = scaled(c, 1)
	case o.Fn == ir.Sub && first:
		a.Mul, a.Add = []float32{-1}, scaled(c, 1)
	case o.Fn == ir.Sub:
		a.Add = scaled(c, -1)
	case o.Fn == ir.Mul:
		a.Mul = scaled(c, 1)
	case o.Fn == ir.Div && !first:
		a.Mul = make([]float32, len(c))
		for i, v := range c {
			a.Mul[i] = 1 / v
		}
	default: // c/x is not affine
		return false, nil
	}
	if !finite(a.Mul) || !finite(a.Add) {
		return false, nil
	}
	return true, e.fuse(n, n, a, []*ir.Value{x})
}

// scaled returns a copy of list times by.
func scaled(list []float32, by float32) []float32 {
	out := make([]float32, len(list))
	for i, v := range list {
		out[i] = v * by
	}
	return out
}
