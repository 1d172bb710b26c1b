package layout

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// check fails the test if boxes overlap, an edge does not lead down, or one runs into
// a box that is not at its end.
func check(t *testing.T, boxes []Box, edges []Edge, d Drawing) {
	t.Helper()
	for a := range boxes {
		for b := range a {
			if overlap(d.Corner[a], boxes[a], d.Corner[b], boxes[b]) {
				t.Errorf("boxes %d and %d overlap", a, b)
			}
		}
		if c := d.Corner[a]; c.X < 0 || c.Y < 0 || c.X+boxes[a].W > d.W || c.Y+boxes[a].H > d.H {
			t.Errorf("box %d at %v lies outside the drawing of %dx%d", a, c, d.W, d.H)
		}
	}
	for i, e := range edges {
		if d.Layer[e.To] <= d.Layer[e.From] {
			t.Errorf("edge %d of %v does not lead to a lower layer", i, e)
		}
		r := d.Routes[i]
		for k := 1; k < len(r); k++ {
			if r[k].Y < r[k-1].Y {
				t.Errorf("edge %d of %v leads up: %v", i, e, r)
			}
			for b := range boxes {
				if b != e.From && b != e.To && inside(r[k-1], r[k], d.Corner[b], boxes[b]) {
					t.Errorf("edge %d of %v runs into box %d", i, e, b)
				}
			}
		}
		first, last := r[0], r[len(r)-1]
		if from := d.Corner[e.From]; first.Y != from.Y+boxes[e.From].H || first.X <= from.X || first.X >= from.X+boxes[e.From].W {
			t.Errorf("edge %d of %v does not start at its box", i, e)
		}
		if to := d.Corner[e.To]; last.Y != to.Y || last.X <= to.X || last.X >= to.X+boxes[e.To].W {
			t.Errorf("edge %d of %v does not end at its box", i, e)
		}
	}
}

func overlap(p Point, a Box, q Point, b Box) bool {
	return p.X < q.X+b.W && q.X < p.X+a.W && p.Y < q.Y+b.H && q.Y < p.Y+a.H
}

// inside reports whether the rectangle around two points touches the inside of a box.
// A bend stays in it, as its control points do.
func inside(p, q Point, at Point, b Box) bool {
	return min(p.X, q.X) < at.X+b.W && max(p.X, q.X) > at.X && min(p.Y, q.Y) < at.Y+b.H && max(p.Y, q.Y) > at.Y
}

func uniform(n int) []Box {
	boxes := make([]Box, n)
	for i := range boxes {
		boxes[i] = Box{W: 200, H: 60, Weight: 1}
	}
	return boxes
}

func middle(d Drawing, boxes []Box, b int) int { return d.Corner[b].X + boxes[b].W/2 }

func TestResidualBlocks(t *testing.T) {
	const blocks = 16 // of three boxes, the last of which also reads what the first does
	boxes := uniform(1 + 3*blocks)
	var edges []Edge
	for i := range 3 * blocks {
		edges = append(edges, Edge{From: i, To: i + 1, Net: i})
		if i%3 == 0 {
			edges = append(edges, Edge{From: i, To: i + 3, Net: i})
		}
	}
	d := Layered(boxes, edges)
	check(t, boxes, edges, d)
	for b := range boxes {
		if middle(d, boxes, b) != middle(d, boxes, 0) {
			t.Errorf("box %d of the chain is not below the first", b)
		}
	}
	if d.W > 200+2*lineGap {
		t.Errorf("the drawing is %d wide: the residual edges do not share a line", d.W)
	}
}

func TestBranches(t *testing.T) {
	// 0 forks to branches of 1, 2, 2 and 3 boxes, which 9 joins.
	edges := []Edge{{0, 1, 0}, {1, 9, 1}, {0, 2, 0}, {2, 3, 2}, {3, 9, 3}, {0, 4, 0}, {4, 5, 4}, {5, 9, 5},
		{0, 6, 0}, {6, 7, 6}, {7, 8, 7}, {8, 9, 8}}
	boxes := uniform(10)
	d := Layered(boxes, edges)
	check(t, boxes, edges, d)
	for _, branch := range [][]int{{0, 6, 7, 8, 9}, {2, 3}, {4, 5}} {
		for _, b := range branch {
			if middle(d, boxes, b) != middle(d, boxes, branch[0]) {
				t.Errorf("box %d is not below %d", b, branch[0])
			}
		}
	}
	if want := 4*200 + 3*boxGap; d.W != want {
		t.Errorf("the drawing is %d wide, want four columns, %d", d.W, want)
	}
	if a, b := middle(d, boxes, 0)-200, d.W-middle(d, boxes, 0)-200; a < 0 || b < 0 {
		t.Errorf("all branches lie on one side of the chain")
	}
}

// TestSharedLine has one value that boxes far below read.
func TestSharedLine(t *testing.T) {
	boxes := uniform(12)
	var edges []Edge
	for i := range 11 {
		edges = append(edges, Edge{From: i, To: i + 1, Net: i})
		if i >= 2 {
			edges = append(edges, Edge{From: 0, To: i, Net: 0})
		}
	}
	d := Layered(boxes, edges)
	check(t, boxes, edges, d)
	if d.W > 200+2*lineGap {
		t.Errorf("the drawing is %d wide: the readers do not share a line", d.W)
	}
}

func TestCrossings(t *testing.T) {
	// Two chains; what leads from one to the other and back must not cross anything.
	edges := []Edge{{0, 1, 0}, {1, 2, 1}, {2, 3, 2}, {3, 4, 3}, {4, 5, 4}, {0, 6, 0}, {6, 7, 6}, {7, 8, 7}, {8, 5, 8}, {1, 7, 1}, {7, 3, 7}}
	boxes := uniform(9)
	c := newColumns(boxes, edges, layers(len(boxes), edges))
	order(c)
	s := &sifter{columns: c, at: make([]int, len(c.all))}
	for i, id := range c.order {
		s.at[id] = i
	}
	for a := range c.all {
		for b := range a {
			if n := s.crossings(a, b); n != 0 {
				t.Errorf("%d crossings of columns %d and %d", n, a, b)
			}
		}
	}
}

func TestRandomGraphs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range 150 {
		n := 1 + rnd.IntN(50)
		boxes := uniform(n)
		var edges []Edge
		for b := range boxes {
			boxes[b] = Box{W: 2 * (40 + rnd.IntN(100)), H: 30 + rnd.IntN(90), Weight: rnd.Int64N(9)}
			for k := 0; b > 0 && k < rnd.IntN(4); k++ {
				from := max(0, b-1-rnd.IntN(1+rnd.IntN(b)))
				edges = append(edges, Edge{From: from, To: b, Net: rnd.IntN(2)})
			}
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			d := Layered(boxes, edges)
			check(t, boxes, edges, d)
			if !reflect.DeepEqual(d, Layered(boxes, edges)) {
				t.Error("a second drawing differs")
			}
		})
	}
}

func TestNothing(t *testing.T) {
	if d := Layered(nil, nil); d.W != 0 || d.H != 0 {
		t.Errorf("no boxes, but a drawing of %dx%d", d.W, d.H)
	}
}
