package portable

// pairOp is a function of two variables.
type pairOp uint8

// The functions of two variables.
const (
	plus  pairOp = iota
	minus        // a-b
	times
	over // a/b
)

func (o pairOp) apply(a, b float32) float32 {
	switch o {
	case plus:
		return a + b
	case minus:
		return a - b
	case times:
		return a * b
	}
	return a / b
}

// binaryF32 is a function of two tensors of float32. B may have one row or one
// column, which then repeats; channels must be as many.
type binaryF32 struct {
	Name    string
	A, B, Y tensor
	Op      pairOp
	Clamp   bool // the result is limited
	Lo, Hi  float32
	Then    []activation // what follows and is no limit
	Kernel  [2]int
}

type boundBinaryF32 struct {
	*binaryF32
	m *model
}

func (b binaryF32) bind(m *model) layer { return &boundBinaryF32{&b, m} }

func (b *boundBinaryF32) run(w *work) {
	second := b.B
	if second.H == 1 {
		second.Row = 0
	}
	if second.W == 1 {
		second.Pix = 0
	}
	eachOwnRun(w, [3]tensor{b.Y, b.A, second}, [3]int{4, 4, 4}, func(at, step [3]int, rows, n int) {
		b.call(w, at, step, rows, n)
		for i := range b.Then {
			at, step := [3]int{at[0], at[0]}, [3]int{step[0], step[0]} // in place
			b.Then[i].call(b.m, w, at, step, rows, n)
		}
	})
}

// call computes some rows.
func (b *boundBinaryF32) call(w *work, at, step [3]int, rows, n int) {
	if b.m.kernels == nil {
		b.runGo(w, at, step, rows, n)
		return
	}
	a := &w.args
	setRows(a, w, at, step, rows, n)
	a.Lo, a.Hi = b.Lo, b.Hi
	b.m.kernels[b.Kernel[b.m.isa]](a)
}

// runGo is some rows in plain Go.
func (b *boundBinaryF32) runGo(w *work, at, step [3]int, rows, n int) {
	for i := range rows {
		y, p, q := w.floats(at[0]+i*step[0], n), w.floats(at[1]+i*step[1], n), w.floats(at[2]+i*step[2], n)
		for j := range y {
			v := b.Op.apply(p[j], q[j])
			if b.Clamp {
				v = limit(v, b.Lo, b.Hi)
			}
			y[j] = v
		}
	}
}

// affineF32 is x*Mul + Add with factors of the channels, rounded once; or x,
// times Mul where its sign bit is set.
type affineF32 struct {
	Name     string
	X, Y     tensor
	Mul, Add int  // in the weights, one a channel; Add is not there for Negative
	Negative bool // PRelu
	Clamp    bool // the result is limited
	Lo, Hi   float32
	Kernel   [2]int
}

type boundAffineF32 struct {
	*affineF32
	m        *model
	group    int       // pixels that the kernel takes as one, where they lie side by side
	mul, add []float32 // for those
}

// affineWidth is how many factors a row of the kernel should have at least.
const affineWidth = 256

func (f affineF32) bind(m *model) layer {
	b := &boundAffineF32{affineF32: &f, m: m, group: 1}
	if f.X.Pix == 4*f.X.C && f.Y.Pix == 4*f.Y.C {
		b.group = max(1, affineWidth/f.X.C)
	}
	for range b.group {
		b.mul = append(b.mul, m.float32s(f.Mul, f.X.C)...)
		if !f.Negative {
			b.add = append(b.add, m.float32s(f.Add, f.X.C)...)
		}
	}
	return b
}

func (b *boundAffineF32) run(w *work) {
	h, pixels := b.Y.H, b.Y.W
	if b.X.Row == pixels*b.X.Pix && b.Y.Row == pixels*b.Y.Pix {
		h, pixels = 1, h*pixels
	}
	whole := pixels / b.group
	for y := range h {
		b.rows(w, b.X.at(y, 0), b.Y.at(y, 0), whole, b.group)
		if rest := pixels % b.group; rest > 0 {
			b.rows(w, b.X.at(y, whole*b.group), b.Y.at(y, whole*b.group), 1, rest)
		}
	}
}

// rows computes rows of some pixels.
func (b *boundAffineF32) rows(w *work, x, y, rows, pixels int) {
	n := pixels * b.Y.C
	most := w.share(max(1, runElems/n), rows, b.Y.H)
	for i := 0; i < rows; i += most {
		if !w.mine() {
			continue
		}
		fromX, fromY := x+i*pixels*b.X.Pix, y+i*pixels*b.Y.Pix
		if b.m.kernels == nil {
			for r := range min(most, rows-i) {
				b.runGo(w.floats(fromX+r*pixels*b.X.Pix, n), w.floats(fromY+r*pixels*b.Y.Pix, n))
			}
			continue
		}
		a := &w.args
		setRows(a, w, [3]int{fromY, fromX}, [3]int{pixels * b.Y.Pix, pixels * b.X.Pix}, min(most, rows-i), n)
		a.Mul, a.Lo, a.Hi = address(&b.mul[0]), b.Lo, b.Hi
		if !b.Negative {
			a.Bias = address(&b.add[0])
		}
		b.m.kernels[b.Kernel[b.m.isa]](a)
	}
}

// runGo is one row in plain Go.
func (b *boundAffineF32) runGo(x, y []float32) {
	for i, v := range x {
		switch {
		case !b.Negative:
			v = fma32(v, b.mul[i], b.add[i])
		case negative(v):
			v = float32(v * b.mul[i])
		}
		if b.Clamp {
			v = limit(v, b.Lo, b.Hi)
		}
		y[i] = v
	}
}
