package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// nearestStep is rne(f32(x/scale)) + zero, limited to lo..hi; a NaN is zero. ONNX's division
// is one of float32: it decides what is a tie.
func nearestStep(x, scale float32, zero, lo, hi int64) int64 {
	if x != x {
		return zero
	}
	q := math.RoundToEven(float64(x/scale)) + float64(zero)
	return int64(min(max(q, float64(lo)), float64(hi)))
}

// alongAxis returns which of n parameters, one or one for each index of axis, belong to
// element i of a tensor of shape s.
func alongAxis(s ir.Shape, axis, n, i int) int {
	if n == 1 {
		return 0
	}
	return i / s[axis+1:].Elems() % s[axis]
}

func fakeQuant(o ir.FakeQuant, x, y *ir.Tensor) {
	for i, v := range x.F32 {
		c := alongAxis(x.Shape, o.Axis, len(o.Scale), i)
		zero := int64(o.Zero[c])
		y.F32[i] = float32(float64(nearestStep(v, o.Scale[c], zero, 0, 255)-zero) * float64(o.Scale[c]))
	}
}

// zeroAt returns zero point c, 0 where there are none.
func zeroAt(zero *ir.Tensor, c int) int64 {
	if zero == nil {
		return 0
	}
	return integer(zero, c, ir.I64)
}

func quantizeLinear(o ir.QuantizeLinear, x, scale, zero, y *ir.Tensor) {
	for i, v := range x.F32 {
		c := alongAxis(x.Shape, o.Axis, len(scale.F32), i)
		if o.To == ir.U8 {
			y.U8[i] = uint8(nearestStep(v, scale.F32[c], zeroAt(zero, c), 0, 255))
		} else {
			y.S8[i] = int8(nearestStep(v, scale.F32[c], zeroAt(zero, c), -128, 127))
		}
	}
}

func dequantizeLinear(o ir.DequantizeLinear, x, scale, zero, y *ir.Tensor) {
	for i := range y.F32 {
		c := alongAxis(x.Shape, o.Axis, len(scale.F32), i)
		y.F32[i] = float32(float64(integer(x, i, ir.I64)-zeroAt(zero, c)) * float64(scale.F32[c]))
	}
}

func dynamicQuantizeLinear(x *ir.Tensor, out []*ir.Tensor) {
	lo, hi := float32(0), float32(0)
	for _, v := range x.F32 {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale := float32((float64(hi) - float64(lo)) / 255)
	if scale == 0 {
		scale = 1
	}
	zero := nearestStep(-lo, scale, 0, 0, 255)
	for i, v := range x.F32 {
		out[0].U8[i] = uint8(nearestStep(v, scale, zero, 0, 255))
	}
	out[1].F32[0], out[2].U8[0] = scale, uint8(zero)
}
