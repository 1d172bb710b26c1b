package fusion

import (
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestMergeReductions(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second ir.Reduce
		axes          []int // nil where both stay
	}{
		{"kept sums", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{3}, Keep: true}, ir.Reduce{Fn: ir.ReduceSum, Axes: []int{2}, Keep: true}, []int{2, 3}},
		{"dropped sums", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{1}}, ir.Reduce{Fn: ir.ReduceSum, Axes: []int{0, 2}}, []int{0, 1, 3}},
		{"means", ir.Reduce{Axes: []int{2}}, ir.Reduce{Axes: []int{2}}, []int{2, 3}},
		{"the same axis again", ir.Reduce{Fn: ir.ReduceMax, Axes: []int{2}, Keep: true}, ir.Reduce{Fn: ir.ReduceMax, Axes: []int{2, 3}, Keep: true}, []int{2, 3}},
		{"one kept", ir.Reduce{Axes: []int{2}, Keep: true}, ir.Reduce{Axes: []int{3}}, nil},
		{"others", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{3}, Keep: true}, ir.Reduce{Axes: []int{2}, Keep: true}, nil},
		{"lengths", ir.Reduce{Fn: ir.ReduceL1, Axes: []int{3}}, ir.Reduce{Fn: ir.ReduceL1, Axes: []int{2}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 2, 3, 4, 5)
			b.out(b.op("second", c.second, b.op("first", c.first, b.x())))
			want := "Reduce"
			if c.axes == nil {
				want = "Reduce Reduce"
			}
			b.rewrite(each(mergeReductions), want)
			if got := b.Nodes[0].Op.(ir.Reduce).Axes; c.axes != nil && !slices.Equal(got, c.axes) {
				t.Errorf("axes %v, want %v", got, c.axes)
			}
		})
	}
	t.Run("other reader", func(t *testing.T) {
		b := newNet(t, 2, 3, 4, 5)
		m := b.op("first", ir.Reduce{Axes: []int{3}}, b.x())
		b.out(m, b.op("second", ir.Reduce{Axes: []int{2}}, m))
		b.rewrite(each(mergeReductions), "Reduce Reduce")
	})
}

func TestSumToMean(t *testing.T) {
	b := newNet(t, 1, 6, 4, 5)
	y := b.op("columns", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{3}, Keep: true}, b.x())
	y = b.op("rows", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{2}, Keep: true}, y)
	y = b.bin("mean", ir.Div, y, vals("n", ir.Shape{}, 20))
	b.out(b.bin("y", ir.Mul, b.x(), y))
	b.rewrite(fuseAll(t), "GlobalAvgPool Binary")
	for _, axes := range [][]int{{1}, {3}, {1, 2, 3}} {
		b := newNet(t, 1, 6, 4, 5)
		b.out(b.op("s", ir.Reduce{Fn: ir.ReduceSum, Axes: axes, Keep: true}, b.x()))
		b.rewrite(each(sumToMean), "Reduce")
	}
	integers := func(axes ...int) *net {
		b := newNet(t, 1, 6, 4, 5)
		b.out(b.op("s", ir.Reduce{Fn: ir.ReduceSum, Axes: axes, Keep: true}, b.op("whole", ir.Cast{To: ir.I64}, b.x())))
		return b
	}
	integers(2, 3).rewrite(each(sumToMean), "Cast Reduce")
	integers(1).rewrite(each(channelsToConv), "Cast Reduce")
}

func TestChannelsToConv(t *testing.T) {
	for _, c := range []struct {
		name  string
		op    ir.Reduce
		shape []int
		want  string
	}{
		{"mean", ir.Reduce{Axes: []int{1}, Keep: true}, []int{1, 6, 4, 5}, "Conv"},
		{"sum", ir.Reduce{Fn: ir.ReduceSum, Axes: []int{1}, Keep: true}, []int{1, 6, 4, 5}, "Conv"},
		{"dropped", ir.Reduce{Axes: []int{1}}, []int{1, 6, 4, 5}, "Conv Reshape"},
		{"largest", ir.Reduce{Fn: ir.ReduceMax, Axes: []int{1}, Keep: true}, []int{1, 6, 4, 5}, "Reduce"},
		{"rows", ir.Reduce{Axes: []int{2}, Keep: true}, []int{1, 6, 4, 5}, "Reduce"},
		{"images", ir.Reduce{Axes: []int{1}, Keep: true}, []int{2, 6, 4, 5}, "Reduce"},
		{"three axes", ir.Reduce{Axes: []int{1}, Keep: true}, []int{1, 6, 5}, "Reduce"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, c.shape...)
			b.out(b.op("r", c.op, b.x()))
			b.rewrite(each(channelsToConv), c.want)
		})
	}
	t.Run("attention", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		mean, most := ir.Reduce{Axes: []int{1}, Keep: true}, ir.Reduce{Fn: ir.ReduceMax, Axes: []int{1}, Keep: true}
		both := b.op("both", ir.Concat{Axis: 1}, b.op("mean", mean, b.x()), b.op("most", most, b.x()))
		b.out(b.bin("y", ir.Mul, b.x(), b.act("gate", b.conv("c", both, 1, 3, 1), sigmoid)))
		b.rewrite(fuseAll(t), "Conv Reduce Concat Conv Binary")
		b.fusedInto("mean", "mean", "mean")
	})
	t.Run("normalization", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		mean := ir.Reduce{Axes: []int{1}, Keep: true}
		d := b.bin("d", ir.Sub, b.x(), b.op("mean", mean, b.x()))
		b.out(d, b.op("variance", mean, b.bin("square", ir.Mul, d, d)))
		b.rewrite(each(channelsToConv), "Reduce Binary Binary Reduce")
	})
}

func TestAxisToPool(t *testing.T) {
	for _, c := range []struct {
		name  string
		op    ir.Reduce
		shape []int
		want  string
	}{
		{"rows", ir.Reduce{Axes: []int{2}, Keep: true}, []int{2, 6, 4, 5}, "AvgPool"},
		{"columns, dropped", ir.Reduce{Axes: []int{3}}, []int{1, 6, 4, 5}, "AvgPool Reshape"},
		{"largest", ir.Reduce{Fn: ir.ReduceMax, Axes: []int{3}, Keep: true}, []int{1, 6, 4, 5}, "MaxPool"},
		{"smallest", ir.Reduce{Fn: ir.ReduceMin, Axes: []int{3}, Keep: true}, []int{1, 6, 4, 5}, "Reduce"},
		{"channels", ir.Reduce{Axes: []int{1}, Keep: true}, []int{1, 6, 4, 5}, "Reduce"},
		{"both", ir.Reduce{Axes: []int{2, 3}, Keep: true}, []int{1, 6, 4, 5}, "Reduce"},
		{"three axes", ir.Reduce{Axes: []int{2}, Keep: true}, []int{6, 4, 5}, "Reduce"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, c.shape...)
			b.out(b.op("r", c.op, b.x()))
			b.rewrite(each(axisToPool), c.want)
		})
	}
	t.Run("normalization", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		mean := ir.Reduce{Axes: []int{3}, Keep: true}
		d := b.bin("d", ir.Sub, b.x(), b.op("mean", mean, b.x()))
		b.out(d, b.op("variance", mean, b.act("square", d, ir.Act{Kind: ir.Power, A: 2})))
		b.rewrite(each(axisToPool), "Reduce Binary Unary Reduce")
	})
}
