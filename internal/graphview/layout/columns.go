package layout

import (
	"cmp"
	"slices"
)

// line is what a column has in a layer that an edge only passes.
const line = -1

// column is a run of boxes and lines, one a layer.
type column struct {
	top   int   // its first layer
	cells []int // a box or line
	left  bool  // of the first column
}

func (c *column) end() int           { return c.top + len(c.cells) }        // behind its last layer
func (c *column) through(l int) bool { return c.top <= l && l+1 < c.end() } // from layer l to the next

// hop is the part of an edge that leads from one column to another, between a layer and the next.
type hop struct{ layer, from, to int }

// columns is a graph cut into columns.
type columns struct {
	all   []*column
	order []int   // of the columns from left to right
	of    []int   // the column of each box
	hops  [][]hop // at each column
	via   []int   // for each edge the column that it runs in, or -1 for a direct hop
}

// newColumns cuts a graph into paths and long edges.
func newColumns(boxes []Box, edges []Edge, layer []int) *columns {
	c := &columns{of: make([]int, len(boxes)), via: make([]int, len(edges))}
	succ := make([][]int, len(boxes))
	for _, e := range edges {
		succ[e.From] = append(succ[e.From], e.To)
	}
	c.paths(boxes, succ, layer)
	hops := map[hop]bool{}
	c.lanes(edges, layer, hops)
	c.hops = make([][]hop, len(c.all))
	for h := range hops {
		c.hops[h.from] = append(c.hops[h.from], h)
		c.hops[h.to] = append(c.hops[h.to], h)
	}
	for _, hs := range c.hops {
		slices.SortFunc(hs, func(a, b hop) int {
			return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
		})
	}
	return c
}

// paths makes columns of the longest paths, until no box is left.
func (c *columns) paths(boxes []Box, succ [][]int, layer []int) {
	for b := range c.of {
		c.of[b] = -1
	}
	for taken := 0; taken < len(boxes); {
		length, weight, next := make([]int, len(boxes)), make([]int64, len(boxes)), make([]int, len(boxes))
		start := -1
		for b := len(boxes) - 1; b >= 0; b-- {
			if c.of[b] >= 0 {
				continue
			}
			next[b] = -1
			for _, s := range succ[b] {
				if c.of[s] < 0 && (next[b] < 0 || longer(length, weight, s, next[b])) {
					next[b] = s
				}
			}
			length[b], weight[b] = 1, boxes[b].Weight
			if n := next[b]; n >= 0 {
				length[b] += length[n]
				weight[b] += weight[n]
			}
			if start < 0 || !longer(length, weight, start, b) {
				start = b
			}
		}
		col := &column{top: layer[start]}
		for b := start; b >= 0; b = next[b] {
			for col.end() < layer[b] {
				col.cells = append(col.cells, line)
			}
			col.cells = append(col.cells, b)
			c.of[b] = len(c.all)
			taken++
		}
		c.all = append(c.all, col)
	}
}

// longer compares the paths that start at two boxes.
func longer(length []int, weight []int64, a, b int) bool {
	return length[a] > length[b] || length[a] == length[b] && weight[a] > weight[b]
}

// lanes finds the column of every edge that passes a layer, and adds the hops. Edges
// of a box that ends its column go on in it; others get a column of their own for each net.
func (c *columns) lanes(edges []Edge, layer []int, hops map[hop]bool) {
	type net struct{ from, net int }
	lane, last := map[net]int{}, map[net]int{}
	for _, e := range edges {
		if k := (net{e.From, e.Net}); layer[e.To] > layer[e.From]+1 && !c.along(e, layer) {
			last[k] = max(last[k], layer[e.To])
		}
	}
	for i, e := range edges {
		k, from, to := net{e.From, e.Net}, c.of[e.From], c.of[e.To]
		c.via[i] = -1
		switch {
		case c.along(e, layer):
			c.via[i] = from
			continue
		case layer[e.To] == layer[e.From]+1:
			hops[hop{layer[e.From], from, to}] = true
			continue
		}
		if _, ok := lane[k]; !ok {
			lane[k] = c.lane(e.From, layer, last[k])
		}
		c.via[i] = lane[k]
		if lane[k] != from {
			hops[hop{layer[e.From], from, lane[k]}] = true
		}
		hops[hop{layer[e.To] - 1, lane[k], to}] = true
	}
}

// lane returns a column with lines from a box to the layer before last.
func (c *columns) lane(box int, layer []int, last int) int {
	col, id := c.all[c.of[box]], c.of[box]
	if col.end() != layer[box]+1 {
		col, id = &column{top: layer[box] + 1}, len(c.all)
		c.all = append(c.all, col)
	}
	for col.end() < last {
		col.cells = append(col.cells, line)
	}
	return id
}

// along reports whether an edge leads from a box to the next one of its column.
func (c *columns) along(e Edge, layer []int) bool {
	if c.of[e.From] != c.of[e.To] {
		return false
	}
	col := c.all[c.of[e.From]]
	for l := layer[e.From] + 1; l < layer[e.To]; l++ {
		if col.cells[l-col.top] != line {
			return false
		}
	}
	return true
}
