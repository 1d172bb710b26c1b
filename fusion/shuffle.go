package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// spelledMove matches Reshape - Transpose - Reshape that ends in n, with no other
// reader in between; split is the shape that the first Reshape gives.
func (e *edit) spelledMove(n *ir.Node) (split ir.Shape, perm []int, parts []*ir.Node, ok bool) {
	if _, ok := n.Op.(ir.Reshape); !ok {
		return nil, nil, nil, false
	}
	t, to, ok := sole[ir.Transpose](e, n.In[0])
	if !ok {
		return nil, nil, nil, false
	}
	r, ro, ok := sole[ir.Reshape](e, t.In[0])
	return ro.Shape, to.Perm, []*ir.Node{r, t}, ok
}

// recognizeShuffle makes ChannelShuffle of the Reshape, Transpose and Reshape that
// spell it: [N,C,H,W] to [N,g,C/g,...], the two exchanged, and back.
func recognizeShuffle(e *edit, n *ir.Node) (bool, error) {
	split, perm, parts, ok := e.spelledMove(n)
	if !ok || len(split) < 4 || perm[1] != 2 || perm[2] != 1 {
		return false, nil
	}
	swapped := slices.Clone(perm)
	swapped[1], swapped[2] = 1, 2
	x := parts[0].In[0]
	if !slices.IsSorted(swapped) || len(x.Shape) != 4 || !x.Shape.Equal(n.Out[0].Shape) ||
		split[0] != x.Shape[0] || split[1]*split[2] != x.Shape[1] {
		return false, nil
	}
	return true, e.fuse(n, n, ir.ChannelShuffle{Groups: split[1]}, []*ir.Value{x}, parts...)
}
