package portable

import (
	"math"
	"runtime"
	"sync/atomic"
)

// team is what the workers of a workspace share. The goroutine that calls run is worker
// 0; each of the others has a goroutine, which sleeps between runs.
//
// A run is a list of phases, most of them one layer. In a phase all workers walk over
// the same calls of kernels. Each has a range of them to begin with, so that most of what
// it reads is what it wrote in the phase before; who is through with its own goes on
// with what is left of the others'. A phase begins when all calls of the one before have been
// made. Nobody waits for a worker that makes none, as one whose processor is busy with
// something else; it goes on where the others are when it comes back.
type team struct {
	m      *model
	cuts   map[*part]cut // how the parts of the layers are cut for so many workers
	seats  []seat        // by worker
	first  atomic.Int64  // layer of the run
	closed atomic.Bool
}

// seat is what others look at of a worker. Each of the three parts fills a cache line and
// the one that is fetched with it. The tag of a phase is its number since the first run.
type seat struct {
	done atomic.Uint64 // tag of the last phase that it had calls of, and how many
	_    [120]byte

	next atomic.Uint64 // tag of a phase, and the call of its range that nobody has taken
	_    [120]byte

	asleep atomic.Bool
	wake   chan struct{}
	_      [112]byte
}

// worker is what a work has as one of several.
type worker struct {
	phases  []phase // of a run
	team    *team   // nil: there is one worker
	number  int
	workers int    // 1: all calls are its own
	tag     uint32 // of the phase that it is in; between runs there is one that none of them is
	spins   int

	from      int // worker whose calls it takes
	low, high int // that one's range
	index     int // of the next call that is walked over
	ticket    int // of the call that it is to make
	made      bool
	borders   int // 1 where a part of the borders belongs to each range
	calls     int // that it has taken in the phase, with parts of borders
}

// newTeam makes w worker 0 of some, and starts the others.
func newTeam(m *model, w *work, workers int) {
	t := &team{m: m, seats: make([]seat, workers), cuts: map[*part]cut{}}
	w.team, w.workers = t, workers
	for i := range w.phases {
		w.phases[i].calls = w.count(m, &w.phases[i])
	}
	w.phases = m.joined(w.phases)
	for i := range workers {
		t.seats[i].wake = make(chan struct{}, 1)
		if i > 0 {
			o := &work{memory: w.memory, arrays: w.arrays, pitch: w.pitch, worker: w.worker}
			o.number = i
			go o.serve()
		}
	}
	runtime.AddCleanup(w, (*team).close, t)
}

// close ends the goroutines.
func (t *team) close() {
	if !t.closed.Swap(true) {
		t.wakeUp()
	}
}

// close releases what a work has beside memory.
func (w *work) close() {
	if w.team != nil {
		w.team.close()
	}
}

// serve is the goroutine of a worker other than the first.
func (w *work) serve() {
	for {
		w.await(noEnd)
		if w.team.closed.Load() {
			return
		}
		w.tag++
		w.takePart()
	}
}

// run runs the layers from number first on with all workers; w is the first's.
func (t *team) run(first int, w *work) {
	if t.closed.Load() {
		panic("run on a workspace that has been closed")
	}
	t.first.Store(int64(first))
	w.tag++
	w.tell(0)
	w.takePart()
}

// takePart is a run on the part of one worker.
func (w *work) takePart() {
	w.spins = spins / w.workers
	if runtime.GOMAXPROCS(0) < w.workers {
		w.spins = 0 // the others wait for this one to give up its place
	}
	first := int(w.team.first.Load())
	for i := range w.phases {
		if p := &w.phases[i]; p.last > first && !w.ended(noEnd) {
			w.calls = 0
			w.make(p, w.number, first)
			if all := p.all(w.workers); !w.endsSoon(all) {
				for i := range w.workers {
					w.make(p, (w.number+i)%w.workers, first)
				}
				w.await(all)
			}
		}
		w.tag++
	}
}

// make makes what is left of the calls that a worker has to begin with in a phase, of layers
// from number first on.
func (w *work) make(p *phase, from, first int) {
	before := w.calls
	if w.take(p, from) {
		p.run(w.team.m, w, first)
	}
	if w.calls > before {
		w.tell(w.calls)
	}
}

// patience is how often a worker looks whether the others are through, some 3 µs, before it
// takes calls of theirs. What it computed in their place they would have to get from its cache.
const patience = 1000

// endsSoon reports whether so many calls of the phase have been made before patience ends.
func (w *work) endsSoon(calls int) bool {
	for range patience / w.workers {
		if w.ended(calls) {
			return true
		}
	}
	return false
}

// tell tells the others that this worker has begun a run, or has made calls of a phase.
func (w *work) tell(calls int) {
	w.team.seats[w.number].done.Store(uint64(w.tag)<<32 | uint64(calls))
	w.team.wakeUp()
}

// noEnd stands for the calls of what only ends when something else has begun.
const noEnd = math.MaxInt

// ended reports whether so many calls of the phase have been made, or a later one has begun.
func (w *work) ended(calls int) bool {
	t := w.team
	made := 0
	for i := range t.seats {
		done := t.seats[i].done.Load()
		switch late := int32(uint32(done>>32) - w.tag); {
		case late > 0:
			return true
		case late == 0:
			made += int(uint32(done))
		}
	}
	return made >= calls
}

// Before it sleeps, a worker looks at the others' seats so many times, some 20 µs, in which
// another processor ends what it is doing; and so many times while it lets other goroutines run.
const (
	spins  = 1 << 14
	yields = 100
)

// await returns when so many calls of the phase have been made, or the workspace is closed.
func (w *work) await(calls int) {
	for i := range w.spins + yields {
		if w.ended(calls) {
			return
		}
		if i >= w.spins {
			runtime.Gosched()
		}
	}
	// Who has something to tell looks for sleepers afterwards: one of the two sees the other. One
	// who is slow to look may wake those who wait for something else already.
	for s := &w.team.seats[w.number]; !w.finished(calls); {
		s.asleep.Store(true)
		if !w.finished(calls) || !s.asleep.Swap(false) {
			<-s.wake
		}
	}
}

func (w *work) finished(calls int) bool { return w.ended(calls) || w.team.closed.Load() }

// wakeUp wakes those who sleep.
func (t *team) wakeUp() {
	for i := range t.seats {
		if s := &t.seats[i]; s.asleep.Load() && s.asleep.Swap(false) {
			s.wake <- struct{}{}
		}
	}
}
