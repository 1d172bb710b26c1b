package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestRecognizeSoftplusAndMish(t *testing.T) {
	spelled := func(b *net) *ir.Value {
		return b.act("log", b.scaled("plus", ir.Add, b.act("exp", b.x(), ir.Act{Kind: ir.Exp}), 1), ir.Act{Kind: ir.Log})
	}
	b := newNet(t, 1, 50)
	b.out(spelled(b))
	b.rewrite(fuseAll(t), "Unary")
	if k := b.Nodes[0].Op.(ir.Unary).Act.Kind; k != ir.Softplus {
		t.Errorf("got %v", k)
	}
	for _, first := range []bool{false, true} {
		b := newNet(t, 1, 50)
		x, y := b.x(), b.act("tanh", spelled(b), ir.Act{Kind: ir.Tanh})
		if first {
			x, y = y, x
		}
		b.out(b.bin("y", ir.Mul, x, y))
		b.rewrite(fuseAll(t), "Unary")
		if k := b.Nodes[0].Op.(ir.Unary).Act.Kind; k != ir.Mish {
			t.Errorf("got %v", k)
		}
	}
	t.Run("two", func(t *testing.T) {
		b := newNet(t, 1, 50)
		b.out(b.act("log", b.scaled("plus", ir.Add, b.act("exp", b.x(), ir.Act{Kind: ir.Exp}), 2), ir.Act{Kind: ir.Log}))
		b.rewrite(fuseAll(t), "Unary Affine Unary")
	})
}

func TestRecognizeSoftsign(t *testing.T) {
	b := newNet(t, 1, 50)
	b.out(b.bin("y", ir.Div, b.x(), b.scaled("plus", ir.Add, b.act("abs", b.x(), ir.Act{Kind: ir.Abs}), 1)))
	b.rewrite(fuseAll(t), "Unary")
	if k := b.Nodes[0].Op.(ir.Unary).Act.Kind; k != ir.Softsign {
		t.Errorf("got %v", k)
	}
	t.Run("of another", func(t *testing.T) {
		b := newNet(t, 1, 50)
		b.out(b.bin("y", ir.Div, b.input("z", 1, 50), b.scaled("plus", ir.Add, b.act("abs", b.x(), ir.Act{Kind: ir.Abs}), 1)))
		b.rewrite(fuseAll(t), "Unary Affine Binary")
	})
}
