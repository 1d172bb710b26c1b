package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// axisGrid is what GridSample needs to know of an axis.
type axisGrid struct {
	extent int
	lo, hi float64 // where a mirror stands
	edge   ir.EdgeMode
}

func gridAxis(o ir.GridSample, extent int) axisGrid {
	a := axisGrid{extent: extent, lo: -0.5, hi: float64(extent) - 0.5, edge: o.Edge}
	if o.AlignCorners {
		a.lo, a.hi = 0, float64(extent-1)
	}
	return a
}

// position converts a coordinate of the grid to one of elements.
func (a axisGrid) position(g float32, mode ir.SampleMode) float64 {
	if g != g {
		g = -1
	}
	v := min(max(float64(g), -1e6), 1e6)
	p := a.lo + float64((v+1)/2*(a.hi-a.lo))
	if mode == ir.SampleNearest {
		p = math.RoundToEven(p)
	}
	if p >= a.lo && p <= a.hi {
		return p
	}
	switch a.edge {
	case ir.EdgeRepeat: // cubic sums go on beyond the end, where all elements are the last
		if mode != ir.SampleCubic {
			return min(max(p, 0), float64(a.extent-1))
		}
	case ir.EdgeReflect:
		return a.mirror(p)
	}
	return p
}

// mirror folds p back between lo and hi.
func (a axisGrid) mirror(p float64) float64 {
	width := a.hi - a.lo
	if width == 0 {
		return a.lo
	}
	if p >= a.lo && p <= a.hi {
		return p
	}
	// The distance beyond the mirror that is passed, and how often it is passed.
	if p < a.lo {
		far := a.lo - p
		times := math.Floor(far / width)
		rest := far - float64(times*width)
		if math.Mod(times, 2) == 0 {
			return a.lo + rest
		}
		return a.hi - rest
	}
	far := p - a.hi
	times := math.Floor(far / width)
	rest := far - float64(times*width)
	if math.Mod(times, 2) == 0 {
		return a.hi - rest
	}
	return a.lo + rest
}

// element returns the element that stands at index i, outside where there is none.
func (a axisGrid) element(i int) int {
	if i >= 0 && i < a.extent {
		return i
	}
	switch a.edge {
	case ir.EdgeRepeat:
		return min(max(i, 0), a.extent-1)
	case ir.EdgeReflect:
		return min(max(int(a.mirror(float64(i))), 0), a.extent-1)
	}
	return outside
}

// taps returns the elements that a position is a weighted sum of.
func (a axisGrid) taps(p float64, mode ir.SampleMode) (elements []int, weights []float64) {
	first := int(math.Floor(p))
	f := p - math.Floor(p)
	switch mode {
	case ir.SampleNearest:
		weights = []float64{1}
	case ir.SampleLinear:
		weights = []float64{1 - f, f}
	case ir.SampleCubic:
		first--
		for i := range 4 {
			weights = append(weights, keys(f+1-float64(i)))
		}
	}
	for i := range weights {
		elements = append(elements, a.element(first+i))
	}
	return elements, weights
}

// keys is Keys' cubic kernel with a = -0.75.
func keys(x float64) float64 {
	const a = -0.75
	x = math.Abs(x)
	switch {
	case x <= 1:
		return float64((a+2)*x*x*x) - float64((a+3)*x*x) + 1
	case x < 2:
		return float64(a*x*x*x) - float64(5*a*x*x) + float64(8*a*x) - 4*a
	}
	return 0
}

