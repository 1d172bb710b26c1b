package quant

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// plainThreshold is the search written from its definition: for every candidate
// both distributions are made and their divergence is summed up bin by bin.
func plainThreshold(bins []uint64, top float64, signed bool, levels int) (best float64) {
	middle, least := len(bins)/2, math.Inf(1)
	best = top
	for i := 1; i <= middle; i++ {
		lo, hi := middle, middle+i+1
		if signed {
			lo = middle - i
		}
		inside, total := 0.0, 0.0
		for j, c := range bins {
			total += float64(c)
			if j >= lo && j < hi {
				inside += float64(c)
			}
		}
		if hi-lo < levels || inside < keep*total {
			continue
		}
		d := plainDivergence(bins, lo, hi, levels)
		if d <= least+tie {
			best = min((float64(i)+0.5)*2*top/float64(len(bins)), top)
		}
		least = min(least, d)
	}
	return best
}

func plainDivergence(bins []uint64, lo, hi, levels int) float64 {
	p, q := make([]float64, hi-lo), make([]float64, hi-lo)
	inside := 0.0
	for i := range bins {
		p[min(max(i, lo), hi-1)-lo] += float64(bins[i])
		if i >= lo && i < hi {
			inside += float64(bins[i])
		}
	}
	if inside == 0 {
		return math.Log(1 / smoothing)
	}
	for l := range levels {
		a, b := l*len(p)/levels, (l+1)*len(p)/levels
		sum, used := 0.0, 0.0
		for i := a; i < b; i++ {
			sum += float64(bins[lo+i])
			if p[i] > 0 {
				used++
			}
		}
		for i := a; i < b; i++ {
			if p[i] > 0 {
				q[i] = max(sum, smoothing) / used
			}
		}
	}
	total, d := 0.0, 0.0
	for _, v := range p {
		total += v
	}
	for i := range p {
		if p[i] > 0 {
			d += p[i] / total * math.Log(p[i]/total/(q[i]/inside))
		}
	}
	return d
}

// distributions are shapes that activations have.
var distributions = map[string]func(r *rand.Rand) float64{
	"normal":         func(r *rand.Rand) float64 { return r.NormFloat64() },
	"uniform":        func(r *rand.Rand) float64 { return r.Float64()*2 - 1 },
	"laplace":        func(r *rand.Rand) float64 { return r.ExpFloat64() * float64(1-2*r.IntN(2)) },
	"half normal":    func(r *rand.Rand) float64 { return math.Abs(r.NormFloat64()) },
	"exponential":    func(r *rand.Rand) float64 { return r.ExpFloat64() },
	"two values":     func(r *rand.Rand) float64 { return float64(1 + r.IntN(2)) },
	"clamped":        func(r *rand.Rand) float64 { return min(r.ExpFloat64(), 2) },
	"with outliers":  func(r *rand.Rand) float64 { return r.NormFloat64() * math.Pow(10, float64(r.IntN(1000)/999)) },
	"skewed to left": func(r *rand.Rand) float64 { return math.Abs(r.NormFloat64())*0.05 - r.ExpFloat64() },
}

func TestEntropyThreshold(t *testing.T) {
	for name, f := range distributions {
		r := rand.New(rand.NewPCG(1, 2))
		for _, n := range []int{101, 403} {
			for _, levels := range []int{15, 32} {
				bins := make([]uint64, n)
				x := make([]float64, 3000)
				top, low := 0.0, 0.0
				for i := range x {
					x[i] = f(r)
					top, low = max(top, math.Abs(x[i])), min(low, x[i])
				}
				for _, v := range x {
					bins[min(int((v+top)/(2*top)*float64(n)), n-1)]++
				}
				got := entropyThreshold(bins, top, low < 0, levels)
				want := plainThreshold(bins, top, low < 0, levels)
				if math.Abs(got-want) > 1e-9*top {
					t.Errorf("%s, %d bins, %d levels: threshold %g, want %g of %g", name, n, levels, got, want, top)
				}
			}
		}
	}
}

// TestEntropySense checks what a threshold is for: outliers are cut off, a
// uniform distribution is not.
func TestEntropySense(t *testing.T) {
	for name, want := range map[string][2]float64{"uniform": {0.97, 1}, "clamped": {0.97, 1}, "with outliers": {0.05, 0.6}, "normal": {0.4, 1}} {
		r := rand.New(rand.NewPCG(3, 4))
		o := &observer{min: math.MaxFloat32, max: -math.MaxFloat32, hist: &histogram{}}
		for range 20 {
			x := make([]float32, 5000)
			for i := range x {
				x[i] = float32(distributions[name](r))
			}
			if err := o.observe(x); err != nil {
				t.Fatal(err)
			}
		}
		p := o.result()
		if share := float64(p.Threshold / max(p.Max, -p.Min)); share < want[0] || share > want[1] {
			t.Errorf("%s: threshold at %.3f of the range %g..%g, want %.2f to %.2f", name, share, p.Min, p.Max, want[0], want[1])
		}
	}
}

// TestHistogramGrowth gives the same values in several orders: the range grows
// early or late, and the result must not depend on it.
func TestHistogramGrowth(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x := make([]float32, 4000)
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Pow(2, float64(i%20)))
	}
	x[17], x[18] = 0, 1e-30
	var first []uint64
	for _, order := range []func([]float32){
		func([]float32) {}, slices.Reverse[[]float32],
		func(x []float32) { slices.Sort(x) },
	} {
		y := slices.Clone(x)
		order(y)
		h, top := &histogram{}, 0.0
		for part := range slices.Chunk(y, 7) {
			most := 0.0
			for _, v := range part {
				most = max(most, math.Abs(float64(v)))
			}
			top = max(top, most)
			h.add(part, most)
		}
		b := h.bins(801, top)
		sum := uint64(0)
		for _, c := range b {
			sum += c
		}
		if sum != uint64(len(x)-1) { // the zero is not counted
			t.Errorf("%d values counted, want %d", sum, len(x)-1)
		}
		if first == nil {
			first = b
		}
		if !slices.Equal(b, first) {
			t.Error("the order of samples changes the histogram")
		}
	}
}

func BenchmarkEntropyThreshold(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	bins := make([]uint64, entropyBins)
	for range 1000000 {
		bins[min(max(int(r.NormFloat64()*900)+entropyBins/2, 0), entropyBins-1)]++
	}
	for b.Loop() {
		entropyThreshold(bins, 4, true, entropyLevels)
	}
}
