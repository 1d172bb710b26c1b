package models

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// variant is one way to quantize a network.
type variant struct {
	mode  quant.Mode
	bits  int
	mixed bool // as mixes has it
}

func (v variant) String() string {
	if v.mixed {
		return fmt.Sprintf("%s %d mixed", v.mode, v.bits)
	}
	return fmt.Sprintf("%s %d", v.mode, v.bits)
}

// options are the quantizer's.
func (v variant) options(n network) quant.Options {
	o := quant.Options{WeightBits: []quant.Bits{{Pattern: "*", Bits: v.bits}}}
	if m := mixes[n.name]; v.mixed {
		o.Exclude, o.Smart = m.exclude, m.smart
	}
	return o
}

// variants returns those to compare: 8 bits with 7, or where -mixed is given with mixed precision.
func variants() []variant {
	if *mixedToo {
		return []variant{{quant.MinMax, 8, false}, {quant.MinMax, 8, true}, {quant.Entropy, 8, false}, {quant.Entropy, 8, true}}
	}
	return []variant{{quant.MinMax, 8, false}, {quant.MinMax, 7, false}, {quant.Entropy, 8, false}, {quant.Entropy, 7, false}}
}

// score is how a variant does on the test inputs.
type score struct {
	variant
	agree, right int
	cosine       float64 // sum over inputs and outputs
	psnr         float64 // sum over inputs
	worst        []quant.LayerError
	proofs       proofs

	floats   bool // something other than a dequantization gives float32
	exec     exec.Executor
	compiled *compiled
}

// result is a row of the table.
type result struct {
	network
	inputs, labelled, right int // right: of fp32
	scores                  []*score
}

// calibrating is how many inputs every network is calibrated on.
const calibrating = 100

// checked is how many inputs of a variant run on the executor beside the
// compiled package.
const checked = 2

// alike is the least cosine of their outputs, above 1 for the same bits. What is
// computed in float32 differs in the last place; where it is quantized again, a byte that
// becomes another one goes through all layers behind it.
func (s *score) alike() float64 {
	switch {
	case s.mixed:
		return 0.99
	case s.floats:
		return 1 - 1e-6
	}
	return 2
}

// TestAccuracy calibrates, quantizes and compares with fp32. Where -long is given
// the int8 outputs are those of the compiled package.
func TestAccuracy(t *testing.T) {
	var rows []*result
	each(t, func(t *testing.T, n network) {
		if _, ok := mixes[n.name]; *mixedToo && !ok {
			t.Skip("is not mixed here")
		}
		r := measure(t, n)
		rows = append(rows, r)
		for _, s := range r.scores {
			t.Logf("%s: %s; worst layers %v", s.variant, r.cell(s), s.worst[:min(3, len(s.worst))])
			floor := n.floor
			if s.mode == quant.MinMax && n.minmax > 0 {
				floor = n.minmax
			}
			if r.reached(s) < floor {
				t.Errorf("%s: %s, want at least %g", s.variant, r.cell(s), floor)
			}
		}
	})
	if *table {
		printTable(rows)
	}
}

