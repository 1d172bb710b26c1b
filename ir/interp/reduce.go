package interp

import (
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
)

// mean writes the mean over the given axes.
func mean(x *ir.Tensor, axes []int, y *ir.Tensor) {
	reduce(ir.Reduce{Axes: axes}, x, y)
}

// reduce collects the elements of each group before it computes.
func reduce(o ir.Reduce, x, y *ir.Tensor) {
	groups := grouped(x.Shape, o.Axes)
	for i, g := range groups {
		switch {
		case y.Type == ir.F32:
		case o.Fn.Picks():
			copyElems(y, i, x, extreme(o.Fn, x, g), 1)
			continue
		default:
			wrapped(o.Fn, x, g, y, i)
			continue
		}
		v := make([]float64, len(g))
		for k, at := range g {
			v[k] = float64(x.F32[at])
		}
		y.F32[i] = float32(reduced(o.Fn, v))
	}
}

// grouped returns for every element of the result of a reduction the elements that it is made of.
func grouped(s ir.Shape, axes []int) [][]int {
	kept := s.Clone()
	for _, a := range axes {
		kept[a] = 1
	}
	groups, d := make([][]int, kept.Elems()), strides(kept)
	walk(s, func(i int, at []int) {
		to := 0
		for a, p := range at {
			if !slices.Contains(axes, a) {
				to += p * d[a]
			}
		}
		groups[to] = append(groups[to], i)
	})
	return groups
}

// extreme returns which of the elements g of integers is the largest or the smallest.
func extreme(fn ir.ReduceKind, x *ir.Tensor, g []int) int {
	best := g[0]
	for _, i := range g {
		a, b := integer(x, i, ir.I64), integer(x, best, ir.I64)
		if fn == ir.ReduceMax && a > b || fn == ir.ReduceMin && a < b {
			best = i
		}
	}
	return best
}

// wrapped writes the sum or the product of the elements g of integers into element i of y.
func wrapped(fn ir.ReduceKind, x *ir.Tensor, g []int, y *ir.Tensor, i int) {
	sum, product := int64(0), int64(1)
	for _, at := range g {
		sum += integer(x, at, ir.I64)
		product *= integer(x, at, ir.I64)
	}
	if fn == ir.ReduceProd {
		sum = product
	}
	if y.Type == ir.S32 {
		y.S32[i] = int32(sum)
	} else {
		y.I64[i] = sum
	}
}

// reduced is the function of Reduce on real numbers.
func reduced(fn ir.ReduceKind, v []float64) float64 {
	total, product, absolute, squares := 0.0, 1.0, 0.0, 0.0
	top, low := math.Inf(-1), math.Inf(1)
	for _, x := range v {
		total += x
		product *= x
		absolute += math.Abs(x)
		squares += x * x
		top, low = max(top, x), min(low, x)
	}
	switch fn {
	case ir.ReduceMean:
		return total / float64(len(v))
	case ir.ReduceMax:
		return top
	case ir.ReduceMin:
		return low
	case ir.ReduceProd:
		return product
	case ir.ReduceL1:
		return absolute
	case ir.ReduceL2:
		return math.Sqrt(squares)
	case ir.ReduceLogSum:
		return detmath.Log(total)
	case ir.ReduceSumSquare:
		return squares
	case ir.ReduceLogSumExp:
		if math.IsInf(top, 0) {
			return top
		}
		e := 0.0
		for _, x := range v {
			e += detmath.Exp(x - top)
		}
		return top + detmath.Log(e)
	}
	return total
}

// above reports whether element i is larger than element j; NaN is larger than every number.
func above(x *ir.Tensor, i, j int) bool {
	if x.Type != ir.F32 {
		return integer(x, i, ir.I64) > integer(x, j, ir.I64)
	}
	a, b := x.F32[i], x.F32[j]
	return a > b || a != a && b == b
}

// lines calls f for every line of elements along an axis with its number, its first element
// and the distance of neighbours.
func lines(s ir.Shape, axis int, f func(line, first, step int)) {
	step := s[axis+1:].Elems()
	for outer := range s[:axis].Elems() {
		for inner := range step {
			f(outer*step+inner, outer*s[axis]*step+inner, step)
		}
	}
}

func argMax(o ir.ArgMax, x, y *ir.Tensor) {
	lines(x.Shape, o.Axis, func(line, first, step int) {
		best := 0
		for i := range x.Shape[o.Axis] {
			a, b := first+i*step, first+best*step
			if o.Min {
				a, b = b, a
			}
			if above(x, a, b) || o.Last && !above(x, b, a) {
				best = i
			}
		}
		y.I64[line] = int64(best)
	})
}

func topK(o ir.TopK, x, values, indices *ir.Tensor) {
	var firsts []int // of the lines of the results
	lines(values.Shape, o.Axis, func(_, first, _ int) { firsts = append(firsts, first) })
	lines(x.Shape, o.Axis, func(line, first, step int) {
		order := make([]int, x.Shape[o.Axis])
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, j int) int {
			a, b := first+i*step, first+j*step
			if o.Smallest {
				a, b = b, a
			}
			switch {
			case above(x, a, b):
				return -1
			case above(x, b, a):
				return 1
			}
			return 0
		})
		for k := range o.K {
			copyElems(values, firsts[line]+k*step, x, first+order[k]*step, 1)
			indices.I64[firsts[line]+k*step] = int64(order[k])
		}
	})
}

func cumSum(o ir.CumSum, x, y *ir.Tensor) {
	n := x.Shape[o.Axis]
	lines(x.Shape, o.Axis, func(_, first, step int) {
		total, whole := 0.0, int64(0)
		for i := range n {
			at := first + i*step
			if o.Reverse {
				at = first + (n-1-i)*step
			}
			v, w := total, whole
			if x.Type == ir.F32 {
				total += float64(x.F32[at])
			} else {
				whole += integer(x, at, ir.I64)
			}
			if !o.Exclusive {
				v, w = total, whole
			}
			switch x.Type {
			case ir.F32:
				y.F32[at] = float32(v)
			case ir.S32:
				y.S32[at] = int32(w)
			default:
				y.I64[at] = w
			}
		}
	})
}
