package portable

import "math"

// normalizeF32 is (x-mean)/sqrt(variance+Epsilon) over the channels of every pixel of float32, times a
// factor and plus an addend of the channel.
type normalizeF32 struct {
	Name     string
	X, Y     tensor
	Mul, Add int // in the weights, one a channel
	Epsilon  float32
	Kernel   [2]int
}

type boundNormalizeF32 struct {
	*normalizeF32
	m        *model
	mul, add []float32
	share    float32 // of a channel in the mean
}

func (s normalizeF32) bind(m *model) layer {
	c := s.X.C
	return &boundNormalizeF32{&s, m, m.float32s(s.Mul, c), m.float32s(s.Add, c), float32(1 / float64(c))}
}

func (s *boundNormalizeF32) run(w *work) {
	most := w.share(max(1, runElems/s.Y.C), s.Y.W, s.Y.H)
	for y := range s.Y.H {
		for x := 0; x < s.Y.W; x += most {
			if w.mine() {
				s.call(w, s.X.at(y, x), s.Y.at(y, x), min(most, s.Y.W-x))
			}
		}
	}
}

// call computes some pixels.
func (s *boundNormalizeF32) call(w *work, x, y, pixels int) {
	if s.m.kernels == nil {
		for i := range pixels {
			s.runGo(w.floats(x+i*s.X.Pix, s.X.C), w.floats(y+i*s.Y.Pix, s.Y.C))
		}
		return
	}
	a := &w.args
	setRows(a, w, [3]int{y, x}, [3]int{s.Y.Pix, s.X.Pix}, pixels, s.Y.C)
	a.Mul, a.Bias, a.FnA, a.FnB = address(&s.mul[0]), address(&s.add[0]), s.share, s.Epsilon
	s.m.kernels[s.Kernel[s.m.isa]](a)
}

// runGo is one pixel in plain Go. Sums are taken in 16 lanes, which are then added in halves. The
// sum of the differences to the mean corrects the mean for its rounding.
func (s *boundNormalizeF32) runGo(x, y []float32) {
	var sum, differences, squares [16]float32
	for i, v := range x {
		sum[i%16] += v
	}
	mean := float32(ofLanes(&sum) * s.share)
	for i, v := range x {
		d := v - mean
		differences[i%16] += d
		squares[i%16] = fma32(d, d, squares[i%16])
	}
	rest := float32(ofLanes(&differences) * s.share)
	variance := fma32(-rest, rest, float32(ofLanes(&squares)*s.share))
	if 0 > variance {
		variance = 0
	}
	factor := 1 / float32(math.Sqrt(float64(variance+s.Epsilon)))
	for i, v := range x {
		y[i] = fma32(float32((v-mean-rest)*factor), s.mul[i], s.add[i])
	}
}
