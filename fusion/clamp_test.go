package fusion

import (
	"math"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestMergeClamps(t *testing.T) {
	clip := func(lo, hi float32) ir.Act { return ir.Act{Kind: ir.Clip, A: lo, B: hi} }
	for _, c := range []struct {
		first, second, want ir.Act // a none stands for nothing
	}{
		{ir.Act{}, clip(0, inf), relu},
		{ir.Act{}, clip(0, math.MaxFloat32), relu},
		{ir.Act{}, clip(-math.MaxFloat32, 1), clip(-inf, 1)},
		{ir.Act{}, clip(0, 6), clip(0, 6)},
		{relu, relu, relu},
		{relu, relu6, relu6},
		{relu6, relu, relu6},
		{clip(-inf, 6), relu, relu6},
		{clip(-1, 4), clip(0, 6), clip(0, 4)},
		{clip(-5, -2), relu, clip(0, 0)},
		{clip(3, 4), clip(0, 1), clip(1, 1)},
	} {
		b := newNet(t, 1, 100)
		x := b.x()
		if !c.first.IsNone() {
			x = b.act("first", x, c.first)
		}
		b.out(b.act("second", x, c.second))
		b.rewrite(each(mergeClamps), "Unary")
		if got := b.node("second").Op.(ir.Unary).Act; got != c.want {
			t.Errorf("%v, then %v: %v, want %v", c.first, c.second, got, c.want)
		}
	}
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 100)
		x := b.act("first", b.x(), relu)
		b.out(b.act("second", x, relu6), x)
		b.rewrite(each(mergeClamps), "Unary Unary")
	})
	t.Run("curved", func(t *testing.T) {
		b := newNet(t, 1, 100)
		b.out(b.act("second", b.act("first", b.x(), sigmoid), relu6))
		b.rewrite(each(mergeClamps), "Unary Unary")
	})
}
