package portable

import "unsafe"

// dense is a convolution or a fully connected layer. A kernel window is KH rows
// of Runs runs of RunLen contiguous input bytes; each run is cut into steps of
// four bytes, the last one against zero weights where there are fewer.
type dense struct {
	Name             string
	X, Y, R          tensor // R, the residual operand, has no channels when absent
	KH, Runs, RunLen int
	RowStep, RunStep int // bytes between rows and runs of the window
	StrideH, StrideW int
	Top, Left        int // padding
	Groups           int
	W, Bias, Mul     int // in the weights: [group][oc/16][step][16][4], [group][oc up to 16], likewise
	WZero, Ones      int // zero points as Bias, and [step][4] zeros and ones; -1 without
	Order            int // for AVX2, uint16 of each block: how many bundles of each form there are, without the signed steps, then the steps in their order; -1: all are signed
	Epilogue         epilogue
	Scale            float32   // the result is dequantized, with this scale, and float32; 0: it is bytes
	Tiling           [2]tiling // for AVX2 and AVX-512
}

// boundDense is dense with its tables.
type boundDense struct {
	*dense
	m          *model
	steps      int // K steps of a window
	oc, blocks int // output channels of a group, and blocks of 16
	off        []int32
	bias       []int32
	mul        []float32
	wzero      []int32
	bundled    bundled // of AVX2
}

func (d dense) bind(m *model) layer {
	b := &boundDense{dense: &d, m: m, oc: d.Y.C / d.Groups}
	b.blocks = (b.oc + 15) / 16
	for y := range d.KH {
		for r := range d.Runs {
			for i := 0; i < d.RunLen; i += 4 {
				b.off = append(b.off, int32(y*d.RowStep+r*d.RunStep+i))
			}
		}
	}
	b.steps = len(b.off)
	n := d.Groups * b.blocks * 16
	b.bias, b.mul = m.int32s(d.Bias, n), m.float32s(d.Mul, n)
	if d.WZero >= 0 {
		b.wzero = m.int32s(d.WZero, n)
	}
	if m.kernels != nil && m.isa == 0 {
		b.bundle()
	}
	return b
}

func (b *boundDense) run(w *work) {
	if b.m.kernels == nil {
		b.runGo(w)
		return
	}
	t := &b.Tiling[b.m.isa]
	for g := range b.Groups {
		t.each(w, b.grid(), func(c *tileCall) {
			b.set(w, g, c)
			b.m.kernels[c.kernel](&w.args)
		})
	}
}

// grid is what the calls of a group cover.
func (b *boundDense) grid() grid {
	weights := 64 * b.steps * b.blocks
	return grid{
		h: b.Y.H, w: b.Y.W, panels: 1, groups: b.Groups,
		products: weights, wide: weights > wideLayer*b.X.H*b.X.W*b.X.C/b.Groups,
	}
}

// set fills the arguments for a call.
func (b *boundDense) set(w *work, g int, c *tileCall) {
	a := &w.args
	merge, y, x, block := b.Tiling[b.m.isa].Merge, c.y, c.x, c.block
	list := g*b.blocks + block
	arena := address(&w.arena[0])
	a.In = arena + uintptr(b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)+g*(b.X.C/b.Groups))
	a.InPix, a.InRow = b.StrideW*b.X.Pix, merge*b.StrideH*b.X.Row
	a.Out = arena + uintptr(b.Y.at(y, x)+(g*b.oc+16*block)*b.outSize())
	a.OutPix, a.OutRow = b.Y.Pix, merge*b.Y.Row
	if b.R.C > 0 {
		a.Res = arena + uintptr(b.R.at(y, x)+g*b.oc+16*block)
		a.ResPix, a.ResRow = b.R.Pix, merge*b.R.Row
	}
	a.Bias, a.Mul = address(&b.bias[16*list]), address(&b.mul[16*list])
	if b.WZero >= 0 {
		a.WZero = address(&b.wzero[16*list])
	}
	b.setSteps(a, list)
	a.N, a.Mask = c.part.N, lowBits(c.part.N)
	a.Rows, a.Blocks, a.Pixels = c.rows, c.tiles, c.pixels
	c.rowsOfImages(a)
	b.Epilogue.set(b.m, a)
	a.OutMul = b.Scale
}

