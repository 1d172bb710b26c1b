package detmath

import (
	"math"
	"math/bits"
)

// fourOverPi has the binary digits of 4/pi: 4/pi = sum fourOverPi[i]*2^(-64*i), enough for
// numbers up to 2^192.
var fourOverPi = [...]uint64{
	0x0000000000000001, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083,
	0xfca2c757bd778ac3, 0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d,
}

// octants returns j and z with |x| = j*pi/4 + z, j even and modulo 8, |z| up to pi/4, by the product
// of x's digits with those of 4/pi (Payne and Hanek, "Radian reduction for trigonometric
// functions", 1983). x is positive and below 2^192.
func octants(x float64) (j uint64, z float64) {
	const quarter = math.Pi / 4
	if x < quarter {
		return 0, x
	}
	b := math.Float64bits(x)
	exp := int(b>>52) - 1023 - 52
	m := b&(1<<52-1) | 1<<52 // x = m * 2^exp
	// Three digits from where their product with m leaves eight octants.
	digit, shift := uint(exp+61)/64, uint(exp+61)%64
	part := func(i uint) uint64 { return fourOverPi[i]<<shift | fourOverPi[i+1]>>(64-shift) }
	low, _ := bits.Mul64(part(digit+2), m)
	midHi, midLo := bits.Mul64(part(digit+1), m)
	lo, carry := bits.Add64(midLo, low, 0)
	hi, _ := bits.Add64(part(digit)*m, midHi, carry)
	j = hi >> 61
	// The fraction of an octant has 125 bits; from the nearest even octant it is up to 1.
	hi, lo = hi<<3|lo>>61, lo<<3
	negative := j&1 == 1
	if negative { // 1 less the fraction
		lo, carry = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, carry)
		j = (j + 1) & 7
	}
	n := uint(bits.LeadingZeros64(hi))
	f := hi<<n | lo>>(64-n)
	z = float64(float64(f>>11)*pow2(-53-int(n))) * quarter
	if negative {
		z = -z
	}
	return j, z
}

// sinNear and cosNear are the Taylor series for |z| up to pi/4; the terms after the last are below 1e-17.
func sinNear(z float64) float64 {
	zz, term := float64(z*z), z
	sum := 0.0
	for n := 2.0; n < 22; n += 2 {
		term = -float64(term*zz) / float64(n*(n+1))
		sum += term
	}
	return z + sum
}

func cosNear(z float64) float64 {
	zz, term := float64(z*z), 1.0
	sum := 0.0
	for n := 1.0; n < 21; n += 2 {
		term = -float64(term*zz) / float64(n*(n+1))
		sum += term
	}
	return 1 + sum
}

// sinCos returns the sine and the cosine of x, NaN for what is infinite or beyond 2^192.
func sinCos(x float64) (sin, cos float64) {
	if !(x < 0x1p192 && x > -0x1p192) {
		return math.NaN(), math.NaN()
	}
	j, z := octants(math.Abs(x))
	sin, cos = sinNear(z), cosNear(z)
	switch j {
	case 2:
		sin, cos = cos, -sin
	case 4:
		sin, cos = -sin, -cos
	case 6:
		sin, cos = -cos, sin
	}
	if x < 0 {
		sin = -sin
	}
	return sin, cos
}

// Sin returns the sine of x, NaN for an infinite one.
func Sin(x float64) float64 {
	if x == 0 {
		return x
	}
	sin, _ := sinCos(x)
	return sin
}

// Cos returns the cosine of x, NaN for an infinite one.
func Cos(x float64) float64 {
	_, cos := sinCos(x)
	return cos
}

// Tan returns the tangent of x, NaN for an infinite one.
func Tan(x float64) float64 {
	if x == 0 {
		return x
	}
	sin, cos := sinCos(x)
	return sin / cos
}

// Atan returns the arc tangent of x. The argument is halved twice, by
// atan(x) = 2*atan(x/(1+sqrt(1+x*x))), before the series is summed.
func Atan(x float64) float64 {
	switch {
	case x != x || x == 0:
		return x
	case x < 0:
		return -Atan(-x)
	case x > 1:
		return math.Pi/2 - Atan(1/x)
	}
	for range 2 {
		x /= 1 + math.Sqrt(1+float64(x*x))
	}
	xx, p := float64(x*x), 0.0
	for n := 25.0; n > 1; n -= 2 {
		p = float64(xx * (1/n - p))
	}
	return 4 * float64(x*(1-p))
}

// Asin returns the arc sine of x, NaN outside -1 to 1.
func Asin(x float64) float64 {
	switch {
	case !(x >= -1 && x <= 1):
		return math.NaN()
	case x == 1 || x == -1:
		return x * (math.Pi / 2)
	}
	return Atan(x / math.Sqrt(float64((1-x)*(1+x))))
}

// Acos returns the arc cosine of x, NaN outside -1 to 1.
func Acos(x float64) float64 {
	switch {
	case !(x >= -1 && x <= 1):
		return math.NaN()
	case x == -1:
		return math.Pi
	}
	return 2 * Atan(math.Sqrt((1-x)/(1+x)))
}
