package quant

import (
	"math"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestIntegersOf gives back the bytes that weights follow from, and the bias in its units.
func TestIntegersOf(t *testing.T) {
	bytes := []int8{-128, 127, 0, 5, -7, 64}
	q := &ir.Quant{Scale: []float32{0.013, 3e-5}, Zero: []int32{-128, 17}}
	w := ir.NewTensor(ir.F32, ir.Shape{2, 3})
	for i, v := range bytes {
		p := q.At(i / 3)
		w.F32[i] = float32(float64(int32(v)-p.Zero[0]) * float64(p.Scale[0]))
	}
	in := ir.PerTensor(0.05, 120)
	b := ir.Floats(ir.Shape{2}, []float32{float32(1000 * 0.05 * 0.013), float32(-77 * 0.05 * 3e-5)})
	l := integersOf(w, b, q, in)
	if l == nil || !slices.Equal(l.w.S8, bytes) || !slices.Equal(l.zero, q.Zero) || !slices.Equal(l.scale, q.Scale) || !slices.Equal(l.b.S32, []int32{1000, -77}) {
		t.Errorf("%+v", l)
	}
	// Weights of 255 steps times inputs of 255 steps leave 32 bits after 33,026 of them.
	for k, fits := range map[int]bool{33000: true, 33100: false} {
		w := ir.Floats(ir.Shape{1, k}, slices.Repeat([]float32{255}, k))
		if l := integersOf(w, nil, ir.PerTensor(1, -128), ir.PerTensor(1, 0)); (l != nil) != fits {
			t.Errorf("%d inputs: %v, want %v", k, l != nil, fits)
		}
	}
	if integersOf(w, nil, &ir.Quant{Scale: []float32{1, 1, 1}, Zero: []int32{0, 0, 0}, Axis: 1}, in) != nil || integersOf(w, nil, nil, in) != nil {
		t.Error("scales of columns and no scales are none of a layer's")
	}
}

// TestArgument holds all of the argument in which the result changes, and little else.
func TestArgument(t *testing.T) {
	for _, c := range []struct {
		act    ir.Act
		out    *ir.Quant
		lo, hi float64
	}{
		{ir.Act{Kind: ir.Sigmoid}, ir.PerTensor(1./256, 0), -6.3, 5.2},
		{ir.Act{Kind: ir.LeakyRelu, A: 0.01}, ir.PerTensor(0.1, 20), -200, 23.5},
		{ir.Act{Kind: ir.Silu}, ir.PerTensor(0.05, 6), -5.4, 12.4},
	} {
		s := argument(c.act, c.out)
		if math.Abs(s.lo-c.lo) > 0.1*math.Abs(c.lo)+0.3 || math.Abs(s.hi-c.hi) > 0.1*c.hi+0.3 {
			t.Errorf("%s: %v, want %g to %g", c.act, s, c.lo, c.hi)
		}
	}
}

// TestScaled finds the parameters that the same bytes have after a factor and a shift.
func TestScaled(t *testing.T) {
	q := ir.PerTensor(0.5, 100)
	for _, c := range []struct {
		mul, add float32
		want     *ir.Quant
	}{
		{2, 0, ir.PerTensor(1, 100)},
		{2, 3, ir.PerTensor(1, 97)},
		{1, 0.25, nil}, // half a step
		{-1, 0, nil},
		{1, 60, nil}, // zero is no byte
	} {
		got := scaled(ir.Affine{Mul: []float32{c.mul}, Add: []float32{c.add}}, q)
		if (got == nil) != (c.want == nil) || got != nil && !same(got, c.want) {
			t.Errorf("times %g plus %g: %v, want %v", c.mul, c.add, got, c.want)
		}
	}
}

// TestExcludedMoverHandsOnNothing wants what reads an excluded node's real numbers to stay fp32
// where the model gives no parameters, although the node only moves elements.
func TestExcludedMoverHandsOnNothing(t *testing.T) {
	for _, excluded := range []bool{false, true} {
		b := newBuilder(t, 1)
		given := func(x *ir.Value) *ir.Value { return b.node(ir.FakeQuant{Scale: []float32{0.02}, Zero: []int{100}}, x) }
		up := ir.Resample{Axis: 2, Taps: 1, Index: []int{0, 0, 1, 1, 2, 2, 3, 3}, Weight: []float32{1, 1, 1, 1, 1, 1, 1, 1}}
		x := given(b.conv(given(b.input(1, 3, 4, 4)), 8, 3, 1, 1, ir.Epilogue{}))
		x = b.node(up, x)
		moved := x.Def.Name
		x = b.node(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, x)
		y := x.Def.Name
		o := Options{}
		if excluded {
			o.Exclude.Names = []string{moved}
		}
		_, rep, err := Quantize(b.done(given(x)), nil, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range rep.Nodes {
			if n.Name == y && n.Int8 == excluded {
				t.Errorf("excluded %v: the sigmoid behind is int8: %v\n%s", excluded, n.Int8, rep)
			}
		}
	}
}
