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

// softmaxFn is what a softmax makes of the exponentials.
type softmaxFn uint8

// The functions of softmax.
const (
	softmaxPlain softmaxFn = iota // exp(x-max)/sum
	softmaxLog                    // its logarithm
	softmaxHard                   // 1 at the first largest, else 0
)

// softmax is a function of the exponentials along an axis.
type softmax struct {
	Name  string
	X, Y  values
	Lines axisLines
	Fn    softmaxFn
}

type boundSoftmax struct {
	*softmax
	x, y operand
}

func (s softmax) bind(m *model) layer { return &boundSoftmax{&s, s.X.bind(m), s.Y.bind(m)} }

func (s *boundSoftmax) run(w *work) {
	x, y := s.x.get(w), s.y.get(w)
	inPieces(w, s.Lines.count(), 8*s.Lines.N, func(from, to int) {
		for line := from; line < to; line++ {
			first := s.Lines.first(line)
			s.line(x[first:], y[first:])
		}
	})
}

// line computes one line from its first element on.
func (s *boundSoftmax) line(x, y []float32) {
	n, step := s.Lines.N, s.Lines.Inner
	largest, best := x[0], 0
	for i := range n {
		if isAbove(x[i*step], largest) {
			largest, best = x[i*step], i
		}
	}
	if s.Fn == softmaxHard {
		for i := range n {
			y[i*step] = 0
		}
		y[best*step] = 1
		return
	}
	sum := addExponentials(0, float64(largest), x, n, step)
	if s.Fn == softmaxLog {
		sum = detmath.Log(sum)
	}
	for i := range n {
		v := float64(x[i*step]) - float64(largest)
		if s.Fn == softmaxLog {
			y[i*step] = float32(v - sum)
		} else {
			y[i*step] = float32(detmath.Exp(v) / sum)
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
	pairs := (p.M + 1) / 2
	inPieces(w, len(p.BatchA)*pairs, 2*p.K*p.N, func(from, to int) {
		for at := from; at < to; at++ {
			i, row := at/pairs, at%pairs*2
			ma, mb := a[(p.BatchA[i]*p.M+row)*p.K:], b[p.BatchB[i]*p.K*p.N:]
			other, rows := ma[:p.K], y[(i*p.M+row)*p.N:]
			if row+1 < p.M {
				other = ma[p.K : 2*p.K]
			}
			p.rows(ma[:p.K], other, mb, rows, row+1 < p.M)
		}
	})
}

// rows computes a row of the result, or two, in tiles of four columns: each sum goes over
// the products in their order.
func (p *boundProduct) rows(a, other, b, y []float32, both bool) {
	for c := 0; c < p.N; c += 4 {
		if c+4 > p.N || !both {
			for c := c; c < min(c+4, p.N); c++ {
				y[c] = dot(a, b[c:], p.N)
				if both {
					y[p.N+c] = dot(other, b[c:], p.N)
				}
			}
			continue
		}
		var s0, s1, s2, s3, t0, t1, t2, t3 float64
		for k, v := range a {
			u, v, r := float64(other[k]), float64(v), b[k*p.N+c:][:4]
			f0, f1, f2, f3 := float64(r[0]), float64(r[1]), float64(r[2]), float64(r[3])
			s0 += float64(v * f0)
			s1 += float64(v * f1)
			s2 += float64(v * f2)
			s3 += float64(v * f3)
			t0 += float64(u * f0)
			t1 += float64(u * f1)
			t2 += float64(u * f2)
			t3 += float64(u * f3)
		}
		y[c], y[c+1], y[c+2], y[c+3] = float32(s0), float32(s1), float32(s2), float32(s3)
		z := y[p.N+c:][:4]
		z[0], z[1], z[2], z[3] = float32(t0), float32(t1), float32(t2), float32(t3)
	}
}

// dot is the sum of the products of a row and of a column, whose elements are step apart.
func dot(a, b []float32, step int) float32 {
	sum := 0.0
	for k, v := range a {
		sum += float64(float64(v) * float64(b[k*step]))
	}
	return float32(sum)
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
