package quant

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestParams(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		scale  float32
		zero   int32
	}{
		{0, 255, 1, 0},
		{-128, 127, 1, 128},
		{0, 0, 1, 0},
		{1e-30, 2e-30, 1, 0},  // too narrow for a scale: all zero
		{51, 51, 0.2, 0},      // a constant: zero is always inside
		{-51, -51, 0.2, 255},  // a negative constant
		{102, 255, 1, 0},      // far from zero
		{-25.5, 229.5, 1, 26}, // 25.5 rounds to even
		{-1e30, 1e30, 2e30 / 255, 128},
	} {
		q := params(span{c.lo, c.hi})
		if math.Abs(float64(q.Scale[0]/c.scale-1)) > 1e-6 || q.Zero[0] != c.zero {
			t.Errorf("%g..%g: scale %g, zero %d, want %g, %d", c.lo, c.hi, q.Scale[0], q.Zero[0], c.scale, c.zero)
		}
		if toReal(q, int(toByte(q, 0))) != 0 {
			t.Errorf("%g..%g: zero is not represented", c.lo, c.hi)
		}
	}
}

func TestToByte(t *testing.T) {
	q := ir.PerTensor(0.5, 10)
	for x, want := range map[float64]uint8{0: 10, 0.25: 10, 0.26: 11, 0.75: 12, -5: 0, -100: 0, 1000: 255, 122.5: 255, math.Inf(1): 255, math.Inf(-1): 0} {
		if got := toByte(q, x); got != want {
			t.Errorf("%g is the byte %d, want %d", x, got, want)
		}
	}
	if got := toByte(q, math.NaN()); got != 0 {
		t.Errorf("NaN is the byte %d", got)
	}
}

func TestActive(t *testing.T) {
	out := params(span{0, 1})
	s := active(span{-40, 60}, ir.Act{Kind: ir.Sigmoid}, out)
	if s.lo < -7 || s.lo > -6 || s.hi < 6 || s.hi > 7 {
		t.Errorf("a sigmoid's active range is %g..%g, want about -6.5..6.5", s.lo, s.hi)
	}
	s = active(span{-40, 5}, ir.Act{Kind: ir.HardSwish}, params(span{-0.375, 5}))
	if s.lo < -3.1 || s.lo > -2.9 || s.hi != 5 {
		t.Errorf("hard-swish's active range is %g..%g, want -3..5", s.lo, s.hi)
	}
	flat := span{-50, -40}
	if s = active(flat, ir.Act{Kind: ir.Sigmoid}, out); s != flat {
		t.Errorf("a flat range became %g..%g", s.lo, s.hi)
	}
}

func TestWeights(t *testing.T) {
	in := ir.PerTensor(0.1, 3)
	w := ir.Floats(ir.Shape{3, 2}, []float32{-1, 0.5, 0, 0, 1e-3, 2e-3})
	b := ir.Floats(ir.Shape{3}, []float32{1, -7, 0})
	for bits, limit := range map[int]int8{8: 127, 7: 63} {
		l, err := quantizeLayer(w, b, in, nil, bits)
		if err != nil {
			t.Fatal(err)
		}
		if l.w.S8[0] != -limit || l.w.S8[5] != limit || l.w.S8[2] != 0 || l.rescaled != 0 {
			t.Errorf("%d bits: weights are %d", bits, l.w.S8)
		}
		for c, v := range b.F32 { // also of the channel whose weights are all zero
			if got := float64(l.b.S32[c]) * 0.1 * float64(l.scale[c]); math.Abs(got-float64(v)) > 1e-3 {
				t.Errorf("%d bits: bias of channel %d is %g, want %g", bits, c, got, v)
			}
		}
	}
	w.F32[3] = float32(math.NaN())
	if _, err := quantizeLayer(w, b, in, nil, 8); err == nil || !strings.Contains(err.Error(), "channel 1") {
		t.Errorf("NaN weight: %v", err)
	}
	w.F32[3], b.F32[2] = 0, float32(math.Inf(1))
	if _, err := quantizeLayer(w, b, in, nil, 8); err == nil || !strings.Contains(err.Error(), "channel 2") {
		t.Errorf("infinite bias: %v", err)
	}
}

// TestFitsInt32 has a layer so long that its sums exceed int32, and a bias so
// large beside small weights that it does alone.
func TestFitsInt32(t *testing.T) {
	in := ir.PerTensor(1, 0)
	const k = 100000
	w := ir.NewTensor(ir.F32, ir.Shape{1, k})
	for i := range w.F32 {
		w.F32[i] = 1
	}
	l, err := quantizeLayer(w, nil, in, nil, 8)
	if err != nil {
		t.Fatal(err)
	}
	// 127*255*100000 > 2^31 > 64*255*100000, and 63.5 is rounded both ways
	if l.rescaled != 1 || slices.Max(l.w.S8) != 64 || slices.Min(l.w.S8) != 63 {
		t.Errorf("weights from %d to %d in %d rescaled channels, want 63 and 64 in 1", slices.Min(l.w.S8), slices.Max(l.w.S8), l.rescaled)
	}
	l, err = quantizeLayer(ir.Floats(ir.Shape{1, 1}, []float32{1e-9}), ir.Floats(ir.Shape{1}, []float32{1000}), in, nil, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(l.b.S32[0]) * float64(l.scale[0]); l.rescaled != 1 || math.Abs(got-1000) > 1e-3 {
		t.Errorf("bias is %g in %d rescaled channels, want 1000 in 1", got, l.rescaled)
	}
}

func TestAccBounds(t *testing.T) {
	lo, hi := accBounds([]int8{2, -3}, 7, ir.PerTensor(1, 10))
	if lo != 7-20-3*245 || hi != 7+2*245+30 {
		t.Errorf("sums lie in %g..%g, want %d..%d", lo, hi, 7-20-3*245, 7+2*245+30)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "/features/conv", true}, {"/features/*", "/features/a/conv", true}, {"*conv", "/a/conv1", false},
		{"conv1", "conv1", true}, {"conv1", "conv11", false}, {"*a*b*", "xaxxbx", true}, {"*a*b*", "xbxax", false}, {"", "", true}, {"", "x", false},
	} {
		if match(c.pattern, c.name) != c.want {
			t.Errorf("%q matches %q: want %v", c.pattern, c.name, c.want)
		}
	}
}
