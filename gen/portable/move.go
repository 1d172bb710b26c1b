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
}

type boundHalo struct{ *halo }

func (h halo) bind(*model) layer { return boundHalo{&h} }

func (h boundHalo) run(w *work) {
	t := &h.X
	// The end of a row and the start of the next lie side by side.
	from := t.at(-h.Top, -h.Left)
	for y := range t.H {
		h.fill(w.arena[from:t.at(y, 0)])
		from = t.at(y, t.W)
	}
	h.fill(w.arena[from:t.at(t.H-1+h.Bottom, t.W+h.Right)])
}

func (h boundHalo) fill(b []byte) {
	if h.Value == 0 {
		clear(b)
		return
	}
	for i := range b {
		b[i] = h.Value
	}
}

// move copies elements between two places of the arena that differ in the order
// of axes or in pitches: transposed, sliced, padded, concatenated tensors.
type move struct {
	Name       string
	Elem       int // bytes of an element: 1 or 4
	Dims       []int
	From, To   int   // offsets of the first element
	FromStride []int // bytes, by axis
	ToStride   []int
	Table      int // of one-byte elements: 256 bytes of the weights that map them, or -1
}

type boundMove struct {
	*move
	table []byte
}

func (c move) bind(m *model) layer {
	b := &boundMove{move: &c}
	if c.Table >= 0 {
		b.table = m.blob[c.Table:][:256]
	}
	return b
}

func (c *boundMove) run(w *work) { c.axis(w.arena, 0, c.From, c.To) }

// axis copies what lies along axis a and those behind it.
func (c *boundMove) axis(arena []byte, a, from, to int) {
	if a == len(c.Dims) {
		c.run1(arena, from, to, 1, 0, 0)
		return
	}
	n, fs, ts := c.Dims[a], c.FromStride[a], c.ToStride[a]
	if a == len(c.Dims)-1 {
		c.run1(arena, from, to, n, fs, ts)
		return
	}
	for range n {
		c.axis(arena, a+1, from, to)
		from, to = from+fs, to+ts
	}
}

// run1 copies n elements along the last axis.
func (c *boundMove) run1(arena []byte, from, to, n, fs, ts int) {
	if fs == c.Elem && ts == c.Elem && c.table == nil {
		copy(arena[to:to+n*c.Elem], arena[from:from+n*c.Elem])
		return
	}
	for range n {
		switch {
		case c.table != nil:
			arena[to] = c.table[arena[from]]
		case c.Elem == 1:
			arena[to] = arena[from]
		default:
			*(*uint32)(unsafe.Pointer(&arena[to])) = *(*uint32)(unsafe.Pointer(&arena[from]))
		}
		from, to = from+fs, to+ts
	}
}

// fill sets a contiguous range of the arena: bytes of one-byte elements, or the
// bits of float32.
type fill struct {
	Name string
	To   int // offset
	N    int // elements
	Elem int // bytes of an element: 1 or 4
	Bits uint32
}

type boundFill struct{ *fill }

func (f fill) bind(*model) layer { return boundFill{&f} }

func (f boundFill) run(w *work) {
	if f.Elem == 1 {
		b := w.arena[f.To : f.To+f.N]
		for i := range b {
			b[i] = byte(f.Bits)
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
		for x, sx := range r.Xs {
			copy(w.arena[r.Y.at(y, x):][:r.N], w.arena[r.X.at(sy, sx):])
		}
	}
}
