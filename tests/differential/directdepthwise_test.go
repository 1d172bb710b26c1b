package differential

import (
	"math"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// depthwise is a layer of the kernel's window, or of any, with weights that it may have.
func (d *direct) depthwise() portable.Step {
	c := d.pick(1, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 96, 130)
	k := [2]int{1 + d.IntN(3), 1 + d.IntN(5)}
	h, w, stride, form := 1+d.IntN(3), 1+d.IntN(5), 1+d.IntN(2), portable.TapsForm
	lanes := 8 << d.k.ISA
	switch {
	case d.k.Window == 1:
		c, k, form = 4*lanes+d.IntN(70), [2]int{1, 1}, portable.AffineForm
	case d.k.Window > 1:
		c, k, form = d.pick(lanes, 2*lanes, 4*lanes, lanes+1+d.IntN(70)), [2]int{d.k.Window, d.k.Window}, portable.WindowForm
		h, w, stride = 2+d.IntN(6), 2+d.IntN(8), d.k.Stride
		if d.IntN(6) == 0 { // several calls for a row
			w = 60 + d.IntN(20)
		}
		if d.k.Exact {
			form = portable.WordsForm
		}
	}
	border := d.IntN(2)
	x := d.tensor(h*stride+k[0], w*stride+k[1], c, border)
	s := portable.Depthwise{X: x, Y: d.tensor(h, w, c, 0), KH: k[0], KW: k[1], RowStep: x.Row, TapStep: x.Pix,
		StrideH: stride, StrideW: stride, Top: border, Left: border, Epilogue: d.epilogue()}
	s.Form[d.k.ISA], s.Rows[d.k.ISA] = form, 1+d.IntN(5)
	if d.k.Sum {
		s.R = d.tensor(h, w, c, 0)
	}
	taps := k[0] * k[1]
	small := d.k.ISA == spec.AVX2 && d.k.Window != 1 && !d.k.Exact
	weights := make([]byte, c*taps)
	for i := range weights {
		weights[i] = d.weight(small)
	}
	s.W = d.add(weights)
	s.Bias = d.list(c, func(int) uint32 { return uint32(d.IntN(1<<18) - 1<<17) })
	s.Mul = d.list(c, func(int) uint32 { return math.Float32bits(d.factor(255*128*float64(taps) + 1<<17)) })
	return s
}
