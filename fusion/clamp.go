package fusion

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

var inf = float32(math.Inf(1))

// mergeClamps makes one Unary of two that limit their argument, and writes a
// clamp in its simplest form: an absent limit is infinite, and [0,inf] is Relu.
func mergeClamps(e *edit, n *ir.Node) (bool, error) {
	o, _ := n.Op.(ir.Unary)
	lo, hi, ok := o.Act.IsClamp()
	if !ok {
		return false, nil
	}
	in, first := n.In, (*ir.Node)(nil)
	if m, inner, ok := sole[ir.Unary](e, n.In[0]); ok {
		if l, h, ok := inner.Act.IsClamp(); ok {
			lo, hi = limit(l, lo, hi), limit(h, lo, hi)
			in, first = m.In, m
		}
	}
	act := clamp(lo, hi)
	if first == nil && act == o.Act {
		return false, nil
	}
	return true, e.fuse(n, n, ir.Unary{Act: act}, in, first)
}

// clamp returns the simplest Act that limits to [lo, hi].
func clamp(lo, hi float32) ir.Act {
	if lo <= -math.MaxFloat32 {
		lo = -inf
	}
	if hi >= math.MaxFloat32 {
		hi = inf
	}
	if lo == 0 && hi == inf {
		return ir.Act{Kind: ir.Relu}
	}
	return ir.Act{Kind: ir.Clip, A: lo, B: hi}
}

// limit is the clamp itself: hi wins over lo.
func limit(v, lo, hi float32) float32 { return min(max(v, lo), hi) }
