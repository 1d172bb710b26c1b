package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestPowToFunction(t *testing.T) {
	for _, c := range []struct {
		name string
		k    *ir.Value
		want string
		act  ir.ActKind
	}{
		{"square", vals("k", ir.Shape{1}, 2), "Unary", ir.Power},
		{"root", vals("k", ir.Shape{}, 0.5), "Unary", ir.Sqrt},
		{"inverse", vals("k", ir.Shape{1, 1}, -1), "Unary", ir.Reciprocal},
		{"for each", vals("k", ir.Shape{4}, 1, 2, 3, 4), "Binary", 0},
		{"of more axes", vals("k", ir.Shape{1, 1, 1}, 2), "Binary", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 3, 4)
			y := b.bin("y", ir.Pow, b.act("positive", b.x(), ir.Act{Kind: ir.Abs}), c.k)
			b.out(y)
			b.rewrite(each(powToFunction), "Unary "+c.want)
			if op, ok := b.node("y").Op.(ir.Unary); ok && op.Act.Kind != c.act {
				t.Errorf("got %v", op.Act.Kind)
			}
		})
	}
	t.Run("computed exponent", func(t *testing.T) { // of a generalized mean
		b := newNet(t, 3, 4)
		k := b.act("k", vals("p", ir.Shape{1}, 3), ir.Act{Kind: ir.Reciprocal})
		b.out(b.bin("y", ir.Pow, b.act("positive", b.x(), ir.Act{Kind: ir.Abs}), k))
		b.rewrite(fuseAll(t), "Unary Unary")
	})
}
