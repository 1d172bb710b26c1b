package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// mergeTransposes composes a Transpose of a Transpose into one; a pair that cancels
// becomes the identity permutation, which goes as every no-op does. A Transpose
// that moves only axes of extent 1 becomes a Reshape.
func mergeTransposes(e *edit, n *ir.Node) (bool, error) {
	outer, ok := n.Op.(ir.Transpose)
	if !ok {
		return false, nil
	}
	if first, inner, ok := producer[ir.Transpose](n.In[0]); ok {
		perm := make([]int, len(outer.Perm))
		for i, p := range outer.Perm {
			perm[i] = inner.Perm[p]
		}
		if e.only(first.Out[0]) != nil {
			n.From = e.origin(first, n)
		}
		n.Op, n.In[0] = ir.Transpose{Perm: perm}, first.In[0]
		return true, nil
	}
	moved := slices.DeleteFunc(slices.Clone(outer.Perm), func(p int) bool { return n.In[0].Shape[p] == 1 })
	if slices.IsSorted(moved) {
		n.Op = ir.Reshape{Shape: n.Out[0].Shape.Clone()}
		return true, nil
	}
	return false, nil
}
