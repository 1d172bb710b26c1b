package kerneltest

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// tolerance is how far from the interpreter's an output may be. Sums of float32
// are rounded in another order there; where bytes are made of such numbers, some
// fall on the other side of a step, and what follows multiplies that.
type tolerance struct {
	relative float64 // to the largest magnitude; 0: equal to the bit
	mean     float64 // of the differences, where elements may differ by steps; 0: each within relative
}

// tolerancesOf returns the tolerance of each output of a graph.
func tolerancesOf(g *ir.Graph) []tolerance {
	of := map[*ir.Value]tolerance{}
	for _, n := range g.Nodes {
		var t tolerance
		for _, v := range n.In {
			t.relative, t.mean = max(t.relative, of[v].relative), max(t.mean, of[v].mean)
		}
		switch n.Op.(type) {
		case ir.Quantize, ir.FakeQuant, ir.QuantizeLinear, ir.DynamicQuantizeLinear:
			if t.relative > 0 {
				t.mean = 0.02
			}
		case ir.Cast, ir.Compare: // with steps, too
			if t.relative > 0 {
				t.mean = 0.02
			}
		default:
			if n.Out[0].Type == ir.F32 && !exact(n.Op) {
				t.relative = 2e-5
			}
		}
		for _, v := range n.Out {
			of[v] = t
		}
	}
	var all []tolerance
	for _, v := range g.Outputs {
		all = append(all, of[v])
	}
	return all
}

// exact reports whether an operator gives the same bits for the same operands however it is
// computed: it moves or selects elements.
func exact(op ir.Op) bool {
	switch o := op.(type) {
	case ir.Dequantize, ir.DequantizeLinear, ir.Reshape, ir.Transpose, ir.Slice, ir.Split, ir.Concat, ir.Identity,
		ir.Expand, ir.Where, ir.Cast, ir.Pad, ir.Gather, ir.GatherAt, ir.GatherND, ir.GatherElements, ir.OneHot,
		ir.ChannelShuffle, ir.DepthToSpace, ir.SpaceToDepth, ir.ResizeNearest, ir.MaxPool, ir.GlobalMaxPool,
		ir.MaxUnpool, ir.TopK, ir.FakeQuant:
		return true
	case ir.Reduce:
		return o.Fn.Picks()
	case ir.ScatterElements:
		return o.Fn == ir.ScatterSet
	case ir.ScatterND:
		return o.Fn == ir.ScatterSet
	}
	return false
}

// compareBytes checks the memory of a result. Integers that depend on sums of float32, by
// comparing or rounding them, may differ in some elements.
func (t tolerance) compareBytes(got []byte, want *ir.Tensor) error {
	have := ir.NewTensor(want.Type, want.Shape)
	if len(got) != len(have.Bytes()) {
		return fmt.Errorf("%d bytes, want %d", len(got), len(have.Bytes()))
	}
	copy(have.Bytes(), got)
	if want.Type == ir.F32 {
		return t.compare(have.F32, want.F32)
	}
	least := 1.0
	if t.relative > 0 {
		least = 0.9
	}
	if share := quant.EqualShare(have, want); share < least {
		return fmt.Errorf("%.1f %% of the elements are right: %v, want %v", 100*share, have, want)
	}
	return nil
}

// compare checks results, any NaN for any other. Results that are infinite, or next to
// it, are not compared where they need not be equal: the interpreter sums in float64.
func (t tolerance) compare(got, want []float32) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d elements, want %d", len(got), len(want))
	}
	most, sum := 0.0, 0.0
	for _, w := range want {
		if a := math.Abs(float64(w)); a <= math.MaxFloat32 {
			most = max(most, a)
		}
	}
	if t.relative > 0 && (most > 1e37 || slices.ContainsFunc(want, func(w float32) bool { return w-w != 0 })) {
		return nil
	}
	for i, w := range want {
		g := got[i]
		if math.Float32bits(g) == math.Float32bits(w) || g != g && w != w {
			continue
		}
		d := math.Abs(float64(g) - float64(w))
		sum += d
		if t.mean == 0 && !(d <= t.relative*most) || d != d {
			return fmt.Errorf("element %d is %v, want %v", i, g, w)
		}
	}
	if sum > t.mean*most*float64(len(want)) && t.mean > 0 {
		return fmt.Errorf("results are %g from what they should be in the mean, where the largest is %g", sum/float64(len(want)), most)
	}
	return nil
}
