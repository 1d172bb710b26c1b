package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestRecognizeSilu(t *testing.T) {
	fold := each(recognizeSilu)
	for _, sigmoidFirst := range []bool{false, true} {
		b := newNet(t, 1, 50)
		x, s := b.x(), b.act("s", b.x(), sigmoid)
		if sigmoidFirst {
			x, s = s, x
		}
		b.out(b.bin("y", ir.Mul, x, s))
		b.rewrite(fold, "Unary")
		b.fusedInto("y", "y", "s", "y")
		if k := b.node("y").Op.(ir.Unary).Act.Kind; k != ir.Silu {
			t.Errorf("got %v", k)
		}
	}
	t.Run("conv", func(t *testing.T) {
		b := newNet(t, 1, 3, 5, 5)
		c := b.conv("c", b.x(), 4, 3, 1)
		b.out(b.bin("y", ir.Mul, c, b.act("s", c, sigmoid)))
		b.rewrite(fuseAll(t), "Conv")
		b.fusedInto("c", "y", "c", "s", "y")
	})
	t.Run("factor", func(t *testing.T) {
		b := newNet(t, 1, 50)
		scaled := b.op("scaled", ir.Affine{Mul: []float32{1.7}, Add: []float32{0}}, b.x())
		b.out(b.bin("y", ir.Mul, b.x(), b.act("s", scaled, sigmoid)))
		b.rewrite(fold, "Unary")
		if a := b.node("y").Op.(ir.Unary).Act; a != (ir.Act{Kind: ir.Swish, A: 1.7}) {
			t.Errorf("got %v", a)
		}
	})
	t.Run("other tensor", func(t *testing.T) {
		b := newNet(t, 1, 50)
		b.out(b.bin("y", ir.Mul, b.input("z", 1, 50), b.act("s", b.x(), sigmoid)))
		b.rewrite(fold, "Unary Binary")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 50)
		s := b.act("s", b.x(), sigmoid)
		b.out(b.bin("y", ir.Mul, b.x(), s), s)
		b.rewrite(fold, "Unary Binary")
	})
	t.Run("sum", func(t *testing.T) {
		b := newNet(t, 1, 50)
		b.out(b.bin("y", ir.Add, b.x(), b.act("s", b.x(), sigmoid)))
		b.rewrite(fold, "Unary Binary")
	})
}
