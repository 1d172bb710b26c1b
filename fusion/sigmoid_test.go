package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestRecognizeSigmoid(t *testing.T) {
	spelled := func(b *net, x *ir.Value, one float32) *ir.Value {
		x = b.act("exp", x, ir.Act{Kind: ir.Exp})
		x = b.op("plus", ir.Affine{Mul: []float32{1}, Add: []float32{one}}, x)
		return b.act("y", x, ir.Act{Kind: ir.Reciprocal})
	}
	b := newNet(t, 1, 3, 4, 5)
	c := b.conv("c", b.x(), 2, 3, 1)
	b.out(spelled(b, b.op("k", ir.Affine{Mul: []float32{-0.5}, Add: []float32{0}}, c), 1))
	b.rewrite(fuseAll(t), "Conv")
	if k := b.node("c").Op.(ir.Conv).Act.Kind; k != ir.Sigmoid {
		t.Errorf("got %v", k)
	}
	b = newNet(t, 1, 50)
	b.out(spelled(b, b.x(), 2))
	b.rewrite(each(recognizeSigmoid), "Unary Affine Unary")
	b = newNet(t, 1, 50)
	y := spelled(b, b.x(), 1)
	b.out(y, y.Def.In[0])
	b.rewrite(each(recognizeSigmoid), "Unary Affine Unary")
}
