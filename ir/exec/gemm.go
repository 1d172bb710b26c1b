package exec

// strip is the most pixels that one part of a matrix product works on, and
// fewParts the parts a worker below which the output channels are cut too.
const (
	strip    = 24
	fewParts = 4
)

// gemm is the product of packed weights with a matrix of pixels [k, n] that
// fill packs piece by piece.
type gemm struct {
	w *weights
	n int
	// fill packs the pixels p0..p1 of the rows k0..k1 into dst: tile by tile of
	// tileN pixels, each pitch elements apart; the rest of the last ones is 0.
	fill func(dst [][8]float32, pitch, k0, k1, p0, p1 int)
	// Sums of integers are exact in s32, others are f32. done takes over one
	// channel's sums of the pixels from p0 on; one of the slices is nil.
	integer bool
	done    func(channel, p0 int, f []float32, s []int32)
}

func tilesOf(pixels int) int { return (pixels + tileN - 1) / tileN }

// pitchOf returns the elements between two pixel tiles: an odd number, lest
// they all map to the same set of the cache.
func pitchOf(k int) int { return (k+unroll-1)/unroll | 1 }

// gemmNeeds returns the scratch that a product of this size uses.
func gemmNeeds(w *weights, n int) scratchNeeds {
	t := tilesOf(min(strip, n))
	return scratchNeeds{panel: t * pitchOf(min(chunk, w.k)), sums: (w.m + tileM - 1) / tileM * tileM * t * tileN}
}

// split cuts a product into strips of pixels and, if these are too few to keep
// the workers busy, blocks of weight tiles. No result depends on it.
func (g *gemm) split(workers int) (strips, blocks int) {
	strips = (g.n + strip - 1) / strip
	if workers > 1 && strips < fewParts*workers {
		blocks = fewParts * workers / strips
	}
	return strips, max(1, min(blocks, len(g.w.tiles[0])/8))
}

// part computes one strip of one block.
func (g *gemm) part(s *scratch, stripIndex, strips, block, blocks int) {
	tiles := tilesOf(g.n)
	p0, p1 := stripIndex*tiles/strips*tileN, min((stripIndex+1)*tiles/strips*tileN, g.n)
	all := len(g.w.tiles[0])
	t0, t1 := block*all/blocks, (block+1)*all/blocks
	if p0 >= p1 || t0 >= t1 {
		return
	}
	width := tilesOf(p1-p0) * tileN
	if g.integer {
		clear(s.s32[:(t1-t0)*tileM*width])
	} else {
		clear(s.f32[:(t1-t0)*tileM*width])
	}
	for c, weightTiles := range g.w.tiles {
		k0, k1 := c*chunk, min((c+1)*chunk, g.w.k)
		pitch := pitchOf(k1 - k0)
		g.fill(s.panel, pitch, k0, k1, p0, p1)
		for t := t0; t < t1; t++ {
			g.row(s, weightTiles[t], pitch, width, (t-t0)*tileM*width)
		}
	}
	for m := t0 * tileM; m < min(t1*tileM, g.w.m); m++ {
		at := (m - t0*tileM) * width
		if g.integer {
			g.done(m, p0, nil, s.s32[at:at+p1-p0])
		} else {
			g.done(m, p0, s.f32[at:at+p1-p0], nil)
		}
	}
}

// row runs the micro kernel over all pixel tiles of a strip and adds its sums
// to the scratch from at on.
func (g *gemm) row(s *scratch, w [][16]float32, pitch, width, at int) {
	var out [8]float32
	for j := 0; j < width; j += tileN {
		b := s.panel[j/tileN*pitch:]
		kernel(w, b[:len(w)], &out)
		if g.integer {
			addSums(s.s32[at+j:], &out, width)
		} else {
			addSums(s.f32[at+j:], &out, width)
		}
	}
}

// addSums adds a tile to sums whose rows are width apart.
func addSums[T int32 | float32](dst []T, out *[8]float32, width int) {
	for i := range tileM {
		d := dst[i*width:][:tileN]
		d[0] += T(out[i*tileN])
		d[1] += T(out[i*tileN+1])
	}
}
