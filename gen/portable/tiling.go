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

// tileCall is one call of a kernel.
type tileCall struct {
	part         *part
	kernel       int
	y, rows      int // first row of the image, rows of the call, each Merge of the image
	x, pixels    int // first pixel of a row, tiles of the kernel's pixels
	block, tiles int // first block of 16 channels, tiles of the part's blocks
	panel        int
	last         bool // of the panels
	done         bool // the last call for these rows and channels
}

// each makes the calls of a part of a layer whose result has h rows of w pixels. The
// caller provides the call, so that nothing is allocated.
func (t *tiling) each(c *tileCall, p *part, h, w, panels int, f func(c *tileCall)) {
	c.part = p
	h /= t.Merge
	if t.WeightsOuter {
		for first := 0; first < p.Tiles; first += t.Tiles {
			for panel := range panels {
				for y := 0; y < h; y += t.Rows {
					t.call(c, y, min(t.Rows, h-y), first, min(t.Tiles, p.Tiles-first), panel, panels, w, f)
				}
			}
		}
		return
	}
	for y := 0; y < h; y += t.Rows {
		for first := 0; first < p.Tiles; first += t.Tiles {
			for panel := range panels {
				t.call(c, y, min(t.Rows, h-y), first, min(t.Tiles, p.Tiles-first), panel, panels, w, f)
			}
		}
	}
}

// call makes the calls for some rows and channels: the main tiles of every row,
// then the pixels left over.
func (t *tiling) call(c *tileCall, y, rows, first, tiles, panel, panels, w int, f func(c *tileCall)) {
	p := c.part
	n := w * t.Merge / p.P
	c.y, c.rows, c.block, c.tiles = y*t.Merge, rows, p.First+first*p.OB, tiles
	c.panel, c.last = panel, panel == panels-1
	if n > 0 {
		c.kernel = p.Main
		if !c.last {
			c.kernel = p.Sums
		}
		c.x, c.pixels, c.done = 0, n, c.last && p.Rest < 0
		f(c)
	}
	if p.Rest >= 0 {
		c.kernel = p.Rest
		if !c.last {
			c.kernel = p.SumsRest
		}
		c.x, c.pixels, c.done = n*p.P, 1, c.last
		f(c)
	}
}
