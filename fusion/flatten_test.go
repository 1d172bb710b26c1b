package fusion

import "testing"

func TestTransposeIntoFC(t *testing.T) {
	fold := each(transposeIntoFC)
	for _, perm := range [][]int{{0, 2, 3, 1}, {0, 3, 1, 2}, {0, 3, 2, 1}} {
		b := newNet(t, 2, 3, 4, 5)
		b.out(b.fc("f", b.reshape("r", b.transpose("t", b.x(), perm...), 2, 60), 3))
		b.rewrite(fold, "Reshape FC")
		b.fusedInto("f", "f", "t", "f")
	}
	t.Run("across the batch", func(t *testing.T) {
		b := newNet(t, 3, 3, 4)
		b.out(b.fc("f", b.reshape("r", b.transpose("t", b.x(), 1, 0, 2), 3, 12), 3))
		b.rewrite(fold, "Transpose Reshape FC")
	})
	t.Run("rows of parts", func(t *testing.T) {
		b := newNet(t, 2, 3, 4)
		b.out(b.fc("f", b.reshape("r", b.transpose("t", b.x(), 0, 2, 1), 8, 3), 3))
		b.rewrite(fold, "Transpose Reshape FC")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 2, 3, 4)
		y := b.transpose("t", b.x(), 0, 2, 1)
		b.out(b.fc("f", b.reshape("r", y, 2, 12), 3), y)
		b.rewrite(fold, "Transpose Reshape FC")
	})
}
