package quant

import (
	"math"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestMeans checks the means against the samples, and that a cache with wrong ones is refused.
func TestMeans(t *testing.T) {
	b := newBuilder(t, 5)
	x := b.input(1, 4, 6, 5)
	y := b.conv(x, 6, 3, 1, 2, act(ir.Relu))
	g := b.done(b.fc(b.node(ir.Reshape{Shape: ir.Shape{1, y.Shape.Elems()}}, y), 3, ir.Epilogue{}))
	src := samples(g, 5)
	c := calibrate(t, g, src, MinMax)
	if len(c.Means) != 2 || c.Means[0].Name != x.Name || len(c.Means[1].Channels) != y.Shape.Elems() {
		t.Fatalf("means %v", c.Means)
	}
	for ch, got := range c.Means[0].Channels {
		want := 0.0
		for _, in := range src.list {
			for _, v := range in[0].F32[ch*30:][:30] {
				want += float64(v) / 30 / 5
			}
		}
		if math.Abs(float64(got)-want) > 1e-3*math.Abs(want) {
			t.Errorf("mean of channel %d is %g, want %g", ch, got, want)
		}
	}
	c.Means[0].Channels = c.Means[0].Channels[:3]
	if _, _, err := Quantize(g, c, Options{}); err == nil || !strings.Contains(err.Error(), "have 3 channels, want 4") {
		t.Errorf("too few means: error %v", err)
	}
}

// TestBiasCorrection quantizes a grouped convolution without a bias whose weights are rounded
// badly, on inputs far from zero: the results' means must be those of fp32.
func TestBiasCorrection(t *testing.T) {
	b := newBuilder(t, 6)
	x := b.input(1, 6, 8, 8)
	w := b.constant(1, 8, 3, 1, 1)
	for i := range w.Const.F32 { // one large weight a channel leaves few steps for the others
		if i%3 == i/3%3 {
			w.Const.F32[i] *= 60
		}
	}
	g := b.done(b.node(ir.Conv{Window: square(1, 1, 0), Groups: 2}, x, w))
	src := samples(g, 6)
	for _, in := range src.list {
		for i := range in[0].F32 {
			in[0].F32[i] += float32(1 + i/64)
		}
	}
	c := calibrate(t, g, src, MinMax)
	with := meanError(t, g, c, src)
	c.Means = nil
	without := meanError(t, g, c, src)
	if t.Logf("error of the means: %g, without correction %g", with, without); with > without/4 {
		t.Errorf("error of the means: %g, without correction %g", with, without)
	}
}

// meanError returns the root of the mean square error of the means of the output's channels.
func meanError(t *testing.T, g *ir.Graph, c *Calibration, src Source) float64 {
	t.Helper()
	q, _, err := Quantize(g, c, Options{WeightBits: []Bits{{"*", 7}}})
	if err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, g.Outputs[0].Shape[1])
	real, int8 := executor(t, g, 1), executor(t, q, 1)
	err = each(src, func(_ int, in []*ir.Tensor) error {
		want, err := real.Run(in, nil)
		if err != nil {
			return err
		}
		got, err := int8.Run(in, nil)
		for i, v := range want[0].F32 {
			sums[i/64] += float64(got[0].F32[i]) - float64(v)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	square := 0.0
	for _, s := range sums {
		square += s * s
	}
	return math.Sqrt(square/float64(len(sums))) / (64 * float64(src.Len()))
}
