package portable

import "math"

// gridSample reads images where a grid says. Operands are row-major.
type gridSample struct {
	Name         string
	X, Grid, Y   values
	C, H, W      int
	OH, OW       int
	Taps         int // 1: the nearest element; 2: linear; 4: cubic
	Repeat       bool
	Mirror       bool
	AlignCorners bool
}

type boundGridSample struct {
	*gridSample
	x, grid, y operand
}

func (g gridSample) bind(m *model) layer {
	return &boundGridSample{&g, g.X.bind(m), g.Grid.bind(m), g.Y.bind(m)}
}

// sampledAxis is what a position reads along an axis: elements, -1 for what reads as zero.
type sampledAxis struct {
	element [4]int
	weight  [4]float64
}

func (g *boundGridSample) run(w *work) {
	x, grid, y := g.x.get(w), g.grid.get(w), g.y.get(w)
	plane := g.OH * g.OW
	for row := range len(grid) / (2 * g.OW) {
		if !w.mine() {
			continue
		}
		for i := row * g.OW; i < (row+1)*g.OW; i++ {
			columns, rows := g.along(grid[2*i], g.W), g.along(grid[2*i+1], g.H)
			n, at := i/plane, i%plane
			for c := range g.C {
				y[(n*g.C+c)*plane+at] = g.sum(x[(n*g.C+c)*g.H*g.W:][:g.H*g.W], &rows, &columns)
			}
		}
	}
}

func (g *boundGridSample) sum(x []float32, rows, columns *sampledAxis) float32 {
	sum := 0.0
	for i := range g.Taps {
		for j := range g.Taps {
			if r, c := rows.element[i], columns.element[j]; r >= 0 && c >= 0 {
				sum += float64(float64(rows.weight[i]*columns.weight[j]) * float64(x[r*g.W+c]))
			}
		}
	}
	return float32(sum)
}

// farOff bounds coordinates of a grid.
const farOff = 1e6

// along returns what the coordinate v reads along an axis.
func (g *boundGridSample) along(v float32, extent int) (a sampledAxis) {
	lo, hi := -0.5, float64(extent)-0.5
	if g.AlignCorners {
		lo, hi = 0, float64(extent-1)
	}
	if v != v {
		v = -1
	}
	p := lo + float64((min(max(float64(v), -farOff), farOff)+1)/2*(hi-lo))
	if g.Taps == 1 {
		p = math.RoundToEven(p)
	}
	switch {
	case p >= lo && p <= hi:
	case g.Repeat:
		if g.Taps < 4 { // cubic sums go on beyond the end
			p = min(max(p, 0), float64(extent-1))
		}
	case g.Mirror:
		p = mirrored(p, lo, hi)
	}
	first := math.Floor(p)
	f := p - first
	switch g.Taps {
	case 1:
		a.weight[0] = 1
	case 2:
		a.weight[0], a.weight[1] = 1-f, f
	default:
		first--
		for i := range 4 {
			a.weight[i] = cubicWeight(f + 1 - float64(i))
		}
	}
	for i := range g.Taps {
		e := int(first) + i
		switch {
		case e >= 0 && e < extent:
		case g.Repeat:
			e = min(max(e, 0), extent-1)
		case g.Mirror:
			e = min(max(int(mirrored(float64(e), lo, hi)), 0), extent-1)
		default:
			e = -1
		}
		a.element[i] = e
	}
	return a
}

// mirrored folds p back between two mirrors.
func mirrored(p, lo, hi float64) float64 {
	width := hi - lo
	if width == 0 {
		return lo
	}
	if p >= lo && p <= hi {
		return p
	}
	far := lo - p
	if p > hi {
		far = p - hi
	}
	times := math.Floor(far / width)
	rest := far - float64(times*width)
	if (p < lo) == (math.Mod(times, 2) == 0) {
		return lo + rest
	}
	return hi - rest
}

// cubicWeight is Keys' kernel with a = -0.75.
func cubicWeight(x float64) float64 {
	const a = -0.75
	x = math.Abs(x)
	if x <= 1 {
		return float64((a+2)*x*x*x) - float64((a+3)*x*x) + 1
	}
	return float64(a*x*x*x) - float64(5*a*x*x) + float64(8*a*x) - 4*a
}

