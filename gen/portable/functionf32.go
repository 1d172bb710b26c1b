package portable

import "math"

// The functions of float32 in plain Go. Each is the sequence of operations of the
// kernels: every operation rounds once to float32, fma32 is one of them, so that
// all levels agree to the bit. Products are converted, so that no compiler fuses them with a sum.
// The measured errors are in docs/numerics.md.

// The constants of the functions, which kernelConsts holds for the kernels.
const (
	expLo      = -104          // exp is 0 below
	expHi      = 89            // and infinite above
	expm1Lo    = -18           // exp-1 is -1 below
	log2e      = 0x1.715476p+0 // 1/ln(2)
	rounder    = 0x1.8p+23     // adding it rounds to an integer
	ln2HighF32 = 0x1.62e4p-1   // ln(2), its leading bits
	ln2LowF32  = 0x1.7f7d1cp-20
	sixth      = 0x1.555556p-3
)

// expTerms are the coefficients of exp's polynomial, of the 6th to the 2nd power:
// the smallest relative error within half of ln(2) around 0.
var expTerms = [5]float32{0x1.694p-10, 0x1.125edcp-7, 0x1.555b5ap-5, 0x1.55545p-3, 0x1.fffff6p-2}

// reduced returns the r with x = n*ln(2) + r nearest to 0, and the n.
func reduced(x float32) (r float32, n int32) {
	t := fma32(x, log2e, rounder)
	k := t - rounder
	r = fma32(k, -ln2HighF32, x)
	r = fma32(k, -ln2LowF32, r)
	return r, int32(math.Float32bits(t)) - 0x4b400000
}

// powers is the polynomial's sum of the powers of r from the second on, over r^2.
func powers(r float32) float32 { return horner(expTerms[0], r, expTerms[1:]) }

// horner goes on with a polynomial whose coefficients come from the highest power on.
func horner(q, x float32, terms []float32) float32 {
	for _, c := range terms {
		q = fma32(q, x, c)
	}
	return q
}

// powerOf2 is 2^n, n an exponent of float32.
func powerOf2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

// exp32 is exp(x). The power of two comes in two factors, so that results may
// be subnormal, and too large ones infinite.
func exp32(x float32) float32 {
	return expOfReduced(reduced(limit(x, expLo, expHi)))
}

// expOfReduced is exp(n*ln(2)+r).
func expOfReduced(r float32, n int32) float32 {
	p := fma32(fma32(powers(r), r, 1), r, 1)
	half := n >> 1
	return float32(float32(p*powerOf2(half)) * powerOf2(n-half))
}

// expm132 is exp(x)-1 for x up to 0.
func expm132(x float32) float32 {
	if expm1Lo > x {
		x = expm1Lo
	}
	r, n := reduced(x)
	p := fma32(float32(r*r), powers(r), r)
	s := powerOf2(n)
	return fma32(p, s, s-1)
}

// negative reports whether the sign bit of x is set, as it is of -0.
func negative(x float32) bool { return math.Float32bits(x)>>31 != 0 }

// minusAbs is -|x|.
func minusAbs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) | 1<<31) }

// sigmoid32 is 1/(1+exp(-x)), of exp(-|x|), which can't overflow.
func sigmoid32(x float32) float32 {
	e := exp32(minusAbs(x))
	if negative(x) {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// tanh32 is -t/(2+t) for positive x, t = exp(-2x)-1.
func tanh32(x float32) float32 {
	u := minusAbs(x)
	t := expm132(u + u)
	y := math.Float32bits(t / (2 + t))
	return math.Float32frombits(y&^(1<<31) | math.Float32bits(x)&(1<<31))
}

// function is an elementwise function of one variable.
type function uint8

// The functions; a and b are parameters.
const (
	leakyRelu   function = iota + 3 // a*x below 0; before it come none, and limits
	sigmoid                         // 1/(1+exp(-x))
	tanh                            // tanh(x)
	hardSigmoid                     // a*x+b limited to 0..1
	hardSwish                       // x * (x+3 limited to 0..6) / 6
	elu                             // a*(exp(x)-1) below 0
	exp                             // exp(x)
	silu                            // x * sigmoid(x)
)

// apply is the function as the kernels compute it.
func (f function) apply(x, a, b float32) float32 {
	switch f {
	case leakyRelu:
		if negative(x) {
			return float32(x * a)
		}
	case sigmoid:
		return sigmoid32(x)
	case tanh:
		return tanh32(x)
	case hardSigmoid:
		return limit(fma32(x, a, b), 0, 1)
	case hardSwish:
		return float32(x * float32(limit(x+3, 0, 6)*sixth))
	case elu:
		if negative(x) {
			return float32(a * expm132(x))
		}
	case exp:
		return exp32(x)
	case silu:
		return float32(x * sigmoid32(x))
	}
	return x
}
