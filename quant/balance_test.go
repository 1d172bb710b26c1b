package quant

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestBalance(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 300 {
		k := 1 + r.IntN(2000)
		row := make([]float32, k)
		q := make([]int8, k)
		scale, shift := 0.01, r.Float64()*0.004
		for i := range row {
			row[i] = float32(math.Round(r.NormFloat64()*20)*scale + shift) // all rounded to the same side
			row[i] = min(max(row[i], -1.27), 1.27)
			q[i] = int8(math.RoundToEven(float64(row[i]) / scale))
		}
		single := make([]int8, k)
		copy(single, q)
		balance(q, row, scale, 127)
		sum := 0.0
		for i, v := range q {
			e := roundingError(v, row[i], scale)
			sum += e
			if math.Abs(e) > 1 || v < -127 || max(v-single[i], single[i]-v) > 1 {
				t.Fatalf("weight %g in steps of %g became %d, rounded it is %d", row[i], scale, v, single[i])
			}
		}
		if math.Abs(sum) > 0.5+1e-6 {
			t.Errorf("%d weights: errors add up to %g steps", k, sum)
		}
	}
}

// TestBalanceExact checks that weights that are multiples of the step stay.
func TestBalanceExact(t *testing.T) {
	row, q := []float32{0.5, -0.25, 1}, []int8{2, -1, 4}
	balance(q, row, 0.25, 127)
	if q[0] != 2 || q[1] != -1 || q[2] != 4 {
		t.Errorf("weights became %d", q)
	}
}

// TestBalanceChoice checks that the least clear rounding changes.
func TestBalanceChoice(t *testing.T) {
	row, q := []float32{0.6, 1.55, 2.8}, []int8{1, 2, 3} // errors .4, .45, .2
	balance(q, row, 1, 127)
	if q[0] != 1 || q[1] != 1 || q[2] != 3 {
		t.Errorf("weights became %d, want 1, 1, 3", q)
	}
}

// TestBalanceLimit has a weight at the limit whose real value is a little beyond it.
func TestBalanceLimit(t *testing.T) {
	row, q := []float32{127.4, 5.4, 6.4}, []int8{127, 5, 6}
	balance(q, row, 1, 127)
	if q[0] != 127 || q[1]+q[2] != 12 {
		t.Errorf("weights became %d, want 127 and one of the others larger", q)
	}
}
