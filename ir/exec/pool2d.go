package exec

import (
	"errors"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// span returns which taps of a pooling window at result position o lie inside an
// input of the given extent (lo..hi, input coordinates, step dilation) and how many lie
// inside the input with its padding.
func span(w ir.Window, axis, o, extent int) (lo, hi, inPadded int) {
	d := w.Dilation[axis]
	start := o*w.Stride[axis] - w.Pad[axis]
	lo, hi = start, start+w.Kernel[axis]*d
	for lo < 0 {
		lo += d
	}
	for t := range w.Kernel[axis] {
		if start+t*d < extent+w.Pad[axis+2] {
			inPadded++
		}
	}
	return lo, min(hi, extent), inPadded
}

// planes returns a step that calls f for every channel of every image.
func (c *call) planes(f func(plane int)) func(report) {
	s := c.in[0].Shape
	return func(report) { c.pool.each(s[0]*s[1], func(i int, _ *scratch) { f(i) }) }
}

// maxWindow is max pooling of one plane; a window without a tap inside the
// input gives the lowest value.
func maxWindow[T float32 | uint8](dst, src []T, lowest T, win ir.Window, in, out ir.Shape) {
	h, w, oh, ow := in[2], in[3], out[2], out[3]
	d := win.Dilation
	for oy := range oh {
		y0, y1, _ := span(win, 0, oy, h)
		for ox := range ow {
			x0, x1, _ := span(win, 1, ox, w)
			best := lowest
			for y := y0; y < y1; y += d[0] {
				for x := x0; x < x1; x += d[1] {
					best = max(best, src[y*w+x])
				}
			}
			dst[oy*ow+ox] = best
		}
	}
}

func (c *call) maxPool(op ir.MaxPool) (func(report), error) {
	x, out := c.in[0], c.out[0]
	if x.Type == ir.S8 {
		return nil, nil
	}
	n, m := x.Shape[2]*x.Shape[3], out.Shape[2]*out.Shape[3]
	return c.planes(func(i int) {
		if x.Type == ir.U8 {
			maxWindow(out.U8[i*m:][:m], x.U8[i*n:][:n], 0, op.Window, x.Shape, out.Shape)
		} else {
			maxWindow(out.F32[i*m:][:m], x.F32[i*n:][:n], float32(math.Inf(-1)), op.Window, x.Shape, out.Shape)
		}
	}), nil
}

func (c *call) globalMaxPool() (func(report), error) {
	x, out := c.in[0], c.out[0]
	n := x.Shape[2] * x.Shape[3]
	return c.planes(func(i int) {
		if x.Type == ir.U8 {
			out.U8[i] = maximum(x.U8[i*n:][:n])
		} else {
			out.F32[i] = maximum(x.F32[i*n:][:n])
		}
	}), nil
}

func maximum[T float32 | uint8](x []T) T {
	best := x[0]
	for _, v := range x[1:] {
		best = max(best, v)
	}
	return best
}

// averages calls f for every result of one plane with the window's range and
// the number of positions that the mean divides by.
func averages(win ir.Window, countPad bool, in, out ir.Shape, f func(i, y0, y1, x0, x1, count int)) {
	d := win.Dilation
	for oy := range out[2] {
		y0, y1, py := span(win, 0, oy, in[2])
		for ox := range out[3] {
			x0, x1, px := span(win, 1, ox, in[3])
			count := py * px
			if !countPad {
				count = max(0, (y1-y0+d[0]-1)/d[0]) * max(0, (x1-x0+d[1]-1)/d[1])
			}
			f(oy*out[3]+ox, y0, y1, x0, x1, count)
		}
	}
}

// checkAverages fails if a window has nothing to divide by.
func (c *call) checkAverages(win ir.Window, countPad bool) error {
	empty := false
	averages(win, countPad, c.in[0].Shape, c.out[0].Shape, func(_, _, _, _, _, count int) { empty = empty || count == 0 })
	if empty {
		return errors.New("a window has no tap inside the input, so there is no mean")
	}
	return nil
}

func (c *call) avgPool(op ir.AvgPool) (func(report), error) {
	if err := c.checkAverages(op.Window, op.CountPad); err != nil {
		return nil, err
	}
	x, out := c.in[0], c.out[0]
	w, n, m := x.Shape[3], x.Shape[2]*x.Shape[3], out.Shape[2]*out.Shape[3]
	return c.planes(func(plane int) {
		src, dst := x.F32[plane*n:][:n], out.F32[plane*m:][:m]
		averages(op.Window, op.CountPad, x.Shape, out.Shape, func(i, y0, y1, x0, x1, count int) {
			sum := 0.0
			for y := y0; y < y1; y += op.Dilation[0] {
				for x := x0; x < x1; x += op.Dilation[1] {
					sum += float64(src[y*w+x])
				}
			}
			dst[i] = float32(sum / float64(count))
		})
	}), nil
}

func (c *call) qavgPool(op ir.QAvgPool) (func(report), error) {
	if err := c.checkAverages(op.Window, op.CountPad); err != nil {
		return nil, err
	}
	x, out, zero := c.in[0], c.out[0], c.zero(0)
	round := newRounder(op.Zero, op.Lo, op.Hi, nil)
	w, n, m := x.Shape[3], x.Shape[2]*x.Shape[3], out.Shape[2]*out.Shape[3]
	return c.planes(func(plane int) {
		src, dst := x.U8[plane*n:][:n], out.U8[plane*m:][:m]
		averages(op.Window, op.CountPad, x.Shape, out.Shape, func(i, y0, y1, x0, x1, count int) {
			acc := int32(0)
			for y := y0; y < y1; y += op.Dilation[0] {
				for x := x0; x < x1; x += op.Dilation[1] {
					acc += int32(src[y*w+x]) - zero
				}
			}
			dst[i] = round.round(float32(float32(acc) * op.Mul[count-1]))
		})
	}), nil
}

func (c *call) qglobalAvgPool(op ir.QGlobalAvgPool) (func(report), error) {
	x, out, zero := c.in[0], c.out[0], c.zero(0)
	round := newRounder(op.Zero, op.Lo, op.Hi, nil)
	n := x.Shape[2] * x.Shape[3]
	return c.planes(func(i int) {
		acc := int32(0)
		for _, v := range x.U8[i*n:][:n] {
			acc += int32(v) - zero
		}
		out.U8[i] = round.round(float32(float32(acc) * op.Mul))
	}), nil
}
