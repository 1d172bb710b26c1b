package portable

// depthwiseF32 is a convolution of each channel of float32 by itself. Weights are
// [c/16][tap][16], the bias [c up to 16].
type depthwiseF32 struct {
	Name             string
	X, Y, R          tensor
	KH, KW           int
	RowStep, TapStep int // bytes between taps
	StrideH, StrideW int
	Top, Left        int
	W, Bias          int // in the weights
	Epilogue         epilogueF32
	P                int    // pixels of the main tile
	Kernel, Rest     [2]int // for the main tiles of a row, and for the Y.W%P pixels left over or -1
	Rows             [2]int // rows a call
}

type boundDepthwiseF32 struct {
	*depthwiseF32
	m       *model
	off     []int32 // of the taps
	bias    []float32
	weights []float32
}

func (d depthwiseF32) bind(m *model) layer {
	b := &boundDepthwiseF32{depthwiseF32: &d, m: m}
	for y := range d.KH {
		for x := range d.KW {
			b.off = append(b.off, int32(y*d.RowStep+x*d.TapStep))
		}
	}
	blocks := (d.X.C + 15) / 16
	b.bias = m.float32s(d.Bias, 16*blocks)
	if m.kernels == nil {
		b.weights = m.float32s(d.W, 16*blocks*len(b.off))
	}
	return b
}

func (b *boundDepthwiseF32) run(w *work) {
	if b.m.kernels == nil {
		b.runGo(w)
		return
	}
	// AVX2 does the lower and the upper eight channels of the blocks in calls of their own.
	lanes := 8 << b.m.isa
	most := w.share(b.Rows[b.m.isa], b.Y.H, 1)
	for y := 0; y < b.Y.H; y += most {
		if !w.mine() {
			continue
		}
		rows := min(most, b.Y.H-y)
		for half := 0; half < 16; half += lanes {
			whole := (b.Y.C + 16 - half - lanes) / 16 // blocks with all of these channels
			if whole > 0 {
				b.call(w, y, rows, half, whole, lanes)
			}
			if n := b.Y.C - 16*whole - half; n > 0 {
				b.call(w, y, rows, 16*whole+half, 1, n)
			}
		}
		b.Epilogue.then(b.m, w, partOf(b.Y, y, rows, 0, b.Y.C), partOf(b.R, y, rows, 0, b.Y.C))
	}
}

// call runs some rows for blocks of n channels from c on.
func (b *boundDepthwiseF32) call(w *work, y, rows, c, blocks, n int) {
	tiles := b.Y.W / b.P
	if tiles > 0 {
		b.set(w, y, 0, c, n)
		w.args.Rows, w.args.Blocks, w.args.Pixels = rows, blocks, tiles
		b.m.kernels[b.Kernel[b.m.isa]](&w.args)
	}
	if b.Rest[b.m.isa] >= 0 {
		b.set(w, y, tiles*b.P, c, n)
		w.args.Rows, w.args.Blocks, w.args.Pixels = rows, blocks, 1
		b.m.kernels[b.Rest[b.m.isa]](&w.args)
	}
}

// set fills the arguments for a call that starts at pixel (y, x).
func (b *boundDepthwiseF32) set(w *work, y, x, c, n int) {
	a := &w.args
	arena := address(&w.arena[0])
	a.In = arena + uintptr(b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)+4*c)
	a.InPix, a.InRow = b.StrideW*b.X.Pix, b.StrideH*b.X.Row
	a.Out = arena + uintptr(b.Y.at(y, x)+c*b.Epilogue.outSize())
	a.OutPix, a.OutRow = b.Y.Pix, b.Y.Row
	if b.Epilogue.Sum {
		a.Res = arena + uintptr(b.R.at(y, x)+4*c)
		a.ResPix, a.ResRow = b.R.Pix, b.R.Row
	}
	a.WStep = 64 * len(b.off)
	a.W = address(&b.m.blob[b.W+c/16*a.WStep+c%16*4])
	a.Start, a.StartPix, a.StartRow = address(&b.bias[c]), 0, 0
	a.Off, a.K = address(&b.off[0]), len(b.off)
	a.N, a.Mask = n, lowBits(n)
	b.Epilogue.set(a)
}

// runGo is the layer in plain Go.
func (b *boundDepthwiseF32) runGo(w *work) {
	for y := range b.Y.H {
		if !w.mine() {
			continue
		}
		for x := range b.Y.W {
			window := b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)
			for c := range b.Y.C {
				acc := b.bias[c]
				for t, off := range b.off {
					v := b.weights[c/16*16*len(b.off)+16*t+c%16]
					acc = fma32(w.floats(window+int(off)+4*c, 1)[0], v, acc)
				}
				r := float32(0)
				if b.Epilogue.Sum {
					r = w.floats(b.R.at(y, x)+4*c, 1)[0]
				}
				b.Epilogue.store(w, b.Y.at(y, x), c, b.Epilogue.finish(acc, r))
			}
		}
		b.Epilogue.then(b.m, w, partOf(b.Y, y, 1, 0, b.Y.C), partOf(b.R, y, 1, 0, b.Y.C))
	}
}
