package portable

import "math"

// windowF32 is a sliding window in row-major float32: of a pooling or of a transposed
// convolution.
type windowF32 struct {
	KH, KW, StrideH, StrideW, DilH, DilW, Top, Left int
}

// convTranspose is a transposed convolution by weights [C,M/Groups,KH,KW], in float64. The
// operands are row-major.
type convTranspose struct {
	Name       string
	X, W, B, Y values
	Window     windowF32
	Groups     int
	XDims      []int // images, channels, height, width
	YDims      []int
}

type boundConvTranspose struct {
	*convTranspose
	x, w, b, y operand
}

func (c convTranspose) bind(m *model) layer {
	return &boundConvTranspose{&c, c.X.bind(m), c.W.bind(m), c.B.bind(m), c.Y.bind(m)}
}

// run takes one row of a channel a call: each result is the sum of the elements whose
// window covers it.
func (c *boundConvTranspose) run(w *work) {
	y := c.y.get(w)
	width := c.YDims[3]
	for i := range c.Y.N / width {
		if w.mine() {
			c.row(w, i, y[i*width:][:width])
		}
	}
}

func (c *boundConvTranspose) row(w *work, i int, y []float32) {
	x, weights, bias := c.x.get(w), c.w.get(w), c.b.get(w)
	m, row := i/c.YDims[2]%c.YDims[1], i%c.YDims[2]
	n := i / (c.YDims[2] * c.YDims[1])
	perGroup := c.XDims[1] / c.Groups
	mg := c.YDims[1] / c.Groups
	k := &c.Window
	for px := range y {
		sum := 0.0
		if len(bias) > 0 {
			sum = float64(bias[m])
		}
		for ky := range k.KH {
			iy, ok := source(row+k.Top-ky*k.DilH, k.StrideH, c.XDims[2])
			if !ok {
				continue
			}
			for kx := range k.KW {
				ix, ok := source(px+k.Left-kx*k.DilW, k.StrideW, c.XDims[3])
				if !ok {
					continue
				}
				for ch := m / mg * perGroup; ch < (m/mg+1)*perGroup; ch++ {
					v := x[((n*c.XDims[1]+ch)*c.XDims[2]+iy)*c.XDims[3]+ix]
					sum += float64(float64(v) * float64(weights[((ch*mg+m%mg)*k.KH+ky)*k.KW+kx]))
				}
			}
		}
		y[px] = float32(sum)
	}
}

// source returns which element times the stride is at a position, if there is one.
func source(at, stride, extent int) (int, bool) {
	return at / stride, at >= 0 && at%stride == 0 && at/stride < extent
}

// argMaxPool gives the index of the first largest element of every window.
type argMaxPool struct {
	Name        string
	X, Y        values
	Window      windowF32
	H, W        int // of the input
	OH, OW      int
	ColumnMajor bool
}

type boundArgMaxPool struct {
	*argMaxPool
	x, y operand
}

func (p argMaxPool) bind(m *model) layer { return &boundArgMaxPool{&p, p.X.bind(m), p.Y.bind(m)} }

func (p *boundArgMaxPool) run(w *work) {
	x, y := p.x.get(w), numbers[int64](w, &p.y)
	for c := range p.X.N / (p.H * p.W) {
		if !w.mine() {
			continue
		}
		for i := range p.OH * p.OW {
			y[c*p.OH*p.OW+i] = int64(p.largest(x, c*p.H*p.W, i/p.OW, i%p.OW))
		}
	}
}

func (p *boundArgMaxPool) largest(x []float32, plane, row, column int) int {
	k := &p.Window
	best, index, found := float32(math.Inf(-1)), 0, false
	for i := range k.KH {
		r := row*k.StrideH - k.Top + i*k.DilH
		for j := range k.KW {
			c := column*k.StrideW - k.Left + j*k.DilW
			if r < 0 || r >= p.H || c < 0 || c >= p.W {
				continue
			}
			if v := x[plane+r*p.W+c]; !found || v > best {
				best, index, found = v, plane+r*p.W+c, true
				if p.ColumnMajor {
					index = plane + c*p.H + r
				}
			}
		}
	}
	return index
}

// maxUnpool writes elements where their indices say, and zeros elsewhere.
type maxUnpool struct {
	Name        string
	X, Index, Y values
}

type boundMaxUnpool struct {
	*maxUnpool
	x, index, y operand
}

func (u maxUnpool) bind(m *model) layer {
	return &boundMaxUnpool{&u, u.X.bind(m), u.Index.bind(m), u.Y.bind(m)}
}

func (u *boundMaxUnpool) run(w *work) {
	if !w.mine() {
		return
	}
	index, y := numbers[int64](w, &u.index), u.y.get(w)
	clear(y)
	for i, v := range u.x.get(w) {
		if at := index[i]; at >= 0 && at < int64(len(y)) {
			y[at] = v
		}
	}
}
