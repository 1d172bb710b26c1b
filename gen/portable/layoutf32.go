package portable

// toPixels turns planes of float32, in the order channels, rows, columns, into the
// pixels of a tensor.
type toPixels struct {
	Name   string
	Input  int // the caller's array that it reads, or -1: X
	X      int // offset in the arena
	Y      tensor
	Kernel [2]int
}

type boundToPixels struct {
	*toPixels
	m *model
}

func (p toPixels) bind(m *model) layer { return &boundToPixels{&p, m} }

func (p *boundToPixels) run(w *work) {
	t := &p.Y
	eachSquare(w, t, p.m.kernels == nil, func(y, rows, i, pixels int, kernel bool) {
		x := w.caller(p.Input, p.X, t.H*t.W*t.C)
		if !kernel {
			for c := range t.C {
				for r := y; r < y+rows; r++ {
					for j, v := range x[(c*t.H+r)*t.W+i:][:pixels] {
						w.floats(t.at(r, i+j)+4*c, 1)[0] = v
					}
				}
			}
			return
		}
		a := &w.args
		setPlanes(a, t, rows, pixels)
		a.In, a.InRow = address(&x[y*t.W+i]), 4*t.W
		a.Out, a.OutRow, a.OutPix = address(&w.arena[t.at(y, i)]), t.Row, t.Pix
		p.m.kernels[p.Kernel[p.m.isa]](a)
	})
}

// toPlanes turns the pixels of a tensor of float32 into planes.
type toPlanes struct {
	Name   string
	X      tensor
	Output int // the caller's array that it writes, or -1: Y
	Y      int // offset in the arena
	Kernel [2]int
}

type boundToPlanes struct {
	*toPlanes
	m *model
}

func (p toPlanes) bind(m *model) layer { return &boundToPlanes{&p, m} }

func (p *boundToPlanes) run(w *work) {
	t := &p.X
	eachSquare(w, t, p.m.kernels == nil, func(y, rows, i, pixels int, kernel bool) {
		out := w.caller(p.Output, p.Y, t.H*t.W*t.C)
		if !kernel {
			for c := range t.C {
				for r := y; r < y+rows; r++ {
					for j := range pixels {
						out[(c*t.H+r)*t.W+i+j] = w.floats(t.at(r, i+j)+4*c, 1)[0]
					}
				}
			}
			return
		}
		a := &w.args
		setPlanes(a, t, rows, pixels)
		a.Out, a.OutRow = address(&out[y*t.W+i]), 4*t.W
		a.In, a.InRow, a.InPix = address(&w.arena[t.at(y, i)]), t.Row, t.Pix
		p.m.kernels[p.Kernel[p.m.isa]](a)
	})
}

// setPlanes fills the arguments that both layout kernels have.
func setPlanes(a *args, t *tensor, rows, pixels int) {
	a.In2Row = 4 * t.H * t.W
	a.Rows, a.Pixels, a.N, a.Mask = rows, pixels, t.C, lowBits(t.C)
}

// Sizes of the layout kernels' work.
const (
	leastPixels = 8       // below which they can't work
	squareElems = 1 << 16 // of pixels whose channels go by: runs of a plane that the prefetcher sees
)

// eachSquare cuts the pixels of a tensor into rows and columns that a layout kernel
// takes in one call, and makes this worker's; with plain, or where the rows are too
// short, all are for plain Go.
func eachSquare(w *work, t *tensor, plain bool, f func(y, rows, i, pixels int, kernel bool)) {
	h, n := t.H, t.W
	if t.Row == n*t.Pix {
		h, n = 1, h*n
	}
	if plain || n < leastPixels {
		if w.mine() {
			f(0, t.H, 0, t.W, false)
		}
		return
	}
	pixels := max(leastPixels, w.share(squareElems/t.C, h*n, 1)&^(leastPixels-1))
	rows := max(1, pixels/n)
	for y := 0; y < h; y += rows {
		for i := 0; i < n; i += pixels {
			from := min(i, n-leastPixels)
			if w.mine() {
				f(y, min(rows, h-y), from, min(pixels, n-from), true)
			}
		}
	}
}
