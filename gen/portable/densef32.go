package portable

// denseF32 is a convolution or a fully connected layer of float32, as dense. Each
// entry of its offset list is four inputs side by side, and behind those come the
// inputs left over of runs whose length is no multiple of four; sums are chains of
// fused multiply-adds in that order.
type denseF32 struct {
	Name             string
	X, Y, R          tensor // R, the residual operand, has no channels when absent
	KH, Runs, RunLen int    // RunLen in floats
	RowStep, RunStep int    // bytes between rows and runs of the window
	StrideH, StrideW int
	Top, Left        int // padding
	Groups           int
	W, Bias          int // in the weights: [group][oc/16][input][16], [group][oc up to 16]
	WStep            int // bytes between blocks of 16 channels in W, more than they have where those would share cache sets
	Epilogue         epilogueF32
	Tiling           [2]tiling // for AVX2 and AVX-512
}

// epilogueF32 is what happens to a sum of float32: limits, the residual operand,
// limits; or, where an activation is no limit, what Then does with the stored
// results while they are in the cache. The result may be quantized on the way.
type epilogueF32 struct {
	Sum          bool // the residual operand is added by the kernel, not by Then
	Pre, Clamp   bool
	PreLo, PreHi float32 // limits before the residual operand is added
	Lo, Hi       float32 // and of the result
	Then         []activation
	Bytes        bool    // the result is bytes
	Mul, Add     float32 // of the quantization
	Zero         uint8
}

// set fills the arguments that belong to the epilogue.
func (e *epilogueF32) set(a *args) {
	a.PreLo, a.PreHi, a.Lo, a.Hi = e.PreLo, e.PreHi, e.Lo, e.Hi
	a.OutMul, a.OutAdd, a.Zero = e.Mul, e.Add, int32(e.Zero)
	a.ByteHi = float32(255 - int(e.Zero))
	a.Consts = address(&kernelConsts[0])
}

// finish applies the limits and adds the residual operand.
func (e *epilogueF32) finish(v, r float32) float32 {
	if e.Pre {
		v = limit(v, e.PreLo, e.PreHi)
	}
	if e.Sum {
		v += r
	}
	if e.Clamp {
		v = limit(v, e.Lo, e.Hi)
	}
	return v
}

// limit keeps v within lo and hi as VMAXPS and VMINPS do: what is no number stays so.
func limit(v, lo, hi float32) float32 {
	if lo > v {
		v = lo
	}
	if hi < v {
		v = hi
	}
	return v
}

// store writes a result to element c of the pixel at off.
func (e *epilogueF32) store(w *work, off, c int, v float32) {
	if !e.Bytes {
		w.floats(off+4*c, 1)[0] = v
		return
	}
	v = float32(v*e.Mul) + e.Add
	if v != v {
		v = 0
	}
	w.arena[off+c] = roundByte(v, e.Zero, 0, 255)
}

// outSize is the bytes of a channel of the result.
func (e *epilogueF32) outSize() int {
	if e.Bytes {
		return 1
	}
	return 4
}

// then runs the activations that are no limits on part of the result.
func (e *epilogueF32) then(m *model, w *work, y, r tensor) {
	for i := range e.Then {
		e.Then[i].apply(m, w, y, r)
	}
}

// partOf returns some rows and channels of a float32 tensor, or the absent one.
func partOf(t tensor, y, rows, c, channels int) tensor {
	if t.C == 0 {
		return t
	}
	t.Off += y*t.Row + 4*c
	t.H, t.C = rows, channels
	return t
}

// boundDenseF32 is denseF32 with its tables.
type boundDenseF32 struct {
	*denseF32
	m          *model
	oc, blocks int     // output channels of a group, and blocks of 16
	off        []int32 // entries of four inputs, then of one
	fours      int
	bias       []float32
	weights    []float32
}

func (d denseF32) bind(m *model) layer {
	b := &boundDenseF32{denseF32: &d, m: m, oc: d.Y.C / d.Groups}
	b.blocks = (b.oc + 15) / 16
	each := func(first, last, step int) {
		for y := range d.KH {
			for r := range d.Runs {
				for i := first; i < last; i += step {
					b.off = append(b.off, int32(y*d.RowStep+r*d.RunStep+4*i))
				}
			}
		}
	}
	whole := d.RunLen &^ 3
	each(0, whole, 4)
	b.fours = len(b.off)
	each(whole, d.RunLen, 1)
	b.bias = m.float32s(d.Bias, d.Groups*b.blocks*16)
	if m.kernels == nil {
		b.weights = m.float32s(d.W, d.Groups*b.blocks*d.WStep/4)
	}
	return b
}

