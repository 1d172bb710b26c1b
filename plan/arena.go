package plan

import (
	"cmp"
	"slices"
)

// line is the alignment of buffers: a cache line, and a vector of AVX-512.
const line = 64

// lifetimes finds for every buffer the first and the last step that use it.
func (p *planner) lifetimes() {
	for _, b := range p.buffers {
		b.first, b.last = -1, -1
	}
	for i, s := range p.pending {
		for _, b := range slices.Concat(s.reads, s.writes) {
			if b.first < 0 {
				b.first = i
			}
			b.last = i
			if p.keep {
				b.first, b.last = 0, len(p.pending)
			}
		}
	}
}

// allocate gives every buffer an offset, so that buffers in use at the same time
// do not overlap, and returns the size of the arena. The largest come first;
// each takes the lowest gap that it fits into (greedy by size, Pisarchyk and Lee,
// "Efficient memory management for deep neural net inference", 2020).
func allocate(buffers []*buffer) int {
	order := slices.DeleteFunc(slices.Clone(buffers), func(b *buffer) bool { return b.first < 0 })
	slices.SortStableFunc(order, func(a, b *buffer) int { return cmp.Compare(b.size, a.size) })
	var placed []*buffer // by offset
	total := 0
	for _, b := range order {
		at := 0
		for _, o := range placed {
			if o.last < b.first || b.last < o.first {
				continue
			}
			if o.off >= at+rounded(b.size) {
				break
			}
			at = max(at, o.off+rounded(o.size))
		}
		b.off = at
		total = max(total, at+rounded(b.size))
		i, _ := slices.BinarySearchFunc(placed, at, func(o *buffer, at int) int { return cmp.Compare(o.off, at) })
		placed = slices.Insert(placed, i, b)
	}
	return total
}

func rounded(n int) int { return (n + line - 1) / line * line }
