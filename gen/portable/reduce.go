package portable

import (
	"math"

	"github.com/ingot-go/ingot/ir/detmath"
)

// reduceFn is how a reduction makes one number of many.
type reduceFn uint8

// The functions of reductions.
const (
	reduceMean reduceFn = iota
	reduceSum
	reduceMax
	reduceMin
	reduceProd
	reduceL1
	reduceL2
	reduceLogSum
	reduceLogSumExp
	reduceSumSquare
)

// reduce makes one number of all along some axes; of integers only the largest, the smallest,
// the sum and the product.
type reduce struct {
	Name    string
	X, Y    values
	Fn      reduceFn
	Dims    []int  // of the input
	Reduced []bool // by axis
}

type boundReduce struct {
	*reduce
	x, y   operand
	at     groupSpan
	length int // elements of a run
}

func (r reduce) bind(m *model) layer {
	run, at := groupSpans(r.Dims, r.Reduced, denseStrides(r.Dims))
	return &boundReduce{&r, r.X.bind(m), r.Y.bind(m), at[0], run}
}

func (r *boundReduce) run(w *work) {
	switch r.X.Kind {
	case kindI64:
		reduceIntegers[int64](w, r)
	case kindS32:
		reduceIntegers[int32](w, r)
	case kindU8:
		reduceIntegers[uint8](w, r)
	case kindS8:
		reduceIntegers[int8](w, r)
	default:
		x, y := r.x.get(w), r.y.get(w)
		inPieces(w, len(y), len(r.at.starts)*r.length, func(from, to int) {
			for i := from; i < to; i++ {
				y[i] = float32(r.number(x, int(r.at.bases[i])))
			}
		})
	}
}

// number is the result of the group at a base.
func (r *boundReduce) number(x []float32, base int) float64 {
	total := 0.0
	switch r.Fn {
	case reduceMax:
		total = math.Inf(-1)
	case reduceMin:
		total = math.Inf(1)
	case reduceProd:
		total = 1
	case reduceLogSumExp:
		top := math.Inf(-1)
		for _, s := range r.at.starts {
			top = reduceMax.add(top, x[base+int(s):], r.length, r.at.step)
		}
		if math.IsInf(top, 0) || top != top {
			return top
		}
		for _, s := range r.at.starts {
			total = addExponentials(total, top, x[base+int(s):], r.length, r.at.step)
		}
		return top + detmath.Log(total)
	}
	for _, s := range r.at.starts {
		total = r.Fn.add(total, x[base+int(s):], r.length, r.at.step)
	}
	switch r.Fn {
	case reduceMean:
		return total / float64(len(r.at.starts)*r.length)
	case reduceL2:
		return math.Sqrt(total)
	case reduceLogSum:
		return detmath.Log(total)
	}
	return total
}

// add goes on with a total over n numbers that are step apart.
func (f reduceFn) add(total float64, x []float32, n, step int) float64 {
	end := n * step
	switch f {
	case reduceMax:
		for i := 0; i < end; i += step {
			total = max(total, float64(x[i]))
		}
	case reduceMin:
		for i := 0; i < end; i += step {
			total = min(total, float64(x[i]))
		}
	case reduceProd:
		for i := 0; i < end; i += step {
			total *= float64(x[i])
		}
	case reduceL1:
		for i := 0; i < end; i += step {
			total += math.Abs(float64(x[i]))
		}
	case reduceL2, reduceSumSquare:
		for i := 0; i < end; i += step {
			v := float64(x[i])
			total += float64(v * v)
		}
	default:
		for i := 0; i < end; i += step {
			total += float64(x[i])
		}
	}
	return total
}

func addExponentials(total, top float64, x []float32, n, step int) float64 {
	for i := 0; i < n*step; i += step {
		total += detmath.Exp(float64(x[i]) - top)
	}
	return total
}

// reduceIntegers takes the largest or the smallest number of each group, or adds or multiplies them.
func reduceIntegers[T number](w *work, r *boundReduce) {
	x, y := numbers[T](w, &r.x), numbers[T](w, &r.y)
	inPieces(w, len(y), len(r.at.starts)*r.length, func(from, to int) {
		for o := from; o < to; o++ {
			base := int(r.at.bases[o])
			sum, product, top, low := T(0), T(1), x[base], x[base]
			for _, s := range r.at.starts {
				for i := range r.length {
					v := x[base+int(s)+i*r.at.step]
					sum += v
					product *= v
					top, low = max(top, v), min(low, v)
				}
			}
			switch r.Fn {
			case reduceMax:
				y[o] = top
			case reduceMin:
				y[o] = low
			case reduceProd:
				y[o] = product
			default:
				y[o] = sum
			}
		}
	})
}

// cumSum is the sum of all numbers up to each of a line.
type cumSum struct {
	Name               string
	X, Y               values
	Lines              axisLines
	Exclusive, Reverse bool
}

type boundCumSum struct {
	*cumSum
	x, y operand
}

func (c cumSum) bind(m *model) layer { return &boundCumSum{&c, c.X.bind(m), c.Y.bind(m)} }

func (c *boundCumSum) run(w *work) {
	switch c.X.Kind {
	case kindI64:
		sumLines[int64, int64](w, c)
	case kindS32:
		sumLines[int32, int64](w, c)
	default:
		sumLines[float32, float64](w, c)
	}
}

// sumLines computes in the type S.
func sumLines[T float32 | int32 | int64, S float64 | int64](w *work, c *boundCumSum) {
	x, y := numbers[T](w, &c.x), numbers[T](w, &c.y)
	l := &c.Lines
	inPieces(w, l.count(), l.N, func(from, to int) {
		for line := from; line < to; line++ {
			at, step := l.first(line), l.Inner
			if c.Reverse {
				at, step = at+(l.N-1)*step, -step
			}
			var total S
			for range l.N {
				next := total + S(x[at])
				if c.Exclusive {
					y[at] = T(total)
				} else {
					y[at] = T(next)
				}
				total = next
				at += step
			}
		}
	})
}
