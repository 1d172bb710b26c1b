package portable

import (
	"math"

	"github.com/ingot-go/ingot/ir/detmath"
)

// repeats is a tensor that operands broadcast to: its axes, at least one, and the distances of
// neighbours in up to three operands, in elements; 0 repeats.
type repeats struct {
	Dims                      []int
	StrideA, StrideB, StrideC []int
}

// run is n neighbours along the last axis: the first in the result and in the operands, and the
// operands' steps.
type runOf struct {
	to, n  int
	at, by [3]int
}

// each cuts the tensor into runs, and calls f for those that are this worker's.
func (r *repeats) each(w *work, f func(run runOf)) {
	last := len(r.Dims) - 1
	n, rows := r.Dims[last], 1
	for _, d := range r.Dims[:last] {
		rows *= d
	}
	if n == 0 {
		return
	}
	most := w.share(runElems, rows*n, 1)
	piece, group := min(n, most), max(1, most/n)
	for first := 0; first < rows; first += group {
		for i := 0; i < n; i += piece {
			if !w.mine() {
				continue
			}
			for row := first; row < min(first+group, rows); row++ {
				run := runOf{to: row*n + i, n: min(piece, n-i)}
				rest := row
				for a := last - 1; a >= 0; a-- {
					at := rest % r.Dims[a]
					rest /= r.Dims[a]
					run.move(r, a, at)
				}
				run.move(r, last, i)
				for k, s := range [3][]int{r.StrideA, r.StrideB, r.StrideC} {
					if s != nil {
						run.by[k] = s[last]
					}
				}
				f(run)
			}
		}
	}
}

// move goes n steps along an axis of the operands.
func (run *runOf) move(r *repeats, axis, n int) {
	for k, s := range [3][]int{r.StrideA, r.StrideB, r.StrideC} {
		if s != nil {
			run.at[k] += n * s[axis]
		}
	}
}

// pairFn is a function of two numbers of a type.
type pairFn uint8

// The functions.
const (
	addPair pairFn = iota
	subPair
	mulPair
	divPair
	maxPair
	minPair
	powPair
	modPair  // the rest with the sign of the divisor
	fmodPair // the rest with the sign of the dividend
)

// pairwise is a function of two tensors of a number type.
type pairwise struct {
	Name    string
	A, B, Y values
	Fn      pairFn
	Shape   repeats
}

type boundPairwise struct {
	*pairwise
	a, b, y operand
}

func (p pairwise) bind(m *model) layer {
	return &boundPairwise{&p, p.A.bind(m), p.B.bind(m), p.Y.bind(m)}
}

func (p *boundPairwise) run(w *work) {
	switch p.Y.Kind {
	case kindF32:
		a, b, y := p.a.get(w), p.b.get(w), p.y.get(w)
		p.Shape.each(w, func(r runOf) {
			for i := range r.n {
				y[r.to+i] = p.Fn.ofReals(a[r.at[0]+i*r.by[0]], b[r.at[1]+i*r.by[1]])
			}
		})
	case kindI64:
		integersPairwise[int64](w, p)
	case kindS32:
		integersPairwise[int32](w, p)
	case kindU8:
		integersPairwise[uint8](w, p)
	case kindS8:
		integersPairwise[int8](w, p)
	}
}

func integersPairwise[T int64 | int32 | uint8 | int8](w *work, p *boundPairwise) {
	a, b, y := numbers[T](w, &p.a), numbers[T](w, &p.b), numbers[T](w, &p.y)
	p.Shape.each(w, func(r runOf) {
		for i := range r.n {
			y[r.to+i] = T(p.Fn.ofIntegers(int64(a[r.at[0]+i*r.by[0]]), int64(b[r.at[1]+i*r.by[1]])))
		}
	})
}

// ofReals computes in float64, and rounds once.
func (f pairFn) ofReals(x, y float32) float32 {
	a, b := float64(x), float64(y)
	switch f {
	case addPair:
		return float32(a + b)
	case subPair:
		return float32(a - b)
	case mulPair:
		return float32(a * b)
	case divPair:
		return float32(a / b)
	case maxPair:
		return max(x, y)
	case minPair:
		return min(x, y)
	case powPair:
		return float32(detmath.Pow(a, b))
	}
	r := math.Mod(a, b)
	if f == modPair && r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return float32(r)
}

