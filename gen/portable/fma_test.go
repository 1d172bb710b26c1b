package portable

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactFMA rounds once, with numbers of any precision.
func exactFMA(a, b, c float32) float32 {
	x := func(f float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(f)) }
	p := new(big.Float).SetPrec(2000).Mul(x(a), x(b))
	f, _ := p.Add(p, x(c)).Float32()
	return f
}

func TestFMA32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	slow := 0
	number := func() float32 {
		// Few significant bits and near exponents make sums that lie on the middle.
		m := float32(r.IntN(1<<(1+r.IntN(24))) + 1)
		e := []int{0, 12, 40, 70, 100}[r.IntN(5)]
		return float32(math.Ldexp(float64(m), r.IntN(2*e+1)-e-20)) * float32(1-2*r.IntN(2))
	}
	for range 400000 {
		a, b, c := number(), number(), number()
		if r.IntN(2) == 0 { // the addend half an ulp of the product away from it, and a bit more or less
			p := float64(a) * float64(b)
			c = float32(math.Ldexp(p, []int{24, 25, -24, -25, -48}[r.IntN(5)]))
		}
		if bits := math.Float64bits(float64(a)*float64(b) + float64(c)); bits&(1<<29-1) == 1<<28 {
			slow++
		}
		got, want := fma32(a, b, c), exactFMA(a, b, c)
		if math.Float32bits(got) != math.Float32bits(want) && !(got == 0 && want == 0) {
			t.Fatalf("fma32(%g, %g, %g) = %g, want %g", a, b, c, got, want)
		}
	}
	if slow < 100 {
		t.Errorf("only %d sums were on the middle between two float32", slow)
	}
}
