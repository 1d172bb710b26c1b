package portable

import (
	"encoding/binary"
	"unsafe"
)

// resample makes each position along an axis a weighted sum of Taps positions of the
// input: see the operator. Inner elements lie side by side for each position of the axis,
// and that Outer times.
type resample struct {
	Name               string
	Elem               int // bytes of an element: 1 or 4
	From, To           int // offsets
	Outer, Inner       int
	FromOuter, ToOuter int // bytes from one to the next
	FromStep, ToStep   int // bytes between positions of the axis
	Taps               int
	Index              []int
	Weight             []float32
}

type boundResample struct {
	*resample
	units []uint64 // of bytes: the weights times 256
}

func (r resample) bind(*model) layer {
	b := &boundResample{resample: &r}
	if r.Elem == 1 {
		for _, w := range r.Weight {
			b.units = append(b.units, uint64(w*256))
		}
	}
	return b
}

// resampleElems is how many elements, times taps, one call computes at most.
const resampleElems = 1 << 15

func (r *boundResample) run(w *work) {
	n := len(r.Index) / r.Taps
	positions := r.Outer * n
	each := w.share(max(1, resampleElems/(r.Inner*r.Taps)), positions, 1)
	for first := 0; first < positions; first += each {
		if !w.mine() {
			continue
		}
		o, i := first/n, first%n
		for range min(each, positions-first) {
			if r.Elem == 1 {
				r.bytes(w, o, i)
			} else {
				r.floats(w, o, i)
			}
			if i++; i == n {
				o, i = o+1, 0
			}
		}
	}
}

// floats is one position of float32.
func (r *boundResample) floats(w *work, o, i int) {
	from := r.From + o*r.FromOuter
	y := w.floats(r.To+o*r.ToOuter+i*r.ToStep, r.Inner)
	index, weight := r.Index[i*r.Taps:][:r.Taps], r.Weight[i*r.Taps:][:r.Taps]
	tap := func(t int) []float32 { return w.floats(from+index[t]*r.FromStep, r.Inner)[:len(y)] }
	switch {
	case r.Taps == 2:
		a, b, p, q := tap(0), tap(1), weight[0], weight[1]
		for c := range y {
			y[c] = float32(a[c]*p) + float32(b[c]*q)
		}
	case r.Taps == 4:
		x0, x1, x2, x3 := tap(0), tap(1), tap(2), tap(3)
		w0, w1, w2, w3 := weight[0], weight[1], weight[2], weight[3]
		for c := range y {
			y[c] = float32(x0[c]*w0) + float32(x1[c]*w1) + float32(x2[c]*w2) + float32(x3[c]*w3)
		}
	default:
		x := tap(0)
		for c := range y {
			y[c] = x[c] * weight[0]
		}
		for t := 1; t < r.Taps; t++ {
			x, p := tap(t), weight[t]
			for c := range y {
				y[c] += float32(x[c] * p)
			}
		}
	}
}

// Four bytes each in 16 bits: a sum of products by weights that add up to 256 stays below
// 256*255, and its rounding too.
const (
	evenBytes = 0x00ff00ff00ff00ff
	nearHalf  = 0x007f007f007f007f
	lowest    = 0x0001000100010001
)

// bytes is one position of bytes, eight at a time where there are as many.
func (r *boundResample) bytes(w *work, o, i int) {
	from := r.From + o*r.FromOuter
	to := r.To + o*r.ToOuter + i*r.ToStep
	y := w.arena[to:][:r.Inner]
	index, units := r.Index[i*r.Taps:][:r.Taps], r.units[i*r.Taps:][:r.Taps]
	c := 0
	if r.Taps == 2 {
		a, b := w.arena[from+index[0]*r.FromStep:][:r.Inner], w.arena[from+index[1]*r.FromStep:][:r.Inner]
		p, q := units[0], units[1]
		if len(y) >= 8 {
			c = average(y, a, b, p, q)
		}
		for ; c < len(y); c++ {
			y[c] = uint8(roundUnits(uint64(a[c])*p + uint64(b[c])*q))
		}
		return
	}
	for ; c+8 <= len(y); c += 8 {
		even, odd := uint64(0), uint64(0)
		for t, p := range units {
			u := binary.LittleEndian.Uint64(w.arena[from+index[t]*r.FromStep+c:])
			even += (u & evenBytes) * p
			odd += (u >> 8 & evenBytes) * p
		}
		binary.LittleEndian.PutUint64(y[c:], roundUnits(even)|roundUnits(odd)<<8)
	}
	for ; c < len(y); c++ {
		sum := uint64(0)
		for t, p := range units {
			sum += uint64(w.arena[from+index[t]*r.FromStep+c]) * p
		}
		y[c] = uint8(roundUnits(sum))
	}
}

// roundUnits divides each 16 bits by 256 and rounds to the nearest, ties to even.
func roundUnits(v uint64) uint64 { return (v + nearHalf + v>>8&lowest) >> 8 & evenBytes }

// average is two taps on whole words of bytes, of which there is one at least; it returns how
// many bytes those are. All are as long as y.
func average(y, a, b []byte, p, q uint64) int {
	n := len(y) &^ 7
	py, pa, pb := unsafe.Pointer(&y[0]), unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0])
	for c := 0; c < n; c += 8 {
		u, v := *(*uint64)(unsafe.Add(pa, c)), *(*uint64)(unsafe.Add(pb, c))
		even := (u&evenBytes)*p + (v&evenBytes)*q
		odd := (u>>8&evenBytes)*p + (v>>8&evenBytes)*q
		*(*uint64)(unsafe.Add(py, c)) = roundUnits(even) | roundUnits(odd)<<8
	}
	return n
}
