package fusion

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// padIntoWindow makes a border of constants part of the padding of the Conv or
// pooling that reads it: zeros for a Conv and for an AvgPool that counts them, what can't be
// a maximum for a MaxPool.
func padIntoWindow(e *edit, n *ir.Node) (bool, error) {
	p, o, ok := sole[ir.Pad](e, n.In[0])
	if !ok || o.Mode != ir.PadConstant || !isSpatial(o) {
		return false, nil
	}
	op := paddedOp(n.Op, o, p.In[0])
	if op == nil {
		return false, nil
	}
	in := append([]*ir.Value{p.In[0]}, n.In[1:]...)
	// Poolings refuse a padding as large as their window; then the Pad stays.
	if t, err := op.Infer(in); err != nil || !t[0].Shape.Equal(n.Out[0].Shape) {
		return false, nil
	}
	return true, e.fuse(n, n, op, in, p)
}

// isSpatial reports whether the pad widens the last two of four axes only.
func isSpatial(o ir.Pad) bool {
	if len(o.Before) != 4 || !isZero(o.Before[:2]) || !isZero(o.After[:2]) {
		return false
	}
	return min(o.Before[2], o.Before[3], o.After[2], o.After[3]) >= 0
}

// paddedOp returns op with the border of p, which reads x, as its own padding;
// nil where that would change its result.
func paddedOp(op ir.Op, p ir.Pad, x *ir.Value) ir.Op {
	add := func(w *ir.Window) {
		for i, v := range []int{p.Before[2], p.Before[3], p.After[2], p.After[3]} {
			w.Pad[i] += v
		}
	}
	switch o := op.(type) {
	case ir.Conv:
		if p.Value == 0 {
			add(&o.Window)
			return o
		}
	case ir.AvgPool:
		if p.Value == 0 && !o.Ceil && (o.CountPad || o.Pad == [4]int{}) {
			add(&o.Window)
			o.CountPad = true
			return o
		}
	case ir.MaxPool:
		// Without dilation every window holds an element of x, so the border never wins.
		if o.Dilation == [2]int{1, 1} && !o.Ceil && p.Value <= lowerBound(x) {
			add(&o.Window)
			return o
		}
	}
	return nil
}

// lowerBound returns a number that no element of v is below, -inf if none is known.
func lowerBound(v *ir.Value) float32 {
	if v.Def == nil {
		return -inf
	}
	switch o := v.Def.Op.(type) {
	case ir.Unary:
		return actBound(o.Act)
	case ir.Conv:
		return actBound(o.Act)
	case ir.FC:
		return actBound(o.Act)
	case ir.Binary:
		return actBound(o.Act)
	case ir.MaxPool, ir.GlobalMaxPool, ir.GlobalAvgPool, ir.Identity, ir.Concat, ir.Split, ir.Slice,
		ir.Reshape, ir.Transpose, ir.ChannelShuffle, ir.DepthToSpace, ir.SpaceToDepth, ir.ResizeNearest:
		bound := inf
		for _, x := range v.Def.In {
			bound = min(bound, lowerBound(x))
		}
		return bound
	}
	return -inf
}

func actBound(a ir.Act) float32 {
	switch a.Kind {
	case ir.Relu, ir.Sigmoid, ir.HardSigmoid, ir.Exp:
		return 0
	case ir.Clip:
		return min(a.A, a.B)
	case ir.Tanh:
		return -1
	}
	return float32(math.Inf(-1))
}
