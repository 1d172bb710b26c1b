package interp

import "github.com/ingot-go/ingot/ir"

// sum is the type that sums of products are computed in: float64 for fp32 (the
// product of two float32 is exact in it, so fusing changes nothing), int64 for int8.
type sum interface{ float64 | int64 }

// inside returns the range lo <= i < hi, within 0 <= i < n, for which
// 0 <= start+i*step < extent.
func inside(start, n, step, extent int) (lo, hi int) {
	if start < 0 {
		lo = (-start + step - 1) / step
	}
	if extent > start {
		hi = (extent - start + step - 1) / step
	}
	return lo, min(hi, n)
}

// convSums returns the sums of products of a convolution, in the result's
// order. xs, ws and ys are the shapes of x, w and the result; padding reads as 0.
func convSums[T sum](win ir.Window, groups int, x, w []T, xs, ws, ys ir.Shape) []T {
	y := make([]T, ys.Elems())
	perGroup := ws[0] / groups
	for n := range ys[0] {
		for m := range ys[1] {
			plane := y[(n*ys[1]+m)*ys[2]*ys[3]:][:ys[2]*ys[3]]
			for c := range ws[1] {
				xp := x[(n*xs[1]+m/perGroup*ws[1]+c)*xs[2]*xs[3]:][:xs[2]*xs[3]]
				wp := w[(m*ws[1]+c)*ws[2]*ws[3]:][:ws[2]*ws[3]]
				convPlane(win, xp, wp, plane, xs, ys)
			}
		}
	}
	return y
}

// convPlane adds one input channel's products to one output channel.
func convPlane[T sum](win ir.Window, x, w, y []T, xs, ys ir.Shape) {
	for ky := range win.Kernel[0] {
		for kx := range win.Kernel[1] {
			f := w[ky*win.Kernel[1]+kx]
			top, left := ky*win.Dilation[0]-win.Pad[0], kx*win.Dilation[1]-win.Pad[1]
			y0, y1 := inside(top, ys[2], win.Stride[0], xs[2])
			x0, x1 := inside(left, ys[3], win.Stride[1], xs[3])
			for oy := y0; oy < y1; oy++ {
				row := x[(top+oy*win.Stride[0])*xs[3]:][:xs[3]]
				out := y[oy*ys[3]:][:ys[3]]
				for ox := x0; ox < x1; ox++ {
					out[ox] += f * row[left+ox*win.Stride[1]]
				}
			}
		}
	}
}

// fcSums returns x [n,k] times the transpose of w [m,k].
func fcSums[T sum](x, w []T, n, k, m int) []T {
	y := make([]T, n*m)
	for i := range n {
		for j := range m {
			var s T
			for l := range k {
				s += x[i*k+l] * w[j*k+l]
			}
			y[i*m+j] = s
		}
	}
	return y
}

// wide returns the elements of a slice, less zero, in the type of its sums.
func wide[T sum, E float32 | uint8 | int8](v []E, zero T) []T {
	w := make([]T, len(v))
	for i, e := range v {
		w[i] = T(e) - zero
	}
	return w
}

func conv(o ir.Conv, in []*ir.Tensor, y *ir.Tensor) {
	x, w := in[0], in[1]
	sums := convSums(o.Window, o.Groups, wide(x.F32, 0.0), wide(w.F32, 0.0), x.Shape, w.Shape, y.Shape)
	finish(o.Epilogue, sums, in[2], in[3], y, y.Shape[2]*y.Shape[3])
}

func fc(o ir.FC, in []*ir.Tensor, y *ir.Tensor) {
	x, w := in[0], in[1]
	sums := fcSums(wide(x.F32, 0.0), wide(w.F32, 0.0), x.Shape[0], x.Shape[1], w.Shape[0])
	finish(o.Epilogue, sums, in[2], in[3], y, 1)
}

// finish adds the bias, applies the epilogue and rounds. Each channel has inner elements.
func finish(e ir.Epilogue, sums []float64, b, r, y *ir.Tensor, inner int) {
	for i, s := range sums {
		if b != nil {
			s += float64(b.F32[i/inner%y.Shape[1]])
		}
		s = apply(e.Pre, s)
		if r != nil {
			s += float64(r.F32[i])
		}
		y.F32[i] = float32(apply(e.Act, s))
	}
}

func gemm(o ir.Gemm, in []*ir.Tensor, y *ir.Tensor) {
	a, b := in[0], in[1]
	m, n := y.Shape[0], y.Shape[1]
	k, aRow, aCol := a.Shape[1], a.Shape[1], 1
	if o.TransA {
		k, aRow, aCol = a.Shape[0], 1, a.Shape[1]
	}
	bRow, bCol := b.Shape[1], 1
	if o.TransB {
		bRow, bCol = 1, b.Shape[1]
	}
	var c []int
	if in[2] != nil {
		c = broadcastIndex(y.Shape, in[2].Shape)
	}
	for i := range m {
		for j := range n {
			s := 0.0
			for l := range k {
				s += float64(a.F32[i*aRow+l*aCol]) * float64(b.F32[l*bRow+j*bCol])
			}
			s = float64(float64(o.Alpha) * s)
			if c != nil {
				s += float64(float64(o.Beta) * float64(in[2].F32[c[i*n+j]]))
			}
			y.F32[i*n+j] = float32(s)
		}
	}
}

func matMul(a, b, y *ir.Tensor) {
	as, bs := a.Shape, b.Shape
	if len(as) == 1 {
		as = ir.Shape{1, as[0]}
	}
	if len(bs) == 1 {
		bs = ir.Shape{bs[0], 1}
	}
	la, lb := len(as)-2, len(bs)-2
	m, k, n := as[la], as[la+1], bs[lb+1]
	lead, _ := ir.Broadcast(as[:la], bs[:lb])
	ai, bi := broadcastIndex(lead, as[:la]), broadcastIndex(lead, bs[:lb])
	for p := range ai {
		av, bv := a.F32[ai[p]*m*k:], b.F32[bi[p]*k*n:]
		for i := range m {
			for j := range n {
				s := 0.0
				for l := range k {
					s += float64(av[i*k+l]) * float64(bv[l*n+j])
				}
				y.F32[(p*m+i)*n+j] = float32(s)
			}
		}
	}
}
