package exec

import "github.com/ingot-go/ingot/ir"

// broadcast walks two operands that broadcast to a result, as runs along which
// each operand advances by one element or stays.
type broadcast struct {
	dims   []int    // axes with a common behaviour joined; the last is the run
	stride [2][]int // of both operands, 0 along an axis that they lack
}

func newBroadcast(out, a, b ir.Shape) *broadcast {
	w := &broadcast{}
	sa, sb := strides(out, a), strides(out, b)
	for i, d := range out {
		if d == 1 {
			continue
		}
		if n := len(w.dims) - 1; n >= 0 && w.stride[0][n] == sa[i]*d && w.stride[1][n] == sb[i]*d {
			w.dims[n] *= d
			w.stride[0][n], w.stride[1][n] = sa[i], sb[i]
			continue
		}
		w.dims = append(w.dims, d)
		w.stride[0] = append(w.stride[0], sa[i])
		w.stride[1] = append(w.stride[1], sb[i])
	}
	if len(w.dims) == 0 {
		w.dims, w.stride = []int{1}, [2][]int{{0}, {0}}
	}
	return w
}

// strides returns the operand's row-major strides along the result's axes.
func strides(out, s ir.Shape) []int {
	st := make([]int, len(out))
	step := 1
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] != 1 {
			st[i+len(out)-len(s)] = step
		}
		step *= s[i]
	}
	return st
}

// run is n results from element out on, with operands from a and b on that
// advance by the steps da and db.
type run struct{ out, a, b, n, da, db int }

// each calls f for every run, on several workers.
func (w *broadcast) each(p *pool, f func(run)) {
	last := len(w.dims) - 1
	size, da, db := w.dims[last], w.stride[0][last], w.stride[1][last]
	rows := 1
	for _, d := range w.dims[:last] {
		rows *= d
	}
	if rows == 1 {
		p.ranges(size, func(lo, hi int) { f(run{out: lo, a: lo * da, b: lo * db, n: hi - lo, da: da, db: db}) })
		return
	}
	group := max(1, grain/size)
	p.each((rows+group-1)/group, func(i int, _ *scratch) {
		for row := i * group; row < min((i+1)*group, rows); row++ {
			r := run{out: row * size, n: size, da: da, db: db}
			rest := row
			for ax := last - 1; ax >= 0; ax-- {
				r.a += rest % w.dims[ax] * w.stride[0][ax]
				r.b += rest % w.dims[ax] * w.stride[1][ax]
				rest /= w.dims[ax]
			}
			f(r)
		}
	})
}

// channels walks a tensor's runs of one index of axis 1: f gets the elements
// lo..hi and the index, limited to less than n.
func channels(p *pool, s ir.Shape, n int, f func(lo, hi, c int)) {
	if len(s) < 2 || n == 1 {
		p.ranges(s.Elems(), func(lo, hi int) { f(lo, hi, 0) })
		return
	}
	inner := ir.Shape(s[2:]).Elems()
	p.each(s[0]*s[1], func(i int, _ *scratch) { f(i*inner, (i+1)*inner, i%s[1]) })
}
