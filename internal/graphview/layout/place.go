package layout

import (
	"cmp"
	"slices"
)

// placement is where columns and layers lie.
type placement struct {
	x      []int // the middle of each column
	top    []int // of each layer, and behind the last one
	gap    []int // below each layer
	layers int
}

func (p *placement) bottom(l int) int { return p.top[l+1] - p.gap[l] }

// place gives every column the x nearest to the first column that leaves room for its
// neighbours, and every layer its y.
func place(boxes []Box, c *columns) *placement {
	p := &placement{x: make([]int, len(c.all))}
	for _, col := range c.all {
		p.layers = max(p.layers, col.end())
	}
	middle := slices.Index(c.order, 0)
	if middle < 0 {
		return p
	}
	right, left := newFront(p.layers), newFront(p.layers)
	for _, id := range c.order[middle:] {
		p.x[id] = right.put(boxes, c.all[id])
		left.reserve(boxes, c.all[id], -p.x[id])
	}
	for _, id := range slices.Backward(c.order[:middle]) {
		p.x[id] = -left.put(boxes, c.all[id])
	}
	p.rows(boxes, c)
	return p
}

// front is how far a side is taken, in each layer.
type front struct {
	edge []int
	box  []bool // a box is the outermost
	used []bool
}

func newFront(layers int) *front {
	return &front{make([]int, layers), make([]bool, layers), make([]bool, layers)}
}

// put places a column outside everything that was put or reserved, and returns its x.
func (f *front) put(boxes []Box, col *column) int {
	x := 0
	for i, cell := range col.cells {
		l := col.top + i
		if !f.used[l] {
			continue
		}
		switch room := f.edge[l]; {
		case cell == line && f.box[l]:
			x = max(x, room+lineGap)
		case cell == line:
			x = max(x, room+linesGap)
		case f.box[l]:
			x = max(x, room+boxGap+boxes[cell].W/2)
		default:
			x = max(x, room+lineGap+boxes[cell].W/2)
		}
	}
	f.reserve(boxes, col, x)
	return x
}

// reserve takes the room of a column at x.
func (f *front) reserve(boxes []Box, col *column, x int) {
	for i, cell := range col.cells {
		l, edge := col.top+i, x
		if cell != line {
			edge += boxes[cell].W / 2
		}
		if !f.used[l] || edge > f.edge[l] {
			f.used[l], f.edge[l], f.box[l] = true, edge, cell != line
		}
	}
}

// rows places the layers: each as high as its highest box, with more room below where
// edges have far to go.
func (p *placement) rows(boxes []Box, c *columns) {
	height := make([]int, p.layers)
	p.top, p.gap = make([]int, p.layers+1), make([]int, p.layers)
	for id, col := range c.all {
		for i, cell := range col.cells {
			if cell != line {
				height[col.top+i] = max(height[col.top+i], boxes[cell].H)
			}
		}
		for _, h := range c.hops[id] {
			p.gap[h.layer] = max(p.gap[h.layer], min(abs(p.x[h.from]-p.x[h.to])/16, 40))
		}
	}
	for l := range p.layers {
		p.gap[l] += layerGap
		p.top[l+1] = p.top[l] + height[l] + p.gap[l]
	}
}

// routes draws the edges: down from a box to the end of its layer, between layers to
// the next column, and down to the top of the box at its end.
func routes(boxes []Box, edges []Edge, c *columns, p *placement, d Drawing) [][]Point {
	all := make([][]Point, len(edges))
	ends := ports(boxes, edges, c, p, d)
	for i, e := range edges {
		x, l := p.x[c.of[e.From]], d.Layer[e.From]
		r := []Point{{x, d.Corner[e.From].Y + boxes[e.From].H}, {x, p.bottom(l)}}
		if via := c.via[i]; via >= 0 && d.Layer[e.To] > l+1 {
			x = p.x[via]
			r = append(r, Point{x, p.top[l+1]}, Point{x, p.bottom(d.Layer[e.To] - 1)})
		}
		r = append(r, Point{ends[i], p.top[d.Layer[e.To]] - approach}, Point{ends[i], d.Corner[e.To].Y})
		all[i] = r
	}
	return all
}

// ports returns the x at which each edge reaches its box: what comes from straight
// above in the middle, the others beside it in the order in which they come.
func ports(boxes []Box, edges []Edge, c *columns, p *placement, d Drawing) []int {
	in := make([][]int, len(boxes))
	for i, e := range edges {
		in[e.To] = append(in[e.To], i)
	}
	ends := make([]int, len(edges))
	for b, list := range in {
		middle := p.x[c.of[b]]
		source := func(i int) int {
			if c.via[i] >= 0 {
				return p.x[c.via[i]]
			}
			return p.x[c.of[edges[i].From]]
		}
		slices.SortStableFunc(list, func(i, j int) int { return cmp.Compare(source(i), source(j)) })
		before, straight := 0, false
		for _, i := range list {
			switch x := source(i); {
			case x < middle:
				before++
			case x == middle:
				straight = true
			}
		}
		step := min(36, (boxes[b].W-16)/max(len(list), 1))
		if straight {
			step = min(36, (boxes[b].W/2-8)/max(before, len(list)-1-before, 1))
		}
		for k, i := range list {
			ends[i] = middle + (k-before)*step
			if !straight { // an even spread around the middle
				ends[i] = middle + (2*k+1-len(list))*step/2
			}
		}
	}
	return ends
}
