package portable

import "math"

// The functions of float32 that few networks have, in plain Go: each is the sequence of
// operations of the kernels, as in functionf32.go.

// The constants of the functions, which kernelConsts holds for the kernels.
const (
	tailHi        = 14.5          // the normal distribution has nothing above
	rootTwo       = 0x1.6a09e6p+0 // sqrt(2)
	geluTanhCube  = 0x1.2444f2p-4 // 2*sqrt(2/pi)*0.044715
	geluTanhFirst = 0x1.988454p+0 // 2*sqrt(2/pi)
)

// The coefficients, from the highest power on, of the smallest relative errors.
var (
	// Of exp(t^2/2) times the normal distribution's share above t, for t from 0 to tailHi, as a
	// fraction; the denominator ends in 1.
	tailNumerator   = [5]float32{0x1.0dc406p-8, 0x1.4cdde6p-5, 0x1.7743dep-3, 0x1.c0d05p-2, 0x1p-1}
	tailDenominator = [6]float32{0x1.5218e6p-7, 0x1.a1368cp-4, 0x1.e0bcc2p-2, 0x1.33d73p+0, 0x1.acaa5ap+0, 1}
	// Of erf(x)/x-1 by x^2, for x from 0 to 1.
	erfTerms = [7]float32{0x1.496a32p-14, -0x1.a3f7p-11, 0x1.5405b2p-8, -0x1.b7f90ep-6, 0x1.ce2cf8p-4, -0x1.81273ep-2, 0x1.06eba8p-3}
	// Of log(1+e)/e, for e from 0 to 1, as a fraction; both end in 1.
	logNumerator   = [4]float32{0x1.bfe8ecp-9, 0x1.e7bf1ep-3, 0x1.10f3bp+0, 1}
	logDenominator = [4]float32{0x1.34606ep-4, 0x1.60392ep-1, 0x1.90f3aep+0, 1}
)

// abs32 clears the sign bit.
func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// tail32 is the share of the normal distribution above t, which is 0 to tailHi. What the
// square of t loses by rounding is added to the rest of its reduction.
func tail32(t float32) float32 {
	s := float32(t * t)
	low := fma32(t, t, -s)
	r, n := reduced(float32(s * -0.5))
	e := expOfReduced(fma32(low, -0.5, r), n)
	return float32(e*horner(tailNumerator[0], t, tailNumerator[1:])) / horner(tailDenominator[0], t, tailDenominator[1:])
}

// normalF32 is of the normal distribution.
type normalF32 struct{ Fn curveKind }

func (c normalF32) apply(v float64) float64 {
	x := float32(v)
	t := abs32(x)
	if c.Fn == geluCurve { // x times the distribution's share below x
		if tailHi < t {
			t = tailHi
		}
		share := tail32(t)
		if !negative(x) {
			share = 1 - share
		}
		return float64(float32(x * share))
	}
	if t-1 < 0 { // erf
		return float64(fma32(x, horner(erfTerms[0], float32(x*x), erfTerms[1:]), x))
	}
	u := float32(t * rootTwo)
	if tailHi < u {
		u = tailHi
	}
	y := fma32(tail32(u), -2, 1)
	return float64(math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&(1<<31)))
}

// swishF32 is x times the sigmoid of A*x, or of the polynomial of the tanh form of Gelu, for
// x/2 * (1+tanh(u)) is x * sigmoid(2u).
type swishF32 struct {
	Fn curveKind
	A  float32
}

func (c swishF32) apply(v float64) float64 {
	x, a := float32(v), c.A
	if c.Fn == geluTanhCurve {
		a = fma32(float32(x*x), geluTanhCube, geluTanhFirst)
	}
	return float64(float32(x * sigmoid32(float32(x*a))))
}

// eluF32 has an exponential below 0.
type eluF32 struct {
	Fn   curveKind
	A, B float32
}

func (c eluF32) apply(v float64) float64 {
	x := float32(v)
	if negative(x) {
		u := x
		if c.Fn == celuCurve {
			u /= c.A
		}
		x = float32(expm132(u) * c.A)
	}
	if c.Fn == seluCurve {
		x = float32(x * c.B)
	}
	return float64(x)
}

// softplusF32 is log(1+exp(x)), or x times its tanh, by way of exp(-|x|), which can't overflow.
type softplusF32 struct{ Fn curveKind }

func (c softplusF32) apply(v float64) float64 {
	x := float32(v)
	e := exp32(minusAbs(x))
	if c.Fn == softplusCurve {
		y := float32(e*horner(logNumerator[0], e, logNumerator[1:])) / horner(logDenominator[0], e, logDenominator[1:])
		if 0 > x {
			x = 0
		}
		return float64(x + y)
	}
	n, more := fma32(e, 2, 1), float32(e*float32(e*2))
	if negative(x) {
		n, more = float32(e*(e+2)), 2
	}
	return float64(float32(x*n) / (n + more))
}

// basicF32 is of one or two operations.
type basicF32 struct{ Fn curveKind }

func (c basicF32) apply(v float64) float64 {
	x := float32(v)
	switch c.Fn {
	case softsignCurve:
		x /= 1 + abs32(x)
	case absCurve:
		x = abs32(x)
	case negCurve:
		x = -x
	case reciprocalCurve:
		x = 1 / x
	case sqrtCurve:
		x = float32(math.Sqrt(v))
	case floorCurve:
		x = float32(math.Floor(v))
	case ceilCurve:
		x = float32(math.Ceil(v))
	case roundCurve:
		x = float32(math.RoundToEven(v))
	}
	return float64(x)
}