func (b *boundDenseF32) run(w *work) {
	if b.m.kernels == nil {
		b.runGo(w)
		return
	}
	t := &b.Tiling[b.m.isa]
	panels := 1
	if t.Panel > 0 {
		panels = max(1, (b.fours+t.Panel-1)/t.Panel)
	}
	weights := b.WStep / 4 * b.blocks
	all := grid{
		h: b.Y.H, w: b.Y.W, panels: panels, groups: b.Groups,
		products: weights, wide: weights > wideLayer*b.X.H*b.X.W*b.X.C/b.Groups,
	}
	for g := range b.Groups {
		t.each(w, all, func(c *tileCall) {
			b.set(w, g, c)
			b.m.kernels[c.kernel](&w.args)
			if c.done && len(b.Epilogue.Then) > 0 {
				b.Epilogue.then(b.m, w, b.results(b.Y, g, c), b.results(b.R, g, c))
			}
		})
	}
}

func (b *boundDenseF32) takesImages() {}

// results returns the part of a float32 tensor like the result, or of the absent one, that
// a call and those before it for the same pixels have computed.
func (b *boundDenseF32) results(t tensor, g int, c *tileCall) tensor {
	if t.C == 0 {
		return t
	}
	merge := b.Tiling[b.m.isa].Merge
	t.Off = t.at(c.y, c.from) + 4*(g*b.oc+16*c.block)
	t.Row *= merge
	if c.pitch > 0 {
		t.Row = c.pitch
	}
	t.H, t.W, t.C = c.rows, c.to-c.from, min(16*c.part.OB*c.tiles, b.oc-16*c.block)
	return t
}

// set fills the arguments for a call.
func (b *boundDenseF32) set(w *work, g int, c *tileCall) {
	a := &w.args
	t := &b.Tiling[b.m.isa]
	list, channel := g*b.blocks+c.block, g*b.oc+16*c.block
	arena := address(&w.arena[0])
	a.In = arena + uintptr(b.X.at(c.y*b.StrideH-b.Top, c.x*b.StrideW-b.Left)+4*g*(b.X.C/b.Groups))
	a.InPix, a.InRow = b.StrideW*b.X.Pix, t.Merge*b.StrideH*b.X.Row
	a.Out = arena + uintptr(b.Y.at(c.y, c.x)+channel*b.Epilogue.outSize())
	a.OutPix, a.OutRow = b.Y.Pix, t.Merge*b.Y.Row
	if b.Epilogue.Sum {
		a.Res = arena + uintptr(b.R.at(c.y, c.x)+4*channel)
		a.ResPix, a.ResRow = b.R.Pix, t.Merge*b.R.Row
	}
	a.Rows, a.Blocks, a.Pixels = c.rows, c.tiles, c.pixels
	c.rowsOfImages(a)
	first := c.panel * t.Panel // entry of the list
	a.K, a.Singles = b.fours-first, len(b.off)-b.fours
	if !c.last {
		a.K, a.Singles = t.Panel, 0
	}
	a.Start, a.StartPix, a.StartRow = address(&b.bias[16*list]), 0, 0
	if c.panel > 0 {
		a.Start, a.StartPix, a.StartRow = a.Out, a.OutPix, a.OutRow
	}
	a.WStep = b.WStep
	a.W = address(&b.m.blob[b.W+list*b.WStep+256*first])
	a.Off = address(&b.off[first])
	a.N, a.Mask = c.part.N, lowBits(c.part.N)
	b.Epilogue.set(a)
}

// runGo is the layer in plain Go.
func (b *boundDenseF32) runGo(w *work) {
	ic := b.X.C / b.Groups
	for g := range b.Groups {
		for block := range b.blocks {
			list, first := g*b.blocks+block, g*b.oc+16*block
			for y := range b.Y.H {
				if !w.mine() {
					continue
				}
				for x := range b.Y.W {
					sums := b.sum(w, b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)+4*g*ic, list)
					for c := range min(16, b.oc-16*block) {
						r := float32(0)
						if b.Epilogue.Sum {
							r = w.floats(b.R.at(y, x)+4*(first+c), 1)[0]
						}
						b.Epilogue.store(w, b.Y.at(y, x), first+c, b.Epilogue.finish(float32(sums[c]), r))
					}
				}
				n := min(16, b.oc-16*block)
				b.Epilogue.then(b.m, w, partOf(b.Y, y, 1, first, n), partOf(b.R, y, 1, first, n))
			}
		}
	}
}

// sum returns the sums of one window and 16 channels.
func (b *boundDenseF32) sum(w *work, window, list int) (sums [16]float64) {
	for c, v := range b.bias[16*list : 16*list+16] {
		sums[c] = float64(v)
	}
	weights := b.weights[b.WStep/4*list:]
	for i, off := range b.off {
		n := 1
		if i < b.fours {
			n = 4
		}
		for _, x := range w.floats(window+int(off), n) {
			addProducts(&sums, x, (*[16]float32)(weights))
			weights = weights[16:]
		}
	}
	return sums
}
