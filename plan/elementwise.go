package plan

import (
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// curveF32 returns the plain Go of an activation that has a kernel and is none of portable.Function.
func curveF32(a ir.Act) portable.Curve {
	fn := portable.CurveKind(a.Kind - ir.Swish)
	switch a.Kind {
	case ir.Gelu, ir.Erf:
		return portable.NormalF32{Fn: fn}
	case ir.Swish, ir.GeluTanh:
		return portable.SwishF32{Fn: fn, A: a.A}
	case ir.Selu, ir.Celu:
		return portable.EluF32{Fn: fn, A: a.A, B: a.B}
	case ir.Softplus, ir.Mish:
		return portable.SoftplusF32{Fn: fn}
	}
	return portable.BasicF32{Fn: fn}
}

// curveOf returns the function of an activation that has no kernel.
func curveOf(a ir.Act) portable.Curve {
	fn := portable.CurveKind(a.Kind - ir.Swish)
	switch a.Kind {
	case ir.Celu, ir.Log:
		return portable.ExpCurve{Fn: fn, A: a.A}
	case ir.Power:
		return portable.PowerCurve{A: a.A}
	}
	if a.Kind >= ir.Sin {
		return portable.TrigCurve{Fn: fn}
	}
	return portable.SimpleCurve{Fn: fn, A: a.A, B: a.B}
}

// elementwise makes the step of a function of tensors that broadcast, in plain Go.
func elementwise(n *ir.Node) plainBuilder {
	shape := repeatsOf(n)
	switch op := n.Op.(type) {
	case ir.Binary:
		return func(x, y []portable.Values) portable.Step {
			return portable.Pairs{Name: n.Name, A: x[0], B: x[1], Y: y[0], Fn: portable.PairFn(op.Fn), Shape: shape}
		}
	case ir.Compare:
		return comparison(n, portable.Comparison(op.Fn), shape)
	case ir.Logic:
		return comparison(n, portable.Comparison(op.Fn)+portable.BothTrue, shape)
	}
	return func(x, y []portable.Values) portable.Step { // Where
		return portable.Choice{Name: n.Name, Cond: x[0], A: x[1], B: x[2], Y: y[0], Shape: shape}
	}
}

func comparison(n *ir.Node, fn portable.Comparison, shape portable.Repeats) plainBuilder {
	return func(x, y []portable.Values) portable.Step {
		return portable.Comparisons{Name: n.Name, A: x[0], B: x[1], Y: y[0], Fn: fn, Shape: shape}
	}
}

// repeatsOf returns how a node's operands broadcast to its result; axes along which all
// of them behave alike are one.
func repeatsOf(n *ir.Node) portable.Repeats {
	out := n.Out[0].Shape
	strides := make([][]int, len(n.In)) // of the result's axes, outermost first
	for k, v := range n.In {
		strides[k] = broadcastStrides(v.Shape, out)
	}
	var r portable.Repeats
	to := []*[]int{&r.StrideA, &r.StrideB, &r.StrideC}[:len(n.In)]
	for i, d := range out {
		if d == 1 {
			continue
		}
		last := len(r.Dims) - 1
		joins := last >= 0
		for k := range to {
			joins = joins && (*to[k])[last] == strides[k][i]*d
		}
		if !joins {
			r.Dims = append(r.Dims, 1)
			last++
			for k := range to {
				*to[k] = append(*to[k], 0)
			}
		}
		r.Dims[last] *= d
		for k := range to {
			(*to[k])[last] = strides[k][i]
		}
	}
	if len(r.Dims) == 0 {
		r.Dims = []int{1}
		for k := range to {
			*to[k] = []int{0}
		}
	}
	return r
}

// broadcastStrides returns the distances of a row-major tensor's neighbours along the axes
// of what it broadcasts to, in elements; 0 where it repeats.
func broadcastStrides(from, to ir.Shape) []int {
	st, own := make([]int, len(to)), rowMajor(from, 1)
	for i, d := range from {
		if d > 1 {
			st[len(to)-len(from)+i] = own[i]
		}
	}
	return st
}

// expanded returns the strides of a place along the axes of a shape that it broadcasts to.
func expanded(l *place, to ir.Shape) []int {
	st := make([]int, len(to))
	for i, d := range l.dims {
		if d > 1 {
			st[len(to)-len(l.dims)+i] = l.strides[i]
		}
	}
	return st
}
