package portable

import (
	"math"
	"unsafe"
)

// halo fills the border of a tensor, which convolutions read as padding. It runs
// in every pass: the memory may have had another use since. The border is
// all that lies between the tensor's rows.
type halo struct {
	X                        tensor
	Top, Left, Bottom, Right int
	Value                    uint8
	Early                    bool // the next step does not read it
}

type boundHalo struct {
	*halo
	values [256]byte // all the same
}

func (h halo) bind(*model) layer {
	b := &boundHalo{halo: &h}
	for i := range b.values {
		b.values[i] = h.Value
	}
	return b
}

func (h *boundHalo) run(w *work) {
	rows := w.share(h.X.H, h.X.H, 1)
	for y := 0; y < h.X.H; y += rows {
		if w.mine() {
			h.rows(w, y, min(y+rows, h.X.H))
		}
	}
}

// rows fills what is beside some rows, and above the first or below the last of all.
func (h *boundHalo) rows(w *work, first, end int) {
	t := &h.X
	// The end of a row and the start of the next lie side by side.
	from := t.at(-h.Top, -h.Left)
	if first > 0 {
		from = t.at(first-1, t.W)
	}
	for y := first; y < end; y++ {
		h.fill(w.arena[from:t.at(y, 0)])
		from = t.at(y, t.W)
	}
	if end == t.H {
		h.fill(w.arena[from:t.at(t.H-1+h.Bottom, t.W+h.Right)])
	}
}

func (h *boundHalo) fill(b []byte) {
	if h.Value == 0 {
		clear(b)
		return
	}
	for len(b) > 0 {
		b = b[copy(b, h.values[:]):]
	}
}

// move copies elements between two places of the arena that differ in the order
// of axes or in pitches: transposed, sliced, padded, concatenated tensors.
type move struct {
	Name       string
	Elem       int // bytes of an element: 1, 4 or 8
	Dims       []int
	From, To   int   // offsets of the first element
	FromStride []int // bytes, by axis
	ToStride   []int
}

// moveAxis is an axis of a move: its extent and the bytes between neighbours.
type moveAxis struct{ n, from, to int }

type boundMove struct {
	*move
	outer      []moveAxis
	rows, last moveAxis // the two innermost axes
	whole      bool     // last is contiguous in both places
	size       int      // bytes of what is copied at once if it is not
}

func (c move) bind(*model) layer {
	b := &boundMove{move: &c, size: c.Elem}
	axes := []moveAxis{{n: 1}, {n: 1}} // in case there are fewer than two
	for i, n := range c.Dims {
		axes = append(axes, moveAxis{n, c.FromStride[i], c.ToStride[i]})
	}
	k := len(axes) - 2
	b.outer, b.rows, b.last = axes[:k], axes[k], axes[k+1]
	b.whole = b.last.from == c.Elem && b.last.to == c.Elem
	if run := b.last.n * c.Elem; b.whole && (run == 2 || run == 4 || run == 8) {
		b.whole, b.size = false, run // a run is one number
		b.last = moveAxis{n: 1}
	}
	if !b.whole {
		b.lengthen()
	}
	return b
}

// shortLoop is what the loops over the innermost axis should be longer than.
const shortLoop = 16

// lengthen makes a longer axis the innermost, for loops that copy number by number.
func (b *boundMove) lengthen() {
	if b.rows.n > b.last.n {
		b.rows, b.last = b.last, b.rows
	}
	for i := range b.outer {
		if a := &b.outer[i]; b.last.n < shortLoop && a.n > b.last.n {
			*a, b.last = b.last, *a
		}
	}
}

func (b *boundMove) run(w *work) { b.along(w, b.outer, b.From, b.To) }

// along copies what lies along some axes and the two innermost.
func (b *boundMove) along(w *work, outer []moveAxis, from, to int) {
	if len(outer) > 0 {
		for range outer[0].n {
			b.along(w, outer[1:], from, to)
			from, to = from+outer[0].from, to+outer[0].to
		}
		return
	}
	if !w.mine() {
		return
	}
	arena := w.arena
	for range b.rows.n {
		switch {
		case b.whole:
			copy(arena[to:to+b.last.n*b.Elem], arena[from:from+b.last.n*b.Elem])
		case b.size == 1:
			copyStrided[uint8](arena, from, to, b.last)
		case b.size == 2:
			copyStrided[uint16](arena, from, to, b.last)
		case b.size == 8:
			copyStrided[uint64](arena, from, to, b.last)
		default:
			copyStrided[uint32](arena, from, to, b.last)
		}
		from, to = from+b.rows.from, to+b.rows.to
	}
}

// copyStrided copies elements along one axis. Both ends are checked, so that
// those between need not be.
func copyStrided[T uint8 | uint16 | uint32 | uint64](arena []byte, from, to int, a moveAxis) {
	p := unsafe.Pointer(&arena[0])
	_, _ = arena[from+(a.n-1)*a.from:][:unsafe.Sizeof(*(*T)(p))], arena[to+(a.n-1)*a.to:][:unsafe.Sizeof(*(*T)(p))]
	n, fs, ts := a.n, a.from, a.to
	for ; n >= 4; n -= 4 { // three times as fast as one by one
		*(*T)(unsafe.Add(p, to)) = *(*T)(unsafe.Add(p, from))
		*(*T)(unsafe.Add(p, to+ts)) = *(*T)(unsafe.Add(p, from+fs))
		*(*T)(unsafe.Add(p, to+2*ts)) = *(*T)(unsafe.Add(p, from+2*fs))
		*(*T)(unsafe.Add(p, to+3*ts)) = *(*T)(unsafe.Add(p, from+3*fs))
		from, to = from+4*fs, to+4*ts
	}
	for range n {
		*(*T)(unsafe.Add(p, to)) = *(*T)(unsafe.Add(p, from))
		from, to = from+fs, to+ts
	}
}

// fill sets a contiguous range of the arena: bytes of one-byte elements, the bits of
// float32 or int32, or int64 of that value.
type fill struct {
	Name string
	To   int // offset
	N    int // elements
	Elem int // bytes of an element: 1, 4 or 8
	Bits uint32
}

type boundFill struct{ *fill }

func (f fill) bind(*model) layer { return boundFill{&f} }

func (f boundFill) run(w *work) {
	if !w.mine() {
		return
	}
	if f.Elem == 1 {
		b := w.arena[f.To : f.To+f.N]
		for i := range b {
			b[i] = byte(f.Bits)
		}
		return
	}
	if f.Elem == 8 {
		x := unsafe.Slice((*int64)(unsafe.Pointer(&w.arena[f.To])), f.N)
		for i := range x {
			x[i] = int64(int32(f.Bits))
		}
		return
	}
	x := w.floats(f.To, f.N)
	for i := range x {
		x[i] = math.Float32frombits(f.Bits)
	}
}

// resize takes for each position the input's element at (Ys[y], Xs[x]).
type resize struct {
	Name   string
	X, Y   tensor
	N      int // bytes of a pixel
	Ys, Xs []int
}

type boundResize struct{ *resize }

func (r resize) bind(*model) layer { return boundResize{&r} }

func (r boundResize) run(w *work) {
	for y, sy := range r.Ys {
		if !w.mine() {
			continue
		}
		for x, sx := range r.Xs {
			copy(w.arena[r.Y.at(y, x):][:r.N], w.arena[r.X.at(sy, sx):])
		}
	}
}
