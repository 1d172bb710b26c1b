package fusion

import (
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestMergeTransposes(t *testing.T) {
	t.Run("composed", func(t *testing.T) {
		b := newNet(t, 2, 3, 4, 5)
		y := b.transpose("t2", b.transpose("t1", b.x(), 0, 2, 3, 1), 1, 3, 0, 2)
		b.out(y)
		b.rewrite(each(mergeTransposes), "Transpose")
		b.fusedInto("t2", "t2", "t1", "t2")
		if p := b.node("t2").Op.(ir.Transpose).Perm; !slices.Equal(p, []int{2, 1, 0, 3}) {
			t.Errorf("permutation %v", p)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		b := newNet(t, 1, 3, 4, 5)
		y := b.transpose("t2", b.transpose("t1", b.x(), 0, 2, 3, 1), 0, 3, 1, 2)
		b.out(b.act("a", y, relu))
		b.rewrite(fuseAll(t), "Unary")
	})
	t.Run("cancelled at an output", func(t *testing.T) {
		b := newNet(t, 1, 3, 4, 5)
		y := b.transpose("t1", b.act("a", b.x(), relu), 0, 2, 3, 1)
		b.out(b.transpose("t2", y, 0, 3, 1, 2))
		b.rewrite(fuseAll(t), "Unary")
		b.fusedInto("a", "t2", "a", "t1", "t2")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 3, 4, 5)
		y := b.transpose("t1", b.x(), 0, 2, 3, 1)
		b.out(b.transpose("t2", y, 0, 2, 1, 3), y)
		b.rewrite(each(mergeTransposes), "Transpose Transpose")
		b.fusedInto("t2", "t2", "t2")
	})
	t.Run("of single elements", func(t *testing.T) {
		b := newNet(t, 1, 6, 1, 1)
		b.out(b.transpose("t", b.x(), 0, 2, 3, 1))
		b.rewrite(each(mergeTransposes), "Reshape")
	})
	t.Run("real", func(t *testing.T) {
		b := newNet(t, 1, 6, 2, 1)
		b.out(b.transpose("t", b.x(), 0, 2, 3, 1))
		b.rewrite(each(mergeTransposes), "Transpose")
	})
}
