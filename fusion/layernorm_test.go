package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// spelled spells a layer normalization of x out: the square as a power or a product, of the same
// difference or of another one.
func (b *net) spelled(x *ir.Value, axes []int, power, twice bool) *ir.Value {
	mean := b.op("mean", ir.Reduce{Axes: axes, Keep: true}, x)
	d := b.bin("d", ir.Sub, x, mean)
	s := d
	if twice {
		s = b.bin("d2", ir.Sub, x, b.op("mean2", ir.Reduce{Axes: axes, Keep: true}, x))
	}
	if power {
		s = b.act("square", s, ir.Act{Kind: ir.Power, A: 2})
	} else {
		s = b.bin("square", ir.Mul, s, s)
	}
	s = b.op("variance", ir.Reduce{Axes: axes, Keep: true}, s)
	s = b.act("root", b.op("eps", ir.Affine{Mul: []float32{1}, Add: []float32{1e-3}}, s), ir.Act{Kind: ir.Sqrt})
	return b.bin("y", ir.Div, d, s)
}

func TestRecognizeLayerNorm(t *testing.T) {
	for i, axes := range [][]int{{3}, {1}, {2, 3}, {1, 2, 3}} {
		b := newNet(t, 2, 3, 4, 5)
		b.out(b.spelled(b.x(), axes, i%2 == 0, i >= 2))
		b.rewrite(each(recognizeLayerNorm), "Normalize")
		if op := b.node("y").Op.(ir.Normalize); len(op.Axes) != len(axes) || op.Epsilon != 1e-3 {
			t.Errorf("%v: got %+v", axes, op)
		}
	}
	t.Run("all passes, along the last axis", func(t *testing.T) {
		b := newNet(t, 1, 7, 6)
		y := b.bin("scaled", ir.Mul, b.spelled(b.x(), []int{2}, true, false), b.rand("gamma", 6))
		b.out(b.bin("shifted", ir.Add, b.rand("beta", 6), y))
		b.rewrite(fuseAll(t), "Normalize")
	})
	t.Run("all passes, along the channels", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 4)
		y := b.bin("scaled", ir.Mul, b.rand("gamma", 6, 1, 1), b.spelled(b.x(), []int{1}, false, false))
		b.out(b.bin("shifted", ir.Add, y, b.rand("beta", 6, 1, 1)))
		b.rewrite(fuseAll(t), "Normalize")
	})
	t.Run("all passes, over space", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 4)
		b.out(b.spelled(b.x(), []int{2, 3}, true, false))
		b.rewrite(fuseAll(t), "Normalize")
	})
	t.Run("other axes", func(t *testing.T) {
		b := newNet(t, 1, 6, 4)
		d := b.bin("d", ir.Sub, b.x(), b.op("mean", ir.Reduce{Axes: []int{1}, Keep: true}, b.x()))
		v := b.op("variance", ir.Reduce{Axes: []int{2}, Keep: true}, b.bin("square", ir.Mul, d, d))
		s := b.act("root", b.op("eps", ir.Affine{Mul: []float32{1}, Add: []float32{1e-3}}, v), ir.Act{Kind: ir.Sqrt})
		b.out(b.bin("y", ir.Div, d, s))
		b.rewrite(each(recognizeLayerNorm), "Reduce Binary Binary Reduce Affine Unary Binary")
	})
	t.Run("other tensor", func(t *testing.T) {
		b := newNet(t, 1, 6, 4)
		b.out(b.bin("z", ir.Div, b.x(), b.spelled(b.x(), []int{2}, true, false)))
		b.rewrite(each(recognizeLayerNorm), "Normalize Binary")
	})
}

func TestFactorsIntoNormalize(t *testing.T) {
	fold := each(factorsIntoNormalize)
	norm := func(b *net, in ...*ir.Value) *ir.Value {
		return b.op("n", ir.Normalize{Axes: []int{2}, Epsilon: 1e-3}, append([]*ir.Value{b.x()}, in...)...)
	}
	t.Run("bias before the scale", func(t *testing.T) {
		b := newNet(t, 1, 6, 4)
		b.out(b.bin("y", ir.Mul, b.bin("sum", ir.Add, norm(b), b.rand("beta", 4)), b.rand("gamma", 4)))
		b.rewrite(fold, "Normalize Binary")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 6, 4)
		n := norm(b)
		b.out(b.bin("y", ir.Mul, n, b.rand("gamma", 4)), n)
		b.rewrite(fold, "Normalize Binary")
	})
	t.Run("larger constant", func(t *testing.T) {
		b := newNet(t, 1, 6, 4)
		b.out(b.bin("y", ir.Add, norm(b), b.rand("c", 5, 6, 4)))
		b.rewrite(fold, "Normalize Binary")
	})
	t.Run("affine behind factors", func(t *testing.T) {
		b := newNet(t, 1, 6, 4)
		b.out(b.op("y", ir.Affine{Mul: []float32{2}, Add: []float32{1}}, norm(b, b.rand("gamma", 4))))
		b.rewrite(fold, "Normalize Affine")
	})
}
