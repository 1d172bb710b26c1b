package ingot

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/quant"
)

// knownRuns is the number of known inputs of a package's own test.
const knownRuns = 2

// golden returns known inputs for the package's own test with what they must give. In
// int8 all executors agree to the bit. float32 sums have another order in the program
// than in the graph's executor, so there the program itself says it, in plain
// Go, and the executor whether that is right.
func (b *build) golden() ([]gen.Golden, error) {
	run, err := exec.New(b.graph, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	var inputs [][]*ir.Tensor
	var all []gen.Golden
	for i := range uint64(knownRuns) {
		k, in := gen.Golden{Seed: i + 1}, gen.KnownInputs(b.program, i+1)
		if k.Outputs, err = run.Run(in, nil); err != nil {
			return nil, fmt.Errorf("known inputs: %w", err)
		}
		inputs, all = append(inputs, in), append(all, k)
	}
	if !computesFloats(b.graph) {
		return all, nil
	}
	for i, out := range b.runProgram(inputs) {
		if err := b.plausible(out, all[i].Outputs); err != nil {
			return nil, err
		}
		all[i].Outputs = out
	}
	return all, nil
}

// computesFloats reports whether something other than a dequantization gives float32.
func computesFloats(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool {
		_, border := n.Op.(ir.Dequantize)
		return n.Out[0].Type == ir.F32 && !border
	})
}

// runProgram runs the program in plain Go on each of the inputs, side by side.
func (b *build) runProgram(inputs [][]*ir.Tensor) [][]*ir.Tensor {
	p := b.program
	m := portable.Bind(p.Steps, p.Weights, nil, 0)
	all := make([][]*ir.Tensor, len(inputs))
	var wg sync.WaitGroup
	for i, in := range inputs {
		for _, port := range p.Outputs {
			all[i] = append(all[i], ir.NewTensor(port.Type, port.Shape))
		}
		var arrays [][]byte
		for _, t := range slices.Concat(in, all[i]) {
			arrays = append(arrays, t.Bytes())
		}
		wg.Go(func() { m.RunBytes(portable.NewWork(p.Arena, len(arrays)), arrays...) })
	}
	wg.Wait()
	return all
}

// How far a program may be from its graph's executor: in float32 a share of the output's
// largest magnitude; where int8 rounds what differs so little, the outputs' cosine, or, for
// outputs that happen to lie near 0, a share of what calibration saw. Integers made of such
// numbers, as by comparing them, may differ in a share of the elements, and so may float32 numbers
// that follow from an order or a comparison.
const (
	floatBound  = 1e-4
	mixedCosine = 0.99
	mixedBound  = 0.02
	equalShare  = 0.5
)

// plausible fails where the program's outputs are not the executor's but for the order of
// float32 sums: the program was planned wrongly.
func (b *build) plausible(got, want []*ir.Tensor) error {
	hasBytes, jumps := slices.ContainsFunc(b.graph.Values(), roundsToBytes), jumping(b.graph)
	for i, v := range b.graph.Outputs {
		if v.Type != ir.F32 {
			if s := quant.EqualShare(want[i], got[i]); !hasBytes && s < equalShare {
				return fmt.Errorf("internal: %.0f %% of the program's output %q are the graph's: please report it with the model", 100*s, v.Name)
			}
			continue
		}
		if jumps[v] && nearShare(got[i].F32, want[i].F32, floatBound) >= equalShare {
			continue
		}
		if hasBytes {
			worst, _ := difference(got[i].F32, want[i].F32)
			if c := quant.Cosine(want[i].F32, got[i].F32); !(c >= mixedCosine || worst <= mixedBound*b.calibrated(v.Name)) {
				return fmt.Errorf("internal: the cosine of the program's output %q with the graph's is %.4f, want at least %g: please report it with the model", v.Name, c, mixedCosine)
			}
			continue
		}
		if worst, largest := difference(got[i].F32, want[i].F32); !(worst <= floatBound*largest) {
			return fmt.Errorf("internal: the program's output %q differs from the graph's by %g, its largest magnitude is %g: please report it with the model", v.Name, worst, largest)
		}
	}
	return nil
}

// roundsToBytes reports whether a value is bytes, or what bytes can stand for.
func roundsToBytes(v *ir.Value) bool {
	if v.Def != nil {
		if _, fake := v.Def.Op.(ir.FakeQuant); fake {
			return true
		}
	}
	return v.Type == ir.U8 || v.Type == ir.S8
}

// calibrated returns the largest magnitude that calibration saw of a value, or the range that
// a quantized model gives it; 0 if there is neither.
func (b *build) calibrated(name string) float64 {
	if b.calibration == nil { // the model's own parameters
		for _, n := range b.real.Nodes {
			if op, ok := n.Op.(ir.FakeQuant); ok && n.Out[0].Name == name {
				return 255 * float64(slices.Max(op.Scale))
			}
		}
		return 0
	}
	for _, p := range b.calibration.Points {
		if p.Name == name {
			return math.Max(math.Abs(float64(p.Min)), math.Abs(float64(p.Max)))
		}
	}
	return 0
}

// difference returns the largest difference of two lists of numbers and the largest
// magnitude of the second; infinities and NaNs in both lists differ by nothing.
func difference(got, want []float32) (worst, largest float64) {
	for i, v := range want {
		x, y := float64(v), float64(got[i])
		if x != y && !(x != x && y != y) {
			worst = max(worst, math.Abs(x-y))
		}
		if x-x == 0 {
			largest = max(largest, math.Abs(x))
		}
	}
	return worst, largest
}
