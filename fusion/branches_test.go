package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

var overBranches = ir.Reduce{Fn: ir.ReduceSum, Axes: []int{1}}

// TestSumOfBranches checks attention over branches in the forms in which networks write it.
func TestSumOfBranches(t *testing.T) {
	t.Run("channels of one convolution", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		stack := b.reshape("stack", b.conv("c", b.x(), 12, 1, 0), 1, 2, 6, 4, 5)
		mean := b.op("mean", ir.GlobalAvgPool{}, b.op("sum", overBranches, stack))
		factor := b.reshape("factor", b.op("soft", ir.Softmax{Axis: 1}, b.reshape("rows", b.conv("f", mean, 12, 1, 0), 1, 2, 1, 6)), 1, 2, 6, 1, 1)
		b.out(b.op("y", overBranches, b.bin("scaled", ir.Mul, stack, factor)))
		b.rewrite(fuseAll(t), "Conv Split Binary GlobalAvgPool Conv Reshape Softmax Reshape Split Binary Binary Binary")
		b.fusedInto("y", "y", "y")
	})
	t.Run("stacked images", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		var parts []*ir.Value
		for _, name := range []string{"a", "b", "c"} {
			parts = append(parts, b.reshape(name+".alone", b.conv(name, b.x(), 6, 1, 0), 1, 1, 6, 4, 5))
		}
		stack := b.op("stack", ir.Concat{Axis: 1}, parts...)
		factor := b.op("factor", ir.Softmax{Axis: 1}, b.input("f", 1, 3, 6, 1, 1))
		b.out(b.op("y", overBranches, b.bin("scaled", ir.Mul, stack, factor)))
		b.rewrite(each(sumOfBranches), "Conv Conv Conv Softmax Reshape Split Binary Binary Binary Binary Binary")
	})
	for _, c := range []struct {
		name  string
		op    ir.Reduce
		shape []int
	}{
		{"kept", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{1}, Keep: true}, []int{1, 2, 6, 4, 5}},
		{"mean", ir.Reduce{Axes: []int{1}}, []int{1, 2, 6, 4, 5}},
		{"channels", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{2}}, []int{1, 2, 6, 4, 5}},
		{"many", overBranches, []int{1, 6, 2, 4, 5}},
		{"other space", overBranches, []int{1, 2, 6, 5, 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 12, 4, 5)
			b.out(b.op("y", c.op, b.reshape("stack", b.x(), c.shape...)))
			b.rewrite(each(sumOfBranches), "Reshape Reduce")
		})
	}
	t.Run("product read twice", func(t *testing.T) {
		b := newNet(t, 1, 12, 4, 5)
		stack := b.reshape("stack", b.x(), 1, 2, 6, 4, 5)
		scaled := b.bin("scaled", ir.Mul, stack, b.op("factor", ir.Softmax{Axis: 1}, b.input("f", 1, 2, 6, 1, 1)))
		b.out(scaled, b.op("y", overBranches, scaled))
		b.rewrite(each(sumOfBranches), "Reshape Softmax Binary Reduce")
	})
}