// setSteps fills the arguments that say where weights and inputs of the K steps are.
func (b *boundDense) setSteps(a *args, list int) {
	a.K = b.steps
	if v := &b.bundled; v.counts != nil {
		a.WStep, a.OffStep = 4*v.stride, 4*b.steps
		a.W, a.Off, a.Bundles = address(&v.weights[list*v.stride]), address(&v.off[list*b.steps]), address(&v.counts[bundleForms*list])
		if b.WZero >= 0 {
			a.Ones = address(&v.ones[list*b.steps])
		}
		return
	}
	a.WStep = 64 * b.steps
	a.W, a.Off = address(&b.m.blob[b.W+list*a.WStep]), address(&b.off[0])
	if b.WZero >= 0 {
		a.Ones = address(&b.m.blob[b.Ones])
	}
}

func (b *boundDense) takesImages() {}

// outSize is the bytes of a channel of the result.
func (b *boundDense) outSize() int {
	if b.Scale != 0 {
		return 4
	}
	return 1
}

// runGo is the layer in plain Go.
func (b *boundDense) runGo(w *work) {
	ic := b.X.C / b.Groups
	for g := range b.Groups {
		for block := range b.blocks {
			list := g*b.blocks + block
			weights := b.m.blob[b.W+64*b.steps*list:][:64*b.steps]
			for y := range b.Y.H {
				if !w.mine() {
					continue
				}
				for x := range b.Y.W {
					window := w.arena[b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)+g*ic:]
					acc := b.sum(window, weights, list)
					b.finish(w, y, x, g*b.oc+16*block, min(16, b.oc-16*block), &acc, list)
				}
			}
		}
	}
}

// sum returns the exact sums of one pixel and 16 channels.
func (b *boundDense) sum(window, weights []byte, list int) (acc [16]int32) {
	copy(acc[:], b.bias[16*list:])
	inputs := int32(0)
	for s, off := range b.off {
		x := window[off : off+4 : off+4]
		x0, x1, x2, x3 := int32(x[0]), int32(x[1]), int32(x[2]), int32(x[3])
		ws := (*[64]int8)(unsafe.Pointer(&weights[64*s]))
		for c := range acc {
			acc[c] += x0*int32(ws[4*c]) + x1*int32(ws[4*c+1]) + x2*int32(ws[4*c+2]) + x3*int32(ws[4*c+3])
		}
		if b.wzero != nil {
			one := b.m.blob[b.Ones+4*s:][:4]
			inputs += x0*int32(one[0]) + x1*int32(one[1]) + x2*int32(one[2]) + x3*int32(one[3])
		}
	}
	if b.wzero != nil {
		for c := range acc {
			acc[c] -= b.wzero[16*list+c] * inputs
		}
	}
	return acc
}

// finish requantizes and stores n channels of a pixel from channel c on.
func (b *boundDense) finish(w *work, y, x, c, n int, acc *[16]int32, list int) {
	if b.Scale != 0 {
		out := w.floats(b.Y.at(y, x)+4*c, n)
		for i := range out {
			q := b.Epilogue.requantize(b.m, float32(acc[i])*b.mul[16*list+i], 0, false)
			out[i] = float32(int(q)-int(b.Epilogue.Zero)) * b.Scale
		}
		return
	}
	out := w.arena[b.Y.at(y, x)+c:][:n]
	for i := range out {
		r := uint8(0)
		if b.R.C > 0 {
			r = w.arena[b.R.at(y, x)+c+i]
		}
		out[i] = b.Epilogue.requantize(b.m, float32(acc[i])*b.mul[16*list+i], r, b.R.C > 0)
	}
}
