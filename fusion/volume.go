package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// affineBeforeVolume exchanges factors and shifts of channels with the moves that put the images
// which a convolution over three axes of space computes, [N*D,C,H,W], into their volume, [N,C,D,H,W]:
// so they get next to that convolution.
func affineBeforeVolume(e *edit, n *ir.Node) (bool, error) {
	if _, ok := n.Op.(ir.Affine); !ok {
		return false, nil
	}
	t, turn, ok := sole[ir.Transpose](e, n.In[0])
	if !ok || len(turn.Perm) < 3 || !slices.Equal(turn.Perm[:3], []int{0, 2, 1}) || !slices.IsSorted(turn.Perm[3:]) {
		return false, nil
	}
	r, shape, ok := sole[ir.Reshape](e, t.In[0])
	if !ok || len(r.In[0].Shape) < 2 || !r.In[0].Shape[1:].Equal(shape.Shape[2:]) {
		return false, nil
	}
	x, err := e.insert(n, n.Name, n.Op, r.In[0])
	if err != nil {
		return false, err
	}
	x.Def.From = n.From
	y, err := e.insert(n, r.Name, shape, x)
	if err != nil {
		return false, err
	}
	y.Def.From = r.From
	return true, e.fuse(t, n, turn, []*ir.Value{y})
}
