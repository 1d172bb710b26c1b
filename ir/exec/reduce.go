package exec

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
)

// reduceMean sums in float64 and divides once. It is also GlobalAvgPool.
func (c *call) reduceMean(axes []int) (func(report), error) {
	x, out := c.in[0], c.out[0]
	var keep, drop []int
	for i := range x.Shape {
		if slices.Contains(axes, i) {
			drop = append(drop, i)
		} else {
			keep = append(keep, i)
		}
	}
	// starts of the sums and offsets of their terms, both in row-major order
	starts, terms := offsets(x.Shape, keep), offsets(x.Shape, drop)
	return func(report) {
		c.pool.each(len(starts), func(i int, _ *scratch) {
			sum := 0.0
			for _, o := range terms {
				sum += float64(x.F32[starts[i]+o])
			}
			out.F32[i] = float32(sum / float64(len(terms)))
		})
	}, nil
}

// offsets lists the offsets of all indices along the given axes.
func offsets(s ir.Shape, axes []int) []int {
	st := strides(s, s)
	o := []int{0}
	for _, a := range axes {
		next := make([]int, 0, len(o)*s[a])
		for _, base := range o {
			for i := range s[a] {
				next = append(next, base+i*st[a])
			}
		}
		o = next
	}
	return o
}

func (c *call) softmax(op ir.Softmax) (func(report), error) {
	x, out := c.in[0], c.out[0]
	n := x.Shape[op.Axis]
	inner := ir.Shape(x.Shape[op.Axis+1:]).Elems()
	return func(report) {
		c.pool.each(x.Shape.Elems()/max(n, 1), func(i int, _ *scratch) {
			base := i/inner*n*inner + i%inner
			softmaxLine(out.F32[base:], x.F32[base:], n, inner)
		})
	}, nil
}

// softmaxLine handles n elements that lie step apart.
func softmaxLine(dst, src []float32, n, step int) {
	top := src[0]
	for i := range n {
		top = max(top, src[i*step])
	}
	sum := 0.0
	for i := range n {
		sum += detmath.Exp(float64(src[i*step]) - float64(top))
	}
	for i := range n {
		dst[i*step] = float32(detmath.Exp(float64(src[i*step])-float64(top)) / sum)
	}
}

// matMul multiplies the matrices in the last two axes.
func (c *call) matMul() (func(report), error) {
	a, b, out := c.in[0], c.in[1], c.out[0]
	as, bs := a.Shape, b.Shape
	if len(as) == 1 {
		as = ir.Shape{1, as[0]}
	}
	if len(bs) == 1 {
		bs = ir.Shape{bs[0], 1}
	}
	m, k, n := as[len(as)-2], as[len(as)-1], bs[len(bs)-1]
	lead, err := ir.Broadcast(as[:len(as)-2], bs[:len(bs)-2])
	if err != nil {
		return nil, err
	}
	sa, sb := strides(lead, as[:len(as)-2]), strides(lead, bs[:len(bs)-2])
	return func(report) {
		c.pool.each(lead.Elems()*m, func(i int, _ *scratch) {
			oa, ob, rest := 0, 0, i/m
			for ax := len(lead) - 1; ax >= 0; ax-- {
				oa += rest % lead[ax] * sa[ax]
				ob += rest % lead[ax] * sb[ax]
				rest /= lead[ax]
			}
			row := a.F32[(oa*m+i%m)*k:][:k]
			vectorMatrix(out.F32[i*n:][:n], row, b.F32[ob*k*n:])
		})
	}, nil
}

// vectorMatrix sets dst to x times the row-major matrix b.
func vectorMatrix(dst, x, b []float32) {
	clear(dst)
	for k, f := range x {
		for j, v := range b[k*len(dst):][:len(dst)] {
			dst[j] += float32(f * v)
		}
	}
}

// gemm is ir.Gemm where fusion left one: not worth packing.
func (c *call) gemm(op ir.Gemm) (func(report), error) {
	a, b, bias, out := c.in[0], c.in[1], c.operand(2), c.out[0]
	m, n := out.Shape[0], out.Shape[1]
	k, ai, ak := a.Shape[1], a.Shape[1], 1
	if op.TransA {
		k, ai, ak = a.Shape[0], 1, a.Shape[1]
	}
	bk, bj := n, 1
	if op.TransB {
		bk, bj = 1, k
	}
	var sc []int
	if bias != nil {
		sc = strides(out.Shape, bias.Shape)
	}
	return func(report) {
		c.pool.each(m, func(i int, _ *scratch) {
			for j := range n {
				var sum float32
				for l := range k {
					sum += float32(a.F32[i*ai+l*ak] * b.F32[l*bk+j*bj])
				}
				v := float32(op.Alpha * sum)
				if bias != nil {
					v += float32(op.Beta * bias.F32[i*sc[0]+j*sc[1]])
				}
				out.F32[i*n+j] = v
			}
		})
	}, nil
}
