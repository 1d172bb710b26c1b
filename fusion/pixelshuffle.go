package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// recognizePixelShuffle makes DepthToSpace of the Reshape, Transpose and Reshape
// over six axes that spell it, with the channel read as (c, y, x) or (y, x, c).
func recognizePixelShuffle(e *edit, n *ir.Node) (bool, error) {
	split, perm, parts, ok := e.spelledMove(n)
	if !ok || len(split) != 6 {
		return false, nil
	}
	var c, by, bx int
	crd := slices.Equal(perm, []int{0, 1, 4, 2, 5, 3})
	switch {
	case crd:
		c, by, bx = split[1], split[2], split[3]
	case slices.Equal(perm, []int{0, 3, 4, 1, 5, 2}):
		by, bx, c = split[1], split[2], split[3]
	}
	x := parts[0].In[0]
	if by == 0 || by != bx || len(x.Shape) != 4 ||
		!x.Shape.Equal(ir.Shape{split[0], c * by * bx, split[4], split[5]}) ||
		!n.Out[0].Shape.Equal(ir.Shape{split[0], c, split[4] * by, split[5] * bx}) {
		return false, nil
	}
	return true, e.fuse(n, n, ir.DepthToSpace{Block: by, CRD: crd}, []*ir.Value{x}, parts...)
}