// measure runs a network in fp32 and in every variant.
func measure(t *testing.T, n network) *result {
	calib, test := n.inputs(t, calibSplit).first(calibrating), n.inputs(t, testSplit)
	switch {
	case *limit > 0:
		test = test.first(*limit)
	case *long:
		test = test.first(n.most)
	default:
		calib, test = calib.first(20), test.first(40)
	}
	g, real := n.graph(t)
	r := &result{network: n}
	ranges := calibrated(t, g, real, calib)
	for _, v := range variants() {
		q, _, err := quant.Quantize(g, ranges[v.mode], v.options(n))
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Build(q, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := &score{variant: v, floats: computesFloats(q), exec: executor(t, q), proofs: proofsOf(p)}
		if v.bits == 7 && (s.proofs.bundled[4] > 0 || s.proofs.depthwise != s.proofs.depthwiseProved) {
			t.Errorf("%s: pairs of 7-bit weights can't saturate, proved are %s", v, s.proofs)
		}
		if *long {
			s.compiled = compile(t, q, p)
		}
		a, err := quant.Compare(real, s.exec, &source{set: test.first(5)})
		if err != nil {
			t.Fatal(err)
		}
		s.worst = a.Layers
		r.scores = append(r.scores, s)
	}
	for i := range test.n {
		x, label, err := test.at(i)
		if err != nil {
			t.Fatal(err)
		}
		want, err := real.Run([]*ir.Tensor{x}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.inputs++
		if label != none {
			r.labelled++
			r.right += one(top(want[0]) == label)
		}
		for _, s := range r.scores {
			s.add(t, i, x, want, label, n.peak)
		}
	}
	return r
}

// calibrated returns the ranges of both modes.
func calibrated(t *testing.T, g *ir.Graph, real exec.Executor, s set) map[quant.Mode]*quant.Calibration {
	t.Helper()
	all := map[quant.Mode]*quant.Calibration{}
	c, err := quant.Calibrate(g, real, &source{set: s}, quant.CalibrateOptions{Mode: quant.Entropy})
	if err != nil {
		t.Fatal(err)
	}
	all[quant.Entropy] = c
	m := *c
	m.Mode, m.Points = quant.MinMax, slices.Clone(c.Points)
	for i, p := range m.Points {
		m.Points[i].Threshold = max(p.Max, -p.Min)
	}
	all[quant.MinMax] = &m
	return all
}

func computesFloats(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool {
		_, border := n.Op.(ir.Dequantize)
		return n.Out[0].Type == ir.F32 && !border
	})
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// top returns the index of the largest element.
func top(t *ir.Tensor) int {
	return slices.Index(t.F32, slices.Max(t.F32))
}

// add runs one input and compares.
func (s *score) add(t *testing.T, i int, x *ir.Tensor, want []*ir.Tensor, label int, peak float64) {
	t.Helper()
	var got []*ir.Tensor
	var err error
	if s.compiled != nil {
		if got, err = s.compiled.run(x); err != nil {
			t.Fatal(err)
		}
	}
	if s.compiled == nil || i < checked {
		ours, err := s.exec.Run([]*ir.Tensor{x}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for o := range got {
			if same := slices.Equal(got[o].F32, ours[o].F32); !same && !(cosine(got[o].F32, ours[o].F32) >= s.alike()) {
				t.Errorf("%s: output %d of input %d: the compiled package and the executor differ: %v", s.variant, o, i, firstDifference(got[o].F32, ours[o].F32))
			}
		}
		got = ours
	}
	s.agree += one(top(got[0]) == top(want[0]))
	s.right += one(top(got[0]) == label)
	for o := range want {
		s.cosine += cosine(got[o].F32, want[o].F32) / float64(len(want))
	}
	if peak > 0 {
		s.psnr += psnr(got[0].F32, want[0].F32, peak)
	}
}

func firstDifference(a, b []float32) string {
	n := 0
	text := ""
	for i := range a {
		if a[i] != b[i] {
			if n++; n == 1 {
				text = fmt.Sprintf("element %d is %v and %v", i, a[i], b[i])
			}
		}
	}
	return fmt.Sprintf("%d elements, %s", n, text)
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, v := range a {
		x, y := float64(v), float64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	return ab / math.Sqrt(aa*bb)
}

// psnr returns the ratio of the peak to the error in dB.
func psnr(a, b []float32, peak float64) float64 {
	sum := 0.0
	for i, v := range a {
		d := float64(v) - float64(b[i])
		sum += d * d
	}
	return 10 * math.Log10(peak*peak*float64(len(a))/sum)
}

// reached is the number that has a floor.
func (r *result) reached(s *score) float64 {
	if r.classifier {
		return float64(s.agree) / float64(r.inputs)
	}
	return s.cosine / float64(r.inputs)
}

// cell is a variant's score as the table has it.
func (r *result) cell(s *score) string {
	n := float64(r.inputs)
	text := fmt.Sprintf("cosine %.5f", s.cosine/n)
	if r.classifier {
		text = fmt.Sprintf("agree %.2f %%", 100*float64(s.agree)/n)
		if r.labelled > 0 {
			text += fmt.Sprintf(", top-1 %.2f %%", 100*float64(s.right)/float64(r.labelled))
		}
		text += fmt.Sprintf(", cosine %.4f", s.cosine/n)
	}
	if r.peak > 0 {
		text += fmt.Sprintf(", PSNR %.1f dB", s.psnr/n)
	}
	return text
}

// printTable prints the scores as docs/accuracy.md has them.
func printTable(rows []*result) {
	fmt.Println("| network | inputs | fp32 top-1 | mode | bits | agreement | top-1 | cosine | PSNR | worst layer | bundled on AVX2 |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		n := float64(r.inputs)
		for i, s := range r.scores {
			name, inputs, fp32 := r.name, fmt.Sprint(r.inputs), share(r.right, r.labelled)
			if i > 0 {
				name, inputs, fp32 = "", "", ""
			}
			bits := fmt.Sprint(s.bits)
			if s.mixed {
				bits += ", mixed"
			}
			agree, dB := "", ""
			if r.classifier {
				agree = share(s.agree, r.inputs)
			}
			if r.peak > 0 {
				dB = fmt.Sprintf("%.1f dB", s.psnr/n)
			}
			fmt.Printf("| %s | %s | %s | %s | %s | %s | %s | %.4f | %s | %.1f dB | %s |\n", name, inputs, fp32, s.mode, bits,
				agree, share(s.right, r.labelled), s.cosine/n, dB, s.worst[0].SNR, s.proofs)
		}
	}
}

// share is a percentage, empty of nothing.
func share(n, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(of))
}
