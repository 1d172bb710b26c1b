package quant

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestWeightBits(t *testing.T) {
	g := small(t)
	c := calibrate(t, g, samples(g, 4), MinMax)
	q, rep, err := Quantize(g, c, Options{WeightBits: []Bits{{"conv*", 7}, {"conv6", 8}}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"conv3": 7, "conv6": 8, "fc11": 8}
	for _, n := range rep.Nodes {
		if n.Bits != want[n.Name] {
			t.Errorf("%s has %d bits, want %d", n.Name, n.Bits, want[n.Name])
		}
	}
	for _, n := range q.Nodes {
		if bits := want[n.Name]; bits != 0 {
			if top, limit := slices.Max(n.In[1].Const.S8), int8(weightLimit(bits)); top > limit || top < limit/2 {
				t.Errorf("%s: largest weight %d, want up to %d", n.Name, top, limit)
			}
		}
	}
	for pattern, bits := range map[string]int{"conv3": 6, "cnov*": 7} {
		if _, _, err := Quantize(g, c, Options{WeightBits: []Bits{{pattern, bits}}}); err == nil || !strings.Contains(err.Error(), pattern) {
			t.Errorf("%s with %d bits: %v", pattern, bits, err)
		}
	}
}

// TestEpilogue checks the numbers of a layer's requantization.
func TestEpilogue(t *testing.T) {
	b := newBuilder(t, 1)
	x, r := b.input(1, 1, 2, 2), b.input(1, 1, 2, 2)
	w := ir.Const("w", ir.Floats(ir.Shape{1, 1, 1, 1}, []float32{-2}))
	bias := ir.Const("b", ir.Floats(ir.Shape{1}, []float32{0.5}))
	y := b.node(ir.Conv{Window: square(1, 1, 0), Groups: 1, Epilogue: ir.Epilogue{Pre: ir.Act{Kind: ir.Relu}, Act: relu6}}, x, w, bias, r)
	g := b.done(y)
	point := func(v *ir.Value, lo, hi float32) Range { return Range{v.Name, lo, hi, max(hi, -lo)} }
	c := &Calibration{Mode: MinMax, Samples: 1, Model: Hash(g), Points: []Range{point(x, -1, 1.55), point(r, 0, 5.1), point(y, 0, 12.75)}}
	q, _, err := Quantize(g, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, op := find[ir.QConv](t, q)
	close := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	sx, sw, sy := 0.01, 2.0/127, 0.05
	if n.In[0].Zero() != 100 || n.In[1].Const.S8[0] != -127 || op.Zero != 0 || op.Lo != 0 || op.Hi != 120 {
		t.Errorf("zero points %d and %d, weight %d, limits %d..%d", n.In[0].Zero(), op.Zero, n.In[1].Const.S8[0], op.Lo, op.Hi)
	}
	close("multiplier", float64(op.Mul[0]), sx*sw/sy)
	close("bias", float64(n.In[2].Const.S32[0]), math.Round(0.5/(sx*sw)))
	close("sum's multiplier", float64(op.SumMul), 0.02/sy)
	if !op.Pre || op.PreLo != 0 || !math.IsInf(float64(op.PreHi), 1) {
		t.Errorf("clamp before the sum is %v, %g..%g", op.Pre, op.PreLo, op.PreHi)
	}
	if n.Name != g.Nodes[0].Name || n.Out[0].Name != "conv1/int8" || q.Outputs[0].Name != "conv1" {
		t.Errorf("names %q, %q, %q", n.Name, n.Out[0].Name, q.Outputs[0].Name)
	}
}

func TestHeadAffine(t *testing.T) {
	b := newBuilder(t, 1)
	x := b.input(1, 2, 4, 4)
	a := b.node(ir.Affine{Mul: []float32{2, 4}, Add: []float32{-1, 1}}, x)
	g := b.done(b.conv(a, 2, 1, 1, 1, ir.Epilogue{}))
	c := calibrate(t, g, samples(g, 4), MinMax)
	for i := range c.Points {
		if c.Points[i].Name == a.Name {
			c.Points[i] = Range{a.Name, -1, 1.55, 1.55}
		}
	}
	q, rep, err := Quantize(g, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, op := find[ir.Quantize](t, q)
	if n.Out[0].Name != a.Name || op.Zero != 100 || math.Abs(float64(op.Mul[1])-400) > 1e-3 || math.Abs(float64(op.Add[0])+100) > 1e-3 {
		t.Errorf("%q: %+v", n.Out[0].Name, op)
	}
	if rep.Nodes[0].Why != "part of the input's quantization" {
		t.Errorf("report: %+v", rep.Nodes[0])
	}
}

// TestConcatScales checks the measured limit: an operand whose range is half of
// the joined one takes its scale, one whose range is less does not.
func TestConcatScales(t *testing.T) {
	for share, want := range map[float32]int{0.51: 0, 0.49: 1} {
		b := newBuilder(t, 2)
		x := b.input(1, 3, 4, 4)
		u, v := b.conv(x, 2, 1, 1, 1, act(ir.Relu)), b.conv(x, 2, 1, 1, 1, act(ir.Relu))
		y := b.node(ir.Concat{Axis: 1}, u, v)
		g := b.done(b.conv(y, 2, 1, 1, 1, ir.Epilogue{}))
		c := calibrate(t, g, samples(g, 4), MinMax)
		for i, p := range c.Points {
			switch p.Name {
			case u.Name:
				c.Points[i] = Range{p.Name, 0, 10, 10}
			case v.Name:
				c.Points[i] = Range{p.Name, 0, 10 * share, 10 * share}
			}
		}
		q, _, err := Quantize(g, c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, n := range q.Nodes {
			if op, ok := n.Op.(ir.QConv); ok && op.Table != nil {
				got++
			}
		}
		if got != want {
			t.Errorf("share %g: %d requantizing tables, want %d", share, got, want)
		}
	}
}

func TestMissingPoint(t *testing.T) {
	g := small(t)
	c := calibrate(t, g, samples(g, 2), MinMax)
	for i, p := range c.Points {
		d := *c
		d.Points = slices.Delete(slices.Clone(c.Points), i, i+1)
		if _, _, err := Quantize(g, &d, Options{}); err == nil || !strings.Contains(err.Error(), `"`+p.Name+`"`) {
			t.Errorf("without %q: %v", p.Name, err)
		}
	}
}

func TestBadWeights(t *testing.T) {
	g := small(t)
	c := calibrate(t, g, samples(g, 2), MinMax)
	g.Nodes[1].In[1].Const.F32[5] = float32(math.NaN())
	c.Model = Hash(g)
	if _, _, err := Quantize(g, c, Options{}); err == nil || !strings.Contains(err.Error(), `"conv6" (Conv)`) || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("NaN weights: %v", err)
	}
}

// TestConstantActivations has a layer whose results never change, one whose
// results are all zero, and inputs that are all the same.
func TestConstantActivations(t *testing.T) {
	b := newBuilder(t, 4)
	x := b.input(1, 2, 4, 4)
	zero := ir.Const("zero weights", ir.NewTensor(ir.F32, ir.Shape{2, 2, 1, 1}))
	u := b.node(ir.Conv{Window: square(1, 1, 0), Groups: 1}, x, zero, ir.Const("bias", ir.Floats(ir.Shape{2}, []float32{3, -5})))
	v := b.node(ir.Conv{Window: square(1, 1, 0), Groups: 1, Epilogue: act(ir.Relu)}, x, zero)
	y := b.conv(b.node(ir.Binary{Fn: ir.Add}, u, v), 2, 3, 1, 1, ir.Epilogue{}, b.node(ir.Binary{Fn: ir.Mul}, v, x))
	g := b.done(y, u, v)
	q, _ := quantize(t, g, Options{})
	in := []*ir.Tensor{ir.NewTensor(ir.F32, x.Shape)}
	want, got := run(t, g, in), run(t, q, in)
	if snr := snrOf(want, got); snr < 35 {
		t.Errorf("signal to noise %.1f dB", snr)
	}
	same := NewSamples(in)
	c := calibrate(t, g, same, Entropy)
	if q, _, err := Quantize(g, c, Options{}); err != nil {
		t.Error(err)
	} else if snr := snrOf(want, run(t, q, in)); snr < 35 {
		t.Errorf("of constant inputs: signal to noise %.1f dB", snr)
	}
}

func TestReport(t *testing.T) {
	b := newBuilder(t, 1)
	x := b.conv(b.input(1, 3, 8, 8), 8, 3, 1, 1, act(ir.Relu))
	y := b.fc(b.node(ir.Reshape{Shape: ir.Shape{1, 512}}, x), 10, ir.Epilogue{})
	g := b.done(b.node(ir.Softmax{Axis: 1}, y))
	c := calibrate(t, g, samples(g, 4), MinMax)
	c.Points[1].Threshold /= 2
	_, rep, err := Quantize(g, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if i, f := rep.Counts(); i != 3 || f != 1 {
		t.Errorf("%d int8, %d fp32, want 3 and 1", i, f)
	}
	if len(rep.Clipped) != 1 || rep.Clipped[0].Name != x.Name || rep.Clipped[0].Hi != c.Points[1].Threshold {
		t.Errorf("clipped: %+v", rep.Clipped)
	}
	if s := rep.String(); !strings.Contains(s, "softmax8 (Softmax): the operator has no int8 form") {
		t.Errorf("report:\n%s", s)
	}
}

func TestCompare(t *testing.T) {
	g := small(t)
	q, _ := quantize(t, g, Options{})
	a, err := Compare(executor(t, g, 1), executor(t, q, 1), samples(g, 12))
	if err != nil {
		t.Fatal(err)
	}
	if a.Samples != 12 || !a.Classifier || a.MeanCosine < 0.99 || a.MinCosine > a.MeanCosine {
		t.Errorf("%+v", a)
	}
	seen := map[string]bool{}
	for i, l := range a.Layers {
		seen[l.Name] = true
		if i > 0 && l.SNR < a.Layers[i-1].SNR || l.SNR < 15 {
			t.Errorf("layer %d: %+v", i, l)
		}
	}
	for _, name := range []string{"conv3", "conv6", "globalavgpool7", "reshape8", "fc11"} {
		if !seen[name] {
			t.Errorf("no line for %s", name)
		}
	}
	same, err := Compare(executor(t, g, 1), executor(t, g, 2), samples(g, 3))
	if err != nil {
		t.Fatal(err)
	}
	want := "top-1 3/3 agree, cosine 1.0000 (lowest 1.0000), worst layers: "
	if s := same.String(); !strings.HasPrefix(s, want) || !math.IsInf(same.Layers[0].SNR, 1) {
		t.Errorf("a graph with itself: %s", s)
	}
	if _, err := Compare(executor(t, g, 1), executor(t, q, 1), NewSamples()); err == nil {
		t.Error("no samples: no error")
	}
}
