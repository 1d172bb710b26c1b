package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// quantized is x as signed bytes of a scale and zero point.
func (b *net) quantized(name string, x *ir.Value, scale float32, zero int8) *ir.Value {
	return b.op(name, ir.QuantizeLinear{To: ir.S8}, x, b.scale(name, scale), b.zero(name, zero))
}

// real is what bytes stand for.
func (b *net) real(name string, x *ir.Value, scale float32, zero int8) *ir.Value {
	return b.op(name, ir.DequantizeLinear{}, x, b.scale(name, scale), b.zero(name, zero))
}

func (b *net) scale(name string, v float32) *ir.Value {
	return ir.Const(name+".scale", ir.Floats(ir.Shape{}, []float32{v}))
}

func (b *net) zero(name string, v int8) *ir.Value {
	return ir.Const(name+".zero", &ir.Tensor{Type: ir.S8, S8: []int8{v}})
}

func TestPairQuantization(t *testing.T) {
	rule := each(pairQuantization)
	t.Run("pair", func(t *testing.T) {
		b := newNet(t, 1, 4, 3, 5)
		q := b.quantized("q", b.x(), 0.02, -5)
		b.out(b.act("y", b.real("d", q, 0.02, -5), relu), b.act("z", b.real("e", q, 0.02, -5), sigmoid))
		b.rewrite(rule, "FakeQuant Unary Unary") // one for both
		if op := b.node("d").Op.(ir.FakeQuant); op.Scale[0] != 0.02 || op.Zero[0] != 123 {
			t.Errorf("%v, want unsigned bytes", op)
		}
	})
	t.Run("outputs", func(t *testing.T) {
		b := newNet(t, 1, 4, 3, 5)
		q := b.quantized("q", b.x(), 0.02, -5)
		b.out(b.real("d", q, 0.02, -5), b.real("e", q, 0.02, -5))
		b.rewrite(rule, "FakeQuant Identity")
	})
	t.Run("other parameters", func(t *testing.T) {
		b := newNet(t, 1, 4, 3, 5)
		b.out(b.act("y", b.real("d", b.quantized("q", b.x(), 0.02, -5), 0.03, 7), relu))
		b.rewrite(rule, "FakeQuant Affine Unary")
	})
	t.Run("moves", func(t *testing.T) {
		b := newNet(t, 1, 4, 3, 5)
		q := b.op("pool", ir.MaxPool{Window: window(2, 0)}, b.quantized("q", b.x(), 0.02, -5))
		q = b.op("flat", ir.Reshape{Shape: ir.Shape{1, q.Shape.Elems()}}, q)
		b.out(b.real("d", q, 0.02, -5))
		b.rewrite(rule, "FakeQuant MaxPool Reshape")
	})
	t.Run("bytes as output", func(t *testing.T) {
		b := newNet(t, 1, 4, 3, 5)
		q := b.quantized("q", b.x(), 0.02, -5)
		b.out(q, b.real("d", q, 0.02, -5))
		b.rewrite(rule, "FakeQuant QuantizeLinear")
	})
	t.Run("computed scale", func(t *testing.T) {
		b := newNet(t, 1, 4, 3, 5)
		scale := b.op("scale", ir.Reshape{Shape: ir.Shape{1}}, b.op("cut", ir.Slice{Start: []int{0, 0, 0, 0}, Step: []int{1, 1, 1, 1}, Size: []int{1, 1, 1, 1}}, b.act("e", b.x(), ir.Act{Kind: ir.Exp})))
		q := b.op("q", ir.QuantizeLinear{To: ir.U8}, b.x(), scale)
		b.out(b.op("d", ir.DequantizeLinear{}, q, scale))
		b.rewrite(rule, "Unary Slice Reshape QuantizeLinear DequantizeLinear")
	})
}

// TestQuantizedWeights keeps the model's integers where they stay integers.
func TestQuantizedWeights(t *testing.T) {
	b := newNet(t, 2, 6)
	w := ir.Const("w", ir.Floats(ir.Shape{3, 6}, make([]float32, 18)))
	for i := range w.Const.F32 {
		w.Const.F32[i] = float32(i-9) * 0.5
	}
	w.Quant = &ir.Quant{Scale: []float32{0.5, 0.5, 0.5}, Zero: []int32{0, 1, 2}}
	y := b.op("y", ir.MatMul{}, b.x(), b.op("t", ir.Transpose{Perm: []int{1, 0}}, w))
	b.out(b.op("z", ir.Affine{Mul: []float32{1, 2, 3}, Add: []float32{0}}, y))
	b.rewrite(fuseAll(t), "FC")
	q := b.node("y").In[1].Quant
	if q == nil || q.Axis != 0 || q.Scale[2] != 1.5 || q.Zero[2] != 2 {
		t.Errorf("the weights have the parameters %v, want scales 0.5, 1 and 1.5 of rows", q)
	}
}
