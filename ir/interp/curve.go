package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
)

// curve is apply for the functions that have no kernels.
func curve(a ir.Act, x float64) float64 {
	p, q := float64(a.A), float64(a.B)
	switch a.Kind {
	case ir.Swish:
		return x * detmath.Sigmoid(p*x)
	case ir.Selu:
		if x < 0 {
			return q * (p * detmath.Expm1(x))
		}
		return q * x
	case ir.Celu:
		return max(0, x) + min(0, p*detmath.Expm1(x/p))
	case ir.Softplus:
		return detmath.Softplus(x)
	case ir.Softsign:
		return x / (1 + math.Abs(x))
	case ir.Mish:
		return x * detmath.Tanh(detmath.Softplus(x))
	case ir.Gelu:
		return 0.5 * x * (1 + detmath.Erf(x/math.Sqrt2))
	case ir.GeluTanh:
		inner := math.Sqrt(2/math.Pi) * (x + float64(0.044715*x*x*x))
		return 0.5 * x * (1 + detmath.Tanh(inner))
	case ir.ThresholdedRelu:
		if x > p {
			return x
		}
		return 0
	case ir.Shrink:
		switch {
		case x < -p:
			return x + q
		case x > p:
			return x - q
		}
		return 0
	}
	return plainFunction(a, x)
}

// plainFunction is apply for the functions that every calculator has.
func plainFunction(a ir.Act, x float64) float64 {
	if f := functionsOf1[a.Kind]; f != nil {
		return f(x)
	}
	if a.Kind == ir.Power {
		return detmath.Pow(x, float64(a.A))
	}
	return x
}

var functionsOf1 = map[ir.ActKind]func(float64) float64{
	ir.Abs: math.Abs, ir.Sqrt: math.Sqrt, ir.Floor: math.Floor, ir.Ceil: math.Ceil, ir.Round: math.RoundToEven,
	ir.Neg:        func(x float64) float64 { return -x },
	ir.Reciprocal: func(x float64) float64 { return 1 / x },
	ir.Sign: func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // 0, or NaN
	},
	ir.Log: detmath.Log, ir.Erf: detmath.Erf,
	ir.Sin: detmath.Sin, ir.Cos: detmath.Cos, ir.Tan: detmath.Tan,
	ir.Asin: detmath.Asin, ir.Acos: detmath.Acos, ir.Atan: detmath.Atan,
	ir.Sinh: detmath.Sinh, ir.Cosh: detmath.Cosh, ir.Asinh: detmath.Asinh, ir.Acosh: detmath.Acosh, ir.Atanh: detmath.Atanh,
}
