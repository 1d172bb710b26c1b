package quant

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
	"github.com/ingot-go/ingot/ir/exec"
)

// LayerError is how well the int8 graph computes one value.
type LayerError struct {
	Name string
	SNR  float64 // signal to noise in dB: 10*log10(sum x^2 / sum (x-y)^2); infinite if equal
}

// Accuracy compares an int8 graph with its fp32 original on samples.
type Accuracy struct {
	Samples    int
	Classifier bool    // the first output is one row of scores
	Agree      int     // samples whose highest score of the first output is the same
	Floats     bool    // some outputs are float32: the cosines are theirs
	MeanCosine float64 // over samples and outputs
	MinCosine  float64
	Integers   bool         // some outputs are integers or truth values
	Equal      float64      // the share of their elements that are the same, over samples and outputs
	Layers     []LayerError // every value that both graphs have, the worst first
}

// Top1 returns the share of samples whose highest score is the same, 0..1.
func (a *Accuracy) Top1() float64 { return float64(a.Agree) / float64(max(a.Samples, 1)) }

// worstShown is the number of layers that String lists.
const worstShown = 3

// String returns one line: top-1 agreement of a classifier, the outputs' cosine, for
// integers the share that is equal, and the three worst layers.
func (a *Accuracy) String() string {
	var b strings.Builder
	if a.Classifier {
		fmt.Fprintf(&b, "top-1 %d/%d agree, ", a.Agree, a.Samples)
	}
	if a.Floats {
		fmt.Fprintf(&b, "cosine %.4f (lowest %.4f)", a.MeanCosine, a.MinCosine)
	}
	if a.Floats && a.Integers {
		b.WriteString(", ")
	}
	if a.Integers {
		fmt.Fprintf(&b, "%.2f %% of the integers equal", 100*a.Equal)
	}
	for i, l := range a.Layers[:min(worstShown, len(a.Layers))] {
		b.WriteString([]string{", worst layers: ", ", ", ", "}[i])
		fmt.Fprintf(&b, "%s %.1f dB", l.Name, l.SNR)
	}
	return b.String()
}

// noise sums up one value's signal and its error.
type noise struct {
	name          string
	signal, error float64
}

func (n *noise) snr() float64 {
	if n.error == 0 {
		return math.Inf(1)
	}
	return 10 / math.Ln10 * detmath.Log(n.signal/n.error)
}

// comparison is an Accuracy in the making.
type comparison struct {
	Accuracy
	values  map[string][]float32 // of the fp32 graph, for the current sample
	noises  map[string]*noise
	order   []*noise // of noises, as the int8 graph computes them
	cosines int
	equals  int // outputs that Equal is the sum over
}

