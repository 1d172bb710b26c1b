package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestActivationIntoEpilogue(t *testing.T) {
	fold := each(activationIntoEpilogue)
	for _, act := range []ir.Act{relu, relu6, sigmoid, {Kind: ir.LeakyRelu, A: 0.1}, {Kind: ir.Elu, A: 1}, {Kind: ir.HardSwish}} {
		t.Run(act.String(), func(t *testing.T) {
			b := newNet(t, 1, 3, 4, 4)
			c := b.act("r1", b.conv("c", b.x(), 4, 3, 1), act)
			f := b.act("r2", b.fc("f", b.reshape("flat", c, 1, 64), 5), act)
			b.out(b.act("r3", b.bin("m", ir.Sub, f, b.input("y", 1, 5)), act))
			b.rewrite(fold, "Conv Reshape FC Binary")
			b.fusedInto("c", "r1", "c", "r1")
			b.fusedInto("f", "r2", "f", "r2")
			b.fusedInto("m", "r3", "m", "r3")
			if got := b.node("c").Op.(ir.Conv).Act; got != act {
				t.Errorf("epilogue %v", got)
			}
		})
	}
	for _, c := range []struct {
		name, want string
		build      func(b *net, c *ir.Value) *ir.Value
	}{
		{"second activation", "Conv Unary", func(b *net, c *ir.Value) *ir.Value {
			return b.act("r2", b.act("r1", c, sigmoid), relu)
		}},
		{"second reader", "Conv Unary Binary", func(b *net, c *ir.Value) *ir.Value {
			return b.bin("m", ir.Mul, b.act("r", c, sigmoid), c)
		}},
		{"output", "Conv Unary", func(b *net, c *ir.Value) *ir.Value {
			b.out(c)
			return b.act("r", c, relu)
		}},
		{"behind a pooling", "Conv MaxPool Unary", func(b *net, c *ir.Value) *ir.Value {
			return b.act("r", b.op("p", ir.MaxPool{Window: window(2, 0)}, c), relu)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 3, 4, 4)
			b.out(c.build(b, b.conv("c", b.x(), 4, 3, 1)))
			b.rewrite(fold, c.want)
		})
	}
}
