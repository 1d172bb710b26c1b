package detmath

import "math"

// Log1p returns log(1+x) without the cancellation near 0: NaN below -1.
func Log1p(x float64) float64 {
	if !(x > -0.25 && x < 0.35) {
		return Log(1 + x)
	}
	// 2*artanh(s), s = x/(2+x), |s| < 0.15.
	s := x / (2 + x)
	ss, p := float64(s*s), 0.0
	for n := 21.0; n > 1; n -= 2 {
		p = float64(ss * (p + 1/n))
	}
	return 2 * float64(s*(1+p))
}

// Sinh returns the hyperbolic sine of x.
func Sinh(x float64) float64 {
	switch {
	case x < 0:
		return -Sinh(-x)
	case x > 30:
		return Exp(x) / 2
	}
	e := Expm1(x)
	return (e + e/(e+1)) / 2
}

// Cosh returns the hyperbolic cosine of x.
func Cosh(x float64) float64 {
	e := Exp(math.Abs(x))
	return (e + 1/e) / 2
}

// Asinh returns the inverse hyperbolic sine of x.
func Asinh(x float64) float64 {
	switch {
	case x < 0:
		return -Asinh(-x)
	case x > 1e9:
		return Log(x) + math.Ln2
	}
	xx := float64(x * x)
	return Log1p(x + xx/(1+math.Sqrt(xx+1)))
}

// Acosh returns the inverse hyperbolic cosine of x, NaN below 1.
func Acosh(x float64) float64 {
	switch {
	case !(x >= 1):
		return math.NaN()
	case x > 1e9:
		return Log(x) + math.Ln2
	}
	t := x - 1
	return Log1p(t + math.Sqrt(float64(t*(t+2))))
}

// Atanh returns the inverse hyperbolic tangent of x: infinite at 1 and -1, NaN beyond.
func Atanh(x float64) float64 {
	switch {
	case x < 0:
		return -Atanh(-x)
	case x == 1:
		return math.Inf(1)
	}
	return Log1p(2*x/(1-x)) / 2
}

// Softplus returns log(1+exp(x)).
func Softplus(x float64) float64 { return max(x, 0) + Log1p(Exp(-math.Abs(x))) }

// wholePower is the largest exponent for which Pow multiplies.
const wholePower = 64

// Pow returns x to the power y: 1 for y = 0 and for x = 1, NaN for a negative x and a y that
// is no integer. Integers of small magnitude are powers by multiplication.
func Pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case x != x || y != y:
		return math.NaN()
	}
	odd := isOdd(y)
	switch a := math.Abs(x); {
	case a == 1:
		if odd || y-y == 0 && y == math.Floor(y) || y-y != 0 {
			break
		}
		return math.NaN() // -1 to a fraction
	case y-y != 0: // infinite
		if (a > 1) == (y > 0) {
			return math.Inf(1)
		}
		return 0
	case x == 0 || a > math.MaxFloat64:
		r := 0.0
		if (a > 1) == (y > 0) {
			r = math.Inf(1)
		}
		if odd && math.Signbit(x) {
			r = -r
		}
		return r
	}
	if x < 0 && y-y == 0 && y != math.Floor(y) {
		return math.NaN()
	}
	r := power(math.Abs(x), y)
	if x < 0 && odd {
		return -r
	}
	return r
}

// power is Pow for positive finite x.
func power(x, y float64) float64 {
	n := math.Abs(y)
	if x == 1 || n != math.Floor(n) || n > wholePower {
		if x == 1 {
			return 1
		}
		return Exp(float64(y * Log(x)))
	}
	r := 1.0
	for k := int(n); k > 0; k >>= 1 {
		if k&1 == 1 {
			r = float64(r * x)
		}
		x = float64(x * x)
	}
	if y < 0 {
		return 1 / r
	}
	return r
}

// isOdd reports whether y is an odd integer.
func isOdd(y float64) bool {
	if !(math.Abs(y) < 1<<53) {
		return false
	}
	n := int64(y)
	return float64(n) == y && n&1 != 0
}
