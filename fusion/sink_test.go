package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestSinkMoves(t *testing.T) {
	scalars := ir.Affine{Mul: []float32{2}, Add: []float32{3}}
	channels := ir.Affine{Mul: []float32{2, 3, 4, 5}, Add: []float32{3}}
	cases := []struct {
		name  string
		build func(b *net, c *ir.Value) *ir.Value // c is 1x4x2x2
		want  string
	}{
		{"transpose", func(b *net, c *ir.Value) *ir.Value {
			return b.act("a", b.transpose("t", c, 0, 2, 3, 1), relu)
		}, "Conv Unary Transpose"},
		{"reshape", func(b *net, c *ir.Value) *ir.Value {
			return b.act("a", b.reshape("r", c, 1, 16), relu)
		}, "Conv Unary Reshape"},
		{"two functions", func(b *net, c *ir.Value) *ir.Value {
			return b.op("a2", scalars, b.act("a", b.reshape("r", c, 1, 16), relu))
		}, "Conv Unary Affine Reshape"},
		{"factors of kept channels", func(b *net, c *ir.Value) *ir.Value {
			return b.op("a", channels, b.reshape("r", c, 1, 4, 4))
		}, "Conv Affine Reshape"},
		{"factors of kept channels, transposed", func(b *net, c *ir.Value) *ir.Value {
			return b.op("a", channels, b.transpose("r", c, 0, 1, 3, 2))
		}, "Conv Affine Transpose"},
		{"factors of other channels", func(b *net, c *ir.Value) *ir.Value {
			return b.op("a", channels, b.reshape("r", c, 2, 4, 2))
		}, "Conv Reshape Affine"},
		{"factors of other channels, transposed", func(b *net, c *ir.Value) *ir.Value {
			return b.op("a", ir.Affine{Mul: []float32{1, 2}, Add: []float32{0}}, b.transpose("t", c, 0, 2, 3, 1))
		}, "Conv Transpose Affine"},
		{"second reader", func(b *net, c *ir.Value) *ir.Value {
			r := b.reshape("r", c, 1, 16)
			b.out(r)
			return b.act("a", r, relu)
		}, "Conv Reshape Unary"},
		{"both operands", func(b *net, c *ir.Value) *ir.Value {
			d := b.transpose("t2", b.conv("d", b.x(), 4, 1, 0), 0, 2, 3, 1)
			return b.bin("a", ir.Mul, b.transpose("t1", c, 0, 2, 3, 1), d)
		}, "Conv Conv Binary Transpose"},
		{"one operand", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("a", ir.Mul, b.reshape("r", c, 1, 16), b.input("y", 1, 16))
		}, "Conv Reshape Binary"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 3, 2, 2)
			y := c.build(b, b.conv("c", b.x(), 4, 1, 0))
			b.out(y)
			b.rewrite(each(sinkMoves), c.want)
		})
	}
	t.Run("broadcast", func(t *testing.T) {
		b := newNet(t, 1, 3, 2, 2)
		d := b.reshape("r1", b.conv("d", b.x(), 2, 1, 0), 1, 1, 8)
		e := b.reshape("r2", b.conv("e", b.x(), 8, 1, 0), 1, 4, 8)
		b.out(b.bin("a", ir.Mul, d, e))
		b.rewrite(each(sinkMoves), "Conv Reshape Conv Reshape Binary")
	})
	t.Run("different shapes before", func(t *testing.T) {
		b := newNet(t, 1, 3, 2, 2)
		d := b.reshape("r1", b.conv("d", b.x(), 4, 1, 0), 1, 16)
		e := b.reshape("r2", b.conv("e", b.input("z", 1, 3, 4, 1), 4, 1, 0), 1, 16)
		b.out(b.bin("a", ir.Mul, d, e))
		b.rewrite(each(sinkMoves), "Conv Reshape Conv Reshape Binary")
	})
	for pad, want := range []string{"Transpose Conv", "Transpose Affine Conv"} {
		t.Run("the next layer comes first", func(t *testing.T) {
			b := newNet(t, 1, 2, 2, 3)
			y := b.op("a", scalars, b.transpose("t", b.x(), 0, 3, 1, 2))
			b.out(b.conv("c", y, 4, 1, pad))
			b.rewrite(fuseAll(t), want)
		})
	}
}

// TestConv1D fuses one-dimensional convolutions, which are imported with a Reshape
// before and behind them.
func TestConv1D(t *testing.T) {
	b := newNet(t, 1, 3, 8)
	conv := func(name string, x *ir.Value) *ir.Value {
		y := b.conv(name, b.reshape(name+".in", x, 1, x.Shape[1], 1, 8), 3, 1, 0)
		return b.reshape(name+".out", y, 1, 3, 8)
	}
	y := b.act("r1", conv("c1", b.x()), relu)
	z := b.bin("scale", ir.Mul, conv("c2", y), b.rand("s", 3, 1))
	b.out(b.act("r2", b.bin("sum", ir.Add, z, y), relu))
	b.rewrite(fuseAll(t), "Reshape Conv Conv Reshape")
	b.fusedInto("c2", "sum_1", "c2", "scale", "sum", "r2")
}
