package differential

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/quant"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// precision is a way to lower a graph to what is planned.
type precision struct {
	name  string
	lower func(g *ir.Graph, r *rand.Rand) (*ir.Graph, error)
}

var precisions = []precision{
	{"fp32", func(g *ir.Graph, r *rand.Rand) (*ir.Graph, error) { return fused(g, fusion.Passes(interp.Eval)) }},
	{"unfused", func(g *ir.Graph, r *rand.Rand) (*ir.Graph, error) { return fused(g, fusion.Unfused(interp.Eval)) }},
	{"int8", func(g *ir.Graph, r *rand.Rand) (*ir.Graph, error) {
		m := netMaker{Rand: r}
		return calibrated(g, r, m.bits)
	}},
	{"mixed", func(g *ir.Graph, r *rand.Rand) (*ir.Graph, error) {
		m := netMaker{Rand: r}
		return calibrated(g, r, m.mixture)
	}},
	{"given", given},
}

// fused runs passes on a copy of g.
func fused(g *ir.Graph, passes []pass.Pass) (*ir.Graph, error) {
	c := ir.Clone(g)
	p := pass.Pipeline{Passes: passes}
	_, err := p.Run(c)
	return c, err
}

// calibrated fuses a copy of g and makes it int8.
func calibrated(g *ir.Graph, r *rand.Rand, options func(*ir.Graph) quant.Options) (*ir.Graph, error) {
	f, err := fused(g, fusion.Passes(interp.Eval))
	if err != nil {
		return nil, err
	}
	ex, err := exec.New(f, 1)
	if err != nil {
		return nil, err
	}
	samples := quant.NewSamples(inputsOf(f, r), inputsOf(f, r))
	c, err := quant.Calibrate(f, ex, samples, quant.CalibrateOptions{Mode: quant.MinMax})
	if err != nil && strings.Contains(err.Error(), "needs finite numbers") {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	given := quant.HasParameters(f) // which leave no choice
	opt := options(f)
	opt.Smart = opt.Smart && !given
	q, _, err := quant.Quantize(f, c, opt)
	return q, err
}

// given makes a copy of g int8 by parameters that it brings along, of random values.
func given(g *ir.Graph, r *rand.Rand) (*ir.Graph, error) {
	c := ir.Clone(g)
	for _, v := range c.Values() { // whose weights are rounded in place
		if v.IsConst() && v.Type == ir.F32 {
			v.Const = ir.Floats(v.Shape, slices.Clone(v.Const.F32))
		}
	}
	m := netMaker{Rand: r, g: c}
	m.roundWeights()
	m.roundValues()
	f, err := fused(c, fusion.Passes(interp.Eval))
	if err != nil || !quant.HasParameters(f) {
		return f, err
	}
	q, _, err := quant.Quantize(f, nil, quant.Options{})
	return q, err
}

func inputsOf(g *ir.Graph, r *rand.Rand) []*ir.Tensor {
	m := netMaker{Rand: r, g: g}
	return m.inputs()
}

// check lowers g and compares the result's kernels and plain Go with the interpreter, and fp32
// with the source as well.
func (p precision) check(g *ir.Graph, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 30))
	low, err := p.lower(g, r)
	if err != nil {
		return fmt.Errorf("lowering: %w", err)
	}
	first, second := inputsOf(low, r), inputsOf(low, r)
	if p.name == "fp32" || p.name == "unfused" {
		want, err := interp.Run(g, first)
		if err != nil {
			return err
		}
		got, err := interp.Run(low, first)
		if err != nil {
			return err
		}
		if err := kerneltest.Compare(g, first, got, want); err != nil {
			return fmt.Errorf("fused, in the interpreter: %w", err)
		}
	}
	runs := [][]*ir.Tensor{first, second}
	if r.IntN(4) == 0 {
		runs = append(runs, wideNumbers(low, r))
	}
	err = networks.Graph(low, runs...)
	if err != nil && strings.Contains(err.Error(), "fix the batch at 1") { // as the planner says of layers
		return nil
	}
	return err
}

// wideNumbers are inputs with tiny and large numbers and negative zeros among them.
func wideNumbers(g *ir.Graph, r *rand.Rand) []*ir.Tensor {
	in := inputsOf(g, r)
	for _, x := range in {
		for i := range x.F32 {
			if v := randomFloat(r); math.Abs(float64(v)) < 1e6 {
				x.F32[i] = v
			}
		}
	}
	return in
}

// TestOperators compares graphs of all operators in all precisions.
func TestOperators(t *testing.T) {
	for i := range *graphs * 2 {
		p := precisions[i%len(precisions)]
		t.Run(fmt.Sprint(i, " ", p.name), func(t *testing.T) {
			t.Parallel()
			s := *seed + uint64(i)
			g := newOps(t, s, 31).g
			if err := p.check(g, s); err != nil {
				report(t, g, err, func(g *ir.Graph) error { return p.check(g, s) })
			}
		})
	}
}
