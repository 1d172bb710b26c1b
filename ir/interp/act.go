package interp

import (
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
)

// Real returns a of x in float64.
func Real(a ir.Act, x float64) float64 { return apply(a, x) }

// Apply returns a of x, computed in float64 and rounded once.
func Apply(a ir.Act, x float32) float32 { return float32(apply(a, float64(x))) }

func apply(a ir.Act, x float64) float64 {
	p, q := float64(a.A), float64(a.B)
	switch a.Kind {
	case ir.Relu:
		return max(x, 0)
	case ir.Clip:
		return min(max(x, p), q)
	case ir.LeakyRelu:
		if x < 0 {
			return p * x
		}
		return x
	case ir.Sigmoid:
		return detmath.Sigmoid(x)
	case ir.Tanh:
		return detmath.Tanh(x)
	case ir.HardSigmoid:
		return max(0, min(1, float64(p*x)+q))
	case ir.HardSwish:
		return x * max(0, min(1, x/6+0.5))
	case ir.Elu:
		if x < 0 {
			return p * detmath.Expm1(x)
		}
		return x
	case ir.Exp:
		return detmath.Exp(x)
	case ir.Silu:
		return x * detmath.Sigmoid(x)
	}
	return curve(a, x)
}
