package portable

// winograd is a 3x3 convolution of float32 with stride 1 by F(2x2,3x3) (Lavin and
// Gray: "Fast algorithms for convolutional neural networks", 2015): tiles of 2x2
// results take 16 products of transformed inputs and weights for each channel
// instead of 36. Transformed inputs, and the sums of their products, are 16 matrices of
// tiles by channels, for some tiles at a time.
type winograd struct {
	Name           string
	X, Y, R        tensor // R, the residual operand, has no channels when absent
	Top, Left      int    // padding
	W, Bias        int    // in the weights: [16][oc/16][ic][16], [oc]
	WStep          int    // bytes between blocks of 16 channels in W
	V, M           int    // offsets in the arena of the 16 matrices of inputs and of sums
	VStep, MStep   int    // bytes between matrices
	Dump           int    // offset in the arena of room for results that lie outside
	Rows, Cols     int    // tiles at a time
	Epilogue       epilogueF32
	Tiling         [2]tiling // of the products, for AVX2 and AVX-512
	Input, Outputs [2]int    // kernels of the transforms
}

type boundWinograd struct {
	*winograd
	m       *model
	off     []int32 // of the inputs of a tile, four at a time
	zeros   []float32
	bias    []float32
	weights []float32
}

func (d winograd) bind(m *model) layer {
	b := &boundWinograd{winograd: &d, m: m, zeros: make([]float32, d.Y.C), bias: m.float32s(d.Bias, d.Y.C)}
	for i := 0; i < d.X.C; i += 4 {
		b.off = append(b.off, int32(4*i))
	}
	if m.kernels == nil {
		b.weights = m.float32s(d.W, 16*d.Y.C/16*d.WStep/4)
	}
	return b
}

func (b *boundWinograd) run(w *work) {
	for i := range b.stages() {
		b.stage(w, i)
	}
}

// stages is three for each chunk of Rows by Cols tiles.
func (b *boundWinograd) stages() int {
	h, n := (b.Y.H+1)/2, (b.Y.W+1)/2
	return 3 * ((h + b.Rows - 1) / b.Rows) * ((n + b.Cols - 1) / b.Cols)
}

// stage transforms the inputs of a chunk, multiplies, or transforms the results. The last
// tiles of a row or column that don't fill a chunk are done with some before them again.
func (b *boundWinograd) stage(w *work, i int) {
	h, n := (b.Y.H+1)/2, (b.Y.W+1)/2
	across := (n + b.Cols - 1) / b.Cols
	y, x := min(i/3/across*b.Rows, h-b.Rows), min(i/3%across*b.Cols, n-b.Cols)
	if i%3 == 1 {
		for i := range 16 {
			b.products(w, i)
		}
		return
	}
	// The dump, which plain Go writes as the kernels do, is not for two goroutines.
	one := i%3 == 2 && b.m.kernels == nil && (b.Y.H%2 == 1 || b.Y.W%2 == 1)
	if one && !w.mine() {
		return
	}
	tiles := w.share(b.Cols, b.Cols, b.Rows)
	for r := range b.Rows {
		for t := 0; t < b.Cols; t += tiles {
			n := min(tiles, b.Cols-t)
			switch {
			case !one && !w.mine():
			case i%3 == 0:
				b.inputs(w, y+r, x+t, r*b.Cols+t, n)
			default:
				b.outputs(w, y+r, x+t, r*b.Cols+t, n)
			}
		}
	}
}

// square returns some rows and columns of a tensor, or the absent one.
func square(t tensor, y, x, rows, cols int) tensor {
	if t.C > 0 {
		t.Off, t.H, t.W = t.at(y, x), rows, cols
	}
	return t
}

// inputs transforms n tiles of row y of tiles from column x on, which are those from first on
// of the matrices.
func (b *boundWinograd) inputs(w *work, y, x, first, n int) {
	from, to := b.X.at(2*y-b.Top, 2*x-b.Left), b.V+4*first*b.X.C
	if b.m.kernels == nil {
		for t := range n {
			b.inputGo(w, from+2*t*b.X.Pix, to+4*t*b.X.C)
		}
		return
	}
	a := &w.args
	arena := address(&w.arena[0])
	a.In, a.InPix, a.InRow = arena+uintptr(from), b.X.Pix, b.X.Row
	a.Out, a.OutRow = arena+uintptr(to), b.VStep
	a.Pixels, a.N = n, b.X.C
	b.m.kernels[b.Input[b.m.isa]](a)
}

// inputGo transforms one tile in plain Go.
func (b *boundWinograd) inputGo(w *work, from, to int) {
	for c := range b.X.C {
		var u [4][4]float32
		for i := range u {
			var d [4]float32
			for j := range d {
				d[j] = w.floats(from+i*b.X.Row+j*b.X.Pix+4*c, 1)[0]
			}
			u[i] = [4]float32{d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]}
		}
		for j := range 4 {
			for i, v := range [4]float32{u[0][j] - u[2][j], u[1][j] + u[2][j], u[2][j] - u[1][j], u[1][j] - u[3][j]} {
				w.floats(to+(4*i+j)*b.VStep+4*c, 1)[0] = v
			}
		}
	}
}