// ofIntegers wraps; a quotient or a rest by 0 is 0.
func (f pairFn) ofIntegers(a, b int64) int64 {
	switch f {
	case addPair:
		return a + b
	case subPair:
		return a - b
	case mulPair:
		return a * b
	case maxPair:
		return max(a, b)
	case minPair:
		return min(a, b)
	case powPair:
		return wholePowerOf(a, b)
	}
	switch {
	case b == 0:
		return 0
	case f == divPair:
		return a / b
	}
	r := a % b
	if f == modPair && r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

// wholePowerOf is a to the power n; below 0 what is left of the fraction.
func wholePowerOf(a, n int64) int64 {
	if n < 0 {
		switch {
		case a == 1 || a == -1 && n%2 == 0:
			return 1
		case a == -1:
			return -1
		}
		return 0
	}
	r := int64(1)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			r *= a
		}
		a *= a
	}
	return r
}

// comparison is a function of two tensors to truth values.
type comparison uint8

// The comparisons, and the functions of truth values.
const (
	isEqual comparison = iota
	isLess
	isLessOrEqual
	bothTrue
	eitherTrue
	oneTrue
)

// comparisons compares two tensors of a type.
type comparisons struct {
	Name    string
	A, B, Y values
	Fn      comparison
	Shape   repeats
}

type boundComparisons struct {
	*comparisons
	a, b, y operand
}

func (c comparisons) bind(m *model) layer {
	return &boundComparisons{&c, c.A.bind(m), c.B.bind(m), c.Y.bind(m)}
}

func (c *boundComparisons) run(w *work) {
	switch c.A.Kind {
	case kindF32:
		compareAll[float32](w, c)
	case kindI64:
		compareAll[int64](w, c)
	case kindS32:
		compareAll[int32](w, c)
	case kindU8:
		compareAll[uint8](w, c)
	case kindS8:
		compareAll[int8](w, c)
	}
}

func compareAll[T number](w *work, c *boundComparisons) {
	a, b, y := numbers[T](w, &c.a), numbers[T](w, &c.b), numbers[uint8](w, &c.y)
	c.Shape.each(w, func(r runOf) {
		for i := range r.n {
			p, q := a[r.at[0]+i*r.by[0]], b[r.at[1]+i*r.by[1]]
			is := false
			switch c.Fn {
			case isEqual:
				is = p == q
			case isLess:
				is = p < q
			case isLessOrEqual:
				is = p <= q
			case bothTrue:
				is = p != 0 && q != 0
			case eitherTrue:
				is = p != 0 || q != 0
			case oneTrue:
				is = (p != 0) != (q != 0)
			}
			y[r.to+i] = 0
			if is {
				y[r.to+i] = 1
			}
		}
	})
}

// choice is A where Cond is true, else B.
type choice struct {
	Name          string
	Cond, A, B, Y values
	Shape         repeats // of Cond, A and B
}

type boundChoice struct {
	*choice
	cond, a, b, y operand
}

func (c choice) bind(m *model) layer {
	return &boundChoice{&c, c.Cond.bind(m), c.A.bind(m), c.B.bind(m), c.Y.bind(m)}
}

func (c *boundChoice) run(w *work) {
	switch c.Y.Kind.size() {
	case 8:
		choose[int64](w, c)
	case 4: // of float32 as well: the bits
		choose[int32](w, c)
	default:
		choose[uint8](w, c)
	}
}

func choose[T int64 | int32 | uint8](w *work, c *boundChoice) {
	cond, a, b, y := numbers[uint8](w, &c.cond), numbers[T](w, &c.a), numbers[T](w, &c.b), numbers[T](w, &c.y)
	c.Shape.each(w, func(r runOf) {
		for i := range r.n {
			if cond[r.at[0]+i*r.by[0]] != 0 {
				y[r.to+i] = a[r.at[1]+i*r.by[1]]
			} else {
				y[r.to+i] = b[r.at[2]+i*r.by[2]]
			}
		}
	})
}
