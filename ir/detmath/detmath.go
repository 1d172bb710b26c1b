// Package detmath has the elementary functions that ingot's numbers depend on,
// with the same result to the bit on every machine. The functions of package
// math don't promise that: some platforms have assembly of their own, and a
// compiler may fuse a product and a sum.
//
// The only operations are +, -, * and / in float64, and every product is converted to
// float64 explicitly, which the language defines to prevent fusion. Results
// are within 1e-14 relative of the true value, most within 1e-15.
package detmath

import "math"

// ln2Hi has 21 trailing zero bits, so that its product with an exponent is exact.
const (
	ln2Hi = 0x1.62e42feep-1
	ln2Lo = math.Ln2 - ln2Hi
)

// inverse factorials 1/2!, 1/3! ... of the Taylor series of exp; for
// |r| <= ln(2)/2 the term after the last is below 1e-17.
var expCoef = [...]float64{
	1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
	1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
}

// expm1Near returns exp(r)-1 for |r| <= ln(2)/2.
func expm1Near(r float64) float64 {
	p := 0.0
	for i := len(expCoef) - 1; i >= 0; i-- {
		p = float64(p*r) + expCoef[i]
	}
	return r + float64(float64(r*r)*p)
}

// pow2 returns 2^k for a normal result.
func pow2(k int) float64 { return math.Float64frombits(uint64(k+1023) << 52) }

// Exp returns e to the power x: 0 below about -745, +Inf above about 709.8.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 710:
		return math.Inf(1)
	case x < -746:
		return 0
	}
	// x = k*ln(2) + r; the product with ln2Hi and the first difference are exact.
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(k*ln2Hi) - float64(k*ln2Lo)
	y := 1 + expm1Near(r)
	switch n := int(k); {
	case n > 1000:
		return float64(y*pow2(n-100)) * pow2(100)
	case n < -1000: // one rounding only, where the result may be subnormal
		return float64(y*pow2(n+100)) * pow2(-100)
	default:
		return y * pow2(n)
	}
}

// Expm1 returns exp(x)-1 without the cancellation near 0.
func Expm1(x float64) float64 {
	if -0.34 < x && x < 0.34 {
		return expm1Near(x)
	}
	return Exp(x) - 1
}

// Tanh returns the hyperbolic tangent of x.
func Tanh(x float64) float64 {
	switch {
	case x > 22:
		return 1
	case x < -22:
		return -1
	case x < 0:
		return -Tanh(-x)
	}
	t := Expm1(float64(2 * x))
	return t / (t + 2)
}

// Sigmoid returns 1/(1+exp(-x)).
func Sigmoid(x float64) float64 {
	if x < 0 {
		e := Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + Exp(-x))
}

// The coefficients of Erf.
var (
	erfA = [...]float64{3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03, 1.85777706184603153e-1}
	erfB = [...]float64{2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03}
	erfC = [...]float64{5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02,
		1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03, 2.15311535474403846e-8}
	erfD = [...]float64{1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03, 3.29079923573345963e03,
		4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03}
)

// Erf returns the error function of x, by rational approximations (Cody, "Rational Chebyshev
// approximations for the error function", 1969).
func Erf(x float64) float64 {
	y := math.Abs(x)
	switch {
	case y <= 0.46875:
		yy := float64(y * y)
		num, den := float64(erfA[4]*yy), yy
		for i := range 3 {
			num, den = float64((num+erfA[i])*yy), float64((den+erfB[i])*yy)
		}
		return x * (num + erfA[3]) / (den + erfB[3])
	case y < 6:
		num, den := float64(erfC[8]*y), y
		for i := range 7 {
			num, den = float64((num+erfC[i])*y), float64((den+erfD[i])*y)
		}
		y = 1 - float64(Exp(-float64(y*y))*((num+erfC[7])/(den+erfD[7])))
	case y >= 6:
		y = 1
	}
	if x < 0 {
		return -y
	}
	return y // also NaN
}

// Log returns the natural logarithm of x: -Inf at 0, NaN below.
func Log(x float64) float64 {
	switch {
	case x != x || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	}
	k := 0.0
	if x < 0x1p-1022 {
		x, k = x*0x1p54, -54
	}
	// x = 2^k * m with m in [sqrt(1/2), sqrt(2)).
	b := math.Float64bits(x)
	k += float64(int(b>>52) - 1023)
	m := math.Float64frombits(b&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m, k = m/2, k+1
	}
	// log(m) = 2*artanh(s), s = (m-1)/(m+1), |s| < 0.172.
	s := (m - 1) / (m + 1)
	ss := float64(s * s)
	p := 0.0
	for n := 23.0; n > 1; n -= 2 {
		p = float64(p*ss) + 1/n
	}
	low := float64(float64(2*s)*float64(ss*p)) + float64(k*ln2Lo)
	return float64(k*ln2Hi) + (float64(2*s) + low)
}
