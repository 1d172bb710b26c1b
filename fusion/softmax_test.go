package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// The distances of a detector's boxes, as exported before opset 13: the axis goes to the end and back.
func TestTransposeBehindSoftmax(t *testing.T) {
	b := newNet(t, 1, 64, 84)
	y := b.transpose("t1", b.reshape("r", b.x(), 1, 4, 16, 84), 0, 2, 1, 3)
	y = b.op("s", ir.Softmax{Axis: 3, Fn: ir.SoftmaxLog}, b.transpose("t2", y, 0, 3, 2, 1))
	b.out(b.conv("c", b.transpose("t3", y, 0, 3, 2, 1), 1, 1, 0))
	b.rewrite(fuseAll(t), "Reshape Transpose Softmax Conv")
	if op := b.Nodes[2].Op.(ir.Softmax); op.Axis != 1 || op.Fn != ir.SoftmaxLog {
		t.Errorf("got %+v", op)
	}
	for _, c := range []struct {
		name string
		axis int
		perm []int
	}{{"together already", 1, []int{0, 2, 1, 3}}, {"not together", 2, []int{0, 1, 3, 2}}} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 6, 4, 5)
			b.out(b.transpose("t", b.op("s", ir.Softmax{Axis: c.axis}, b.x()), c.perm...))
			b.rewrite(each(transposeBeforeSoftmax), "Softmax Transpose")
		})
	}
	t.Run("other reader", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		s := b.op("s", ir.Softmax{Axis: 3}, b.x())
		b.out(s, b.transpose("t", s, 0, 3, 2, 1))
		b.rewrite(each(transposeBeforeSoftmax), "Softmax Transpose")
	})
}

func TestSoftmaxOfRows(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape []int
		axis  int
		want  string
	}{
		{"attention", []int{1, 2, 5, 6}, 3, "Reshape Softmax Reshape"},
		{"channels", []int{1, 2, 5, 6}, 1, "Softmax"},
		{"height", []int{1, 2, 5, 6}, 2, "Softmax"},
		{"images", []int{3, 2, 5, 6}, 3, "Softmax"},
		{"three axes", []int{1, 5, 6}, 2, "Softmax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, c.shape...)
			b.out(b.op("s", ir.Softmax{Axis: c.axis, Fn: ir.SoftmaxLog}, b.x()))
			b.rewrite(each(softmaxOfRows), c.want)
		})
	}
	t.Run("reshaped", func(t *testing.T) {
		b := newNet(t, 1, 36, 32)
		y := b.op("s", ir.Softmax{Axis: 3}, b.reshape("r1", b.x(), 1, 36, 4, 8))
		b.out(b.reshape("r2", y, 144, 8))
		b.rewrite(fuseAll(t), "Reshape Softmax Reshape")
		b.fusedInto("s", "s.rows_1", "s")
	})
	for _, c := range []struct {
		perm          []int
		behind, ahead string
	}{
		{[]int{0, 3, 2, 1}, "Softmax Transpose", "Transpose Softmax"},
		{[]int{0, 1, 3, 2}, "Reshape Softmax Reshape Transpose", "Transpose Reshape Softmax Reshape"},
	} {
		b := newNet(t, 1, 6, 4, 5)
		b.out(b.transpose("t", b.op("s", ir.Softmax{Axis: 3}, b.x()), c.perm...))
		b.rewrite(each(softmaxOfRows), c.behind)
		b = newNet(t, 1, 6, 4, 5)
		b.out(b.op("s", ir.Softmax{Axis: 3}, b.transpose("t", b.x(), c.perm...)))
		b.rewrite(each(softmaxOfRows), c.ahead)
	}
}
