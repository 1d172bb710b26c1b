package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestResidualIntoEpilogue(t *testing.T) {
	for _, convFirst := range []bool{true, false} {
		for _, c := range []struct {
			name     string
			pre, act ir.Act
			want     string
		}{
			{"plain", ir.Act{}, ir.Act{}, "Unary Conv"},
			{"activation behind", ir.Act{}, relu, "Unary Conv"},
			{"curved activation behind", ir.Act{}, sigmoid, "Unary Conv"},
			{"clamp before", relu6, ir.Act{}, "Unary Conv"},
			{"clamps on both sides", relu, relu6, "Unary Conv"},
			{"curved activation before", sigmoid, relu, "Unary Conv Binary"},
		} {
			t.Run(c.name, func(t *testing.T) {
				b := newNet(t, 1, 4, 5, 5)
				r := b.act("r", b.x(), ir.Act{Kind: ir.Tanh})
				y := b.conv("c", b.x(), 4, 3, 1)
				from, result := []string{"c", "sum"}, "sum"
				if !c.pre.IsNone() {
					y, from = b.act("pre", y, c.pre), []string{"c", "pre", "sum"}
				}
				if !convFirst {
					y, r = r, y
				}
				y = b.bin("sum", ir.Add, y, r)
				if !c.act.IsNone() {
					y, from, result = b.act("act", y, c.act), append(from, "act"), "act"
				}
				b.out(y)
				b.rewrite(fuseAll(t), c.want)
				if c.want != "Unary Conv" {
					return
				}
				b.fusedInto("c", result, from...)
				if e := b.node("c").Op.(ir.Conv).Epilogue; e.Pre != c.pre || e.Act != c.act {
					t.Errorf("epilogue %+v", e)
				}
				if v := b.node("c").In[3]; v.Name != "r" {
					t.Errorf("residual operand is %q", v.Name)
				}
			})
		}
	}
}

func TestResidualChoice(t *testing.T) {
	for _, swap := range []bool{false, true} {
		b := newNet(t, 1, 4, 5, 5)
		p, q := b.conv("early", b.x(), 4, 3, 1), b.conv("late", b.x(), 4, 1, 0)
		if swap {
			p, q = q, p
		}
		b.out(b.bin("sum", ir.Add, p, q))
		b.rewrite(fuseAll(t), "Conv Conv")
		b.fusedInto("late", "sum", "late", "sum")
	}
	t.Run("operand computed after the layer", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 5)
		c := b.conv("c", b.x(), 4, 3, 1)
		r := b.act("r", b.op("pool", ir.MaxPool{Window: window(3, 1)}, b.x()), sigmoid)
		b.out(b.act("act", b.bin("sum", ir.Add, c, r), relu))
		b.rewrite(fuseAll(t), "MaxPool Unary Conv")
	})
	t.Run("one is curved", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 5)
		p := b.conv("early", b.x(), 4, 3, 1)
		q := b.act("s", b.conv("late", b.x(), 4, 1, 0), sigmoid)
		b.out(b.bin("sum", ir.Add, p, q))
		b.rewrite(fuseAll(t), "Conv Conv")
		b.fusedInto("early", "sum", "early", "sum")
	})
	t.Run("fc", func(t *testing.T) {
		b := newNet(t, 2, 4)
		b.out(b.bin("sum", ir.Add, b.x(), b.fc("f", b.x(), 4)))
		b.rewrite(fuseAll(t), "FC")
	})
}

func TestResidualStops(t *testing.T) {
	for _, c := range []struct {
		name, want string
		build      func(b *net, c *ir.Value) *ir.Value // c is 1x4x5x5
	}{
		{"broadcast", "Conv Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("sum", ir.Add, c, b.input("r", 1, 4, 1, 1))
		}},
		{"to itself", "Conv Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("sum", ir.Add, c, c)
		}},
		{"second reader", "Conv Binary Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("m", ir.Mul, b.bin("sum", ir.Add, c, b.input("r", 1, 4, 5, 5)), c)
		}},
		{"output", "Conv Binary", func(b *net, c *ir.Value) *ir.Value {
			b.out(c)
			return b.bin("sum", ir.Add, c, b.input("r", 1, 4, 5, 5))
		}},
		{"difference", "Conv Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("d", ir.Sub, c, b.input("r", 1, 4, 5, 5))
		}},
		{"constant", "Conv Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("d", ir.Add, c, b.rand("k", 1, 4, 5, 5))
		}},
		{"second sum", "Conv Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("s2", ir.Add, b.bin("s1", ir.Add, c, b.input("r1", 1, 4, 5, 5)), b.input("r2", 1, 4, 5, 5))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 4, 5, 5)
			b.out(c.build(b, b.conv("c", b.x(), 4, 3, 1)))
			b.rewrite(fuseAll(t), c.want)
		})
	}
}
