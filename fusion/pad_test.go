package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestPadIntoWindow(t *testing.T) {
	spatial := func(mode ir.PadMode, value float32, top, left, bottom, right int) ir.Pad {
		return ir.Pad{Before: []int{0, 0, top, left}, After: []int{0, 0, bottom, right}, Mode: mode, Value: value}
	}
	zeros := spatial(ir.PadConstant, 0, 0, 1, 1, 0)
	conv := func(b *net, x *ir.Value) *ir.Value { return b.conv("y", x, 2, 3, 1) }
	maxPool := func(b *net, x *ir.Value) *ir.Value { return b.op("y", ir.MaxPool{Window: window(2, 0)}, x) }
	avgPool := func(op ir.AvgPool) func(*net, *ir.Value) *ir.Value {
		return func(b *net, x *ir.Value) *ir.Value { return b.op("y", op, x) }
	}
	dilated := window(2, 0)
	dilated.Dilation = [2]int{2, 2}
	for _, c := range []struct {
		name  string
		pad   ir.Pad
		build func(b *net, x *ir.Value) *ir.Value
		fused bool
	}{
		{"conv", zeros, conv, true},
		{"conv, two borders", spatial(ir.PadConstant, 0, 2, 0, 1, 1), conv, true},
		{"conv, other value", spatial(ir.PadConstant, 1, 1, 1, 1, 1), conv, false},
		{"conv, mirrored", spatial(ir.PadReflect, 0, 1, 1, 1, 1), conv, false},
		{"conv, repeated", spatial(ir.PadEdge, 0, 1, 1, 1, 1), conv, false},
		{"conv, cropped", spatial(ir.PadConstant, 0, -1, 1, 1, 1), conv, false},
		{"conv, channels", ir.Pad{Before: []int{0, 1, 1, 1}, After: make([]int, 4)}, conv, false},
		{"max pool", zeros, maxPool, false},
		{"max pool, lowest", spatial(ir.PadConstant, -inf, 0, 1, 1, 0), maxPool, true},
		{"max pool, dilated", spatial(ir.PadConstant, -inf, 0, 1, 1, 0), func(b *net, x *ir.Value) *ir.Value {
			return b.op("y", ir.MaxPool{Window: dilated}, x)
		}, false},
		{"max pool, border as large as the window", spatial(ir.PadConstant, -1e9, 2, 0, 0, 0), maxPool, false},
		{"mean that counts", zeros, avgPool(ir.AvgPool{Window: window(3, 1), CountPad: true}), true},
		{"mean without border", zeros, avgPool(ir.AvgPool{Window: window(3, 0)}), true},
		{"mean that does not count", zeros, avgPool(ir.AvgPool{Window: window(3, 1)}), false},
		{"mean with a last part", zeros, avgPool(ir.AvgPool{Window: window(3, 0), Ceil: true}), false},
		{"mean, other value", spatial(ir.PadConstant, 2, 0, 1, 1, 0), avgPool(ir.AvgPool{Window: window(3, 0)}), false},
		{"mean, border as large as the window", spatial(ir.PadConstant, 0, 0, 3, 0, 0), avgPool(ir.AvgPool{Window: window(3, 0)}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 3, 6, 7)
			y := c.build(b, b.op("pad", c.pad, b.x()))
			b.out(y)
			kind := y.Def.Op.Kind()
			if !c.fused {
				b.rewrite(each(padIntoWindow), "Pad "+kind)
				return
			}
			b.rewrite(each(padIntoWindow), kind)
			b.fusedInto("y", "y", "pad", "y")
		})
	}
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 3, 6, 7)
		p := b.op("pad", zeros, b.x())
		b.out(conv(b, p), b.act("r", p, relu))
		b.rewrite(each(padIntoWindow), "Pad Conv Unary")
	})
	t.Run("in another layer's way", func(t *testing.T) {
		b := newNet(t, 1, 3, 6, 7)
		b.out(b.conv("c", b.affine("a", b.op("pad", zeros, b.x())), 2, 3, 0))
		b.rewrite(fuseAll(t), "Conv")
	})
	t.Run("behind a shift", func(t *testing.T) {
		b := newNet(t, 1, 3, 6, 7)
		b.out(b.conv("c", b.op("pad", zeros, b.affine("a", b.x())), 2, 3, 0))
		b.rewrite(fuseAll(t), "Affine Conv")
	})
}

// Zeros can't be the maximum of what is not negative.
func TestPadOfBounded(t *testing.T) {
	zeros := ir.Pad{Before: []int{0, 0, 1, 1}, After: []int{0, 0, 1, 1}}
	for _, c := range []struct {
		name, want string
		build      func(b *net) *ir.Value
	}{
		{"relu", "Conv MaxPool", func(b *net) *ir.Value { return b.act("r", b.conv("c", b.x(), 2, 1, 0), relu) }},
		{"clip", "Conv MaxPool", func(b *net) *ir.Value { return b.act("r", b.conv("c", b.x(), 2, 1, 0), relu6) }},
		{"through moves", "Conv ChannelShuffle Concat MaxPool", func(b *net) *ir.Value {
			r := b.act("r", b.conv("c", b.x(), 4, 1, 0), relu)
			return b.op("cat", ir.Concat{Axis: 1}, b.op("s", ir.ChannelShuffle{Groups: 2}, r), r)
		}},
		{"one part unbounded", "Conv Concat Pad MaxPool", func(b *net) *ir.Value {
			r := b.act("r", b.conv("c", b.x(), 4, 1, 0), relu)
			return b.op("cat", ir.Concat{Axis: 1}, b.x(), r)
		}},
		{"negative limit", "Conv Pad MaxPool", func(b *net) *ir.Value {
			return b.act("r", b.conv("c", b.x(), 2, 1, 0), ir.Act{Kind: ir.Clip, A: -1, B: 1})
		}},
		{"leaky", "Conv Pad MaxPool", func(b *net) *ir.Value {
			return b.act("r", b.conv("c", b.x(), 2, 1, 0), ir.Act{Kind: ir.LeakyRelu, A: 0.1})
		}},
		{"of a product", "Binary MaxPool", func(b *net) *ir.Value {
			return b.act("r", b.bin("m", ir.Mul, b.x(), b.input("z", 1, 3, 6, 7)), sigmoid)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 3, 6, 7)
			b.out(b.op("y", ir.MaxPool{Window: window(3, 0)}, b.op("pad", zeros, c.build(b))))
			b.rewrite(fuseAll(t), c.want)
		})
	}
}
