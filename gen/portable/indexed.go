package portable

import "unsafe"

// indices are positions along axes that the network computes. A negative one counts from the
// end; one that leaves the axis stands for its first or its last position.
type indices struct {
	long  []int64
	short []int32
}

func indicesOf(w *work, o *operand) indices {
	if o.Kind == kindS32 {
		return indices{short: numbers[int32](w, o)}
	}
	return indices{long: numbers[int64](w, o)}
}

// at returns the position that index i names along an axis of extent n.
func (x indices) at(i, n int) int {
	var v int64
	if x.short != nil {
		v = int64(x.short[i])
	} else {
		v = x.long[i]
	}
	if v < 0 {
		v += int64(n)
	}
	return int(min(max(v, 0), int64(n)-1))
}

// patterns returns a tensor's elements as integers of their size, for copying.
func patterns[T uint8 | int32 | int64](w *work, o *operand) []T {
	if o.N == 0 {
		return nil
	}
	memory := o.memory
	if !o.Const {
		memory = w.arena[o.Off:]
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[0])), o.N)
}

// tupleIndex are tuples of indices, each of which names a slice of Inner elements of a tensor.
// The tensor is Outer parts, each with axes of the extents Dims before the slice; the tuples
// of a part lie together, or all parts have the same.
type tupleIndex struct {
	Dims                   []int
	Outer, PerOuter, Inner int
	Shared                 bool
}

// slice returns the first element of the slice that tuple i of a part names.
func (t *tupleIndex) slice(x indices, part, i int) int {
	tuple := i
	if !t.Shared {
		tuple += part * t.PerOuter
	}
	at := part
	for k, n := range t.Dims {
		at = at*n + x.at(tuple*len(t.Dims)+k, n)
	}
	return at * t.Inner
}

// gatherSlices copies the slices that tuples of indices name.
type gatherSlices struct {
	Name        string
	X, Index, Y values
	By          tupleIndex
}

type boundGatherSlices struct {
	*gatherSlices
	x, index, y operand
}

func (g gatherSlices) bind(m *model) layer {
	return &boundGatherSlices{&g, g.X.bind(m), g.Index.bind(m), g.Y.bind(m)}
}

func (g *boundGatherSlices) run(w *work) {
	switch g.X.Kind.size() {
	case 1:
		copySlices[uint8](w, g)
	case 4:
		copySlices[int32](w, g)
	default:
		copySlices[int64](w, g)
	}
}

func copySlices[T uint8 | int32 | int64](w *work, g *boundGatherSlices) {
	x, y, index := patterns[T](w, &g.x), patterns[T](w, &g.y), indicesOf(w, &g.index)
	n := g.By.Inner
	inPieces(w, g.By.Outer*g.By.PerOuter, n+4, func(from, to int) {
		for i := from; i < to; i++ {
			at := g.By.slice(index, i/g.By.PerOuter, i%g.By.PerOuter)
			copy(y[i*n:(i+1)*n], x[at:at+n])
		}
	})
}

// elementIndex are indices each of which stands for the element of a tensor at its own position,
// but for the coordinate along an axis, which it names.
type elementIndex struct {
	Dims   []int // of the indices
	Stride []int // of the tensor, in elements
	Axis   int
	Extent int // of the tensor along the axis
}

// element returns the element that index i stands for.
func (e *elementIndex) element(x indices, i int) int {
	at, rest := x.at(i, e.Extent)*e.Stride[e.Axis], i
	for d := len(e.Dims) - 1; d >= 0; d-- {
		if d != e.Axis {
			at += rest % e.Dims[d] * e.Stride[d]
		}
		rest /= e.Dims[d]
	}
	return at
}

// elementsAt copies the elements that indices stand for; with updates it changes them in a
// copy of the tensor.
type elementsAt struct {
	Name                 string
	X, Index, Updates, Y values
	By                   elementIndex
	Scatter              bool
	Fn                   scatterFn
}

type boundElementsAt struct {
	*elementsAt
	x, index, updates, y operand
}

func (e elementsAt) bind(m *model) layer {
	return &boundElementsAt{&e, e.X.bind(m), e.Index.bind(m), e.Updates.bind(m), e.Y.bind(m)}
}

func (e *boundElementsAt) run(w *work) {
	if e.Scatter {
		index := indicesOf(w, &e.index)
		scatterTo(w, e.Fn, &e.x, &e.updates, &e.y, 1, func(i int) int { return e.By.element(index, i) })
		return
	}
	switch e.X.Kind.size() {
	case 1:
		copyElements[uint8](w, e)
	case 4:
		copyElements[int32](w, e)
	default:
		copyElements[int64](w, e)
	}
}

