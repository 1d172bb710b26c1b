package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// strides returns the distance of neighbours along each axis of a row-major tensor.
func strides(s ir.Shape) []int {
	d := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		d[i] = n
		n *= s[i]
	}
	return d
}

// walk calls f for every position of s, in row-major order, with its number and coordinates.
func walk(s ir.Shape, f func(i int, at []int)) {
	at := make([]int, len(s))
	for i := range s.Elems() {
		f(i, at)
		for a := len(s) - 1; a >= 0; a-- {
			if at[a]++; at[a] < s[a] {
				break
			}
			at[a] = 0
		}
	}
}

// broadcastIndex returns, for every element of a tensor of shape out, the
// element of a tensor of shape s that it reads.
func broadcastIndex(out, s ir.Shape) []int {
	index := make([]int, out.Elems())
	d := strides(s)
	skip := len(out) - len(s)
	walk(out, func(i int, at []int) {
		for a, step := range d {
			if s[a] > 1 {
				index[i] += at[skip+a] * step
			}
		}
	})
	return index
}

// perChannel returns the factor of element i, where one channel has inner
// elements, and there may be one factor for all.
func perChannel(f []float32, i, inner int) float32 {
	if len(f) == 1 {
		return f[0]
	}
	return f[i/inner%len(f)]
}

// channelSize returns the elements of one channel, axis 1, of one sample.
func channelSize(s ir.Shape) int {
	if len(s) < 2 {
		return 1
	}
	return s[2:].Elems()
}

func batchNorm(o ir.BatchNorm, in []*ir.Tensor, y *ir.Tensor) {
	x, scale, bias, mean, variance := in[0], in[1].F32, in[2].F32, in[3].F32, in[4].F32
	inner := channelSize(x.Shape)
	for i, v := range x.F32 {
		c := i / inner % x.Shape[1]
		f := float64(scale[c]) / math.Sqrt(float64(variance[c])+float64(o.Epsilon))
		y.F32[i] = float32(float64((float64(v)-float64(mean[c]))*f) + float64(bias[c]))
	}
}

func affine(o ir.Affine, x, y *ir.Tensor) {
	inner := channelSize(x.Shape)
	for i, v := range x.F32 {
		y.F32[i] = float32(v*perChannel(o.Mul, i, inner)) + perChannel(o.Add, i, inner)
	}
}

func pRelu(x, slope, y *ir.Tensor) {
	index := broadcastIndex(x.Shape, slope.Shape)
	for i, v := range x.F32 {
		if v < 0 {
			v *= slope.F32[index[i]]
		}
		y.F32[i] = v
	}
}
