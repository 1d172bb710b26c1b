package portable

import "math"

// fma32 is a*b+c rounded once to float32, as the kernels' fused multiply-add.
//
// The product of two float32 is exact in float64, so only the sum is rounded on
// the way. Rounding it again is wrong where it fell on the middle between two
// float32, or where the result is subnormal; there the sum is first rounded to
// odd (Boldo and Melquiond: "Emulation of FMA and correctly rounded sums: proved
// algorithms using rounding to odd", 2008), which a second rounding can't hurt.
func fma32(a, b, c float32) float32 {
	p := float64(a) * float64(b)
	s := p + float64(c)
	if bits := math.Float64bits(s); bits&(1<<29-1) == 1<<28 || bits&(1<<63-1) < 0x3820000000000000 {
		s = oddSum(p, float64(c), s)
	}
	return float32(s)
}

// addProducts is fma32 of x and 16 weights, with the sums held in float64 to save
// conversions.
func addProducts(sums *[16]float64, x float32, w *[16]float32) {
	f := float64(x)
	for c := range sums {
		p := f * float64(w[c])
		s := p + sums[c]
		if bits := math.Float64bits(s); bits&(1<<29-1) == 1<<28 || bits&(1<<63-1) < 0x3820000000000000 {
			s = oddSum(p, sums[c], s)
		}
		sums[c] = float64(float32(s))
	}
}

// oddSum is the sum s of p and c, rounded to odd.
func oddSum(p, c, s float64) float64 {
	// The exact error of the sum (Knuth's two-sum).
	q := s - p
	e := (p - (s - q)) + (c - q)
	bits := math.Float64bits(s)
	if e == 0 || e != e || bits&1 == 1 {
		return s
	}
	if e > 0 == (s > 0) {
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}