func copyElements[T uint8 | int32 | int64](w *work, e *boundElementsAt) {
	x, y, index := patterns[T](w, &e.x), patterns[T](w, &e.y), indicesOf(w, &e.index)
	inPieces(w, len(y), 4*len(e.By.Dims), func(from, to int) {
		for i := from; i < to; i++ {
			y[i] = x[e.By.element(index, i)]
		}
	})
}

// scatterFn is what becomes of an element that an update is for.
type scatterFn uint8

// The functions of scatterSlices and elementsAt.
const (
	scatterSet scatterFn = iota
	scatterAdd
	scatterMul
	scatterMax
	scatterMin
)

// scatterSlices changes the slices that tuples of indices name in a copy of a tensor.
type scatterSlices struct {
	Name                 string
	X, Index, Updates, Y values
	By                   tupleIndex
	Fn                   scatterFn
}

type boundScatterSlices struct {
	*scatterSlices
	x, index, updates, y operand
}

func (s scatterSlices) bind(m *model) layer {
	return &boundScatterSlices{&s, s.X.bind(m), s.Index.bind(m), s.Updates.bind(m), s.Y.bind(m)}
}

func (s *boundScatterSlices) run(w *work) {
	index := indicesOf(w, &s.index)
	scatterTo(w, s.Fn, &s.x, &s.updates, &s.y, s.By.Inner, func(i int) int { return s.By.slice(index, 0, i) })
}

// scatterTo copies x to y and applies the updates in their order, so that one worker does it:
// update i is n elements, and at says which are changed.
func scatterTo(w *work, fn scatterFn, x, updates, y *operand, n int, at func(i int) int) {
	if !w.mine() {
		return
	}
	switch {
	case fn == scatterSet && x.Kind.size() == 1:
		changeAll(fn, patterns[uint8](w, x), patterns[uint8](w, updates), patterns[uint8](w, y), n, at)
	case x.Kind == kindF32:
		changeAll(fn, numbers[float32](w, x), numbers[float32](w, updates), numbers[float32](w, y), n, at)
	case x.Kind == kindS32:
		changeAll(fn, numbers[int32](w, x), numbers[int32](w, updates), numbers[int32](w, y), n, at)
	default:
		changeAll(fn, numbers[int64](w, x), numbers[int64](w, updates), numbers[int64](w, y), n, at)
	}
}

func changeAll[T number](fn scatterFn, x, updates, y []T, n int, at func(i int) int) {
	copy(y, x)
	for i := 0; i*n < len(updates); i++ {
		change(fn, y[at(i):][:n], updates[i*n:][:n])
	}
}

// change applies updates to as many elements.
func change[T number](fn scatterFn, y, updates []T) {
	switch fn {
	case scatterSet:
		copy(y, updates)
	case scatterAdd:
		for i, v := range updates {
			y[i] += v
		}
	case scatterMul:
		for i, v := range updates {
			y[i] *= v
		}
	case scatterMax:
		for i, v := range updates {
			y[i] = max(y[i], v)
		}
	default:
		for i, v := range updates {
			y[i] = min(y[i], v)
		}
	}
}

// oneHot has the second of two values where an index is along a new axis, else the first.
type oneHot struct {
	Name         string
	X, Values, Y values
	Depth        int
	Inner        int // indices that the new axis lies before
}

type boundOneHot struct {
	*oneHot
	x, two, y operand
}

func (o oneHot) bind(m *model) layer {
	return &boundOneHot{&o, o.X.bind(m), o.Values.bind(m), o.Y.bind(m)}
}

func (o *boundOneHot) run(w *work) {
	switch o.Values.Kind.size() {
	case 1:
		mark[uint8](w, o)
	case 4:
		mark[int32](w, o)
	default:
		mark[int64](w, o)
	}
}

func mark[T uint8 | int32 | int64](w *work, o *boundOneHot) {
	two, y := patterns[T](w, &o.two), patterns[T](w, &o.y)
	inPieces(w, o.X.N/o.Inner, o.Inner*o.Depth, func(from, to int) {
		part := o.Inner * o.Depth
		off := y[from*part : to*part]
		for i := range off {
			off[i] = two[0]
		}
		for i := from * o.Inner; i < to*o.Inner; i++ {
			if p := o.position(w, i); p >= 0 && p < int64(o.Depth) {
				y[i/o.Inner*part+int(p)*o.Inner+i%o.Inner] = two[1]
			}
		}
	})
}

// position is where index i is along the new axis; what is no number is nowhere.
func (o *boundOneHot) position(w *work, i int) int64 {
	p := int64(0)
	switch o.X.Kind {
	case kindI64:
		p = numbers[int64](w, &o.x)[i]
	case kindS32:
		p = int64(numbers[int32](w, &o.x)[i])
	default:
		f := o.x.get(w)[i]
		if !(f > -1<<31 && f < 1<<31) {
			return -1
		}
		p = int64(f)
	}
	if p < 0 {
		p += int64(o.Depth)
	}
	return p
}
