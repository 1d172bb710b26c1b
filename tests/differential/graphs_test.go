package differential

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/quant"
)

var graphs = flag.Int("graphs", 25, "number of random graphs")

// TestGraphs compares random fp32 graphs that went through the whole compiler.
func TestGraphs(t *testing.T) {
	for i := range *graphs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := &netMaker{Rand: rand.New(rand.NewPCG(uint64(i), 17)), t: t, g: &ir.Graph{Name: fmt.Sprint("net", i)}}
			m.build()
			source := m.g.String()
			q := quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, bits(m.Rand, m.g))
			if err := networks.Graph(q, m.inputs(), m.inputs()); err != nil {
				t.Errorf("%v\n%.6000s\n%.6000s", err, source, q)
			}
		})
	}
}

// quantized fuses g and casts it to int8.
func quantized(t *testing.T, g *ir.Graph, samples [][]*ir.Tensor, o quant.Options) *ir.Graph {
	t.Helper()
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	if _, err := p.Run(g); err != nil {
		t.Fatalf("%v\n%s", err, g)
	}
	ex, err := exec.New(g, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := quant.Calibrate(g, ex, quant.NewSamples(samples...), quant.CalibrateOptions{Mode: quant.MinMax})
	if err != nil {
		t.Fatalf("%v\n%s", err, g)
	}
	q, _, err := quant.Quantize(g, c, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, g)
	}
	return q
}

// bits are weights of 7 bits for all layers, sometimes.
func bits(r *rand.Rand, g *ir.Graph) quant.Options {
	for _, n := range g.Nodes {
		if k := n.Op.Kind(); (k == "Conv" || k == "FC") && r.IntN(3) == 0 {
			return quant.Options{WeightBits: []quant.Bits{{Pattern: "*", Bits: 7}}}
		}
	}
	return quant.Options{}
}
