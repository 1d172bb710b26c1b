package ingot

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// jumping returns the values of g that follow from an order, a comparison or a rounding of float32
// numbers: where two of these are nearly the same, the last bit of a sum decides, and the value
// changes by more than that bit. Detectors end in such values.
func jumping(g *ir.Graph) map[*ir.Value]bool {
	follows := map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		jump := jumps(n)
		for _, v := range n.In {
			jump = jump || follows[v]
		}
		for _, v := range n.Out {
			follows[v] = jump
		}
	}
	return follows
}

// jumps reports whether some small change of a node's float32 operands changes its results by much.
func jumps(n *ir.Node) bool {
	real := false
	for _, v := range n.In {
		real = real || v != nil && v.Type == ir.F32
	}
	switch op := n.Op.(type) {
	case ir.TopK, ir.ArgMax, ir.ArgMaxPool, ir.Compare, ir.NonMaxSuppression:
		return real
	case ir.Cast:
		return real && op.To != ir.F32
	case ir.Softmax:
		return op.Fn == ir.SoftmaxHard
	case ir.Binary:
		return real && (op.Fn == ir.Mod || op.Fn == ir.FMod)
	case ir.GridSample:
		return op.Mode == ir.SampleNearest
	case ir.Unary:
		switch op.Act.Kind {
		case ir.Floor, ir.Ceil, ir.Round, ir.Sign, ir.ThresholdedRelu, ir.Shrink:
			return true
		}
	}
	return false
}

// nearShare returns the share of the numbers of got that differ from those of want by at most
// the bound times the largest of these.
func nearShare(got, want []float32, bound float64) float64 {
	if len(want) == 0 {
		return 1
	}
	_, largest := difference(got, want)
	near := 0
	for i, v := range want {
		x, y := float64(v), float64(got[i])
		if x == y || x != x && y != y || math.Abs(x-y) <= bound*largest {
			near++
		}
	}
	return float64(near) / float64(len(want))
}