// Compare runs both graphs on every sample. original and quantized are executors of
// an fp32 graph and of what Quantize made of it; values are matched by name. It
// keeps one sample's values in memory.
func Compare(original, quantized exec.Executor, src Source) (*Accuracy, error) {
	c := &comparison{Accuracy: Accuracy{MinCosine: 1}, values: map[string][]float32{}, noises: map[string]*noise{}}
	err := each(src, func(_ int, in []*ir.Tensor) error {
		want, err := original.Run(in, c.keep)
		if err != nil {
			return err
		}
		got, err := quantized.Run(in, c.measure)
		if err != nil {
			return err
		}
		c.outputs(want, got)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("comparison: %w", err)
	}
	if c.Samples == 0 {
		return nil, errors.New("comparison: there are no samples")
	}
	return c.result(), nil
}

// CompareOutputs compares what two forms of a network gave for the same samples, the
// outputs of each; there are no Layers. want is the original's.
func CompareOutputs(want, got [][]*ir.Tensor) *Accuracy {
	c := &comparison{Accuracy: Accuracy{MinCosine: 1}}
	for i := range want {
		c.outputs(want[i], got[i])
	}
	return c.result()
}

// keep takes down a value of the fp32 graph.
func (c *comparison) keep(p exec.Point, t *ir.Tensor) {
	if !p.BeforeAct && t.Type == ir.F32 {
		c.values[p.Value.Name] = append(c.values[p.Value.Name][:0], t.F32...)
	}
}

// measure compares a node's result in the int8 graph with the value that was kept.
func (c *comparison) measure(p exec.Point, t *ir.Tensor) {
	x, known := c.values[p.Value.Name]
	if !known || p.BeforeAct || p.Value.Def == nil || t.Elems() != len(x) {
		return
	}
	n := c.noises[p.Value.Name]
	if n == nil {
		n = &noise{name: p.Value.Name}
		c.noises[n.name] = n
		c.order = append(c.order, n)
	}
	n.add(x, t, p.Value.Quant)
}

// outputs compares a sample's outputs.
func (c *comparison) outputs(want, got []*ir.Tensor) {
	for i := range want {
		if want[i].Type == ir.F32 {
			cos := Cosine(want[i].F32, got[i].F32)
			c.MeanCosine += cos
			c.MinCosine = min(c.MinCosine, cos)
			c.cosines++
			continue
		}
		c.Equal += EqualShare(want[i], got[i])
		c.equals++
	}
	c.top1(want, got)
}

// result averages and sorts.
func (c *comparison) result() *Accuracy {
	a := c.Accuracy
	a.MeanCosine /= float64(max(c.cosines, 1))
	a.Equal /= float64(max(c.equals, 1))
	a.Floats, a.Integers = c.cosines > 0, c.equals > 0
	for _, n := range c.order {
		if n.signal > 0 {
			a.Layers = append(a.Layers, LayerError{n.name, n.snr()})
		}
	}
	slices.SortStableFunc(a.Layers, func(x, y LayerError) int { return cmp.Compare(x.SNR, y.SNR) })
	return &a
}

// add compares a value of the int8 graph, f32 or u8 with parameters q, with x.
func (n *noise) add(x []float32, t *ir.Tensor, q *ir.Quant) {
	inner := max(len(x), 1)
	if q != nil && len(q.Scale) > 1 {
		inner = t.Shape[2:].Elems()
	}
	for i, want := range x {
		var got float64
		if t.Type == ir.U8 {
			got = toReal(q.At(i/inner%len(q.Scale)), int(t.U8[i]))
		} else {
			got = float64(t.F32[i])
		}
		d := got - float64(want)
		n.signal += float64(float64(want) * float64(want))
		n.error += float64(d * d)
	}
}

// top1 counts a sample and whether both agree on it.
func (a *Accuracy) top1(want, got []*ir.Tensor) {
	a.Samples++
	if len(want) == 0 || want[0].Type != ir.F32 {
		return
	}
	s := want[0].Shape
	a.Classifier = len(s) >= 2 && s[1] > 1 && s.Elems() == s[1]
	if a.Classifier && argMax(want[0].F32) == argMax(got[0].F32) {
		a.Agree++
	}
}

// argMax returns the index of the first of the largest elements.
func argMax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// EqualShare returns the share of elements that two tensors of integers or truth values, of one
// type and shape, have in common: 1 if they are empty.
func EqualShare(a, b *ir.Tensor) float64 {
	x, y := a.Bytes(), b.Bytes()
	n, size := a.Elems(), a.Type.Size()
	if n == 0 {
		return 1
	}
	equal := 0
	for i := range n {
		if string(x[i*size:][:size]) == string(y[i*size:][:size]) {
			equal++
		}
	}
	return float64(equal) / float64(n)
}

// Cosine returns the cosine of the angle between two vectors: 1 if both are zero.
func Cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i, x := range a {
		y := float64(b[i])
		ab += float64(float64(x) * y)
		aa += float64(float64(x) * float64(x))
		bb += float64(y * y)
	}
	switch {
	case aa == 0 && bb == 0:
		return 1
	case aa == 0 || bb == 0:
		return 0
	}
	return ab / math.Sqrt(float64(aa*bb))
}
