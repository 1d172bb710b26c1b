package quant

import "github.com/ingot-go/ingot/ir/detmath"

// The entropy threshold follows Migacz, "8-bit Inference with TensorRT" (GTC 2017)
// with the parameters of Apache MXNet's quantization: of all thresholds take
// the one whose quantized distribution has the least Kullback-Leibler
// divergence from the distribution with outliers moved to the ends.
const (
	entropyBins   = 8001
	entropyLevels = 255
	// smoothing is the count that an empty level of the quantized distribution has.
	smoothing = 1e-4
	// tie is the difference of divergences below which the wider range wins.
	tie = 1e-9
	// keep is the share of the values that every candidate holds. Without it
	// values that lie on few points, as behind a constant input, end up in the
	// outer bins of a range far too narrow, where the divergence doesn't see them.
	keep = 0.9995
)

// prefix has running sums over a histogram, so that every level of every
// candidate costs a constant time.
type prefix struct {
	count   []float64 // of values
	entropy []float64 // of c*log(c)
	used    []int     // of bins that are not empty
}

func newPrefix(bins []uint64) *prefix {
	p := &prefix{count: make([]float64, len(bins)+1), entropy: make([]float64, len(bins)+1), used: make([]int, len(bins)+1)}
	for i, c := range bins {
		p.count[i+1] = p.count[i] + float64(c)
		p.entropy[i+1] = p.entropy[i] + xlogx(float64(c))
		p.used[i+1] = p.used[i]
		if c != 0 {
			p.used[i+1]++
		}
	}
	return p
}

func xlogx(c float64) float64 {
	if c == 0 {
		return 0
	}
	return float64(c * detmath.Log(c))
}

// entropyThreshold searches the best threshold of a histogram over [-top, top] with an
// odd number of bins. For signed values the candidates are symmetric ranges,
// else ranges from zero upwards; each has at least as many bins as levels and
// holds nearly all values.
func entropyThreshold(bins []uint64, top float64, signed bool, levels int) float64 {
	middle := len(bins) / 2
	p := newPrefix(bins)
	step := 2 * top / float64(len(bins))
	best, least := top, 0.0
	found := false
	for i := 1; i <= middle; i++ {
		lo, hi := middle, middle+i+1
		if signed {
			lo = middle - i
		}
		if hi-lo < levels || p.count[hi]-p.count[lo] < keep*p.count[len(bins)] {
			continue
		}
		d := p.divergence(bins, lo, hi, levels)
		if !found || d <= least+tie {
			best = float64((float64(i) + 0.5) * step)
		}
		if !found || d < least {
			found, least = true, d
		}
	}
	return min(best, top)
}

// divergence returns KL(P||Q) up to terms below the smoothing: P is the
// histogram with what lies outside lo..hi added to the first and last bin, Q
// its inside in levels of equal width, each spread evenly over its bins that P uses.
func (p *prefix) divergence(bins []uint64, lo, hi, levels int) float64 {
	total := p.count[len(p.count)-1]
	inside := p.count[hi] - p.count[lo]
	if total == 0 || inside == 0 {
		return detmath.Log(1 / smoothing) // Q is nothing
	}
	left, right := p.count[lo], total-p.count[hi]
	sum := p.entropy[hi] - p.entropy[lo]
	first, last := float64(bins[lo]), float64(bins[hi-1])
	sum += xlogx(first+left) - xlogx(first) + xlogx(last+right) - xlogx(last)
	width := hi - lo
	for l := range levels {
		a, b := lo+l*width/levels, lo+(l+1)*width/levels
		in := p.count[b] - p.count[a]
		used, mass := p.used[b]-p.used[a], in
		if l == 0 && left > 0 {
			mass += left
			used += empty(first)
		}
		if l == levels-1 && right > 0 {
			mass += right
			used += empty(last)
		}
		if mass > 0 {
			sum -= float64(mass * detmath.Log(max(in, smoothing)/float64(used)))
		}
	}
	// P is normalized by total, Q by inside
	return sum/total - detmath.Log(total) + detmath.Log(inside)
}

func empty(c float64) int {
	if c == 0 {
		return 1
	}
	return 0
}
