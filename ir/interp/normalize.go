package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
)

func softmax(o ir.Softmax, x, y *ir.Tensor) {
	lines(x.Shape, o.Axis, func(_, first, step int) {
		n := x.Shape[o.Axis]
		top, total, best := math.Inf(-1), 0.0, first
		for i := range n {
			top = max(top, float64(x.F32[first+i*step]))
			if above(x, first+i*step, best) {
				best = first + i*step
			}
		}
		for i := range n {
			total += detmath.Exp(float64(x.F32[first+i*step]) - top)
		}
		for i := range n {
			at := first + i*step
			switch v := float64(x.F32[at]) - top; o.Fn {
			case ir.SoftmaxLog:
				y.F32[at] = float32(v - detmath.Log(total))
			case ir.SoftmaxHard:
				if at == best {
					y.F32[at] = 1
				}
			default:
				y.F32[at] = float32(detmath.Exp(v) / total)
			}
		}
	})
}

func normalize(o ir.Normalize, in, out []*ir.Tensor) {
	x, y := in[0], out[0]
	factors := make([][]int, len(in))
	for i, t := range in {
		if i > 0 && t != nil {
			factors[i] = broadcastIndex(x.Shape, t.Shape)
		}
	}
	for i, g := range grouped(x.Shape, o.Axes) {
		m, variance := 0.0, 0.0
		if !o.NoMean {
			for _, at := range g {
				m += float64(x.F32[at]) / float64(len(g))
			}
		}
		for _, at := range g {
			d := float64(x.F32[at]) - m
			variance += d * d / float64(len(g))
		}
		f := 1 / math.Sqrt(variance+float64(o.Epsilon))
		for _, at := range g {
			v := (float64(x.F32[at]) - m) * f
			if in[1] != nil {
				v *= float64(in[1].F32[factors[1][at]])
			}
			if in[2] != nil {
				v += float64(in[2].F32[factors[2][at]])
			}
			y.F32[at] = float32(v)
		}
		if o.Stats {
			out[1].F32[i], out[2].F32[i] = float32(m), float32(f)
		}
	}
}

func lrn(o ir.LRN, x, y *ir.Tensor) {
	lines(x.Shape, 1, func(_, first, step int) {
		for c := range x.Shape[1] {
			squares := 0.0
			for k := max(0, c-(o.Size-1)/2); k <= min(x.Shape[1]-1, c+o.Size/2); k++ {
				v := float64(x.F32[first+k*step])
				squares += v * v
			}
			base := float64(o.Bias) + float64(o.Alpha)/float64(o.Size)*squares
			at := first + c*step
			y.F32[at] = float32(float64(x.F32[at]) / detmath.Exp(float64(o.Beta)*detmath.Log(base)))
		}
	})
}

func lpPool(o ir.LpPool, x, y *ir.Tensor) {
	_ = eachWindow(o.Window, x.Shape, y.Shape, func(i, plane int, win window) error {
		total := 0.0
		for _, r := range win.ys {
			for _, c := range win.xs {
				total += power(math.Abs(float64(x.F32[plane+r*x.Shape[3]+c])), o.P)
			}
		}
		switch {
		case o.P == 1 || total == 0:
		case o.P == 2:
			total = math.Sqrt(total)
		default:
			total = detmath.Exp(detmath.Log(total) / float64(o.P))
		}
		y.F32[i] = float32(total)
		return nil
	})
}

func power(x float64, p int) float64 {
	y := 1.0
	for range p {
		y *= x
	}
	return y
}
