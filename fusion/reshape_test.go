package fusion

import "testing"

func TestMergeReshapes(t *testing.T) {
	t.Run("chain", func(t *testing.T) {
		b := newNet(t, 1, 4, 2, 3)
		y := b.reshape("r1", b.x(), 1, 24)
		y = b.reshape("r2", y, 4, 6)
		b.out(b.reshape("r3", y, 2, 12))
		b.rewrite(each(mergeReshapes), "Reshape")
		b.fusedInto("r3", "r3", "r1", "r2", "r3")
	})
	t.Run("and back", func(t *testing.T) {
		b := newNet(t, 1, 4, 2, 3)
		y := b.reshape("r2", b.reshape("r1", b.x(), 1, 24), 1, 4, 2, 3)
		b.out(b.act("a", y, relu))
		b.rewrite(fuseAll(t), "Unary")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 4, 2, 3)
		r := b.reshape("r1", b.x(), 1, 24)
		b.out(b.reshape("r2", r, 24), r)
		b.rewrite(each(mergeReshapes), "Reshape Reshape")
		b.fusedInto("r2", "r2", "r2")
		if b.node("r2").In[0] != b.x() {
			t.Error("r2 still reads r1")
		}
	})
	t.Run("not across a transpose", func(t *testing.T) {
		b := newNet(t, 1, 4, 6)
		y := b.transpose("t", b.reshape("r1", b.x(), 4, 6), 1, 0)
		b.out(b.reshape("r2", y, 24))
		b.rewrite(each(mergeReshapes), "Reshape Transpose Reshape")
	})
}