// roiAlign cuts regions into bins and takes the mean of points of each. Operands are
// row-major.
type roiAlign struct {
	Name                 string
	X, Regions, Image, Y values
	N, C, H, W           int
	Height, Width        int // bins
	Samples, Most        int // 0: as many as a bin is long, at most Most
	Scale                float32
	Max, HalfPixel       bool
}

type boundRoiAlign struct {
	*roiAlign
	x, regions, image, y operand
}

func (r roiAlign) bind(m *model) layer {
	return &boundRoiAlign{&r, r.X.bind(m), r.Regions.bind(m), r.Image.bind(m), r.Y.bind(m)}
}

// regionAxis is how a region lies along an axis.
type regionAxis struct {
	start, length float64 // of the first bin, of each
	samples       int
}

func (r *boundRoiAlign) axis(from, to float32, bins int) regionAxis {
	shift := 0.0
	if r.HalfPixel {
		shift = 0.5
	}
	start := float64(float64(from)*float64(r.Scale)) - shift
	extent := float64(float64(to)*float64(r.Scale)) - shift - start
	if !r.HalfPixel {
		extent = max(extent, 1)
	}
	a := regionAxis{start: start, length: extent / float64(bins), samples: r.Samples}
	if a.samples == 0 && a.length > 0 {
		a.samples = int(min(math.Ceil(a.length), float64(r.Most)))
	}
	return a
}

func (r *boundRoiAlign) run(w *work) {
	x, regions, image, y := r.x.get(w), r.regions.get(w), numbers[int64](w, &r.image), r.y.get(w)
	bins := r.Height * r.Width
	for i, n := range image {
		for c := range r.C {
			if !w.mine() {
				continue
			}
			out := y[(i*r.C+c)*bins:][:bins]
			clear(out)
			if n < 0 || n >= int64(r.N) {
				continue
			}
			columns := r.axis(regions[4*i], regions[4*i+2], r.Width)
			rows := r.axis(regions[4*i+1], regions[4*i+3], r.Height)
			plane := x[(int(n)*r.C+c)*r.H*r.W:][:r.H*r.W]
			for b := range out {
				out[b] = float32(r.bin(plane, rows, columns, b/r.Width, b%r.Width))
			}
		}
	}
}

// bin is one element of the result.
func (r *boundRoiAlign) bin(plane []float32, rows, columns regionAxis, row, column int) float64 {
	sum, largest := 0.0, math.Inf(-1)
	for i := range rows.samples {
		r0, r1, v, inRow := beside(rows.point(row, i), r.H)
		for j := range columns.samples {
			c0, c1, h, inColumn := beside(columns.point(column, j), r.W)
			var parts [4]float64
			if inRow && inColumn {
				parts = [4]float64{float64((1-v)*(1-h)) * float64(plane[r0*r.W+c0]), float64((1-v)*h) * float64(plane[r0*r.W+c1]),
					float64(v*(1-h)) * float64(plane[r1*r.W+c0]), float64(v*h) * float64(plane[r1*r.W+c1])}
			}
			for _, p := range parts {
				sum, largest = sum+float64(p), max(largest, p)
			}
		}
	}
	n := rows.samples * columns.samples
	switch {
	case n == 0:
		return 0
	case r.Max:
		return largest
	}
	return sum / float64(n)
}

// point returns where sample i of a bin lies.
func (a regionAxis) point(bin, i int) float64 {
	return a.start + float64(float64(bin)*a.length) + float64((float64(i)+0.5)*a.length)/float64(a.samples)
}

// beside returns the elements before and behind a point, and how far it is from the first;
// false where it is more than an element outside.
func beside(p float64, extent int) (low, high int, f float64, inside bool) {
	if !(p >= -1 && p <= float64(extent)) {
		return 0, 0, 0, false
	}
	p = max(p, 0)
	if low = int(p); low >= extent-1 {
		return extent - 1, extent - 1, 0, true
	}
	return low, low + 1, p - float64(low), true
}
