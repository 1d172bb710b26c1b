package quant

import "math"

// fineBins is the resolution of a histogram on each side of zero. Its range doubles
// when a value falls outside, so that at least half of the bins are below the
// largest magnitude.
const fineBins = 1 << 15

// histogram counts values by magnitude and sign in constant memory, however
// many there are and whatever their range grows to. Exact zeros are not counted:
// every range of a u8 activation holds zero exactly.
type histogram struct {
	width float64             // of a bin: a power of two, or 0 before the first value
	side  [2][fineBins]uint64 // positive, negative
}

// add counts x, whose largest magnitude is top.
func (h *histogram) add(x []float32, top float64) {
	if top == 0 {
		return
	}
	h.reach(top)
	inv := float32(1 / h.width)
	for _, v := range x {
		switch i := v * inv; {
		case i > 0:
			h.side[0][int(i)&(fineBins-1)]++
		case i < 0:
			h.side[1][int(-i)&(fineBins-1)]++
		}
	}
}

// reach widens the bins until top is inside.
func (h *histogram) reach(top float64) {
	if h.width == 0 {
		_, e := math.Frexp(top) // top < 2^e
		h.width = math.Ldexp(1, max(e, -80)) / fineBins
	}
	for h.width*fineBins <= top {
		for s := range h.side {
			b := &h.side[s]
			for i := range fineBins / 2 {
				b[i] = b[2*i] + b[2*i+1]
			}
			clear(b[fineBins/2:])
		}
		h.width *= 2
	}
}

// bins returns the counts in n bins of equal width over [-top, top], n odd, so
// that zero is in the middle of one.
func (h *histogram) bins(n int, top float64) []uint64 {
	b := make([]uint64, n)
	step := 2 * top / float64(n)
	for s, sign := range []float64{1, -1} {
		for i, c := range h.side[s] {
			if c != 0 {
				center := float64(sign * (float64(i) + 0.5) * h.width)
				at := int(math.Floor((center + top) / step))
				b[min(max(at, 0), n-1)] += c
			}
		}
	}
	return b
}
