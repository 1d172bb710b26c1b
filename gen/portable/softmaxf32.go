package portable

import "math"

// softmaxF32 is exp(x-max)/sum over the channels of every pixel of float32.
type softmaxF32 struct {
	Name   string
	X, Y   tensor
	Kernel [2]int
}

type boundSoftmaxF32 struct {
	*softmaxF32
	m *model
}

func (s softmaxF32) bind(m *model) layer { return &boundSoftmaxF32{&s, m} }

func (s *boundSoftmaxF32) run(w *work) {
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
func (s *boundSoftmaxF32) call(w *work, x, y, pixels int) {
	if s.m.kernels == nil {
		for i := range pixels {
			softmax32(w.floats(x+i*s.X.Pix, s.X.C), w.floats(y+i*s.Y.Pix, s.Y.C))
		}
		return
	}
	a := &w.args
	setRows(a, w, [3]int{y, x}, [3]int{s.Y.Pix, s.X.Pix}, pixels, s.Y.C)
	s.m.kernels[s.Kernel[s.m.isa]](a)
}

// softmax32 is one run in plain Go. The sum is taken in 16 lanes, which are then
// added in halves.
func softmax32(x, y []float32) {
	most := float32(math.Inf(-1))
	for _, v := range x {
		if !(most > v) { // also NaN, which makes all results NaN
			most = v
		}
	}
	var sum [16]float32
	for i, v := range x {
		y[i] = exp32(v - most)
		sum[i%16] += y[i]
	}
	scale := 1 / ofLanes(&sum)
	for i := range y {
		y[i] *= scale
	}
}

// ofLanes adds 16 lanes in halves.
func ofLanes(sum *[16]float32) float32 {
	for n := 8; n > 0; n /= 2 {
		for i := range n {
			sum[i] += sum[i+n]
		}
	}
	return sum[0]
}
