package exec

import (
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
	"github.com/ingot-go/ingot/ir/interp"
)

// isCurved reports whether a is neither the identity nor a clamp.
func isCurved(a ir.Act) bool {
	_, _, clamp := a.IsClamp()
	return !a.IsNone() && !clamp
}

// ActFunc returns the elementwise function that a stands for, in float64 with
// the same result on every machine. Kinds that have no fast form here are by their definition.
func ActFunc(a ir.Act) func(float64) float64 {
	p, q := float64(a.A), float64(a.B)
	switch a.Kind {
	case ir.Relu:
		return func(x float64) float64 { return max(x, 0) }
	case ir.Clip:
		return func(x float64) float64 { return min(max(x, p), q) }
	case ir.LeakyRelu:
		return func(x float64) float64 { return negative(x, p*x) }
	case ir.Sigmoid:
		return detmath.Sigmoid
	case ir.Tanh:
		return detmath.Tanh
	case ir.HardSigmoid:
		return func(x float64) float64 { return hardSigmoid(x, p, q) }
	case ir.HardSwish:
		return func(x float64) float64 { return x * hardSigmoid(x, 1.0/6, 0.5) }
	case ir.Elu:
		return func(x float64) float64 { return negative(x, p*detmath.Expm1(min(x, 0))) }
	case ir.Exp:
		return detmath.Exp
	case ir.Silu:
		return func(x float64) float64 { return x * detmath.Sigmoid(x) }
	}
	return func(x float64) float64 { return interp.Real(a, x) }
}

func negative(x, y float64) float64 {
	if x < 0 {
		return y
	}
	return x
}

func hardSigmoid(x, a, b float64) float64 {
	return max(0, min(1, float64(a*x)+b))
}

// apply applies an activation in place; clamps, which are frequent, without a
// call an element.
func apply(x []float32, f func(float64) float64, a ir.Act) {
	lo, hi, clamp := a.IsClamp()
	for i, v := range x {
		if clamp {
			x[i] = min(max(v, lo), hi)
		} else {
			x[i] = float32(f(float64(v)))
		}
	}
}
