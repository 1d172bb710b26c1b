package interp

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// window is what one position of a pooling window covers: the positions
// y0, y0+dy .. of the rows that lie inside the input, likewise of columns, and
// how many taps lie inside the padded input.
type window struct {
	ys, xs []int
	padded int
}

// eachWindow calls f for every element of the result, with its number, the
// offset of its input plane, and its window.
func eachWindow(w ir.Window, xs, ys ir.Shape, f func(i, plane int, win window) error) error {
	rows, rowsPadded := axisWindows(w, 0, xs[2], ys[2])
	cols, colsPadded := axisWindows(w, 1, xs[3], ys[3])
	i := 0
	for p := range ys[0] * ys[1] {
		for oy := range ys[2] {
			for ox := range ys[3] {
				win := window{rows[oy], cols[ox], rowsPadded[oy] * colsPadded[ox]}
				if err := f(i, p*xs[2]*xs[3], win); err != nil {
					return fmt.Errorf("window at row %d, column %d: %w", oy, ox, err)
				}
				i++
			}
		}
	}
	return nil
}

// axisWindows returns for every window position along an axis the input
// positions that it covers, and how many taps are inside the padded input.
func axisWindows(w ir.Window, axis, extent, out int) (positions [][]int, padded []int) {
	positions, padded = make([][]int, out), make([]int, out)
	k, d, before, after := w.Kernel[axis], w.Dilation[axis], w.Pad[axis], w.Pad[axis+2]
	for o := range out {
		start := o*w.Stride[axis] - before
		lo, hi := inside(start, k, d, extent)
		for t := lo; t < hi; t++ {
			positions[o] = append(positions[o], start+t*d)
		}
		lo, hi = inside(start+before, k, d, before+extent+after)
		padded[o] = max(hi-lo, 0)
	}
	return positions, padded
}

// maxPool takes the lowest value of the type where a dilated window has no tap inside the input.
func maxPool(o ir.MaxPool, x, y *ir.Tensor) {
	if x.Type == ir.U8 {
		maxOf(o.Window, x.U8, y.U8, x.Shape, y.Shape, 0)
		return
	}
	if x.Type == ir.S8 {
		maxOf(o.Window, x.S8, y.S8, x.Shape, y.Shape, math.MinInt8)
		return
	}
	maxOf(o.Window, x.F32, y.F32, x.Shape, y.Shape, float32(math.Inf(-1)))
}

func maxOf[T float32 | uint8 | int8](w ir.Window, x, y []T, xs, ys ir.Shape, lowest T) {
	_ = eachWindow(w, xs, ys, func(i, plane int, win window) error {
		m := lowest
		for _, r := range win.ys {
			for _, c := range win.xs {
				m = max(m, x[plane+r*xs[3]+c])
			}
		}
		y[i] = m
		return nil
	})
}

// average calls f for every element of the result with its number, the sum over
// the window's inside, and the count that the mean divides by.
func average[T sum](w ir.Window, countPad bool, x []T, xs, ys ir.Shape, f func(i int, s T, count int) error) error {
	return eachWindow(w, xs, ys, func(i, plane int, win window) error {
		var s T
		for _, r := range win.ys {
			for _, c := range win.xs {
				s += x[plane+r*xs[3]+c]
			}
		}
		count := len(win.ys) * len(win.xs)
		if countPad {
			count = win.padded
		}
		if count == 0 {
			return fmt.Errorf("no tap is inside the input, so there is no mean")
		}
		return f(i, s, count)
	})
}

func avgPool(o ir.AvgPool, x, y *ir.Tensor) error {
	return average(o.Window, o.CountPad, wide(x.F32, 0.0), x.Shape, y.Shape, func(i int, s float64, count int) error {
		y.F32[i] = float32(s / float64(count))
		return nil
	})
}
