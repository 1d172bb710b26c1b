package portable

// quantize turns float32 in the order channels, rows, columns into an activation.
type quantize struct {
	Name     string
	Input    int // the caller's array that it reads, or -1: X
	X        int // offset in the arena of float32
	Y        tensor
	Mul, Add []float32 // one, or one a channel
	Zero     uint8
	Planes   int // that a kernel takes together: 1, 3 or 8; pixels of three lie side by side
	Kernel   [2]int
}

type boundQuantize struct {
	*quantize
	m        *model
	mul, add []float32 // one a channel
}

func (q quantize) bind(m *model) layer {
	b := &boundQuantize{quantize: &q, m: m}
	for c := range q.Y.C {
		b.mul, b.add = append(b.mul, pick(q.Mul, c)), append(b.add, pick(q.Add, c))
	}
	return b
}

// The lengths below which the border kernels, and those of pixels of three channels, can't work.
const (
	shortRun = 16
	shortRGB = 64
)

func (q *boundQuantize) run(w *work) {
	h, n := q.Y.H, q.Y.W
	if q.Y.Row == n*q.Y.Pix {
		h, n = 1, h*n
	}
	whole := q.Y.Pix == q.Planes // pixels of one or three channels: their kernels are others
	if q.m.kernels == nil || n < shortRun && !whole {
		if w.mine() {
			q.runGo(w, h, n)
		}
		return
	}
	least := shortRun
	if whole {
		least = shortRGB
	}
	// All channels of some pixels before the next ones: they share cache lines.
	pieces(w, h, n, least, longest/q.Y.C, func(y, rows, i, pixels int) {
		for c := 0; c < q.Y.C; c += q.Planes {
			q.call(w, min(c, q.Y.C-q.Planes), n, y, rows, i, pixels)
		}
	})
}

// call runs the kernel on some rows of n pixels, from channel c of pixel i on.
func (q *boundQuantize) call(w *work, c, n, y, rows, i, pixels int) {
	a, plane := &w.args, q.plane(w, c)
	a.In, a.InRow, a.In2Row = address(&plane[y*n+i]), 4*n, 4*len(plane)
	a.Out = address(&w.arena[q.Y.Off+c+y*q.Y.Row+i*q.Y.Pix])
	a.OutRow, a.OutPix = q.Y.Row, q.Y.Pix
	a.Rows, a.Pixels, a.N = rows, pixels, pixels
	a.InMul, a.InAdd = q.mul[c], q.add[c]
	a.Mul, a.Bias = address(&q.mul[c]), address(&q.add[c])
	(&epilogue{Zero: q.Zero, Hi: 255, Table: -1}).set(q.m, a)
	q.m.kernels[q.Kernel[q.m.isa]](a)
}

// plane is channel c of what is quantized.
func (q *boundQuantize) plane(w *work, c int) []float32 {
	n := q.Y.H * q.Y.W
	return w.caller(q.Input, q.X, n*q.Y.C)[c*n:][:n]
}

// longest is how many elements the border kernels convert at a time.
const longest = 1 << 15

// pieces cuts h rows of n elements into calls of at most some, whole rows, or
// parts of a row that are not shorter than least, and makes this worker's.
func pieces(w *work, h, n, least, most int, call func(y, rows, i, pixels int)) {
	most = max(least, w.share(most, h*n, 1))
	if n <= most {
		for y := 0; y < h; y += most / n {
			if w.mine() {
				call(y, min(most/n, h-y), 0, n)
			}
		}
		return
	}
	for y := range h {
		for i := 0; i < n; i += most {
			i = min(i, n-least)
			if w.mine() {
				call(y, 1, i, min(most, n-i))
			}
		}
	}
}

// pick is a factor that all channels share, or a channel's own.
func pick(v []float32, c int) float32 { return v[min(c, len(v)-1)] }

// runGo is h rows of n pixels in plain Go.
func (q *boundQuantize) runGo(w *work, h, n int) {
	for c := range q.Y.C {
		plane := q.plane(w, c)
		for y := range h {
			for x, f := range plane[y*n : y*n+n] {
				w.arena[q.Y.Off+c+y*q.Y.Row+x*q.Y.Pix] = q.Byte(c, f)
			}
		}
	}
}

// Byte quantizes one number of channel c; what is no number becomes 0.
func (q *quantize) Byte(c int, f float32) uint8 {
	v := float32(f*pick(q.Mul, c)) + pick(q.Add, c)
	if v != v {
		v = 0
	}
	return roundByte(v, q.Zero, 0, 255)
}

// dequantize turns an activation into float32 in the order channels, rows, columns.
type dequantize struct {
	Name   string
	X      tensor
	Output int // the caller's array that it writes, or -1: Y
	Y      int // offset in the arena of float32
	Zero   uint8
	Scale  float32
	Kernel [2]int
}

type boundDequantize struct {
	*dequantize
	m     *model
	value [256]float32
}

func (d dequantize) bind(m *model) layer {
	b := &boundDequantize{dequantize: &d, m: m}
	for i := range b.value {
		b.value[i] = float32(i-int(d.Zero)) * d.Scale
	}
	return b
}

func (d *boundDequantize) run(w *work) {
	// A kernel converts runs of bytes: rows where there is one channel, and
	// channels where there is one pixel.
	h, n, step := d.X.H, d.X.W, d.X.Row
	if d.X.C > 1 {
		h, n, step = d.X.H*d.X.W, d.X.C, 0
	} else if step == n {
		h, n = 1, h*n
	}
	contiguous := d.X.C == 1 && d.X.Pix == 1 || d.X.H*d.X.W == 1
	if d.m.kernels == nil || n < shortRun || !contiguous {
		if w.mine() {
			d.runGo(w, d.result(w))
		}
		return
	}
	pieces(w, h, n, shortRun, longest, func(row, rows, i, pixels int) {
		a := &w.args
		a.In, a.InRow = address(&w.arena[d.X.Off+row*step+i]), step
		a.Out, a.OutRow = address(&d.result(w)[row*n+i]), 4*n
		a.Rows, a.Pixels = rows, pixels
		a.InZero, a.InMul = int32(d.Zero), d.Scale
		d.m.kernels[d.Kernel[d.m.isa]](a)
	})
}

func (d *boundDequantize) result(w *work) []float32 {
	return w.caller(d.Output, d.Y, d.X.H*d.X.W*d.X.C)
}

// runGo is the layer in plain Go.
func (d *boundDequantize) runGo(w *work, out []float32) {
	plane := d.X.H * d.X.W
	for y := range d.X.H {
		for x := range d.X.W {
			for c, v := range w.arena[d.X.at(y, x):][:d.X.C] {
				out[c*plane+y*d.X.W+x] = d.value[v]
			}
		}
	}
}

// caller returns n float32 of a caller's array, inputs before outputs, or of the
// arena where that is -1.
func (w *work) caller(array, off, n int) []float32 {
	if array < 0 {
		return w.floats(off, n)
	}
	return w.callerFloats(array, n)
}
