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

var graphs = flag.Int("graphs", 40, "number of random int8 graphs; half as many are float32, and mixed")

var seed = flag.Uint64("seed", 0, "the seed of the first random graph; the others follow")

// TestGraphs compares random fp32 graphs that became int8.
func TestGraphs(t *testing.T) {
	for i := range *graphs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newNet(t, *seed+uint64(i), 17)
			source := m.g.String()
			q := quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, m.bits)
			if err := networks.Graph(q, m.inputs(), m.inputs()); err != nil {
				t.Errorf("%v\n%.6000s\n%.6000s", err, source, q)
			}
		})
	}
}

// TestFloatGraphs compares random fp32 graphs, fused and with a node for each of the source's.
func TestFloatGraphs(t *testing.T) {
	for i := range *graphs / 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := *seed + uint64(i)
			m, p := newNet(t, s, 18), precisions[i%2]
			if err := p.check(m.g, s); err != nil {
				report(t, m.g, err, func(g *ir.Graph) error { return p.check(g, s) })
			}
		})
	}
}

// TestMixedGraphs compares random graphs of which random nodes stay fp32.
func TestMixedGraphs(t *testing.T) {
	for i := range *graphs / 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newNet(t, *seed+uint64(i), 19)
			source := m.g.String()
			q := quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, m.mixture)
			if err := networks.Graph(q, m.inputs(), m.inputs()); err != nil {
				t.Errorf("%v\n%.6000s\n%.6000s", err, source, q)
			}
		})
	}
}

// mixture excludes some nodes, and is smart sometimes.
func (m *netMaker) mixture(g *ir.Graph) quant.Options {
	o := quant.Options{Smart: m.IntN(2) == 0}
	for _, n := range g.Nodes {
		if m.IntN(4) == 0 {
			o.Exclude.Names = append(o.Exclude.Names, n.Name)
		}
	}
	return o
}

// TestShuffleBehindBorder has a channel shuffle that reads what an int8 layer dequantizes in
// its registers.
func TestShuffleBehindBorder(t *testing.T) {
	x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{1, 4, 6, 7}}
	m := &netMaker{Rand: rand.New(rand.NewPCG(1, 20)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: 1}
	y := m.value(ir.ChannelShuffle{Groups: 2}, m.conv(x, 8, 3, 1, 1))
	m.g.Outputs = []*ir.Value{m.conv(y, 4, 1, 1, 1)}
	q := quantized(t, m.g, [][]*ir.Tensor{m.inputs()}, func(g *ir.Graph) quant.Options {
		return quant.Options{Exclude: quant.Exclude{Operators: []string{"ChannelShuffle"}, Names: []string{g.Nodes[len(g.Nodes)-1].Name}}}
	})
	if err := networks.Graph(q, m.inputs()); err != nil {
		t.Errorf("%v\n%s", err, q)
	}
}

// newNet makes a random network, in a third of the cases on a batch of 2 or 3 images.
func newNet(t *testing.T, seed, stream uint64) *netMaker {
	t.Helper()
	m := &netMaker{Rand: rand.New(rand.NewPCG(seed, stream)), t: t, g: &ir.Graph{Name: fmt.Sprint("net", seed)}, images: 1}
	if seed%3 == 2 {
		m.images = 2 + int(seed/3%2)
	}
	m.build()
	return m
}

// quantized fuses g and casts it to int8 with options for the fused graph.
func quantized(t *testing.T, g *ir.Graph, samples [][]*ir.Tensor, options func(*ir.Graph) quant.Options) *ir.Graph {
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
	q, _, err := quant.Quantize(g, c, options(g))
	if err != nil {
		t.Fatalf("%v\n%s", err, g)
	}
	return q
}

// bits are weights of 7 bits for all layers, sometimes.
func (m *netMaker) bits(g *ir.Graph) quant.Options {
	for _, n := range g.Nodes {
		if k := n.Op.Kind(); (k == "Conv" || k == "FC") && m.IntN(3) == 0 {
			return quant.Options{WeightBits: []quant.Bits{{Pattern: "*", Bits: 7}}}
		}
	}
	return quant.Options{}
}
