package portable

// tiling cuts a layer of a dense family into kernel calls.
type tiling struct {
	Merge        int  // rows of the image that are taken as one, where nothing lies between them
	Rows, Tiles  int  // such rows and channel tiles of one call
	WeightsOuter bool // all rows for some channels, then the next channels
	Panel        int  // float32: entries of the offset list that all rows get before the next; 0: all
	Parts        []part
}

// part is a range of output channels with tiles of one width.
type part struct {
	First, Tiles, OB int // first block of 16 channels, tiles, blocks a tile
	P, Main          int // pixels of the main tile and its kernel
	Rest             int // kernel for the Y.W%P pixels at the end of a row, or -1
	N                int // valid channels of the last block where fewer than 16, else 0
	Sums, SumsRest   int // float32: kernels of all panels but the last, as Main and Rest
}

// grid is what the calls of a part of a layer cover.
type grid struct {
	h, w   int // of the result
	panels int
	groups int // of the layer, each of which has such parts

	products int  // of a pixel
	wide     bool // workers share the channels, not the rows
}

// wideLayer is how many times as many weights as inputs a layer has whose channels workers
// share: each of them reads all inputs, part of which another one wrote, but only its weights.
const wideLayer = 4

// small reports whether there is less to do than is worth waiting for others.
func (g *grid) small() bool { return g.h*g.w*g.products < 1<<18 }

// tileCall is one call of a kernel.
type tileCall struct {
	part         *part
	kernel       int
	y, rows      int // first row of the image, rows of the call, each Merge of the image
	x, pixels    int // first pixel of a row, tiles of the kernel's pixels
	from, to     int // pixels of a row that this call and those beside it are for
	block, tiles int // first block of 16 channels, tiles of the part's blocks
	pitch        int // where the rows are one pixel of each image: from image to image; else 0
	panel        int
	last         bool // of the panels
	done         bool // the last call for these rows and channels
}

// rowsOfImages sets the distances of a call's rows where those are pixels of several images.
func (c *tileCall) rowsOfImages(a *args) {
	if c.pitch > 0 {
		a.InRow, a.OutRow, a.ResRow = c.pitch, c.pitch, c.pitch
	}
}

// each makes this worker's calls of a layer. Workers have bands of rows, so that what they read
// is mostly what they wrote in the layer before, or channels.
func (t *tiling) each(w *work, g grid, f func(c *tileCall)) {
	g.h /= t.Merge
	g.w *= t.Merge
	bands := w.workers
	if bands == 0 || g.wide || w.together > 1 || g.small() {
		bands = 1
	}
	for band := range bands {
		for i := range t.Parts {
			p := &t.Parts[i]
			w.call.part = p
			line := g.line(p)
			t.eachOf(w, w.cut(t, p, g, bands), g, line*band/bands, line*(band+1)/bands, f)
		}
	}
}

// line is how many rows there are, or where there is one how many tiles of it.
func (g *grid) line(p *part) int {
	if g.h == 1 {
		return max(1, g.w/p.P)
	}
	return g.h
}

// eachOf makes the calls of a part from one row, or tile of the only row, to another: some
// channels for all rows before the next channels, or the other way.
func (t *tiling) eachOf(w *work, size cut, g grid, from, to int, f func(c *tileCall)) {
	p := w.call.part
	if t.WeightsOuter || w.together > 1 || g.wide && w.workers > 1 {
		for first := 0; first < p.Tiles; first += size.tiles {
			t.eachImage(w, size, g, first, from, to, f)
		}
		return
	}
	for y := from; y < to; y += size.line {
		for first := 0; first < p.Tiles; first += size.tiles {
			t.piece(w, size, g, first, y, to, f)
		}
	}
}

// eachImage makes the calls for some channels of all images of the run that are
// taken together. Those of one pixel are the rows of one call.
func (t *tiling) eachImage(w *work, size cut, g grid, first, from, to int, f func(c *tileCall)) {
	for image := 0; image < max(1, w.together); image++ {
		if w.together > 1 {
			w.setImage(image)
			if g.h*g.w == 1 {
				rows := min(t.Rows, w.together-image)
				w.call.pitch, g.h, size.line = w.pitch, rows, rows
				t.piece(w, size, g, first, 0, rows, f)
				w.call.pitch, g.h = 0, 1
				image += rows - 1
				continue
			}
		}
		for y := from; y < to; y += size.line {
			t.piece(w, size, g, first, y, to, f)
		}
	}
}

// piece makes the calls for some channels of some rows, or tiles of the only row.
func (t *tiling) piece(w *work, size cut, g grid, first, from, to int, f func(c *tileCall)) {
	if !w.mine() {
		return
	}
	c := &w.call
	p := c.part
	c.block, c.tiles = p.First+first*p.OB, min(size.tiles, p.Tiles-first)
	n := min(size.line, to-from)
	if g.h == 1 {
		c.y = 0
		t.panels(w, 1, from, min(n, g.w/p.P), g, f)
		return
	}
	c.y = from
	t.panels(w, n, 0, g.w/p.P, g, f)
}

// panels makes the calls for some rows, pixels and channels, panel by panel.
func (t *tiling) panels(w *work, rows, x, pixels int, g grid, f func(c *tileCall)) {
	c := &w.call
	from := c.y
	for panel := range g.panels {
		c.panel, c.last = panel, panel == g.panels-1
		for y := 0; y < rows; y += t.Rows {
			c.y, c.rows = (from+y)*t.Merge, min(t.Rows, rows-y)
			t.main(c, x, pixels, g.w, f)
		}
	}
}

// main makes the calls for the main tiles of rows of width pixels, from tile x on, and for
// the pixels left over behind the last.
func (t *tiling) main(c *tileCall, x, pixels, width int, f func(c *tileCall)) {
	p := c.part
	rest := p.Rest >= 0 && x+pixels == width/p.P
	c.from, c.to = x*p.P, (x+pixels)*p.P
	if rest {
		c.to = width
	}
	if pixels > 0 {
		c.kernel = p.Main
		if !c.last {
			c.kernel = p.Sums
		}
		c.x, c.pixels, c.done = x*p.P, pixels, c.last && !rest
		f(c)
	}
	if rest {
		c.kernel = p.Rest
		if !c.last {
			c.kernel = p.SumsRest
		}
		c.x, c.pixels, c.done = (x+pixels)*p.P, 1, c.last
		f(c)
	}
}
