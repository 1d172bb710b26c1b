package portable

import (
	"github.com/ingot-go/ingot/ir/detmath"
)

// factors is x*Mul[c]+Add[c], rounded once, on channels of planes.
type factors struct {
	Name     string
	X, Y     values
	Mul, Add []float32 // one, or one a channel
	Channels int
	Plane    int // elements of a channel
}

type boundFactors struct {
	*factors
	x, y operand
}

func (f factors) bind(m *model) layer { return &boundFactors{&f, f.X.bind(m), f.Y.bind(m)} }

func (f *boundFactors) run(w *work) {
	if !w.mine() {
		return
	}
	y := f.y.get(w)
	for i, v := range f.x.get(w) {
		c := i / f.Plane % f.Channels
		y[i] = fma32(v, pick(f.Mul, c), pick(f.Add, c))
	}
}

// slopes is x, times a slope that broadcasts where its sign bit is set.
type slopes struct {
	Name        string
	X, Slope, Y values
	Dims        []int // of the result
	Stride      []int // of the slope, in elements, by axis; 0 repeats
}

type boundSlopes struct {
	*slopes
	x, slope, y operand
}

func (s slopes) bind(m *model) layer {
	return &boundSlopes{&s, s.X.bind(m), s.Slope.bind(m), s.Y.bind(m)}
}

func (s *boundSlopes) run(w *work) {
	if !w.mine() {
		return
	}
	slope, y := s.slope.get(w), s.y.get(w)
	for i, v := range s.x.get(w) {
		if y[i] = v; negative(v) {
			at, rest := 0, i
			for d := len(s.Dims) - 1; d >= 0; d-- {
				at += rest % s.Dims[d] * s.Stride[d]
				rest /= s.Dims[d]
			}
			y[i] = v * slope[at]
		}
	}
}

// softmax is exp(x-max)/sum along an axis of N elements Inner apart.
type softmax struct {
	Name            string
	X, Y            values
	Outer, N, Inner int
}

type boundSoftmax struct {
	*softmax
	x, y operand
}

func (s softmax) bind(m *model) layer { return &boundSoftmax{&s, s.X.bind(m), s.Y.bind(m)} }

func (s *boundSoftmax) run(w *work) {
	if !w.mine() {
		return
	}
	x, y := s.x.get(w), s.y.get(w)
	for o := range s.Outer {
		for i := range s.Inner {
			first := o*s.N*s.Inner + i
			largest := x[first]
			for n := range s.N {
				largest = max(largest, x[first+n*s.Inner])
			}
			sum := 0.0
			for n := range s.N {
				sum += detmath.Exp(float64(x[first+n*s.Inner]) - float64(largest))
			}
			for n := range s.N {
				at := first + n*s.Inner
				y[at] = float32(detmath.Exp(float64(x[at])-float64(largest)) / sum)
			}
		}
	}
}

// product multiplies a batch of matrices, row-major: [M,K] by [K,N].
type product struct {
	Name    string
	A, B, Y values
	M, K, N int
	BatchA  []int // for each matrix of the result: which of A, which of B
	BatchB  []int
}

type boundProduct struct {
	*product
	a, b, y operand
}

func (p product) bind(m *model) layer {
	return &boundProduct{&p, p.A.bind(m), p.B.bind(m), p.Y.bind(m)}
}

func (p *boundProduct) run(w *work) {
	a, b, y := p.a.get(w), p.b.get(w), p.y.get(w)
	for i := range p.BatchA {
		if !w.mine() {
			continue
		}
		ma, mb := a[p.BatchA[i]*p.M*p.K:], b[p.BatchB[i]*p.K*p.N:]
		for r := range p.M {
			for c := range p.N {
				sum := 0.0
				for k := range p.K {
					sum += float64(float64(ma[r*p.K+k]) * float64(mb[k*p.N+c]))
				}
				y[(i*p.M+r)*p.N+c] = float32(sum)
			}
		}
	}
}

// mean is the mean over some axes.
type mean struct {
	Name    string
	X, Y    values
	Dims    []int  // of the input
	Reduced []bool // by axis
}

type boundMean struct {
	*mean
	x, y operand
	to   []int32 // element of the result, by element of the input
}

func (r mean) bind(m *model) layer {
	b := &boundMean{mean: &r, x: r.X.bind(m), y: r.Y.bind(m), to: make([]int32, r.X.N)}
	for i := range b.to {
		at, step, rest := 0, 1, i
		for d := len(r.Dims) - 1; d >= 0; d-- {
			if !r.Reduced[d] {
				at += rest % r.Dims[d] * step
				step *= r.Dims[d]
			}
			rest /= r.Dims[d]
		}
		b.to[i] = int32(at)
	}
	return b
}

func (r *boundMean) run(w *work) {
	if !w.mine() {
		return
	}
	x, y := r.x.get(w), r.y.get(w)
	n := float64(len(x) / len(y))
	for o := range y {
		sum := 0.0
		for i, to := range r.to {
			if int(to) == o {
				sum += float64(x[i])
			}
		}
		y[o] = float32(sum / n)
	}
}

// port copies a caller's input to the arena, or a result to a caller's output.
type port struct {
	Name  string
	Array int
	X     values
	Out   bool
}

type boundPort struct {
	*port
	x operand
}

func (p port) bind(m *model) layer { return &boundPort{&p, p.X.bind(m)} }

func (p *boundPort) run(w *work) {
	if !w.mine() {
		return
	}
	x := p.x.bytes(w)
	array := w.callerBytes(p.Array, len(x))
	if p.Out {
		copy(array, x)
	} else {
		copy(x, array)
	}
}

// load copies a constant from the weights to the arena.
type load struct {
	Name     string
	From, To int
	N        int
	Kind     kind
}

type boundLoad struct {
	*load
	constant operand
}

func (l load) bind(m *model) layer {
	return &boundLoad{&l, values{Off: l.From, N: l.N, Kind: l.Kind, Const: true}.bind(m)}
}

func (l *boundLoad) run(w *work) {
	if w.mine() {
		copy(w.arena[l.To:], l.constant.memory)
	}
}
