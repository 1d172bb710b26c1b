package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// convTranspose adds every element's products where its window lies in the result.
func convTranspose(o ir.ConvTranspose, in []*ir.Tensor, y *ir.Tensor) {
	x, w, b := in[0], in[1], in[2]
	xs, ws, ys := x.Shape, w.Shape, y.Shape
	perGroup := xs[1] / o.Groups
	sums := make([]float64, ys.Elems())
	for n := range xs[0] {
		for c := range xs[1] {
			for m := range ws[1] {
				plane := sums[(n*ys[1]+c/perGroup*ws[1]+m)*ys[2]*ys[3]:][:ys[2]*ys[3]]
				from := x.F32[(n*xs[1]+c)*xs[2]*xs[3]:][:xs[2]*xs[3]]
				window := w.F32[(c*ws[1]+m)*ws[2]*ws[3]:][:ws[2]*ws[3]]
				for i, v := range from {
					scatter(o, window, float64(v), i/xs[3], i%xs[3], plane, ys)
				}
			}
		}
	}
	for i, s := range sums {
		if b != nil {
			s += float64(b.F32[i/(ys[2]*ys[3])%ys[1]])
		}
		y.F32[i] = float32(s)
	}
}

// scatter adds v times a window to where the element at (row, column) puts it.
func scatter(o ir.ConvTranspose, window []float32, v float64, row, column int, plane []float64, ys ir.Shape) {
	for k, f := range window {
		py := row*o.Stride[0] + k/o.Kernel[1]*o.Dilation[0] - o.Pad[0]
		px := column*o.Stride[1] + k%o.Kernel[1]*o.Dilation[1] - o.Pad[1]
		if py >= 0 && py < ys[2] && px >= 0 && px < ys[3] {
			plane[py*ys[3]+px] += v * float64(f)
		}
	}
}

// resample sums float32 in float64, and bytes in float32, which is exact.
func resample(o ir.Resample, x, y *ir.Tensor) {
	outer, extent, inner := x.Shape[:o.Axis].Elems(), x.Shape[o.Axis], x.Shape[o.Axis+1:].Elems()
	positions := len(o.Index) / o.Taps
	for i := range outer * positions * inner {
		p := i / inner % positions
		row := i/(inner*positions)*extent*inner + i%inner
		sum, bytes := 0.0, float32(0)
		for t := p * o.Taps; t < (p+1)*o.Taps; t++ {
			from := row + o.Index[t]*inner
			if x.Type == ir.F32 {
				sum += float64(x.F32[from]) * float64(o.Weight[t])
			} else {
				bytes += float32(float32(x.U8[from]) * o.Weight[t])
			}
		}
		if x.Type == ir.F32 {
			y.F32[i] = float32(sum)
		} else {
			y.U8[i] = uint8(math.RoundToEven(float64(bytes)))
		}
	}
}

func spaceToDepth(o ir.SpaceToDepth, x, y *ir.Tensor) {
	d := strides(x.Shape)
	b, channels := o.Block, x.Shape[1]
	take(y, x, func(_ int, at []int) int {
		place := at[1] / channels
		return at[0]*d[0] + at[1]%channels*d[1] + (at[2]*b+place/b)*d[2] + at[3]*b + place%b
	})
}

func argMaxPool(o ir.ArgMaxPool, x, y *ir.Tensor) {
	_ = eachWindow(o.Window, x.Shape, y.Shape, func(i, plane int, win window) error {
		best, index := math.Inf(-1), 0
		first := true
		for _, r := range win.ys {
			for _, c := range win.xs {
				if v := float64(x.F32[plane+r*x.Shape[3]+c]); first || v > best {
					best, index, first = v, plane+r*x.Shape[3]+c, false
					if o.ColumnMajor {
						index = plane + c*x.Shape[2] + r
					}
				}
			}
		}
		y.I64[i] = int64(index)
		return nil
	})
}

func maxUnpool(x, index, y *ir.Tensor) {
	for i, v := range x.F32 {
		if at := index.I64[i]; at >= 0 && at < int64(len(y.F32)) {
			y.F32[at] = v
		}
	}
}
