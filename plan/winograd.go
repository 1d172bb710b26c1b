package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// Rates that the choice of F(2x2,3x3) rests on, in units of a core's clock cycle.
const (
	floatRate  = 16.0 // products of float32
	memoryRate = 6.0  // bytes of weights that come from memory in every run
	sharedRate = 12.0 // bytes that come from the last cache
	transforms = 40.0 // cycles to transform 16 channels of a tile, in or out
	// mostChannels is how many inputs have weights of a tile that stay in the cache.
	mostChannels = cachePanel / (64 * 4)
)

// winogradPays reports whether a convolution of float32 is computed by F(2x2,3x3): it
// must be 3x3 with stride 1 on channels that fill vectors, and fewer products must
// be worth more than the transforms and the larger weights.
func winogradPays(n *ir.Node) bool {
	op, ok := n.Op.(ir.Conv)
	if !ok || !n.In[1].IsConst() || op.Groups != 1 {
		return false
	}
	one := [2]int{1, 1}
	if op.Kernel != [2]int{3, 3} || op.Stride != one || op.Dilation != one {
		return false
	}
	y, ic := n.Out[0].Shape, n.In[0].Shape[1]
	if len(y) != 4 || y[0] != 1 || ic%16 != 0 || y[1]%16 != 0 || ic > mostChannels {
		return false
	}
	tiles, oc := float64((y[2]+1)/2*((y[3]+1)/2)), float64(y[1])
	c := float64(ic)
	direct := float64(y[2]*y[3])*9*c*oc/floatRate + 4*9*c*oc/memoryRate
	chunk := winogradChunk(y, ic)
	fast := tiles*16*c*oc/floatRate + 4*16*c*oc/memoryRate + tiles*(c+oc)/16*transforms + chunk.cost
	return fast < 0.95*direct
}

// chunk is how many tiles are done at a time, and what that costs in traffic.
type chunk struct {
	rows, cols int
	cost       float64 // cycles
}

// winogradChunk chooses the tiles of a chunk: many use the weights more often, few
// stay in L2.
func winogradChunk(y ir.Shape, ic int) (best chunk) {
	rows, cols := (y[2]+1)/2, (y[3]+1)/2
	perTile, weights := 16*4*(ic+y[1]), 16*4*ic*y[1]
	try := func(r, c int) {
		n := float64((rows + r - 1) / r * ((cols + c - 1) / c))
		t := chunk{rows: r, cols: c}
		if weights > cacheL2 {
			t.cost += (n - 1) * float64(weights) / sharedRate
		}
		if r*c*perTile > cacheL2 {
			t.cost += 2 * n * float64(r*c*perTile) / sharedRate
		}
		t.cost += n * float64(r*c-rows*cols/int(n)) * 16 * float64(ic*y[1]) / floatRate // tiles done twice
		t.cost += n * 16 * 200                                                          // calls
		if best.rows == 0 || t.cost < best.cost {
			best = t
		}
	}
	for parts := 1; parts <= cols; parts++ {
		try(1, (cols+parts-1)/parts)
	}
	for r := 2; r <= rows; r++ {
		try(r, cols)
	}
	return best
}

// winograd plans a layer of the Winograd families.
func (p *planner) winograd(l *layer, end *endF32) {
	ic, oc := l.ic, l.m
	c := winogradChunk(l.n.Out[0].Shape, ic)
	tiles := c.rows * c.cols
	d := portable.Winograd{Name: l.n.Name, Top: l.win.Pad[0], Left: l.win.Pad[1], Rows: c.rows, Cols: c.cols}
	// An odd number of cache lines between matrices and blocks spreads them over the sets of a cache.
	d.VStep, d.MStep = oddLines(4*tiles*ic), oddLines(4*tiles*oc)
	d.WStep = oddLines(64 * ic)
	packed := l.winogradWeights(d.WStep / 4)
	d.W = p.float32s(len(packed), func(i int) int { return i }, packed)
	d.Bias = p.float32s(oc, func(i int) int { return i }, l.biasF32())
	y := shapeOf(l.y)
	room := func(bytes int) *place {
		return rowMajorPlace(p, ir.Shape{bytes / 4}, 4)
	}
	v, m, dump := room(16*d.VStep), room(16*d.MStep), room(y.Row+y.Pix+4*oc)
	k := end.form
	k.Family = spec.WinogradOutput
	input := spec.Kernel{Family: spec.WinogradInput}
	p.useBoth(k)
	p.useBoth(input)
	line := func(c int) portable.Tensor {
		return portable.Tensor{H: 1, W: tiles, C: c, Pix: 4 * c, Row: 4 * c * tiles}
	}
	tilings := p.chooseTilings(spec.Kernel{Family: spec.DenseF32}, line(ic), line(oc), ic, oc, 1, 1)
	p.step(l.n, describe(l.form(), l.n), []*place{l.x, l.r}, []*place{l.y, v, m, dump}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		d.V, d.M, d.Dump = v.at(), m.at(), dump.at()
		d.Epilogue, d.Input, d.Outputs = end.make(), p.both(input), p.both(k)
		for isa := range tilings {
			d.Tiling[isa] = tilings[isa].make(p.ids)
		}
		return d
	})
	p.addWork(l, y, 4)
}

// oddLines rounds a number of bytes up to an odd number of cache lines.
func oddLines(bytes int) int { return ((bytes+line-1)/line | 1) * line }

// winogradWeights returns GwG' of every input and output channel as
// [16][oc/16][ic][16], step floats from block to block, computed in float64 and
// rounded once.
func (l *layer) winogradWeights(step int) []float32 {
	packed := make([]float32, l.m*step)
	for o := range l.m {
		for c := range l.ic {
			var g [4][3]float64 // Gw
			for j := range 3 {
				w := func(i int) float64 { return float64(l.weightF32(o, tap{i, j, c})) }
				g[0][j], g[3][j] = w(0), w(2)
				g[1][j], g[2][j] = (w(0)+w(1)+w(2))/2, (w(0)-w(1)+w(2))/2
			}
			for i, r := range g {
				for j, u := range [4]float64{r[0], (r[0] + r[1] + r[2]) / 2, (r[0] - r[1] + r[2]) / 2, r[2]} {
					packed[((4*i+j)*l.m/16+o/16)*step+16*c+o%16] = float32(u)
				}
			}
		}
	}
	return packed
}
