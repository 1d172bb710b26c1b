package portable

import (
	"github.com/ingot-go/ingot/ir/detmath"
)

// floats says where a float32 tensor lies, row-major: in the arena, or in the
// weights where it is a constant.
type floats struct {
	Off, N int
	Const  bool
}

// operand is floats made ready: constants are decoded once.
type operand struct {
	floats
	constant []float32
}

func (f floats) bind(m *model) operand {
	o := operand{floats: f}
	if f.Const {
		o.constant = m.float32s(f.Off, f.N)
	}
	return o
}

func (o *operand) get(w *work) []float32 {
	if o.Const {
		return o.constant
	}
	return w.floats(o.Off, o.N)
}

// function is an elementwise function of one variable.
type function uint8

// The functions; a and b are parameters.
const (
	identity    function = iota // x
	relu                        // max(x, 0)
	clip                        // min(max(x, a), b)
	leakyRelu                   // a*x below 0
	sigmoid                     // 1/(1+exp(-x))
	tanh                        // tanh(x)
	hardSigmoid                 // a*x+b limited to 0..1
	hardSwish                   // x * (x/6+1/2 limited to 0..1)
	elu                         // a*(exp(x)-1) below 0
	exp                         // exp(x)
	silu                        // x * sigmoid(x)
)

// apply computes in float64 and rounds once, the same on every machine.
func (f function) apply(x, a, b float32) float32 {
	v, p, q := float64(x), float64(a), float64(b)
	switch f {
	case relu:
		return max(x, 0)
	case clip:
		return min(max(x, a), b)
	case leakyRelu:
		if x < 0 {
			v = p * v
		}
	case sigmoid:
		v = detmath.Sigmoid(v)
	case tanh:
		v = detmath.Tanh(v)
	case hardSigmoid:
		v = max(0, min(1, float64(p*v)+q))
	case hardSwish:
		v *= max(0, min(1, v/6+0.5))
	case elu:
		if x < 0 {
			v = p * detmath.Expm1(v)
		}
	case exp:
		v = detmath.Exp(v)
	case silu:
		v *= detmath.Sigmoid(v)
	}
	return float32(v)
}

// unary applies x*Mul[c]+Add[c], where there are factors, and a function.
type unary struct {
	Name     string
	X, Y     floats
	Mul, Add []float32 // one, or one a channel; none: 1 and 0
	Channels int
	Plane    int // elements of a channel
	Fn       function
	A, B     float32
}

type boundUnary struct {
	*unary
	x, y operand
}

func (u unary) bind(m *model) layer { return &boundUnary{&u, u.X.bind(m), u.Y.bind(m)} }

func (u *boundUnary) run(w *work) {
	y := u.y.get(w)
	for i, v := range u.x.get(w) {
		if len(u.Mul) > 0 {
			c := i / u.Plane % u.Channels
			v = float32(v*pick(u.Mul, c)) + pick(u.Add, c)
		}
		y[i] = u.Fn.apply(v, u.A, u.B)
	}
}

// pairwise applies a function of two variables to tensors that broadcast.
type pairwise struct {
	Name    string
	A, B, Y floats
	Dims    []int // of the result
	StrideA []int // elements, by axis; 0 repeats
	StrideB []int
	Op      pairOp
	Fn      function
	FnA     float32
	FnB     float32
}

// pairOp is a function of two variables.
type pairOp uint8

// The functions of two variables.
const (
	plus  pairOp = iota
	minus        // a-b
	times
	over  // a/b
	prelu // a, or a*b below 0
)

func (o pairOp) apply(a, b float32) float32 {
	switch o {
	case plus:
		return a + b
	case minus:
		return a - b
	case times:
		return a * b
	case over:
		return a / b
	}
	if a < 0 {
		return a * b
	}
	return a
}

type boundPairwise struct {
	*pairwise
	a, b, y operand
}

func (p pairwise) bind(m *model) layer {
	return &boundPairwise{&p, p.A.bind(m), p.B.bind(m), p.Y.bind(m)}
}

func (p *boundPairwise) run(w *work) {
	a, b, y := p.a.get(w), p.b.get(w), p.y.get(w)
	for i := range y {
		ia, ib, rest := 0, 0, i
		for d := len(p.Dims) - 1; d >= 0; d-- {
			at := rest % p.Dims[d]
			rest /= p.Dims[d]
			ia, ib = ia+at*p.StrideA[d], ib+at*p.StrideB[d]
		}
		y[i] = p.Fn.apply(p.Op.apply(a[ia], b[ib]), p.FnA, p.FnB)
	}
}

// softmax is exp(x-max)/sum along an axis of N elements Inner apart.
type softmax struct {
	Name            string
	X, Y            floats
	Outer, N, Inner int
}

type boundSoftmax struct {
	*softmax
	x, y operand
}

func (s softmax) bind(m *model) layer { return &boundSoftmax{&s, s.X.bind(m), s.Y.bind(m)} }

func (s *boundSoftmax) run(w *work) {
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
	A, B, Y floats
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
	X, Y    floats
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
	X     floats
	Out   bool
}

type boundPort struct {
	*port
	x operand
}

func (p port) bind(m *model) layer { return &boundPort{&p, p.X.bind(m)} }

func (p *boundPort) run(w *work) {
	x, array := p.x.get(w), callerFloats(w.arrays[p.Array], p.X.N)
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
	N        int // elements
	Elem     int // bytes of an element: 1, or 4 for float32
}

type boundLoad struct {
	*load
	bytes  []byte
	floats []float32
}

func (l load) bind(m *model) layer {
	if l.Elem == 1 {
		return &boundLoad{load: &l, bytes: m.blob[l.From:][:l.N]}
	}
	return &boundLoad{load: &l, floats: m.float32s(l.From, l.N)}
}

func (l *boundLoad) run(w *work) {
	if l.Elem == 1 {
		copy(w.arena[l.To:], l.bytes)
		return
	}
	copy(w.floats(l.To, l.N), l.floats)
}