// products multiplies matrix i of the inputs with that of the weights.
func (b *boundWinograd) products(w *work, i int) {
	tiles := b.Rows * b.Cols
	if b.m.kernels == nil {
		if w.mine() {
			b.productsGo(w, i, tiles)
		}
		return
	}
	t := &b.Tiling[b.m.isa]
	all := grid{h: 1, w: tiles, panels: 1, groups: 16, products: b.X.C * b.Y.C, wide: b.Y.C > wideLayer*tiles}
	t.each(w, all, func(c *tileCall) {
		a := &w.args
		arena := address(&w.arena[0])
		a.In, a.InPix = arena+uintptr(b.V+i*b.VStep+4*c.x*b.X.C), 4*b.X.C
		a.Out, a.OutPix = arena+uintptr(b.M+i*b.MStep+4*(c.x*b.Y.C+16*c.block)), 4*b.Y.C
		a.Start, a.StartPix, a.StartRow = address(&b.zeros[16*c.block]), 0, 0
		a.WStep = b.WStep
		a.W = address(&b.m.blob[b.W+(i*b.Y.C/16+c.block)*b.WStep])
		a.Off, a.K, a.Singles = address(&b.off[0]), len(b.off), 0
		a.Rows, a.Blocks, a.Pixels = 1, c.tiles, c.pixels
		b.m.kernels[c.kernel](a)
	})
}

func (b *boundWinograd) productsGo(w *work, i, tiles int) {
	for block := range b.Y.C / 16 {
		for t := range tiles {
			var sums [16]float64
			weights := b.weights[(i*b.Y.C/16+block)*b.WStep/4:]
			for _, x := range w.floats(b.V+i*b.VStep+4*t*b.X.C, b.X.C) {
				addProducts(&sums, x, (*[16]float32)(weights))
				weights = weights[16:]
			}
			out := w.floats(b.M+i*b.MStep+4*(t*b.Y.C+16*block), 16)
			for c, v := range sums {
				out[c] = float32(v)
			}
		}
	}
}

// outputs transforms the sums of n tiles from first on of the matrices to the results of row y
// of tiles from column x on. Where the result has an odd number of rows or columns, the
// half of the last tiles that lies outside goes to the dump; of a tile in the corner
// there is one result.
func (b *boundWinograd) outputs(w *work, y, x, first, n int) {
	b.transform(w, y, x, first, n)
	rows, cols := min(2, b.Y.H-2*y), min(2*n, b.Y.W-2*x)
	b.Epilogue.then(b.m, w, square(b.Y, 2*y, 2*x, rows, cols), square(b.R, 2*y, 2*x, rows, cols))
}

// transform is outputs without the activations that follow.
func (b *boundWinograd) transform(w *work, y, x, first, tiles int) {
	odd := 2*(x+tiles) > b.Y.W
	if odd {
		tiles--
	}
	if tiles > 0 {
		b.output(w, y, x, first, tiles, b.Y.Pix, b.R.Pix)
	}
	if odd {
		last := b.Y.at(2*y, 2*(x+tiles))
		if 2*y+1 == b.Y.H {
			b.outputGo(w, b.M+4*(first+tiles)*b.Y.C, last, 0, 0, b.R.at(2*y, 2*(x+tiles)), 0, 0, 1)
			return
		}
		b.output(w, y, x+tiles, first+tiles, 1, b.Dump-last, 0)
	}
}

// output transforms tiles of a row, those from first on of the matrices.
func (b *boundWinograd) output(w *work, y, x, first, tiles, outPix, resPix int) {
	to, res := b.Y.at(2*y, 2*x), b.R.at(2*y, 2*x)
	outRow, resRow := b.Y.Row, b.R.Row
	if 2*y+1 == b.Y.H {
		outRow, resRow = b.Dump-to, 0
	}
	from := b.M + 4*first*b.Y.C
	if b.m.kernels == nil {
		for i := range tiles {
			b.outputGo(w, from+4*i*b.Y.C, to+2*i*outPix, outRow, outPix, res+2*i*resPix, resRow, resPix, 2)
		}
		return
	}
	a := &w.args
	arena := address(&w.arena[0])
	a.In, a.InRow = arena+uintptr(from), b.MStep
	a.Out, a.OutPix, a.OutRow = arena+uintptr(to), outPix, outRow
	if b.Epilogue.Sum {
		a.Res, a.ResPix, a.ResRow = arena+uintptr(res), resPix, resRow
	}
	a.Start = address(&b.bias[0])
	a.Pixels, a.N = tiles, b.Y.C
	b.Epilogue.set(a)
	b.m.kernels[b.Outputs[b.m.isa]](a)
}

// outputGo transforms one tile in plain Go and stores the first of its results, or n
// by n.
func (b *boundWinograd) outputGo(w *work, from, to, outRow, outPix, res, resRow, resPix, n int) {
	for c := range b.Y.C {
		var s [2][4]float32
		for j := range 4 {
			m := func(i int) float32 { return w.floats(from+(4*i+j)*b.MStep+4*c, 1)[0] }
			s[0][j] = m(0) + m(1) + m(2)
			s[1][j] = m(1) - m(2) - m(3)
		}
		for i, v := range s[:n] {
			y := [2]float32{v[0] + v[1] + v[2] + b.bias[c], v[1] - v[2] - v[3] + b.bias[c]}
			for j, y := range y[:n] {
				r := float32(0)
				if b.Epilogue.Sum {
					r = w.floats(res+i*resRow+j*resPix+4*c, 1)[0]
				}
				b.Epilogue.store(w, to+i*outRow+j*outPix, c, b.Epilogue.finish(y, r))
			}
		}
	}
}
