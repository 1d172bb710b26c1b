package plan

import (
	"slices"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// depthwise plans a layer of the depthwise family.
func (p *planner) depthwise(l *layer) {
	x, y := shapeOf(l.x), shapeOf(l.y)
	d := portable.Depthwise{
		Name: l.n.Name, KH: l.kh, KW: l.kw,
		RowStep: l.win.Dilation[0] * x.Row, TapStep: l.win.Dilation[1] * x.Pix,
		StrideH: l.win.Stride[0], StrideW: l.win.Stride[1], Top: l.win.Pad[0], Left: l.win.Pad[1],
		Epilogue: p.epilogue(l),
	}
	taps := l.kh * l.kw
	weights := make([]byte, l.m*taps)
	for i := range weights {
		weights[i] = byte(l.weight(i/taps, i%taps/l.kw, i%l.kw, 0))
	}
	order := func(i int) int { return i }
	d.W, d.Bias, d.Mul = p.weights(weights), p.int32s(l.m, order, l.bias), p.float32s(l.m, order, l.mul)
	k := spec.Kernel{Family: spec.Depthwise,
		Sum: l.r != nil, Pre: l.r != nil && l.rq.Pre, Clamp: l.needsClamp(), Table: len(l.rq.Table) > 0}
	var kernels [spec.NumISA]spec.Kernel
	for k.ISA = range spec.NumISA {
		kernels[k.ISA], d.Form[k.ISA] = l.depthwiseForm(k, weights, y)
		p.use(kernels[k.ISA])
		d.Rows[k.ISA] = depthwiseRows(kernels[k.ISA], y, taps)
	}
	p.step(l.n, describe(l.form(), l.n), []*place{l.x, l.r}, []*place{l.y}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		for isa, k := range kernels {
			d.Kernel[isa] = p.ids[k]
		}
		return d
	})
	p.addWork(l, y, 1)
}

// depthwiseForm chooses the kernel: that of the window where there is one and the result is
// as large as its tile, else that of any taps.
func (l *layer) depthwiseForm(k spec.Kernel, weights []byte, y portable.Tensor) (spec.Kernel, portable.DepthwiseForm) {
	lanes, window := 8<<k.ISA, k
	window.Window, window.Stride = l.kh, l.win.Stride[0]
	if l.kh == 1 {
		window.Stride = 0
	}
	square := l.kh == l.kw && (l.kh == 1 || l.win.Stride[0] == l.win.Stride[1] && l.win.Dilation == [2]int{1, 1})
	switch {
	case !square || window.Validate() != nil:
	case l.kh == 1 && l.m >= 4*lanes:
		return window, portable.AffineForm
	case l.kh > 1 && y.H >= 2 && y.W >= 2 && l.m >= lanes:
		if window.Exact = k.ISA == spec.AVX2 && !l.columnsFit(weights); window.Exact {
			return window, portable.WordsForm
		}
		return window, portable.WindowForm
	}
	k.Exact = k.ISA == spec.AVX2 && !l.groupsFit(weights)
	return k, portable.TapsForm
}

// columnsFit proves that no pair of neighbouring rows can saturate VPMADDUBSW: for a tile's
// first row pairs start with the first row of the window, for its second with the one before.
func (l *layer) columnsFit(weights []byte) bool {
	for r := range 2 {
		for i := range weights {
			if y := i % (l.kh * l.kw) / l.kw; (y+r)%2 == 0 && y+1 < l.kh {
				if !pairsFit([]byte{weights[i], weights[i+l.kw]}) {
					return false
				}
			}
		}
	}
	return true
}

// groupsFit proves it for taps in groups of four.
func (l *layer) groupsFit(weights []byte) bool {
	taps := l.kh * l.kw
	for c := range slices.Chunk(weights, taps) {
		if !pairsFit(c[:taps/2*2]) {
			return false
		}
	}
	return true
}

// depthwiseRows is how many rows a call computes. Forms of a window have up to 512 channels
// and 64 columns of the input in a call.
func depthwiseRows(k spec.Kernel, y portable.Tensor, taps int) int {
	row := y.W * taps * 32 << k.ISA
	if k.Stride > 0 {
		row = min(y.W, 64/k.Stride) * min(y.C, 512) * taps / 2
	}
	return max(1, depthwiseBudget/row)
}
