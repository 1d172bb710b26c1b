package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// Compare checks results of g, or of what was made of it by rewriting, against the
// interpreter's: as NewCase does.
func Compare(g *ir.Graph, in, got, want []*ir.Tensor) error {
	for i, t := range tolerancesOf(g) {
		err := t.compareBytes(got[i].Bytes(), want[i])
		if err != nil {
			err = conditioned(g, in, i, got[i], want[i], err)
		}
		if err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return nil
}

// The operands of what is no plain move are off by noiseIn in a disturbed run, the results by
// noiseOut, relative to the largest of each.
const (
	noiseIn  = 1e-7
	noiseOut = 1e-6
)

// disturbed are the runs of which the furthest from the right result counts.
const disturbed = 12

// conditioned returns err unless an output is as far from what it should be as disturbed runs of
// the interpreter are, in which every sum and function of float32 is off by some rounding
// errors: where differences, steps and comparisons follow, that may be far.
func conditioned(g *ir.Graph, in []*ir.Tensor, output int, got, want *ir.Tensor, err error) error {
	n := want.Elems()
	far := make([]float64, n)
	r := rand.New(rand.NewPCG(1, 2))
	for range disturbed {
		out, failed := disturb(g, in, r)
		if failed != nil {
			return failed
		}
		for i := range n {
			if d := math.Abs(element(out[output], i) - element(want, i)); d > far[i] || d != d {
				far[i] = d
			}
		}
	}
	largest := 0.0
	for i := range n {
		if a := math.Abs(element(want, i)); a <= math.MaxFloat32 {
			largest = max(largest, a)
		}
	}
	sum := 0.0
	for _, d := range far {
		sum += d
	}
	if sum > 0.05*largest*float64(n) { // what is chosen hangs on rounding errors
		return nil
	}
	for i := range n {
		a, b := element(got, i), element(want, i)
		if d := math.Abs(a - b); d > 10*far[i]+2e-5*largest || d != d && far[i] == far[i] && !(a == b || a != a && b != b) {
			return err
		}
	}
	return nil
}

// element is a number of a tensor of any type.
func element(t *ir.Tensor, i int) float64 {
	switch t.Type {
	case ir.F32:
		return float64(t.F32[i])
	case ir.S8:
		return float64(t.S8[i])
	case ir.S32:
		return float64(t.S32[i])
	case ir.I64:
		return float64(t.I64[i])
	}
	return float64(t.U8[i])
}

// disturb is interp.Run with noise.
func disturb(g *ir.Graph, in []*ir.Tensor, r *rand.Rand) ([]*ir.Tensor, error) {
	env := map[*ir.Value]*ir.Tensor{}
	for i, v := range g.Inputs {
		env[v] = in[i]
	}
	read := func(v *ir.Value) *ir.Tensor {
		if v != nil && v.IsConst() {
			return v.Const
		}
		return env[v]
	}
	for _, n := range g.Nodes {
		operands := make([]*ir.Tensor, len(n.In))
		for i, v := range n.In {
			operands[i] = read(v)
			if v != nil && v.Type == ir.F32 && !exact(n.Op) {
				operands[i] = shaken(operands[i], noiseIn, r)
			}
		}
		out, err := interp.Eval(n, operands)
		if err != nil {
			return nil, err
		}
		for i, v := range n.Out {
			env[v] = out[i]
			if v.Type == ir.F32 && !exact(n.Op) {
				env[v] = shaken(out[i], noiseOut, r)
			}
		}
	}
	var all []*ir.Tensor
	for _, v := range g.Outputs {
		all = append(all, read(v))
	}
	return all, nil
}

// shaken is a tensor with noise, relative to its largest number.
func shaken(x *ir.Tensor, noise float64, r *rand.Rand) *ir.Tensor {
	largest := 0.0
	for _, v := range x.F32 {
		if a := math.Abs(float64(v)); a <= math.MaxFloat32 {
			largest = max(largest, a)
		}
	}
	y := ir.NewTensor(x.Type, x.Shape)
	for i, v := range x.F32 {
		y.F32[i] = float32(float64(v) + noise*largest*r.NormFloat64())
	}
	return y
}
