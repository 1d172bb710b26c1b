package quant

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
)

// span is a range of real numbers.
type span struct{ lo, hi float64 }

func (s span) width() float64 { return s.hi - s.lo }

// union returns the smallest span that holds both.
func (s span) union(t span) span { return span{min(s.lo, t.lo), max(s.hi, t.hi)} }

// tiny is the width below which a range counts as zero: its scale would not be
// a normal float32 once it is divided by another.
const tiny = 1e-20

// params returns the scale and zero point of u8 for a span, which is widened
// to hold zero: zero then is represented exactly, and values that are never
// negative have the zero point 0.
func params(s span) *ir.Quant {
	lo, hi := min(s.lo, 0), max(s.hi, 0)
	if hi-lo < tiny {
		return ir.PerTensor(1, 0)
	}
	scale := float32((hi - lo) / 255)
	zero := math.RoundToEven(-lo / float64(scale))
	return ir.PerTensor(scale, int32(min(max(zero, 0), 255)))
}

// toByte returns the byte that stands for x, limited to 0..255.
func toByte(q *ir.Quant, x float64) uint8 {
	v := math.RoundToEven(x/float64(q.Scale[0])) + float64(q.Zero[0])
	if !(v > 0) { // also NaN
		return 0
	}
	return uint8(min(v, 255))
}

// toReal returns what a byte stands for.
func toReal(q *ir.Quant, b int) float64 {
	return float64(float64(b-int(q.Zero[0])) * float64(q.Scale[0]))
}

// table returns f from bytes of one scale to bytes of another.
func table(in, out *ir.Quant, f func(float64) float64) []uint8 {
	t := make([]uint8, 256)
	for i := range t {
		t[i] = toByte(out, f(toReal(in, i)))
	}
	return t
}

// activeSteps is the number of steps in which active walks over a range.
const activeSteps = 1024

// active narrows the range of a curved activation's argument to where the
// result, as a byte, changes: the flat ends of a sigmoid deserve no steps.
func active(s span, a ir.Act, out *ir.Quant) span {
	f := exec.ActFunc(a)
	at := func(i int) float64 { return s.lo + float64(s.width()*float64(i)/activeSteps) }
	code := func(i int) uint8 { return toByte(out, f(at(i))) }
	i, j := 0, activeSteps
	for i < j && code(i+1) == code(0) {
		i++
	}
	for j > i && code(j-1) == code(activeSteps) {
		j--
	}
	if i == j { // flat everywhere
		return s
	}
	return span{at(i), at(j)}
}

// limits are the bytes that an epilogue limits its result to: those of the clamp a,
// or all.
func limits(a ir.Act, q *ir.Quant) (lo, hi uint8) {
	if l, h, ok := a.IsClamp(); ok {
		return toByte(q, float64(l)), toByte(q, float64(h))
	}
	return 0, 255
}

// weightLimit is the largest magnitude of symmetric weights of the given bits.
func weightLimit(bits int) float64 { return float64(int(1)<<(bits-1) - 1) }

// accLimit bounds final sums: int32 less a little, so that rounding the bias
// can't exceed it.
const accLimit = math.MaxInt32 - 2

// layer is a convolution's or fully connected layer's integers.
type layer struct {
	w        *ir.Tensor // s8
	b        *ir.Tensor // s32, nil if there is no bias
	scale    []float32  // of the weights, one an output channel
	zero     []int32    // likewise
	rescaled int        // channels whose weights lost bits to fit in int32
}

// quantizeLayer quantizes weights [M,...] and the bias to symmetric s8 of one scale a
// channel, the errors of a channel balanced, for an input of parameters in, which may be
// those of each channel where a layer has each by itself. mean has the
// means of the input's channels, or is nil: the bias takes back what rounding moves the
// results by. A channel whose sums could exceed int32 for some input gets a larger scale until
// the proof holds.
func quantizeLayer(w, b *ir.Tensor, in *ir.Quant, mean []float32, bits int) (*layer, error) {
	m := w.Shape[0]
	k := len(w.F32) / max(m, 1)
	l := &layer{w: ir.NewTensor(ir.S8, w.Shape), scale: make([]float32, m), zero: make([]int32, m)}
	if b != nil || mean != nil {
		l.b = ir.NewTensor(ir.S32, ir.Shape{m})
	}
	for c := range m {
		row := w.F32[c*k:][:k]
		bias := 0.0
		if b != nil {
			bias = float64(b.F32[c])
		}
		top := 0.0
		for _, v := range row {
			if !finite(v) {
				return nil, fmt.Errorf("weight %g in output channel %d: weights must be finite", v, c)
			}
			top = max(top, math.Abs(float64(v)))
		}
		if bias-bias != 0 {
			return nil, fmt.Errorf("bias %g of output channel %d: must be finite", bias, c)
		}
		l.channel(c, row, bias, top, in.At(c), mean, weightLimit(bits))
	}
	return l, nil
}

// channel quantizes one output channel.
func (l *layer) channel(c int, row []float32, bias, top float64, in *ir.Quant, mean []float32, limit float64) {
	sx, k := float64(in.Scale[0]), len(row)
	scale := top / limit
	if top < tiny { // a constant channel: only the bias counts
		scale = max(math.Abs(bias)/(sx*(1<<20)), tiny/sx)
	}
	for first := true; ; first = false {
		l.scale[c] = float32(scale)
		s := float64(l.scale[c])
		q := l.w.S8[c*k:][:k]
		for i, v := range row {
			q[i] = int8(min(max(math.RoundToEven(float64(v)/s), -limit), limit))
		}
		balance(q, row, s, limit)
		moved := shift(q, row, s, mean, c, len(l.scale), l.w.Shape[1])
		b := wholeBias((bias - moved) / (sx * s))
		if lo, hi := accBounds(q, b, in); lo >= -accLimit && hi <= accLimit {
			if l.b != nil {
				l.b.S32[c] = int32(b)
			}
			if !first {
				l.rescaled++
			}
			return
		}
		scale *= 2
	}
}

// biasBits are the significant bits of a bias: as a float32 times a float32 scale, which is what other
// formats have, it is still known to the step.
const biasBits = 20

// wholeBias rounds a bias to a whole number of biasBits bits.
func wholeBias(b float64) float64 {
	if _, e := math.Frexp(b); e > biasBits {
		return math.Ldexp(math.RoundToEven(math.Ldexp(b, biasBits-e)), e-biasBits)
	}
	return math.RoundToEven(b)
}

// accBounds returns the least and the greatest final sum over all inputs. A
// sum over fewer inputs, as at a padded border, lies between them.
func accBounds[T int8 | int16](w []T, bias float64, in *ir.Quant) (lo, hi float64) {
	zero := float64(in.Zero[0])
	lo, hi = bias, bias
	for _, v := range w {
		a, b := float64(float64(v)*-zero), float64(float64(v)*(255-zero))
		lo += min(a, b)
		hi += max(a, b)
	}
	return min(lo, bias), max(hi, bias)
}
