// Package layout places the boxes of a directed acyclic graph in layers, for a
// drawing that is read from top to bottom.
//
// The graph is cut into columns: the longest path is the first, in the middle and
// straight; the longest path of what is left is the next, and so on. An edge over
// several layers that no column has taken up is a column too, as thin as a line, and all
// edges of one value share it. A column has one x, so chains and long edges are
// straight, and columns are ordered as a whole for few crossings. Edges bend only
// between two layers, where there are no boxes: they can't run into one.
//
// Everything is counted in whole pixels, so a graph has one drawing on every machine.
package layout

// Box is a vertex.
type Box struct {
	W, H   int
	Weight int64 // of two paths of one length the heavier is straight
}

// Edge leads from one box to a later one, both indexes. Edges of one box with the same
// Net, as those of one value, run together as far as they can.
type Edge struct{ From, To, Net int }

// Point is a place in the drawing, x to the right, y down.
type Point struct{ X, Y int }

// Drawing is where everything lies.
type Drawing struct {
	W, H   int
	Corner []Point   // top left of each box
	Layer  []int     // of each box, 0 at the top
	Routes [][]Point // of each edge: points where x changes are the ends of a bend
}

// The distances between neighbours, sides of boxes and lines, and between layers.
const (
	boxGap   = 40
	lineGap  = 22 // of a line and a box
	linesGap = 16 // of two lines
	layerGap = 42
	approach = 12 // the straight end of an edge before its box, for the arrow
)

// Layered places boxes in layers. Every edge must lead from a lower index to a higher.
func Layered(boxes []Box, edges []Edge) Drawing {
	d := Drawing{Layer: layers(len(boxes), edges), Corner: make([]Point, len(boxes))}
	c := newColumns(boxes, edges, d.Layer)
	order(c)
	p := place(boxes, c)
	for b := range boxes {
		l := d.Layer[b]
		d.Corner[b] = Point{p.x[c.of[b]] - boxes[b].W/2, p.top[l] + (p.bottom(l)-p.top[l]-boxes[b].H)/2}
	}
	d.Routes = routes(boxes, edges, c, p, d)
	d.fit(boxes)
	return d
}

// layers gives every box a layer below those of its predecessors, as high as
// possible; one without predecessors lies directly above its first reader.
func layers(boxes int, edges []Edge) []int {
	layer, first, hasPred := make([]int, boxes), make([]int, boxes), make([]bool, boxes)
	out := make([][]int, boxes)
	for _, e := range edges {
		out[e.From] = append(out[e.From], e.To)
		hasPred[e.To] = true
	}
	for b := range boxes {
		first[b] = -1
		for _, to := range out[b] {
			layer[to] = max(layer[to], layer[b]+1)
		}
	}
	for _, e := range edges {
		if f := first[e.From]; f < 0 || layer[e.To] < f {
			first[e.From] = layer[e.To]
		}
	}
	for b := range boxes {
		if !hasPred[b] && first[b] > 0 {
			layer[b] = first[b] - 1
		}
	}
	return layer
}

// fit moves the drawing to the origin and measures it.
func (d *Drawing) fit(boxes []Box) {
	lowest, first := Point{}, true
	see := func(left, right, bottom int) {
		if first {
			lowest.X, d.W, d.H, first = left, right, bottom, false
		}
		lowest.X, d.W, d.H = min(lowest.X, left), max(d.W, right), max(d.H, bottom)
	}
	for b, at := range d.Corner {
		see(at.X, at.X+boxes[b].W, at.Y+boxes[b].H)
	}
	for _, r := range d.Routes {
		for _, p := range r {
			see(p.X, p.X, p.Y)
		}
	}
	d.W -= lowest.X
	for b := range d.Corner {
		d.Corner[b].X -= lowest.X
	}
	for _, r := range d.Routes {
		for i := range r {
			r[i].X -= lowest.X
		}
	}
}
