package portable

// pieceWork is how many elements one call of a layer in plain Go should work on.
const pieceWork = 1 << 15

// inPieces has do called for parts of total that workers share; cost is the elements that
// one of total stands for.
func inPieces(w *work, total, cost int, do func(from, to int)) {
	n := w.share(max(1, pieceWork/max(1, cost)), total, 1)
	for from := 0; from < total; from += n {
		if w.mine() {
			do(from, min(from+n, total))
		}
	}
}

// axisLines are all lines of elements along an axis of a row-major tensor: N elements
// Inner apart each.
type axisLines struct {
	Outer, N, Inner int
}

func (l *axisLines) count() int { return l.Outer * l.Inner }

// first returns the first element of a line.
func (l *axisLines) first(line int) int { return line/l.Inner*l.N*l.Inner + line%l.Inner }

// groupSpan is where the groups of elements of a reduction lie in a tensor: a group is made
// of the runs that begin at its base plus each of the starts, and whose elements are step apart.
type groupSpan struct {
	bases, starts []int32
	step          int
}

// groupAxis is some axes as one: their extent and the distance of neighbours in each tensor.
type groupAxis struct {
	n      int
	stride []int
}

// groupSpans returns where the groups lie in tensors that have a list of strides each, by axis; and
// how many elements a run has.
func groupSpans(dims []int, reduced []bool, strides ...[]int) (run int, all []groupSpan) {
	var axes [2][]groupAxis // of the groups, and within them
	for i, n := range dims {
		if n == 1 {
			continue
		}
		a := groupAxis{n: n}
		for _, s := range strides {
			a.stride = append(a.stride, s[i])
		}
		kind := 0
		if reduced[i] {
			kind = 1
		}
		list := axes[kind]
		if k := len(list) - 1; k >= 0 && i > 0 && list[k].joins(a) {
			list[k] = groupAxis{list[k].n * n, a.stride}
			continue
		}
		axes[kind] = append(list, a)
	}
	within := axes[1]
	last := groupAxis{1, make([]int, len(strides))}
	last.stride[0] = 1 // loops of one turn end by it
	if k := len(within) - 1; k >= 0 {
		within, last = within[:k], within[k]
	}
	for i := range strides {
		all = append(all, groupSpan{groupOffsets(axes[0], i), groupOffsets(within, i), last.stride[i]})
	}
	return last.n, all
}

// joins reports whether b runs on where a takes its next step, in all tensors.
func (a groupAxis) joins(b groupAxis) bool {
	for i, s := range b.stride {
		if a.stride[i] != b.n*s {
			return false
		}
	}
	return true
}

// groupOffsets returns where the positions along some axes lie in a tensor, in order.
func groupOffsets(axes []groupAxis, tensor int) []int32 {
	list := []int32{0}
	for _, a := range axes {
		next := make([]int32, 0, len(list)*a.n)
		for _, o := range list {
			for i := range a.n {
				next = append(next, o+int32(i*a.stride[tensor]))
			}
		}
		list = next
	}
	return list
}

// denseStrides returns the strides of a row-major tensor, in elements.
func denseStrides(dims []int) []int {
	s := make([]int, len(dims))
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		s[i] = n
		n *= dims[i]
	}
	return s
}
