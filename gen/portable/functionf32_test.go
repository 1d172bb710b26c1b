package portable

import (
	"math"
	"testing"
)

// tested32 is a function, what it should be in float64, and its bound in units of the
// result's last place.
type tested32 struct {
	name  string
	f     func(float32) float32
	exact func(float64) float64
	bound float64
}

// TestFunctions32 compares the functions with float64's over all exponents.
func TestFunctions32(t *testing.T) {
	for _, c := range []tested32{
		{"exp", exp32, math.Exp, 1},
		{"exp-1", func(x float32) float32 { return expm132(minusAbs(x)) }, func(x float64) float64 { return math.Expm1(-math.Abs(x)) }, 1.5},
		{"sigmoid", sigmoid32, sigmoid64, 2.5},
		{"tanh", tanh32, math.Tanh, 3},
		{"silu", func(x float32) float32 { return silu.apply(x, 0, 0) }, func(x float64) float64 { return x * sigmoid64(x) }, 3.5},
		{"hardSwish", func(x float32) float32 { return hardSwish.apply(x, 0, 0) },
			func(x float64) float64 { return x * max(0, min(1, x/6+0.5)) }, 3},
	} {
		c.check(t, 0)
	}
}

func sigmoid64(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// check tries numbers of all exponents and both signs. Results below a share of the argument are
// measured in units of that.
func (c tested32) check(t *testing.T, share float64) {
	worst, at := 0.0, float32(0)
	for bits := uint64(0); bits < 1<<32; bits += 997 {
		x := math.Float32frombits(uint32(bits))
		got, want := float64(c.f(x)), c.exact(float64(x))
		switch {
		case want != want:
			if got == got {
				t.Fatalf("%s(%v) = %v, want no number", c.name, x, got)
			}
		case math.Abs(want) < 0x1p-118 && math.Abs(got-want) < 0x1p-142: // subnormal, as a result or, in silu, as a factor
		case math.Abs(want) >= 0x1p128:
			if !math.IsInf(got, 0) || math.Signbit(got) != math.Signbit(want) {
				t.Fatalf("%s(%v) = %v, want an infinity", c.name, x, got)
			}
		default:
			_, e := math.Frexp(max(math.Abs(want), share*math.Abs(float64(x))))
			if d := math.Ldexp(math.Abs(got-want), 24-e); !(d <= worst) {
				worst, at = d, x
			}
		}
	}
	t.Logf("%s: %.3f units in the last place at %v", c.name, worst, at)
	if worst > c.bound {
		t.Errorf("%s(%v) is %.3f units in the last place off, want at most %v", c.name, at, worst, c.bound)
	}
}

// TestSpecials32 checks infinities, zeros and what is no number.
func TestSpecials32(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	zero := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		f       function
		x, want float32
	}{
		{exp, 0, 1}, {exp, zero, 1}, {exp, inf, inf}, {exp, -inf, 0}, {exp, nan, nan}, {exp, math.MaxFloat32, inf}, {exp, -math.MaxFloat32, 0},
		{exp, math.SmallestNonzeroFloat32, 1},
		{sigmoid, 0, 0.5}, {sigmoid, inf, 1}, {sigmoid, -inf, 0}, {sigmoid, nan, nan}, {sigmoid, 1000, 1}, {sigmoid, -1000, 0},
		{tanh, 0, 0}, {tanh, zero, zero}, {tanh, inf, 1}, {tanh, -inf, -1}, {tanh, nan, nan}, {tanh, 1e-40, 1e-40}, {tanh, -1e30, -1},
		{silu, inf, inf}, {silu, nan, nan}, {silu, zero, zero},
		{elu, inf, inf}, {elu, -inf, -2}, {elu, nan, nan}, {elu, 3, 3}, {elu, -1e-30, -2e-30},
		{leakyRelu, -3, -6}, {leakyRelu, 3, 3}, {leakyRelu, nan, nan}, {leakyRelu, -inf, -inf},
		{hardSwish, -3, zero}, {hardSwish, inf, inf}, {hardSwish, 7, 7}, {hardSwish, nan, nan}, {hardSwish, -inf, nan},
		{hardSigmoid, nan, nan}, {hardSigmoid, inf, 1}, {hardSigmoid, -inf, 0},
	} {
		got := c.f.apply(c.x, 2, 3)
		if math.Float32bits(got) != math.Float32bits(c.want) && (got == got || c.want == c.want) {
			t.Errorf("function %d of %v is %v, want %v", c.f, c.x, got, c.want)
		}
	}
}

// TestConstants32 holds the kernels' constants against plain Go's.
func TestConstants32(t *testing.T) {
	want := []float32{1, float32(math.Copysign(0, -1)), float32(math.Inf(-1)), expLo, expHi, expm1Lo, log2e, rounder, ln2HighF32, ln2LowF32,
		expTerms[0], expTerms[1], expTerms[2], expTerms[3], expTerms[4], 2, 3, 6}
	sameConstants(t, kernelConsts[208/4:], want) // from ConstOne of asm/spec on
	curves := append([]float32{-0.5, tailHi}, tailNumerator[:]...)
	curves = append(append(append(curves, tailDenominator[:5]...), rootTwo), erfTerms[:]...)
	curves = append(append(append(curves, geluTanhCube, geluTanhFirst), logNumerator[:3]...), logDenominator[:3]...)
	sameConstants(t, kernelConsts[440/4:], curves)                  // from ConstMinusHalf on
	if got := kernelConsts[140/4]; got != math.Float32bits(sixth) { // ConstSixth
		t.Errorf("the sixth is %#x", got)
	}
}

func sameConstants(t *testing.T, got []uint32, want []float32) {
	for i, w := range want {
		if got[i] != math.Float32bits(w) {
			t.Errorf("constant %d is %#x, want that of %v", i, got[i], w)
		}
	}
}
