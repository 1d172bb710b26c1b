package exec

// The micro kernel computes a tile of 4 output channels by 2 pixels. Its eight
// sums, four weights and two pixels fit in the registers of amd64 and arm64,
// and ranging over arrays of constant size leaves no bounds checks in the loop.

// tileM and tileN are the channels and the pixels of a tile, unroll the steps
// of K that one element of a panel holds.
const (
	tileM  = 4
	tileN  = 2
	unroll = 4
)

// kernel sets out[i*tileN+j] to the sum over k of a[k][i]*b[k][j], in the order of
// k. An element of a holds unroll steps of k with tileM weights each, one of
// b the same steps with tileN pixels each.
func kernel(a [][16]float32, b [][8]float32, out *[8]float32) {
	var c00, c01, c10, c11, c20, c21, c30, c31 float32
	b = b[:len(a)]
	for k := range a {
		w, p := &a[k], &b[k]
		w0, w1, w2, w3 := w[0], w[1], w[2], w[3]
		x := p[0]
		c00 += float32(w0 * x)
		c10 += float32(w1 * x)
		c20 += float32(w2 * x)
		c30 += float32(w3 * x)
		x = p[1]
		c01 += float32(w0 * x)
		c11 += float32(w1 * x)
		c21 += float32(w2 * x)
		c31 += float32(w3 * x)

		w0, w1, w2, w3 = w[4], w[5], w[6], w[7]
		x = p[2]
		c00 += float32(w0 * x)
		c10 += float32(w1 * x)
		c20 += float32(w2 * x)
		c30 += float32(w3 * x)
		x = p[3]
		c01 += float32(w0 * x)
		c11 += float32(w1 * x)
		c21 += float32(w2 * x)
		c31 += float32(w3 * x)

		w0, w1, w2, w3 = w[8], w[9], w[10], w[11]
		x = p[4]
		c00 += float32(w0 * x)
		c10 += float32(w1 * x)
		c20 += float32(w2 * x)
		c30 += float32(w3 * x)
		x = p[5]
		c01 += float32(w0 * x)
		c11 += float32(w1 * x)
		c21 += float32(w2 * x)
		c31 += float32(w3 * x)

		w0, w1, w2, w3 = w[12], w[13], w[14], w[15]
		x = p[6]
		c00 += float32(w0 * x)
		c10 += float32(w1 * x)
		c20 += float32(w2 * x)
		c30 += float32(w3 * x)
		x = p[7]
		c01 += float32(w0 * x)
		c11 += float32(w1 * x)
		c21 += float32(w2 * x)
		c31 += float32(w3 * x)
	}
	*out = [8]float32{c00, c01, c10, c11, c20, c21, c30, c31}
}

// weights is a constant matrix [m,k] cut into chunks of K and, within a chunk,
// into tiles of tileM rows, zero where it ends.
type weights struct {
	m, k  int
	tiles [][][][16]float32 // [chunk][tile][k/unroll]
}

// packWeights packs m*k numbers that at(row, k) returns.
func packWeights(m, k int, at func(row, k int) float32) *weights {
	w := &weights{m: m, k: k}
	for k0 := 0; k0 < k; k0 += chunk {
		n := min(chunk, k-k0)
		steps := (n + unroll - 1) / unroll
		var tiles [][][16]float32
		for m0 := 0; m0 < m; m0 += tileM {
			tile := make([][16]float32, steps)
			for i := range n {
				for r := range min(tileM, m-m0) {
					tile[i/unroll][i%unroll*tileM+r] = at(m0+r, k0+i)
				}
			}
			tiles = append(tiles, tile)
		}
		w.tiles = append(w.tiles, tiles)
	}
	return w
}

// chunk is the steps of K between two additions to the sums in memory. Products
// of a u8 and an s8, each less a zero point, are integers up to 255*255 in
// magnitude; a chunk of them sums up to less than 2^24, where float32 is exact.
const chunk = 256
