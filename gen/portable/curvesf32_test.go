package portable

import (
	"math"
	"testing"
)

// of makes a function of float32 of a curve.
func of(c curve) func(float32) float32 {
	return func(x float32) float32 { return float32(c.apply(float64(x))) }
}

const (
	testA = 1.67326 // parameters, as float32
	testB = 1.05070
)

// TestCurves32 compares the curves that have kernels with float64's over all exponents.
func TestCurves32(t *testing.T) {
	a, b := float64(float32(testA)), float64(float32(testB))
	elu := func(x, slope, factor float64) float64 {
		if x < 0 {
			return factor * math.Expm1(x*slope)
		}
		return x
	}
	softplus := func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	for _, c := range []tested32{
		{"gelu", of(normalF32{geluCurve}), func(x float64) float64 { return 0.5 * x * math.Erfc(-x/math.Sqrt2) }, 7},
		{"erf", of(normalF32{erfCurve}), math.Erf, 1.5},
		{"selu", of(eluF32{seluCurve, testA, testB}), func(x float64) float64 { return b * elu(x, 1, a) }, 3},
		{"celu", of(eluF32{celuCurve, testA, 0}), func(x float64) float64 { return elu(x, 1/a, a) }, 3},
		{"softplus", of(softplusF32{softplusCurve}), softplus, 4.5},
		{"mish", of(softplusF32{mishCurve}), func(x float64) float64 { return x * math.Tanh(softplus(x)) }, 5},
		{"softsign", of(basicF32{softsignCurve}), func(x float64) float64 { return x / (1 + math.Abs(x)) }, 1.5},
		{"reciprocal", of(basicF32{reciprocalCurve}), func(x float64) float64 { return 1 / x }, 0.5},
		{"sqrt", of(basicF32{sqrtCurve}), math.Sqrt, 0.5},
	} {
		c.check(t, 0)
	}
	// The argument of their exponential is rounded, which counts the more the larger it is.
	const share = 1. / 64
	tested32{"swish", of(swishF32{swishCurve, testA}), func(x float64) float64 { return x * sigmoid64(a*x) }, 6}.check(t, share)
	tested32{"geluTanh", of(swishF32{Fn: geluTanhCurve}), func(x float64) float64 {
		return x * sigmoid64(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))
	}, 9}.check(t, share)
}

// TestCurveSpecials32 checks infinities, zeros, numbers of extreme size and what is no number.
func TestCurveSpecials32(t *testing.T) {
	inf, nan, least := float32(math.Inf(1)), float32(math.NaN()), float32(math.SmallestNonzeroFloat32)
	zero := float32(math.Copysign(0, -1))
	gelu, erf, swish, geluTanh := of(normalF32{geluCurve}), of(normalF32{erfCurve}), of(swishF32{swishCurve, 2}), of(swishF32{Fn: geluTanhCurve})
	selu, celu := of(eluF32{seluCurve, 2, 3}), of(eluF32{celuCurve, 2, 0})
	softplus, mish := of(softplusF32{softplusCurve}), of(softplusF32{mishCurve})
	basic := func(k curveKind) func(float32) float32 { return of(basicF32{k}) }
	for i, c := range []struct {
		f       func(float32) float32
		x, want float32
	}{
		// What is infinite times 0 is no number, as in the definitions.
		{gelu, 0, 0}, {gelu, zero, zero}, {gelu, inf, inf}, {gelu, -inf, nan}, {gelu, nan, nan}, {gelu, 3e38, 3e38}, {gelu, -3e38, zero}, {gelu, 2 * least, least},
		{erf, 0, 0}, {erf, zero, zero}, {erf, inf, 1}, {erf, -inf, -1}, {erf, nan, nan}, {erf, 3e38, 1}, {erf, -5, -1}, {erf, least, least},
		{swish, 0, 0}, {swish, zero, zero}, {swish, inf, inf}, {swish, -inf, nan}, {swish, nan, nan}, {swish, 3e38, 3e38}, {swish, -3e38, zero},
		{geluTanh, 0, 0}, {geluTanh, zero, zero}, {geluTanh, inf, inf}, {geluTanh, -inf, nan}, {geluTanh, nan, nan}, {geluTanh, 3e38, 3e38}, {geluTanh, -3e38, zero},
		{selu, 0, 0}, {selu, inf, inf}, {selu, -inf, -6}, {selu, nan, nan}, {selu, -3e38, -6}, {selu, 2, 6},
		{celu, 0, 0}, {celu, inf, inf}, {celu, -inf, -2}, {celu, nan, nan}, {celu, -3e38, -2}, {celu, 7, 7},
		{softplus, inf, inf}, {softplus, -inf, 0}, {softplus, nan, nan}, {softplus, 3e38, 3e38}, {softplus, -3e38, 0}, {softplus, zero, float32(math.Ln2)},
		{mish, 0, 0}, {mish, zero, zero}, {mish, inf, inf}, {mish, -inf, nan}, {mish, nan, nan}, {mish, 3e38, 3e38}, {mish, -3e38, zero},
		{basic(softsignCurve), inf, nan}, {basic(softsignCurve), nan, nan}, {basic(softsignCurve), zero, zero}, {basic(softsignCurve), 3e38, 1},
		{basic(absCurve), -inf, inf}, {basic(absCurve), nan, nan}, {basic(absCurve), zero, 0}, {basic(absCurve), -least, least},
		{basic(negCurve), -inf, inf}, {basic(negCurve), nan, nan}, {basic(negCurve), 0, zero},
		{basic(reciprocalCurve), 0, inf}, {basic(reciprocalCurve), zero, -inf}, {basic(reciprocalCurve), -inf, zero}, {basic(reciprocalCurve), nan, nan},
		{basic(reciprocalCurve), least, inf},
		{basic(sqrtCurve), zero, zero}, {basic(sqrtCurve), inf, inf}, {basic(sqrtCurve), -1, nan}, {basic(sqrtCurve), nan, nan}, {basic(sqrtCurve), 9, 3},
		{basic(floorCurve), -0.5, -1}, {basic(floorCurve), 0.5, 0}, {basic(floorCurve), zero, zero}, {basic(floorCurve), inf, inf}, {basic(floorCurve), nan, nan},
		{basic(ceilCurve), -0.5, zero}, {basic(ceilCurve), least, 1}, {basic(ceilCurve), -inf, -inf}, {basic(ceilCurve), nan, nan}, {basic(ceilCurve), 16777217, 16777216},
		{basic(roundCurve), 2.5, 2}, {basic(roundCurve), -3.5, -4}, {basic(roundCurve), -0.5, zero}, {basic(roundCurve), inf, inf}, {basic(roundCurve), nan, nan},
	} {
		got := c.f(c.x)
		if math.Float32bits(got) != math.Float32bits(c.want) && (got == got || c.want == c.want) {
			t.Errorf("case %d: the function of %v is %v, want %v", i, c.x, got, c.want)
		}
	}
}
