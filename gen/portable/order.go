package portable

// isAbove reports whether a is larger than b; what is no number is larger than every number.
func isAbove[T number](a, b T) bool { return a > b || a != a && b == b }

// argMax is the position of the largest number of each line, or of the smallest.
type argMax struct {
	Name        string
	X, Y        values
	Lines       axisLines
	Least, Last bool // the smallest; the last of equal ones
}

type boundArgMax struct {
	*argMax
	x, y operand
}

func (a argMax) bind(m *model) layer { return &boundArgMax{&a, a.X.bind(m), a.Y.bind(m)} }

func (a *boundArgMax) run(w *work) {
	switch a.X.Kind {
	case kindI64:
		findLargest[int64](w, a)
	case kindS32:
		findLargest[int32](w, a)
	case kindU8:
		findLargest[uint8](w, a)
	case kindS8:
		findLargest[int8](w, a)
	default:
		findLargest[float32](w, a)
	}
}

func findLargest[T number](w *work, a *boundArgMax) {
	x, y := numbers[T](w, &a.x), numbers[int64](w, &a.y)
	l := &a.Lines
	inPieces(w, len(y), l.N, func(from, to int) {
		for line := from; line < to; line++ {
			first := l.first(line)
			best, at := x[first], 0
			for i := 1; i < l.N; i++ {
				p, q := x[first+i*l.Inner], best
				if a.Least {
					p, q = q, p
				}
				if isAbove(p, q) || a.Last && !isAbove(q, p) {
					best, at = x[first+i*l.Inner], i
				}
			}
			y[line] = int64(at)
		}
	})
}

// topK is the K largest numbers of each line, or the smallest, in order, and their positions.
type topK struct {
	Name     string
	X, Y, At values
	Lines    axisLines
	K        int
	Least    bool
}

type boundTopK struct {
	*topK
	x, y, at operand
}

func (t topK) bind(m *model) layer { return &boundTopK{&t, t.X.bind(m), t.Y.bind(m), t.At.bind(m)} }

func (t *boundTopK) run(w *work) {
	switch t.X.Kind {
	case kindI64:
		findTop[int64](w, t)
	case kindS32:
		findTop[int32](w, t)
	case kindU8:
		findTop[uint8](w, t)
	case kindS8:
		findTop[int8](w, t)
	default:
		findTop[float32](w, t)
	}
}

func findTop[T number](w *work, t *boundTopK) {
	if t.K == 0 {
		return
	}
	x, y, at := numbers[T](w, &t.x), numbers[T](w, &t.y), numbers[int64](w, &t.at)
	l := &t.Lines
	results := axisLines{l.Outer, t.K, l.Inner}
	inPieces(w, l.count(), 4*l.N, func(from, to int) {
		for line := from; line < to; line++ {
			to := results.first(line)
			h := topHeap[T]{y[to:], at[to:], l.Inner, t.Least}
			first := l.first(line)
			for i := range t.K {
				h.values[i*l.Inner], h.at[i*l.Inner] = x[first+i*l.Inner], int64(i)
			}
			for i := t.K/2 - 1; i >= 0; i-- {
				h.down(i, t.K)
			}
			for i := t.K; i < l.N; i++ {
				if v := x[first+i*l.Inner]; h.comesFirst(v, int64(i), h.values[0], h.at[0]) {
					h.values[0], h.at[0] = v, int64(i)
					h.down(0, t.K)
				}
			}
			for n := t.K - 1; n > 0; n-- {
				h.swap(0, n)
				h.down(0, n)
			}
		}
	})
}

// topHeap has the last of some numbers in their order on top. They lie Step apart.
type topHeap[T number] struct {
	values []T
	at     []int64
	step   int
	least  bool
}

// comesFirst reports whether a number comes before another in the result.
func (h *topHeap[T]) comesFirst(a T, i int64, b T, j int64) bool {
	p, q := a, b
	if h.least {
		p, q = q, p
	}
	return isAbove(p, q) || !isAbove(q, p) && i < j
}

func (h *topHeap[T]) swap(i, j int) {
	i, j = i*h.step, j*h.step
	h.values[i], h.values[j] = h.values[j], h.values[i]
	h.at[i], h.at[j] = h.at[j], h.at[i]
}

// down moves number i of n to where it belongs.
func (h *topHeap[T]) down(i, n int) {
	before := func(i, j int) bool {
		i, j = i*h.step, j*h.step
		return h.comesFirst(h.values[i], h.at[i], h.values[j], h.at[j])
	}
	for {
		child := 2*i + 1
		if child >= n {
			return
		}
		if child+1 < n && before(child, child+1) {
			child++
		}
		if !before(i, child) {
			return
		}
		h.swap(i, child)
		i = child
	}
}
