package portable

// activation is an elementwise function of float32, then the residual operand,
// then limits.
type activation struct {
	Fn     function // identity where there is none; limits are not among them
	A, B   float32  // its parameters
	Curve  curve    // instead of Fn: a function that few networks have
	Plain  bool     // it has no kernel, and runs in Go everywhere
	Sum    bool     // the residual operand is added
	Clamp  bool     // the result is limited
	Lo, Hi float32
	Kernel [2]int
}

// apply runs the activation on a tensor in place, as part of another layer's call; r is
// the residual operand, which has no channels where there is none.
func (f *activation) apply(m *model, w *work, y, r tensor) {
	eachRun([3]tensor{y, y, f.operand(r)}, [3]int{4, 4, 4}, runElems, func(at, step [3]int, rows, n int) {
		f.call(m, w, at, step, rows, n)
	})
}

// operand is the residual operand, where it is added.
func (f *activation) operand(r tensor) tensor {
	if f.Sum {
		return r
	}
	return tensor{}
}

// call computes some rows: of the result, of the operand, of the residual operand.
func (f *activation) call(m *model, w *work, at, step [3]int, rows, n int) {
	if m.kernels == nil || f.Plain {
		f.runGo(w, at, step, rows, n)
		return
	}
	a := &w.args
	setRows(a, w, at, step, rows, n)
	a.Res, a.ResRow = a.In2, a.In2Row
	a.FnA, a.FnB, a.Lo, a.Hi = f.A, f.B, f.Lo, f.Hi
	m.kernels[f.Kernel[m.isa]](a)
}

// runGo is some rows in plain Go.
func (f *activation) runGo(w *work, at, step [3]int, rows, n int) {
	for i := range rows {
		y, x := w.floats(at[0]+i*step[0], n), w.floats(at[1]+i*step[1], n)
		var r []float32
		if f.Sum {
			r = w.floats(at[2]+i*step[2], n)
		}
		for j, v := range x {
			if f.Curve != nil {
				v = float32(f.Curve.apply(float64(v)))
			} else {
				v = f.Fn.apply(v, f.A, f.B)
			}
			if f.Sum {
				v += r[j]
			}
			if f.Clamp {
				v = limit(v, f.Lo, f.Hi)
			}
			y[j] = v
		}
	}
}

// setRows fills the arguments of a kernel on rows of float32: the result's, the
// operand's and a second operand's.
func setRows(a *args, w *work, at, step [3]int, rows, n int) {
	arena := address(&w.arena[0])
	a.Out, a.OutRow = arena+uintptr(at[0]), step[0]
	a.In, a.InRow = arena+uintptr(at[1]), step[1]
	a.In2, a.In2Row = arena+uintptr(at[2]), step[2]
	a.Rows, a.N = rows, n
	a.Consts = address(&kernelConsts[0])
}

// runElems is how many elements a kernel on rows of float32 handles in one call.
const runElems = 1 << 14

// eachOwnRun is eachRun for a whole layer: f is called for what is this worker's.
func eachOwnRun(w *work, t [3]tensor, size [3]int, f func(at, step [3]int, rows, n int)) {
	most := w.share(runElems, t[0].H*t[0].W*t[0].C, 1)
	eachRun(t, size, most, func(at, step [3]int, rows, n int) {
		if w.mine() {
			f(at, step, rows, n)
		}
	})
}

// eachRun cuts tensors of one shape, with elements of some sizes, into rows of
// elements side by side, and calls f for most of those at a time: their
// offsets, the distances between rows, the rows and the elements of each. The first
// tensor has the shape; of the others one may be absent, and distances of 0 repeat
// rows or pixels.
func eachRun(t [3]tensor, size [3]int, most int, f func(at, step [3]int, rows, n int)) {
	h, w, c := t[0].H, t[0].W, t[0].C
	packed, merged := true, true // pixels side by side; and rows
	for i := range t {
		if t[i].C > 0 {
			packed = packed && (w == 1 || t[i].Pix == c*size[i])
			merged = merged && (h == 1 || t[i].Row == w*c*size[i])
		}
	}
	var at, step, next [3]int
	images, rows, n := 1, 1, c
	for i := range t {
		at[i], next[i], step[i] = t[i].Off, t[i].Row, t[i].Pix
		if packed {
			step[i] = t[i].Row
		}
	}
	switch {
	case packed && merged:
		n = h * w * c
	case packed:
		rows, n = h, w*c
	default:
		images, rows = h, w
	}
	for range images {
		eachCall(at, step, size, rows, n, most, f)
		for i := range at {
			at[i] += next[i]
		}
	}
}

// eachCall cuts rows of n elements into calls of most elements.
func eachCall(at, step, size [3]int, rows, n, most int, f func(at, step [3]int, rows, n int)) {
	if n <= most {
		for y := 0; y < rows; y += most / n {
			f(moved(at, step, y), step, min(most/n, rows-y), n)
		}
		return
	}
	for y := range rows {
		row := moved(at, step, y)
		for i := 0; i < n; i += most {
			f(moved(row, size, i), step, 1, min(most, n-i))
		}
	}
}

// moved returns offsets n steps on.
func moved(at, step [3]int, n int) [3]int {
	for i := range at {
		at[i] += n * step[i]
	}
	return at
}

// unaryF32 applies an activation to a tensor.
type unaryF32 struct {
	Name       string
	X, Y, R    tensor // R, the residual operand, has no channels when absent
	Activation activation
}

type boundUnaryF32 struct {
	*unaryF32
	m *model
}

func (u unaryF32) bind(m *model) layer { return &boundUnaryF32{&u, m} }

func (u *boundUnaryF32) run(w *work) {
	eachOwnRun(w, [3]tensor{u.Y, u.X, u.Activation.operand(u.R)}, [3]int{4, 4, 4}, func(at, step [3]int, rows, n int) {
		u.Activation.call(u.m, w, at, step, rows, n)
	})
}
