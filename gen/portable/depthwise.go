package portable

// depthwise is a convolution of each channel by itself. Weights are [channel][tap].
type depthwise struct {
	Name             string
	X, Y, R          tensor
	KH, KW           int
	RowStep, TapStep int // bytes between taps
	StrideH, StrideW int
	Top, Left        int
	W, Bias, Mul     int // in the weights
	Epilogue         epilogue
	Form             [2]depthwiseForm
	Kernel           [2]int
	Rows             [2]int // rows a call
}

type boundDepthwise struct {
	*depthwise
	m     *model
	form  depthwiseForm
	off   []int32 // of the taps, up to a multiple of four
	bias  []int32
	mul   []float32
	lists []int32 // of blocks of channels: bias, factors and weights as the kernel reads them
	block int     // entries of a block
}

func (d depthwise) bind(m *model) layer {
	b := &boundDepthwise{depthwise: &d, m: m, bias: m.int32s(d.Bias, d.X.C), mul: m.float32s(d.Mul, d.X.C)}
	for y := range d.KH {
		for x := range d.KW {
			b.off = append(b.off, int32(y*d.RowStep+x*d.TapStep))
		}
	}
	for len(b.off)%4 != 0 {
		b.off = append(b.off, b.off[0]) // against zero weights
	}
	if m.kernels != nil {
		b.form = d.Form[m.isa]
		b.pack()
	}
	return b
}

func (b *boundDepthwise) run(w *work) {
	switch {
	case b.m.kernels == nil:
		b.runGo(w)
	case b.form == windowForm || b.form == wordsForm:
		b.runTiles(w)
	default:
		b.runPixels(w)
	}
}

// runPixels runs the forms that compute a pixel of a block of channels at a time.
func (b *boundDepthwise) runPixels(w *work) {
	width := 32 << b.m.isa
	rows := w.share(b.Rows[b.m.isa], b.Y.H, (b.Y.C+width-1)/width)
	for y := 0; y < b.Y.H; y += rows {
		for c := 0; c < b.Y.C; c += width {
			if !w.mine() {
				continue
			}
			n := min(width, b.Y.C-c)
			if b.form == affineForm { // the last block may overlap the one before
				c, n = min(c, b.Y.C-width), width
			}
			a := b.arguments(w, y, 0, c)
			a.InRow *= b.StrideH
			a.InPix *= b.StrideW
			a.Pixels, a.Rows = b.Y.W, min(rows, b.Y.H-y)
			a.N, a.Mask = n, lowBits(n)
			b.m.kernels[b.Kernel[b.m.isa]](a)
		}
	}
}

// tileChannels and tileInputs are the most channels of a call, and the most columns of the
// input: of as many, the rows that a tile reads stay in L1 while the vectors of a line
// of channels pass.
const (
	tileChannels = 512
	tileInputs   = 64
)

// runTiles runs the forms that compute tiles of two rows by a vector of channels. Where they
// don't fit evenly, the last one overlaps the one before.
func (b *boundDepthwise) runTiles(w *work) {
	lanes := 8 << b.m.isa
	pieces := (b.Y.W*b.StrideW + tileInputs - 1) / tileInputs
	across := (b.Y.W/2 + pieces - 1) / pieces * 2 // columns
	rows := w.share(b.Rows[b.m.isa], b.Y.H, pieces*((b.Y.C+tileChannels-1)/tileChannels))
	for y := (units{}); y.next < b.Y.H; {
		y = y.after(b.Y.H, 2, (rows+1)/2)
		for x, n := 0, 0; x < b.Y.W; x += n {
			if n = b.Y.W - x; n > across+1 { // a last one of an odd number belongs to the others
				n = across
			}
			for c := (units{}); c.next < b.Y.C; {
				c = c.after(b.Y.C, lanes, tileChannels/lanes)
				if !w.mine() {
					continue
				}
				a := b.arguments(w, y.from, x, c.from)
				a.Rows, a.Pixels, a.N = y.n, n, c.n*lanes
				b.m.kernels[b.Kernel[b.m.isa]](a)
			}
		}
	}
}

// units are some units of an extent, side by side.
type units struct{ from, n, next int }

// after returns the next units, at most most. A last unit that is not whole
// overlaps the one before.
func (s units) after(extent, unit, most int) units {
	n := min(most, (extent-s.next)/unit)
	if n == 0 {
		return units{extent - unit, 1, extent}
	}
	return units{s.next, n, s.next + n*unit}
}

// arguments sets what all forms have in common, from a pixel and a channel on.
func (b *boundDepthwise) arguments(w *work, y, x, c int) *args {
	a := &w.args
	arena := address(&w.arena[0])
	a.In = arena + uintptr(b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)+c)
	a.InPix, a.InRow = b.X.Pix, b.X.Row
	a.Out = arena + uintptr(b.Y.at(y, x)+c)
	a.OutPix, a.OutRow = b.Y.Pix, b.Y.Row
	if b.R.C > 0 {
		a.Res = arena + uintptr(b.R.at(y, x)+c)
		a.ResPix, a.ResRow = b.R.Pix, b.R.Row
	}
	b.setLists(a, c)
	b.Epilogue.set(b.m, a)
	return a
}

// runGo is the layer in plain Go.
func (b *boundDepthwise) runGo(w *work) {
	taps := b.KH * b.KW
	for y := range b.Y.H {
		if !w.mine() {
			continue
		}
		for x := range b.Y.W {
			window := w.arena[b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left):]
			for c := range b.Y.C {
				acc := b.bias[c]
				for t := range taps {
					acc += int32(window[int(b.off[t])+c]) * int32(b.weight(c, t))
				}
				r := uint8(0)
				if b.R.C > 0 {
					r = w.arena[b.R.at(y, x)+c]
				}
				w.arena[b.Y.at(y, x)+c] = b.Epilogue.requantize(b.m, float32(acc)*b.mul[c], r, b.R.C > 0)
			}
		}
	}
}
