package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// affine adds an Affine with random factors and shifts of its channels.
func (b *net) affine(name string, x *ir.Value) *ir.Value {
	b.t.Helper()
	n := x.Shape[1]
	return b.op(name, ir.Affine{Mul: b.tensor(ir.Shape{n}).F32, Add: b.tensor(ir.Shape{n}).F32}, x)
}

func TestAffineIntoPrevious(t *testing.T) {
	fold := each(affineIntoPrevious)
	t.Run("conv", func(t *testing.T) {
		b := newNet(t, 1, 3, 5, 5)
		b.out(b.affine("a", b.conv("c", b.x(), 4, 3, 1)))
		b.rewrite(fold, "Conv")
		b.fusedInto("c", "a", "c", "a")
	})
	t.Run("grouped conv without bias", func(t *testing.T) {
		b := newNet(t, 2, 4, 5, 5)
		y := b.op("c", ir.Conv{Window: window(3, 1), Groups: 2}, b.x(), b.rand("w", 6, 2, 3, 3))
		b.out(b.affine("a", y))
		b.rewrite(fold, "Conv")
		if bias := b.node("c").In[2]; bias.Name != "c.bias" {
			t.Errorf("bias is called %q", bias.Name)
		}
	})
	t.Run("fc", func(t *testing.T) {
		b := newNet(t, 2, 4)
		b.out(b.op("a2", ir.Affine{Mul: []float32{2}, Add: []float32{3}}, b.affine("a1", b.fc("f", b.x(), 3))))
		b.rewrite(fold, "FC")
		b.fusedInto("f", "a2", "f", "a1", "a2")
	})
	t.Run("constant addition", func(t *testing.T) {
		b := newNet(t, 1, 3, 5, 5)
		b.out(b.bin("add", ir.Add, b.rand("k", 4, 1, 1), b.conv("c", b.x(), 4, 3, 1)))
		b.rewrite(fuseAll(t), "Conv")
	})
	t.Run("batch norms on both sides", func(t *testing.T) {
		b := newNet(t, 1, 3, 5, 5)
		b.out(b.bn("n2", b.conv("c", b.bn("n1", b.x()), 4, 3, 0)))
		b.rewrite(fuseAll(t), "Conv")
		b.fusedInto("c", "n2", "n1", "c", "n2")
	})
	t.Run("shared weights", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 5)
		w, bias := b.rand("w", 4, 4, 3, 3), b.rand("b", 4)
		op := ir.Conv{Window: window(3, 1), Groups: 1}
		y := b.op("c1", op, b.x(), w, bias)
		b.out(b.affine("a", b.op("c2", op, y, w, bias)))
		b.rewrite(fold, "Conv Conv")
		if v := b.node("c1").In[1]; v != w {
			t.Error("the weights of c1 were replaced")
		}
	})
	stops := map[string]func(b *net, c *ir.Value) *ir.Value{
		"Conv Affine Unary": func(b *net, c *ir.Value) *ir.Value { // second reader
			b.out(b.affine("a", c))
			return b.act("r", c, relu)
		},
		"Conv Affine": func(b *net, c *ir.Value) *ir.Value { // output
			b.out(c)
			return b.affine("a", c)
		},
		"Conv Conv Affine": func(b *net, c *ir.Value) *ir.Value { // residual operand
			op := ir.Conv{Window: window(3, 1), Groups: 1}
			return b.affine("a", b.op("d", op, c, b.rand("w", 4, 4, 3, 3), nil, c))
		},
		"Conv FC Affine": func(b *net, c *ir.Value) *ir.Value { // activation in between
			op := ir.FC{Epilogue: ir.Epilogue{Act: relu}}
			return b.affine("a", b.op("f", op, b.input("v", 1, 2), b.rand("w", 3, 2)))
		},
		"Conv Conv Affine Unary": func(b *net, c *ir.Value) *ir.Value { // computed weights
			y := b.op("d", ir.Conv{Window: window(1, 0), Groups: 1}, c, b.input("w", 2, 4, 1, 1))
			return b.act("r", b.affine("a", y), relu)
		},
	}
	for want, build := range stops {
		t.Run(want, func(t *testing.T) {
			b := newNet(t, 1, 3, 5, 5)
			y := build(b, b.conv("c", b.x(), 4, 3, 1))
			b.out(y)
			if want == "Conv FC Affine" {
				b.out(b.node("c").Out[0])
			}
			b.rewrite(fold, want)
		})
	}
}
