// Package hostile gives the compiler what comes from somebody who wants to break it, or from a
// damaged disk: fuzzed bytes, mutated models, long chains, names that are code.
package hostile

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// errBug marks what must not happen whatever the model: the compiler contradicts itself.
var errBug = errors.New("bug")

// The largest graphs that are planned, and that are run.
const (
	mostPlanned = 1 << 25 // elements of all values
	mostRun     = 1 << 25 // elements, and products
)

// compile imports a model and takes it through fusion, quantization with made-up ranges and
// planning, and runs the programs of small ones in plain Go. The error is an error of the
// compiler about the model, or errBug. how says how far the model came.
func compile(data []byte) (how string, err error) {
	g, err := onnx.ImportBytes(data, "", onnx.Options{})
	if err != nil {
		return "refused", err
	}
	if err := ir.Verify(g); err != nil {
		return "imported", fmt.Errorf("%w: the imported graph is wrong: %v", errBug, err)
	}
	elems := elements(g)
	if elems > mostPlanned {
		return "imported, too large for this test", nil
	}
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	if _, err := p.Run(g); err != nil {
		return "imported", broken(err)
	}
	small := elems < mostRun && macs(g) < mostRun
	if err := program(g, small); err != nil {
		return "fused", fmt.Errorf("fp32: %w", err)
	}
	q, _, err := quant.Quantize(g, madeUp(g), quant.Options{})
	if err != nil {
		return "planned in fp32", broken(err)
	}
	if err := program(q, small); err != nil {
		return "quantized", fmt.Errorf("int8: %w", err)
	}
	if !small {
		return "planned", nil
	}
	return "run", nil
}

// broken makes an error of a pass about itself a bug.
func broken(err error) error {
	for _, text := range []string{"broke the graph", "no fixed point", "still finds", "would not give"} {
		if strings.Contains(err.Error(), text) {
			return fmt.Errorf("%w: %v", errBug, err)
		}
	}
	return err
}

func elements(g *ir.Graph) int {
	n := 0
	for _, v := range g.Values() {
		n += v.Shape.Elems()
	}
	return n
}

// macs counts the terms of pools and means too.
func macs(g *ir.Graph) int64 {
	total := g.MACs()
	for _, n := range g.Nodes {
		switch op := n.Op.(type) {
		case ir.MaxPool:
			total += int64(n.Out[0].Shape.Elems()) * int64(op.Kernel[0]) * int64(op.Kernel[1])
		case ir.AvgPool:
			total += int64(n.Out[0].Shape.Elems()) * int64(op.Kernel[0]) * int64(op.Kernel[1])
		}
	}
	return total
}

// madeUp is a calibration that nobody measured: ranges by the names of values.
func madeUp(g *ir.Graph) *quant.Calibration {
	c := &quant.Calibration{Mode: quant.MinMax, Samples: 1, Model: quant.Hash(g)}
	seen := map[string]bool{}
	for i, v := range g.Values() {
		for _, name := range []string{v.Name, v.Name + "/before"} {
			if v.Type != ir.F32 || v.IsConst() || seen[name] {
				continue
			}
			seen[name] = true
			low, high := -float32(i%3), float32(1+i%5)
			c.Points = append(c.Points, quant.Range{Name: name, Min: low, Max: high, Threshold: max(high, -low)})
		}
	}
	return c
}

// program plans a graph and, if it is to run, holds what its program gives in plain Go against
// the graph's executor.
func program(g *ir.Graph, run bool) error {
	p, err := plan.Build(g, plan.Options{})
	if err != nil {
		return err
	}
	strange := func(v *ir.Value) bool { return v.Type != ir.F32 || v.Shape.Elems() == 0 }
	empty := func(v *ir.Value) bool { return v.Shape.Elems() == 0 }
	if !run || slices.ContainsFunc(g.Inputs, strange) || slices.ContainsFunc(g.Outputs, empty) {
		return nil
	}
	ex, err := exec.New(g, 1)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(1, 2))
	var in []*ir.Tensor
	var arrays [][]float32
	for _, v := range g.Inputs {
		x := ir.NewTensor(v.Type, v.Shape)
		for i := range x.F32 {
			x.F32[i] = float32(r.NormFloat64())
		}
		in, arrays = append(in, x), append(arrays, x.F32)
	}
	most := 0.0 // of all values
	want, err := ex.Run(in, func(_ exec.Point, t *ir.Tensor) {
		for _, v := range t.F32 {
			most = max(most, math.Abs(float64(v))) // NaN if there is one
		}
	})
	if err != nil {
		return err
	}
	for _, v := range g.Outputs { // whatever its elements are
		arrays = append(arrays, make([]float32, (v.Shape.Elems()*v.Type.Size()+3)/4))
	}
	portable.Bind(p.Steps, p.Weights, nil, 0).Run(portable.NewWork(p.Arena, len(arrays)), arrays...)
	for i, w := range want {
		if w.Type != ir.F32 || !(most < 1e4) { // sums in another order overflow elsewhere, or cancel to something else
			break
		}
		if err := near(arrays[len(in)+i], w.F32, most); err != nil {
			return fmt.Errorf("%w: output %q: %v", errBug, g.Outputs[i].Name, err)
		}
	}
	return nil
}

// near fails where results differ by more than the order of sums explains, given the largest
// magnitude of all values.
func near(got, want []float32, most float64) error {
	largest := 0.0
	for _, w := range want {
		largest = max(largest, math.Abs(float64(w)))
	}
	sum := 0.0
	for i, w := range want {
		sum += math.Abs(float64(got[i]) - float64(w))
	}
	if mean := sum / float64(max(1, len(want))); !(mean <= 0.02*largest+1e-6*most) {
		return fmt.Errorf("differs from the executor's by %g in the mean, the largest is %g", mean, largest)
	}
	return nil
}
