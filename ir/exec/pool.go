package exec

import (
	"sync"
	"sync/atomic"
)

// pool runs the parts of a step on several goroutines. Which worker does a
// part never changes the part's result.
type pool struct {
	workers int
	scratch []scratch // one a worker
	image   []float32 // padded input of the convolution that runs
	needs   scratchNeeds
}

// scratch is what one worker of a matrix product writes to.
type scratch struct {
	panel [][8]float32 // packed pixels
	f32   []float32    // sums of fp32 products
	s32   []int32      // sums of integer products
}

// scratchNeeds are the largest sizes that any step asked for.
type scratchNeeds struct {
	panel, sums, image int
}

func newPool(workers int) *pool { return &pool{workers: max(workers, 1)} }

// need records a step's wishes; reserve then allocates the largest of each.
func (p *pool) need(n scratchNeeds) {
	p.needs.panel = max(p.needs.panel, n.panel)
	p.needs.sums = max(p.needs.sums, n.sums)
	p.needs.image = max(p.needs.image, n.image)
}

func (p *pool) reserve() {
	p.scratch = make([]scratch, p.workers)
	for i := range p.scratch {
		p.scratch[i] = scratch{
			panel: make([][8]float32, p.needs.panel),
			f32:   make([]float32, p.needs.sums),
			s32:   make([]int32, p.needs.sums),
		}
	}
	p.image = make([]float32, p.needs.image)
}

// each calls part(i, worker's scratch) for every i below n.
func (p *pool) each(n int, part func(i int, s *scratch)) {
	if p.workers == 1 || n <= 1 {
		for i := range n {
			part(i, &p.scratch[0])
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range min(p.workers, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				part(i, &p.scratch[w])
			}
		})
	}
	wg.Wait()
}

// grain is the least number of elements that are worth a part of their own.
const grain = 1 << 14

// ranges calls part for consecutive ranges that cover n elements.
func (p *pool) ranges(n int, part func(lo, hi int)) {
	p.each((n+grain-1)/grain, func(i int, _ *scratch) {
		part(i*grain, min((i+1)*grain, n))
	})
}