func gridSample(o ir.GridSample, x, grid, y *ir.Tensor) {
	xs, ys := x.Shape, y.Shape
	rows, columns := gridAxis(o, xs[2]), gridAxis(o, xs[3])
	for i := range ys[0] * ys[2] * ys[3] {
		n, at := i/(ys[2]*ys[3]), i%(ys[2]*ys[3])
		cs, cw := columns.taps(columns.position(grid.F32[2*i], o.Mode), o.Mode)
		rs, rw := rows.taps(rows.position(grid.F32[2*i+1], o.Mode), o.Mode)
		for c := range ys[1] {
			plane := x.F32[(n*xs[1]+c)*xs[2]*xs[3]:]
			sum := 0.0
			for j, r := range rs {
				for k, q := range cs {
					if r != outside && q != outside {
						sum += float64(rw[j]*cw[k]) * float64(plane[r*xs[3]+q])
					}
				}
			}
			y.F32[(n*ys[1]+c)*ys[2]*ys[3]+at] = float32(sum)
		}
	}
}

// roiBins is how a region lies along one axis.
type roiBins struct {
	start, length float64 // of the first bin, of each
	samples       int
}

func roiAxis(o ir.RoiAlign, from, to float32, bins int) roiBins {
	shift := 0.0
	if o.HalfPixel {
		shift = 0.5
	}
	start, end := float64(float64(from)*float64(o.Scale))-shift, float64(float64(to)*float64(o.Scale))-shift
	extent := end - start
	if !o.HalfPixel {
		extent = max(extent, 1)
	}
	b := roiBins{start: start, length: extent / float64(bins), samples: o.Samples}
	if b.samples == 0 && b.length > 0 {
		b.samples = int(min(math.Ceil(b.length), ir.RoiSamples))
	}
	return b
}

// sample returns where sample i of a bin lies.
func (b roiBins) sample(bin, i int) float64 {
	return b.start + float64(float64(bin)*b.length) + float64((float64(i)+0.5)*b.length)/float64(b.samples)
}

// around returns the two elements beside a point and their weights; not inside where the
// point is too far away.
func around(p float64, extent int) (low, high int, wLow, wHigh float64, inside bool) {
	if !(p >= -1 && p <= float64(extent)) {
		return 0, 0, 0, 0, false
	}
	p = max(p, 0)
	low = int(p)
	if low >= extent-1 {
		return extent - 1, extent - 1, 1, 0, true
	}
	return low, low + 1, 1 - (p - float64(low)), p - float64(low), true
}

func roiAlign(o ir.RoiAlign, in []*ir.Tensor, y *ir.Tensor) {
	x, regions, images := in[0], in[1].F32, in[2].I64
	xs := x.Shape
	i := 0
	for r, n := range images {
		box := regions[4*r:]
		columns, rows := roiAxis(o, box[0], box[2], o.Width), roiAxis(o, box[1], box[3], o.Height)
		for c := range xs[1] {
			for bin := range o.Height * o.Width {
				if n >= 0 && n < int64(xs[0]) {
					plane := x.F32[(int(n)*xs[1]+c)*xs[2]*xs[3]:]
					y.F32[i] = float32(roiBin(o, plane, xs, rows, columns, bin/o.Width, bin%o.Width))
				}
				i++
			}
		}
	}
}

// roiBin is one element of a RoiAlign.
func roiBin(o ir.RoiAlign, plane []float32, xs ir.Shape, rows, columns roiBins, row, column int) float64 {
	sum, largest := 0.0, math.Inf(-1)
	for i := range rows.samples {
		r0, r1, v0, v1, inRow := around(rows.sample(row, i), xs[2])
		for j := range columns.samples {
			c0, c1, h0, h1, inColumn := around(columns.sample(column, j), xs[3])
			var parts [4]float64
			if inRow && inColumn {
				parts = [4]float64{float64(v0*h0) * float64(plane[r0*xs[3]+c0]), float64(v0*h1) * float64(plane[r0*xs[3]+c1]),
					float64(v1*h0) * float64(plane[r1*xs[3]+c0]), float64(v1*h1) * float64(plane[r1*xs[3]+c1])}
			}
			for _, p := range parts {
				sum, largest = sum+p, max(largest, p)
			}
		}
	}
	n := rows.samples * columns.samples
	switch {
	case n == 0:
		return 0
	case o.Max:
		return largest
	}
	return sum / float64(n)
}
