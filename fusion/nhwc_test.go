package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

var second, last = []int{0, 3, 1, 2}, []int{0, 2, 3, 1}

func TestRaiseTransposes(t *testing.T) {
	border := ir.Pad{Before: []int{0, 1, 2, 0}, After: []int{0, 0, 1, 0}}
	for _, c := range []struct {
		name string
		op   ir.Op
		more []*ir.Value
		want string
	}{
		{"activation", ir.Unary{Act: relu}, nil, "Transpose Unary"},
		{"factor", ir.Affine{Mul: []float32{2}, Add: []float32{1}}, nil, "Transpose Affine"},
		{"factors", ir.Affine{Mul: []float32{2, 3, 4, 5}, Add: []float32{1}}, nil, "Affine Transpose"},
		{"bias of the last axis", ir.Binary{}, []*ir.Value{vals("b", ir.Shape{3}, 1, 2, 3)}, "Transpose Binary"},
		{"border", border, nil, "Transpose Pad"},
		{"part", ir.Slice{Start: []int{0, 1, 0, 2}, Step: []int{1, 2, 1, -1}, Size: []int{1, 2, 5, 3}}, nil, "Transpose Slice"},
		{"sums", ir.Resample{Axis: 2, Taps: 1, Index: []int{3, 1}, Weight: []float32{2, 1}}, nil, "Transpose Resample"},
		{"softmax", ir.Softmax{Axis: 3}, nil, "Transpose Softmax"},
		{"logarithm of a softmax", ir.Softmax{Axis: 3, Fn: ir.SoftmaxLog}, nil, "Transpose Softmax"},
		{"mean", ir.Reduce{Axes: []int{2}, Keep: true}, nil, "Reduce Transpose"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 4, 5, 3)
			y := b.op("op", c.op, append([]*ir.Value{b.x()}, c.more...)...)
			b.out(b.transpose("t", y, second...))
			b.rewrite(each(raiseTransposes), c.want)
		})
	}
	t.Run("two operands", func(t *testing.T) {
		b := newNet(t, 1, 3, 4, 5)
		other := b.input("z", 1, 4, 5, 3)
		y := b.bin("add", ir.Add, b.transpose("t1", b.x(), last...), other)
		b.out(b.transpose("t2", y, second...))
		b.rewrite(fuseAll(t), "Transpose Binary")
	})
	t.Run("other reader", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 3)
		y := b.act("relu", b.x(), relu)
		b.out(y, b.transpose("t", y, second...))
		b.rewrite(each(raiseTransposes), "Unary Transpose")
	})
}

func TestSinkTransposes(t *testing.T) {
	for _, c := range []struct {
		name string
		op   ir.Op
		both bool
		want string
	}{
		{"border", ir.Pad{Before: []int{0, 1, 2, 0}, After: []int{0, 0, 1, 3}}, false, "Pad Transpose"},
		{"softmax", ir.Softmax{Axis: 3}, false, "Softmax Transpose"},
		{"logarithm of a softmax", ir.Softmax{Axis: 3, Fn: ir.SoftmaxLog}, false, "Softmax Transpose"},
		{"hard softmax", ir.Softmax{Axis: 3, Fn: ir.SoftmaxHard}, false, "Softmax Transpose"},
		{"joined", ir.Concat{Axis: 3}, true, "Concat Transpose"},
		{"mean", ir.Reduce{Axes: []int{2}, Keep: true}, false, "Transpose Reduce"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 3, 4, 5)
			in := []*ir.Value{b.transpose("t1", b.x(), last...)}
			if c.both {
				in = append(in, b.transpose("t2", b.input("z", 1, 2, 4, 5), last...))
			}
			b.out(b.op("op", c.op, in...))
			b.rewrite(each(sinkTransposes), c.want)
		})
	}
}

// A Transpose stays before a Softmax that it brings the elements of each run together for, as
// before the distances of detectors' boxes.
func TestTransposeBeforeSoftmax(t *testing.T) {
	for _, c := range []struct {
		axis int
		want string
	}{{1, "Reshape Transpose Softmax Conv"}, {2, "Reshape Softmax Transpose Conv"}} {
		b := newNet(t, 1, 64, 84)
		y := b.transpose("t", b.reshape("r", b.x(), 1, 4, 16, 84), 0, 2, 1, 3)
		b.out(b.conv("c", b.op("s", ir.Softmax{Axis: c.axis}, y), 1, 1, 0))
		b.rewrite(each(sinkTransposes), c.want)
	}
	b := newNet(t, 6, 5, 4)
	b.out(b.op("s", ir.Softmax{Axis: 2}, b.transpose("t", b.x(), 0, 2, 1)))
	b.rewrite(each(sinkTransposes), "Transpose Softmax")
}

// TestChannelsLast is a network as TensorFlow exports it.
func TestChannelsLast(t *testing.T) {
	b := newNet(t, 1, 8, 9, 3)
	y := b.op("scale", ir.Affine{Mul: []float32{0.5}, Add: []float32{-1}}, b.x())
	y = b.op("pad", ir.Pad{Before: []int{0, 1, 1, 0}, After: []int{0, 1, 1, 0}}, y)
	y = b.conv("c1", b.transpose("t1", y, second...), 4, 3, 0)
	y = b.bin("bias", ir.Add, b.transpose("t2", y, last...), vals("b", ir.Shape{4}, 1, 2, 3, 4))
	y = b.act("relu", y, relu)
	z := b.conv("c2", b.transpose("t3", y, second...), 4, 1, 0)
	y = b.bin("sum", ir.Add, b.transpose("t4", z, last...), y)
	b.out(b.conv("c3", b.transpose("t5", y, second...), 2, 1, 0))
	b.rewrite(fuseAll(t), "Transpose Affine Conv Conv Conv")
}
