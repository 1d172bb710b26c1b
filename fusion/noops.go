package fusion

import (
	"math"
	"reflect"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// dropNoops removes nodes whose result is their operand: Identity, what a
// dropout is at inference, and operators whose attributes leave nothing to do.
func dropNoops(e *edit, n *ir.Node) (bool, error) {
	return isNoop(n) && e.bypass(n), nil
}

func isNoop(n *ir.Node) bool {
	x, y := n.In[0], n.Out[0]
	switch o := n.Op.(type) {
	case ir.Identity:
		return true
	case ir.Cast:
		return o.To == x.Type
	case ir.Unary:
		lo, hi, clamp := o.Act.IsClamp()
		return o.Act.IsNone() || clamp && math.IsInf(float64(lo), -1) && math.IsInf(float64(hi), 1)
	case ir.FakeQuant: // rounds what is rounded to the same steps
		_, first, ok := producer[ir.FakeQuant](x)
		return ok && reflect.DeepEqual(first, o)
	case ir.Affine:
		return all(o.Mul, 1) && all(o.Add, 0)
	case ir.Concat, ir.Split:
		return len(n.In) == 1 && len(n.Out) == 1
	case ir.Reshape:
		return o.Shape.Equal(x.Shape)
	case ir.Transpose:
		return slices.IsSorted(o.Perm)
	case ir.Slice: // the same extent and steps of one leave only the start 0
		return y.Shape.Equal(x.Shape) && !slices.ContainsFunc(o.Step, func(s int) bool { return s < 0 })
	case ir.Pad:
		return isZero(o.Before) && isZero(o.After)
	case ir.ResizeNearest:
		return counts(o.Y, x.Shape[2]) && counts(o.X, x.Shape[3])
	case ir.ChannelShuffle:
		return o.Groups == 1 || o.Groups == x.Shape[1]
	case ir.DepthToSpace:
		return o.Block == 1
	case ir.MaxPool:
		return isPoint(o.Window)
	case ir.AvgPool:
		return isPoint(o.Window)
	case ir.GlobalAvgPool, ir.GlobalMaxPool:
		return y.Shape.Equal(x.Shape)
	case ir.Reduce:
		return len(o.Axes) == 0 && (o.Fn.Picks() || o.Fn == ir.ReduceMean || o.Fn == ir.ReduceSum || o.Fn == ir.ReduceProd)
	}
	return false
}

func isZero(list []int) bool {
	return !slices.ContainsFunc(list, func(v int) bool { return v != 0 })
}

// counts reports whether list is 0, 1, ..., n-1.
func counts(list []int, n int) bool {
	for i, v := range list {
		if v != i {
			return false
		}
	}
	return len(list) == n
}

// isPoint reports whether the window is each single position.
func isPoint(w ir.Window) bool {
	return w.Kernel == [2]int{1, 1} && w.Stride == [2]int{1, 1} && w.Pad == [4]int{}
}
