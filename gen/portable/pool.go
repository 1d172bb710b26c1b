package portable

// pool is a maximum or a mean over a window; a global pooling has a window of
// the input's size. Positions outside the input are left out.
type pool struct {
	Name             string
	X, Y             tensor
	KH, KW           int
	StrideH, StrideW int
	DilH, DilW       int
	Top, Left        int
	Max              bool
	InZero           uint8 // mean: the input's zero point
	// Mean: the factor of a window's sum, by the number of positions that the
	// mean divides by, less one; one element when that is always the same.
	Mul      []float32
	Count    *[4]int // mean: padding top, left, bottom, right that counts as positions; nil: none does
	Epilogue epilogue
	Kernel   [2]int
	Rows     [2]int // rows a call
}

// region is a rectangle of the result whose windows are cut off alike.
type region struct {
	y, x, h, w int
	off        []int32 // of the taps inside the input, from the place of the window's first tap
	mul        float32
}

// span is a range of window positions along one axis that see the same taps.
type span struct{ at, n, first, last, count int }

// spans groups the positions along an axis: taps first to last-1 lie inside the
// input, count of them (with counted padding) are divided by.
func spans(outputs, extent, taps, stride, dilation, before, countBefore, countAfter int) []span {
	var all []span
	for o := range outputs {
		s := span{at: o, n: 1, first: taps}
		for t := range taps {
			p := o*stride - before + t*dilation
			if p >= 0 && p < extent {
				s.first = min(s.first, t)
				s.last = t + 1
			}
			if p >= -countBefore && p < extent+countAfter {
				s.count++
			}
		}
		if n := len(all) - 1; n >= 0 && all[n].first == s.first && all[n].last == s.last && all[n].count == s.count {
			all[n].n++
			continue
		}
		all = append(all, s)
	}
	return all
}

type boundPool struct {
	*pool
	m       *model
	regions []region
}

func (p pool) bind(m *model) layer {
	b := &boundPool{pool: &p, m: m}
	var counted [4]int
	if p.Count != nil {
		counted = *p.Count
	}
	rows := spans(p.Y.H, p.X.H, p.KH, p.StrideH, p.DilH, p.Top, counted[0], counted[2])
	cols := spans(p.Y.W, p.X.W, p.KW, p.StrideW, p.DilW, p.Left, counted[1], counted[3])
	for _, r := range rows {
		for _, c := range cols {
			b.regions = append(b.regions, b.region(r, c))
		}
	}
	return b
}

func (b *boundPool) region(rows, cols span) region {
	r := region{y: rows.at, x: cols.at, h: rows.n, w: cols.n}
	for i := rows.first; i < rows.last; i++ {
		for j := cols.first; j < cols.last; j++ {
			r.off = append(r.off, int32(i*b.DilH*b.X.Row+j*b.DilW*b.X.Pix))
		}
	}
	if !b.Max {
		r.mul = b.Mul[min(rows.count*cols.count, len(b.Mul))-1]
	}
	return r
}

func (b *boundPool) run(w *work) {
	for i := range b.regions {
		r := &b.regions[i]
		if b.m.kernels == nil || len(r.off) == 0 { // dilated windows may have all taps outside
			if w.mine() {
				b.runGo(w, r)
			}
			continue
		}
		rows := w.share(b.Rows[b.m.isa], r.h, 1)
		for y := 0; y < r.h; y += rows {
			if w.mine() {
				b.call(w, r, y, min(rows, r.h-y))
			}
		}
	}
}

func (b *boundPool) window(y, x int) int {
	return b.X.at(y*b.StrideH-b.Top, x*b.StrideW-b.Left)
}

func (b *boundPool) call(w *work, r *region, y, rows int) {
	a := &w.args
	arena := address(&w.arena[0])
	a.In = arena + uintptr(b.window(r.y+y, r.x))
	a.InPix, a.InRow = b.StrideW*b.X.Pix, b.StrideH*b.X.Row
	a.Out = arena + uintptr(b.Y.at(r.y+y, r.x))
	a.OutPix, a.OutRow = b.Y.Pix, b.Y.Row
	a.Off, a.K = address(&r.off[0]), len(r.off)
	a.Pixels, a.Rows, a.N, a.Mask = r.w, rows, b.Y.C, lowBits(b.Y.C)
	a.InMul, a.InZero = r.mul, int32(len(r.off)*int(b.InZero))
	b.Epilogue.set(b.m, a)
	b.m.kernels[b.Kernel[b.m.isa]](a)
}

// runGo is one region in plain Go.
func (b *boundPool) runGo(w *work, r *region) {
	for y := r.y; y < r.y+r.h; y++ {
		for x := r.x; x < r.x+r.w; x++ {
			from, to := b.window(y, x), b.Y.at(y, x)
			for c := range b.Y.C {
				w.arena[to+c] = b.pixel(w.arena, from+c, r)
			}
		}
	}
}

func (b *boundPool) pixel(arena []byte, from int, r *region) uint8 {
	if b.Max {
		m := uint8(0)
		for _, o := range r.off {
			m = max(m, arena[from+int(o)])
		}
		return m
	}
	sum := int32(0)
	for _, o := range r.off {
		sum += int32(arena[from+int(o)]) - int32(b.InZero)
	}
	return b.Epilogue.requantize(b.m, float32(sum)*r.mul, 0, false)
}
