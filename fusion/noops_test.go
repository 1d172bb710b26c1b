package fusion

import (
	"math"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestDropNoops(t *testing.T) {
	inf := float32(math.Inf(1))
	x := ir.Shape{1, 4, 3, 5}
	zeros := []int{0, 0, 0, 0}
	ones := []int{1, 1, 1, 1}
	drop := []struct {
		name string
		op   ir.Op
	}{
		{"identity", ir.Identity{}},
		{"cast", ir.Cast{To: ir.F32}},
		{"no function", ir.Unary{}},
		{"no limits", ir.Unary{Act: ir.Act{Kind: ir.Clip, A: -inf, B: inf}}},
		{"affine", ir.Affine{Mul: []float32{1}, Add: []float32{0, 0, 0, 0}}},
		{"concat of one", ir.Concat{Axis: 1}},
		{"split of one", ir.Split{Axis: 1, Sizes: []int{4}}},
		{"reshape", ir.Reshape{Shape: x}},
		{"transpose", ir.Transpose{Perm: []int{0, 1, 2, 3}}},
		{"slice", ir.Slice{Start: zeros, Step: ones, Size: x}},
		{"pad", ir.Pad{Before: zeros, After: zeros, Value: 7}},
		{"resize", ir.ResizeNearest{Y: []int{0, 1, 2}, X: []int{0, 1, 2, 3, 4}}},
		{"shuffle of one group", ir.ChannelShuffle{Groups: 1}},
		{"shuffle of single channels", ir.ChannelShuffle{Groups: 4}},
		{"depth to space", ir.DepthToSpace{Block: 1}},
		{"max pool", ir.MaxPool{Window: window(1, 0)}},
		{"average pool", ir.AvgPool{Window: window(1, 0)}},
		{"mean over nothing", ir.Reduce{}},
	}
	keep := []struct {
		name string
		op   ir.Op
	}{
		{"one limit", ir.Unary{Act: ir.Act{Kind: ir.Clip, A: -1, B: inf}}},
		{"affine", ir.Affine{Mul: []float32{1, 1, 2, 1}, Add: []float32{0}}},
		{"reverse", ir.Slice{Start: []int{0, 3, 0, 0}, Step: []int{1, -1, 1, 1}, Size: x}},
		{"resize", ir.ResizeNearest{Y: []int{0, 0, 2}, X: []int{0, 1, 2, 3, 4}}},
		{"shuffle", ir.ChannelShuffle{Groups: 2}},
		{"max pool", ir.MaxPool{Window: ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 1}}}},
		{"pad and crop", ir.Pad{Before: []int{0, 0, 1, 0}, After: []int{0, 0, -1, 0}}},
	}
	for _, c := range drop {
		t.Run("drop "+c.name, func(t *testing.T) {
			b := newNet(t, x...)
			y := b.op("y", c.op, b.act("first", b.x(), relu))
			b.out(b.act("last", y, sigmoid))
			b.rewrite(each(dropNoops), "Unary Unary")
			b.fusedInto("first", "first", "first", "y")
		})
	}
	for _, c := range keep {
		t.Run("keep "+c.name, func(t *testing.T) {
			b := newNet(t, x...)
			b.out(b.act("last", b.op("y", c.op, b.x()), relu))
			b.rewrite(each(dropNoops), c.op.Kind()+" Unary")
		})
	}
	for _, op := range []ir.Op{ir.GlobalAvgPool{}, ir.GlobalMaxPool{}} {
		b := newNet(t, 1, 4, 1, 1)
		b.out(b.act("last", b.op("y", op, b.x()), relu))
		b.rewrite(each(dropNoops), "Unary")
	}
}

func TestDropNoopsKeepsOutputs(t *testing.T) {
	t.Run("renames what nobody else calls", func(t *testing.T) {
		b := newNet(t, 1, 4)
		r := b.act("r", b.x(), relu)
		b.out(b.op("y", ir.Identity{}, r), b.act("z", r, sigmoid))
		b.rewrite(each(dropNoops), "Unary Unary")
		b.fusedInto("r", "y", "r", "y")
	})
	t.Run("of an input", func(t *testing.T) {
		b := newNet(t, 1, 4)
		b.out(b.op("y", ir.Identity{}, b.x()))
		b.rewrite(each(dropNoops), "Identity")
	})
	t.Run("of an output", func(t *testing.T) {
		b := newNet(t, 1, 4)
		r := b.act("r", b.x(), relu)
		b.out(r, b.op("y", ir.Identity{}, r))
		b.rewrite(each(dropNoops), "Unary Identity")
	})
}

func TestSplitWithUnreadResults(t *testing.T) {
	b := newNet(t, 1, 4, 2, 2)
	b.op("s", ir.Split{Axis: 1, Sizes: []int{1, 3}}, b.x())
	b.out(b.conv("c", b.node("s").Out[1], 2, 1, 0))
	b.rewrite(fuseAll(t), "Split Conv")
}
