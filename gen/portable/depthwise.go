package portable

// depthwise is a convolution of each channel by itself. Weights are
// [c/64][taps/4][64][4], bias and multipliers [c/64][64], the 64 channels in the
// order of channelSlot.
type depthwise struct {
	Name             string
	X, Y, R          tensor
	KH, KW           int
	RowStep, TapStep int // bytes between taps
	StrideH, StrideW int
	Top, Left        int
	W, Bias, Mul     int // in the weights
	Epilogue         epilogue
	Kernel           [2]int
	Rows             [2]int // rows a call
}

// channelSlot returns where channel c of a block of 64 is stored: the order in
// which byte and word unpacks of four taps deliver the channels.
func channelSlot(c int) int { return c%16/4*16 + c/16*4 + c%4 }

type boundDepthwise struct {
	*depthwise
	m    *model
	off  []int32 // of the taps, up to a multiple of four
	bias []int32
	mul  []float32
}

func (d depthwise) bind(m *model) layer {
	b := &boundDepthwise{depthwise: &d, m: m}
	for y := range d.KH {
		for x := range d.KW {
			b.off = append(b.off, int32(y*d.RowStep+x*d.TapStep))
		}
	}
	for len(b.off)%4 != 0 {
		b.off = append(b.off, b.off[0]) // against zero weights
	}
	n := (d.X.C + 63) / 64 * 64
	b.bias, b.mul = m.int32s(d.Bias, n), m.float32s(d.Mul, n)
	return b
}

func (b *boundDepthwise) run(w *work) {
	if b.m.kernels == nil {
		b.runGo(w)
		return
	}
	width := 32 << b.m.isa // channels a call
	for y := 0; y < b.Y.H; y += b.Rows[b.m.isa] {
		for c := 0; c < b.Y.C; c += width {
			b.call(w, y, c, min(width, b.Y.C-c))
		}
	}
}

// call runs some rows from y on for n channels from c on.
func (b *boundDepthwise) call(w *work, y, c, n int) {
	a := &w.args
	arena := address(&w.arena[0])
	slot := channelSlot(c % 64)
	a.In = arena + uintptr(b.X.at(y*b.StrideH-b.Top, -b.Left)+c)
	a.InPix, a.InRow = b.StrideW*b.X.Pix, b.StrideH*b.X.Row
	a.Out = arena + uintptr(b.Y.at(y, 0)+c)
	a.OutPix, a.OutRow = b.Y.Pix, b.Y.Row
	if b.R.C > 0 {
		a.Res = arena + uintptr(b.R.at(y, 0)+c)
		a.ResPix, a.ResRow = b.R.Pix, b.R.Row
	}
	a.W = address(&b.m.blob[b.W+c/64*64*len(b.off)+4*slot])
	a.Bias, a.Mul = address(&b.bias[c/64*64+slot]), address(&b.mul[c/64*64+slot])
	a.Off = address(&b.off[0])
	a.K, a.Pixels, a.Rows = len(b.off)/4, b.Y.W, min(b.Rows[b.m.isa], b.Y.H-y)
	a.N, a.Mask = n, lowBits(n)
	b.Epilogue.set(b.m, a)
	b.m.kernels[b.Kernel[b.m.isa]](a)
}

// runGo is the layer in plain Go.
func (b *boundDepthwise) runGo(w *work) {
	for y := range b.Y.H {
		for x := range b.Y.W {
			window := w.arena[b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left):]
			for c := range b.Y.C {
				slot := c/64*64 + channelSlot(c%64)
				acc := b.bias[slot]
				for t := range b.KH * b.KW {
					wt := b.m.blob[b.W+c/64*64*len(b.off)+t/4*256+channelSlot(c%64)*4+t%4]
					acc += int32(window[int(b.off[t])+c]) * int32(int8(wt))
				}
				r := uint8(0)
				if b.R.C > 0 {
					r = w.arena[b.R.at(y, x)+c]
				}
				w.arena[b.Y.at(y, x)+c] = b.Epilogue.requantize(b.m, float32(acc)*b.mul[slot], r, b.R.C > 0)
			}
		}
	}
}
