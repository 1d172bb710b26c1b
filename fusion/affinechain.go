package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// composeAffines makes one Affine of two.
func composeAffines(e *edit, n *ir.Node) (bool, error) {
	second, ok := n.Op.(ir.Affine)
	if !ok {
		return false, nil
	}
	m, first, ok := sole[ir.Affine](e, n.In[0])
	if !ok {
		return false, nil
	}
	a := compose(first, second)
	if !finite(a.Mul) || !finite(a.Add) {
		return false, nil
	}
	return true, e.fuse(n, n, a, m.In, m)
}

// compose returns second after first.
func compose(first, second ir.Affine) ir.Affine {
	a := ir.Affine{
		Mul: make([]float32, max(len(first.Mul), len(second.Mul))),
		Add: make([]float32, max(len(first.Add), len(second.Mul), len(second.Add))),
	}
	for c := range a.Mul {
		a.Mul[c] = float32(at(first.Mul, c) * at(second.Mul, c))
	}
	for c := range a.Add {
		a.Add[c] = float32(float64(at(first.Add, c)*at(second.Mul, c)) + at(second.Add, c))
	}
	return a
}
