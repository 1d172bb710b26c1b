package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestComposeAffines(t *testing.T) {
	lists := [][]float32{{2}, {-1, 3, 0.5}}
	for _, m1 := range lists {
		for _, a1 := range lists {
			for _, m2 := range lists {
				for _, a2 := range lists {
					b := newNet(t, 2, 3, 2)
					y := b.op("first", ir.Affine{Mul: m1, Add: a1}, b.x())
					b.out(b.op("second", ir.Affine{Mul: m2, Add: a2}, y))
					b.rewrite(each(composeAffines), "Affine")
					b.fusedInto("second", "second", "first", "second")
				}
			}
		}
	}
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 2, 3, 2)
		y := b.op("first", ir.Affine{Mul: lists[0], Add: lists[1]}, b.x())
		b.out(b.op("second", ir.Affine{Mul: lists[1], Add: lists[0]}, y), b.act("r", y, relu))
		b.rewrite(each(composeAffines), "Affine Affine Unary")
	})
	t.Run("too large", func(t *testing.T) {
		b := newNet(t, 2, 3, 2)
		big := ir.Affine{Mul: []float32{1e30}, Add: []float32{0}}
		b.out(b.op("second", big, b.op("first", big, b.x())))
		if n, err := each(composeAffines)(b.Graph); n != 0 || err != nil {
			t.Errorf("%d changes, error %v: want none", n, err)
		}
	})
}
