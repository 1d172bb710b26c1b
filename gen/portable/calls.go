package portable

import "math"

// count returns how many calls of kernels a phase has.
func (w *work) count(m *model, p *phase) int {
	w.index, w.ticket, w.made = 0, -1, false
	p.run(m, w, 0)
	return w.index
}

// take reports whether there are calls to take of those that a worker has to begin with in
// a phase, and takes the first. Where borders go with the phase, a part of them comes first.
func (w *work) take(p *phase, from int) bool {
	w.from = from
	w.low, w.high = (p.calls*from+w.workers-1)/w.workers, (p.calls*(from+1)+w.workers-1)/w.workers
	w.index, w.made, w.borders = 0, false, 0
	if p.borders < p.first {
		w.borders = 1
	}
	first := w.claim()
	if first == 0 && w.borders > 0 {
		p.fillBorders(w.team.m, w, from)
		first = w.claim()
	}
	w.ticket = w.callOf(first)
	return w.ticket >= 0
}

// none is what claim returns where nothing is left.
const none = -1

// claim takes the next of what a worker has to begin with, and returns its number there.
func (w *work) claim() int {
	for next := &w.team.seats[w.from].next; ; {
		x := next.Load()
		i := 0
		switch late := int32(uint32(x>>32) - w.tag); {
		case late > 0:
			return none // the phase has ended
		case late == 0:
			i = int(uint32(x))
		}
		if i == w.borders+w.high-w.low {
			return none
		}
		if next.CompareAndSwap(x, uint64(w.tag)<<32|uint64(i+1)) {
			w.calls++
			return i
		}
	}
}

// callOf returns the index of the call that has a number of claim.
func (w *work) callOf(number int) int {
	if number == none {
		return none
	}
	return number - w.borders + w.low
}

// mine reports whether the next call of the phase is this worker's. Every worker of a run
// asks for all calls of a phase in the same order and makes those that are its own.
func (w *work) mine() bool {
	if w.workers <= 1 {
		return true
	}
	if w.made { // the last call was its own: it takes another
		w.ticket = w.callOf(w.claim())
	}
	w.made = w.index == w.ticket
	w.index++
	return w.made
}

// callsEach is how many rows or pieces of a layer a worker should have at most.
const callsEach = 8

// share returns how many of total rows, pixels or elements one call should take where
// each of these makes as many calls as others says: at most most, and so many that every
// worker has some of its own, and that the workers end together.
func (w *work) share(most, total, others int) int {
	if w.workers <= 1 {
		return most
	}
	others *= max(1, w.together)
	best, least := 1, math.Inf(1)
	for k := 1; k <= callsEach; k++ {
		n := max(1, min(most, (total+k*w.workers-1)/(k*w.workers)))
		count := others * ((total + n - 1) / n)
		if cost := w.unfair(count, float64(n)/float64(others*total), total%n == 0, 1.0/256); cost < least {
			best, least = n, cost
		}
	}
	return best
}

// unfair estimates how much longer than its share of the work a layer takes, as a part of that
// share, if it is done in that many pieces, the largest of which is such a part of all work; whether
// all are as large; and what part of all work a call costs.
func (w *work) unfair(count int, largest float64, equal bool, call float64) float64 {
	cost := call*float64(count) + 0.3*float64(w.workers)*largest // the latter by accident
	if !equal || count%w.workers != 0 {
		cost += float64(w.workers-1) * largest
	}
	return cost
}

// cut is the size of the pieces of a part of a layer that workers take: rows, each Merge of
// the image, or where there is one row main tiles of it; and channel tiles.
type cut struct{ line, tiles int }

// cut returns how a part of a layer is cut, whose rows lie in bands.
func (w *work) cut(t *tiling, p *part, g grid, bands int) cut {
	c := cut{t.Rows, min(t.Tiles, p.Tiles)}
	if g.panels > 1 || g.h == 1 {
		c.line = g.line(p)
	}
	if w.workers <= 1 || g.small() {
		return c
	}
	best, ok := w.team.cuts[p]
	if !ok { // the calls are being counted
		blocks := 0
		for i := range t.Parts {
			blocks += t.Parts[i].Tiles * t.Parts[i].OB
		}
		share := float64(p.Tiles*p.OB) / float64(blocks)
		copies := bands * g.groups * max(1, w.together)
		best = w.fair(c, (g.line(p)+bands-1)/bands, p.Tiles, copies, share, callProducts/float64(g.h*g.w*g.products))
		w.team.cuts[p] = best
	}
	return best
}

// callProducts is how many products take as long as what belongs to a call.
const callProducts = 1e4

// fair returns the pieces, at most as large as c, with which the workers should end first. The
// part has so many lines and tiles, is there several times, and is a share of the layer; a call
// costs as much as that share of all work.
func (w *work) fair(c cut, lines, tiles, copies int, share, call float64) cut {
	best, least := c, math.Inf(1)
	for t := c.tiles; t >= 1; t-- {
		for n := min(lines, c.line); n >= 1; n-- {
			count := copies * ((lines + n - 1) / n) * ((tiles + t - 1) / t)
			largest := share * float64(n*t) / float64(copies*lines*tiles)
			if cost := w.unfair(count, largest, lines%n == 0 && tiles%t == 0, call); cost < least {
				best, least = cut{n, t}, cost
			}
		}
	}
	return best
}
