package plan

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
)

// randomBlock is packed weights of one block, of a normal distribution whose 3.3 sigma
// are most, or uniform and extreme in turns.
func randomBlock(r *rand.Rand, steps, most int, normal bool) []byte {
	w := make([]byte, 64*steps)
	for i := range w {
		switch v := int(r.NormFloat64() * float64(most) / 3.3); {
		case normal:
			w[i] = byte(max(-most, min(most, v)))
		case r.IntN(3) == 0:
			w[i] = []byte{0x80, 0x81, 0x7f}[r.IntN(3)]
		default:
			w[i] = byte(r.IntN(40))
		}
	}
	return w
}

// TestBundles checks that every step comes once and that no inputs make the sums of a
// bundle leave 16 bits.
func TestBundles(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		steps := 1 + r.IntN(70)
		w := randomBlock(r, steps, []int{31, 63, 127}[seed%3], seed%4 > 0)
		var order []int
		for data := bundles(w, steps); len(data) > 0; data = data[2:] {
			order = append(order, int(binary.LittleEndian.Uint16(data)))
		}
		if len(order) != 5+steps {
			t.Fatalf("seed %d: %d numbers for %d steps", seed, len(order), steps)
		}
		list := order[5:]
		if sorted := slices.Sorted(slices.Values(list)); sorted[0] != 0 || sorted[steps-1] != steps-1 || len(slices.Compact(sorted)) != steps {
			t.Fatalf("seed %d: steps %v", seed, list)
		}
		for i, size := range []int{4, 2, 2, 2, 1} {
			for range order[i] {
				checkBundle(t, w, list[:size], [2]bool{i == 2, i == 3})
				list = list[size:]
			}
		}
		for _, s := range list { // alone and not proved
			if b := single(s, w[64*s:][:64]); b.most <= most16 {
				t.Errorf("seed %d: step %d is signed, its weights add up to %d", seed, s, b.most)
			}
		}
	}
}

// checkBundle tries the inputs that are worst for each sum.
func checkBundle(t *testing.T, w []byte, steps []int, signed [2]bool) {
	t.Helper()
	for lane := range 32 {
		low, high := 0, 0
		for _, s := range steps {
			for _, v := range w[64*s+2*lane:][:2] {
				a, b := 0, 255*int(int8(v)) // for inputs of 0 and 255
				if signed[lane/16] {
					a, b = -128*int(int8(v)), 127*int(int8(v))
					if int8(v) < 0 { // 127-x times the magnitude
						a, b = 127*-int(int8(v)), -128*-int(int8(v))
					}
				}
				high += max(a, b)
				low += min(a, b)
			}
		}
		if high > 32767 || low < -32768 {
			t.Errorf("steps %v, sum %d: %d to %d", steps, lane, low, high)
		}
	}
}

// TestMatchingPays holds shares of products for weights like those of networks: what
// neighbours alone would give is in the comment.
func TestMatchingPays(t *testing.T) {
	const steps = 288
	for _, c := range []struct {
		most int
		want [5]float64
	}{
		{127, [5]float64{0, 0.05, 0.4, 0.4, 1}},  // twos 0.00
		{63, [5]float64{0.35, 0.95, 0.98, 1, 1}}, // fours 0.05
	} {
		w := randomBlock(rand.New(rand.NewPCG(1, 2)), steps, c.most, true)
		d := portable.Dense{KH: 1, Runs: 1, RunLen: 4 * steps, Groups: 1, Y: portable.Tensor{C: 16}}
		got, sum := Bundled(d, bundles(w, steps)), 0.0
		for i, want := range c.want {
			if sum += got[i]; sum < want || sum > 1.000001 {
				t.Errorf("weights up to %d: shares %.2f, want at least %.2f of the first %d", c.most, got, want, i+1)
			}
		}
	}
}
