package portable

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestNormalize32 compares a normalization with float64's, of numbers that are far from 0 for their
// differences too.
func TestNormalize32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 15, 16, 17, 96, 768, 5000} {
		for _, mean := range []float64{0, 3, -1000, 1e5} {
			s := boundNormalizeF32{normalizeF32: &normalizeF32{Epsilon: 1e-6}, share: float32(1 / float64(n))}
			x, y := make([]float32, n), make([]float32, n)
			sum := 0.0
			for i := range x {
				x[i] = float32(mean + r.NormFloat64())
				s.mul, s.add = append(s.mul, float32(r.NormFloat64())), append(s.add, float32(r.NormFloat64()))
				sum += float64(x[i])
			}
			m, squares := sum/float64(n), 0.0
			for _, v := range x {
				squares += (float64(v) - m) * (float64(v) - m)
			}
			f := 1 / math.Sqrt(squares/float64(n)+float64(s.Epsilon))
			s.runGo(x, y)
			for i, v := range x {
				scaled := (float64(v) - m) * f * float64(s.mul[i])
				want := scaled + float64(s.add[i])
				if d := math.Abs(float64(y[i]) - want); !(d <= 1e-6*(1+math.Abs(scaled)+math.Abs(want))) {
					t.Errorf("%d numbers around %v: element %d is %v, want %v", n, mean, i, y[i], want)
				}
			}
		}
	}
}

// What is no number or infinite spoils its run; equal numbers are 0.
func TestNormalizeSpecials32(t *testing.T) {
	s := boundNormalizeF32{normalizeF32: &normalizeF32{Epsilon: 1e-5}, share: 0.5, mul: []float32{1, 1}, add: []float32{0, 7}}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, want [2]float32 }{
		{[2]float32{0.1, 0.1}, [2]float32{0, 7}}, {[2]float32{-1e6, -1e6}, [2]float32{0, 7}},
		{[2]float32{inf, 1}, [2]float32{nan, nan}}, {[2]float32{1, -inf}, [2]float32{nan, nan}}, {[2]float32{nan, 1}, [2]float32{nan, nan}},
	} {
		var y [2]float32
		s.runGo(c.x[:], y[:])
		for i, w := range c.want {
			if y[i] != w && (y[i] == y[i] || w == w) {
				t.Errorf("element %d of %v becomes %v, want %v", i, c.x, y[i], w)
			}
		}
	}
}
