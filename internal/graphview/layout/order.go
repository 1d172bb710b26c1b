package layout

import (
	"cmp"
	"slices"
)

// rounds and reach bound the search for fewer crossings: how often every column is
// moved, and how far to either side.
const (
	rounds = 4
	reach  = 400
)

// order sets c.order: the first column in the middle, short ones near it, as those nest
// without crossings; then every column is moved to where it saves most crossings.
func order(c *columns) {
	c.sides()
	for id := range c.all {
		c.order = append(c.order, id)
	}
	// From the far left over the middle to the far right.
	slices.SortStableFunc(c.order, func(a, b int) int { return cmp.Compare(c.rank(a), c.rank(b)) })
	s := &sifter{columns: c, at: make([]int, len(c.all))}
	for i, id := range c.order {
		s.at[id] = i
	}
	for range rounds {
		better := false
		for id := range c.all {
			better = s.sift(id) || better
		}
		if !better {
			return
		}
	}
}

// rank is a column's place before sifting, negative to the left.
func (c *columns) rank(id int) int {
	switch {
	case id == 0:
		return 0
	case c.all[id].left:
		return -len(c.all[id].cells)
	}
	return len(c.all[id].cells)
}

// sides chooses a side for every column but the first: that of the column where it starts,
// or else the one with less beside it. Lines go to the right.
func (c *columns) sides() {
	load := map[bool]map[int]int{false: {}, true: {}}
	heaviest := func(left bool, col *column) int {
		most := 0
		for l := col.top; l < col.end(); l++ {
			most = max(most, load[left][l])
		}
		return most
	}
	for id, col := range c.all[min(1, len(c.all)):] {
		id++
		parent := 0
		for _, h := range c.hops[id] {
			if h.to == id && h.from < id {
				parent = h.from
				break
			}
		}
		boxes := slices.ContainsFunc(col.cells, func(cell int) bool { return cell != line })
		switch {
		case parent != 0:
			col.left = c.all[parent].left
		case boxes:
			col.left = heaviest(true, col) < heaviest(false, col)
		}
		if boxes {
			for l := col.top; l < col.end(); l++ {
				load[col.left][l]++
			}
		}
	}
}

// sifter moves one column at a time.
type sifter struct {
	*columns
	at []int // the place of each column in the order
}

// sift moves a column to the nearest of the places with the fewest crossings, and
// reports whether that saves any.
func (s *sifter) sift(id int) bool {
	home, best, bestAt := s.at[id], 0, s.at[id]
	for _, step := range []int{-1, 1} {
		change := 0
		for s.at[id]+step >= 0 && s.at[id]+step < len(s.order) && abs(s.at[id]+step-home) <= reach {
			change += s.swap(s.at[id], s.at[id]+step)
			if change < best {
				best, bestAt = change, s.at[id]
			}
		}
		s.move(id, home)
	}
	s.move(id, bestAt)
	return best < 0
}

// move takes a column to a place; those between move up.
func (s *sifter) move(id, to int) {
	for s.at[id] != to {
		step := 1
		if to < s.at[id] {
			step = -1
		}
		s.exchange(s.at[id], s.at[id]+step)
	}
}

func (s *sifter) exchange(i, j int) {
	s.order[i], s.order[j] = s.order[j], s.order[i]
	s.at[s.order[i]], s.at[s.order[j]] = i, j
}

// swap exchanges the columns at two neighbouring places and returns how many
// crossings that adds.
func (s *sifter) swap(i, j int) int {
	a, b := s.order[i], s.order[j]
	before := s.crossings(a, b)
	s.exchange(i, j)
	return s.crossings(a, b) - before
}

// crossings counts those between what lies at two columns: hops of both, and hops of
// one with the straight run of the other.
func (s *sifter) crossings(a, b int) int {
	if s.all[a].end() < s.all[b].top || s.all[b].end() < s.all[a].top {
		return 0
	}
	n := s.runs(a, b) + s.runs(b, a)
	hb := s.hops[b]
	for _, x := range s.hops[a] {
		for len(hb) > 0 && hb[0].layer < x.layer {
			hb = hb[1:]
		}
		for _, y := range hb {
			if y.layer > x.layer {
				break
			}
			if (s.at[x.from]-s.at[y.from])*(s.at[x.to]-s.at[y.to]) < 0 {
				n++
			}
		}
	}
	return n
}

// runs counts the hops of column a that cross the straight run of b.
func (s *sifter) runs(a, b int) int {
	n := 0
	for _, h := range s.hops[a] {
		if s.all[b].through(h.layer) && (s.at[h.from]-s.at[b])*(s.at[h.to]-s.at[b]) < 0 {
			n++
		}
	}
	return n
}

func abs(n int) int { return max(n, -n) }
