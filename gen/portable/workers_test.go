package portable

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

// chain is a layer of calls each of which adds 1 to its element and checks that the
// layer before has done so with all.
type chain struct {
	number int32
	calls  int
	bad    *bool
}

func (c chain) bind(*model) layer { return &c }

func (c *chain) run(w *work) {
	all := elements[int32](w, 0, 64)
	next := elements[int32](w, 256, 64)
	if c.number%2 == 1 {
		all, next = next, all
	}
	for i := range c.calls {
		if !w.mine() {
			continue
		}
		for _, v := range all {
			if v != c.number {
				*c.bad = true
			}
		}
		for j := i; j < 64; j += c.calls {
			next[j] = c.number + 1
		}
		if i%7 == 3 {
			runtime.Gosched()
		}
	}
}

// inStages is a layer of two stages.
type inStages struct{ first, second chain }

func (s inStages) bind(*model) layer { return &s }

func (s *inStages) run(w *work) {
	s.first.run(w)
	s.second.run(w)
}
func (s *inStages) stages() int { return 2 }
func (s *inStages) stage(w *work, i int) {
	[]*chain{&s.first, &s.second}[i].run(w)
}

// chains returns layers of many and of few calls, and a place for what goes wrong.
func chains() ([]step, *bool) {
	bad := new(bool)
	var steps []step
	n := int32(0)
	next := func(calls int) chain {
		n++
		return chain{n - 1, calls, bad}
	}
	for i := range 40 {
		calls := []int{1, 5, 64, 2, 1, 1, 17}[i%7]
		steps = append(steps, next(calls))
		if i%9 == 4 {
			steps = append(steps, inStages{next(3), next(8)})
		}
	}
	return steps, bad
}

// No call of a layer is made before all of the layer before, on any number of workers, and
// where they have fewer processors.
func TestWorkers(t *testing.T) {
	for _, procs := range []int{1, 2, 4} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		for _, workers := range []int{1, 2, 3, 8} {
			for _, b := range []batch{{}, {5, []segment{{10, true}, {20, false}, {14, true}}}} {
				steps, bad := chains()
				m := newModel(steps, nil, nil, 0, b)
				w := m.newWorkers(512, 0, workers)
				for run := range 20 {
					clear(w.memory)
					if run%9 == 5 {
						time.Sleep(time.Millisecond) // they sleep
					}
					m.run(w)
					for i := range m.batch.Images {
						w.setImage(i)
						if want := int32(len(steps)) + 4; elements[int32](w, 0, 1)[0] != want && elements[int32](w, 256, 1)[0] != want {
							t.Fatalf("%d processors, %d workers, run %d, image %d: not all layers have run", procs, workers, run, i)
						}
					}
				}
				w.close()
				if *bad {
					t.Errorf("%d processors, %d workers, %d images: a layer began before the one before had ended", procs, workers, m.batch.Images)
				}
			}
		}
	}
}

// A border that is filled beside a layer of several stages is filled in all images.
func TestEarlyBorders(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		for _, layerByLayer := range []bool{true, false} {
			bad := new(bool)
			border := halo{X: tensor{Off: 600, Row: 32, Pix: 8, H: 3, W: 2, C: 8}, Top: 1, Left: 1, Bottom: 1, Right: 1, Value: 7, Early: true}
			steps := []step{chain{0, 5, bad}, border, inStages{chain{1, 3, bad}, chain{2, 8, bad}}, chain{3, 2, bad}}
			m := newModel(steps, nil, nil, 0, batch{3, []segment{{len(steps), layerByLayer}}})
			w := m.newWorkers(1024, 0, workers)
			m.run(w)
			for i := range m.batch.Images {
				w.setImage(i)
				for _, at := range []int{border.X.Off - 8, border.X.Off + 16, border.X.Off - 32, border.X.Off + 3*32} {
					if got := elements[uint8](w, at, 1)[0]; got != border.Value {
						t.Errorf("%d workers, layer by layer %v, image %d: byte %d is %d, want the border", workers, layerByLayer, i, at, got)
					}
				}
			}
			w.close()
			if *bad {
				t.Errorf("%d workers, layer by layer %v: a layer began before the one before had ended", workers, layerByLayer)
			}
		}
	}
}

// Goroutines end with their workspace: when it is closed, also twice, and when it is
// forgotten.
func TestWorkersEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	steps, _ := chains()
	m := newModel(steps, nil, nil, 0, batch{})
	for range 10 {
		w := m.newWorkers(512, 0, 4)
		m.run(w)
		w.close()
		w.close()
		m.newWorkers(512, 0, 3).arena[0] = 1 // forgotten
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 200 {
			t.Fatalf("there were %d goroutines, there are %d", before, runtime.NumGoroutine())
		}
		runtime.GC()
		time.Sleep(5 * time.Millisecond)
	}
}

func TestRunAfterClose(t *testing.T) {
	steps, _ := chains()
	m := newModel(steps, nil, nil, 0, batch{})
	w := m.newWorkers(512, 0, 2)
	w.close()
	defer func() {
		if recover() == nil {
			t.Error("a run on a closed workspace does not panic")
		}
	}()
	m.run(w)
}

func TestRunsAllocateNothing(t *testing.T) {
	steps, _ := chains()
	m := newModel(steps, nil, nil, 0, batch{})
	w := m.newWorkers(512, 0, 2)
	defer w.close()
	if n := testing.AllocsPerRun(200, func() {
		clear(w.memory)
		m.run(w)
	}); n != 0 {
		t.Errorf("%g allocations a run", n)
	}
}

// The pieces of a layer cover it once, and the ranges that workers have to begin with are
// much the same work.
func TestCuts(t *testing.T) {
	grids := []grid{
		{56, 56, 1, 1, 64 * 64, false}, {7, 7, 1, 1, 512 * 512, true}, {1, 49, 1, 1, 512 * 512, false},
		{14, 14, 2, 1, 1 << 16, false}, {1, 49, 3, 1, 512 * 512, true}, {5, 4, 1, 1, 4, false},
	}
	for _, workers := range []int{1, 2, 3, 8} {
		for _, g := range grids {
			tl := tiling{Merge: 1, Rows: max(1, g.h/2), Tiles: 3, WeightsOuter: g.panels > 1, Parts: []part{
				{Tiles: 8, OB: 4, P: 3, Main: 0, Rest: 1, Sums: 2, SumsRest: 3},
				{First: 32, Tiles: 1, OB: 1, P: 4, Main: 4, Rest: -1, Sums: 6, SumsRest: 7},
			}}
			if g.w%4 != 0 {
				tl.Parts[1].Rest = 5
			}
			testCut(t, tl, g, workers)
		}
	}
}

func testCut(t *testing.T, tl tiling, g grid, workers int) {
	name := fmt.Sprintf("%d workers, %+v", workers, g)
	w := &work{worker: worker{workers: workers, ticket: none, team: &team{seats: make([]seat, workers), cuts: map[*part]cut{}}}}
	covered := map[[4]int]int{}
	cover := func(c *tileCall) (size int) {
		to := c.x + c.pixels*c.part.P
		if c.kernel == c.part.Rest || c.kernel == c.part.SumsRest && !c.last {
			to = g.w
		}
		for y := c.y; y < c.y+c.rows; y++ {
			for x := c.x; x < to; x++ {
				for b := c.block; b < c.block+c.tiles*c.part.OB; b++ {
					covered[[4]int{y, x, b, c.panel}]++
					size++
				}
			}
		}
		return size
	}
	if workers == 1 {
		tl.each(w, g, func(c *tileCall) { cover(c) })
	} else {
		tl.each(w, g, func(*tileCall) { t.Fatalf("%s: a call is made while they are counted", name) })
		calls := w.index
		shares := make([]int, workers)
		for i := range calls {
			w.index, w.ticket, w.made = 0, i, false
			owner := 0
			for i >= (calls*(owner+1)+workers-1)/workers {
				owner++
			}
			tl.each(w, g, func(c *tileCall) { shares[owner] += cover(c) })
		}
		if all := g.h * g.w * 33 * g.panels; !g.small() && slices.Max(shares) > all*5/(4*workers)+all/calls {
			t.Errorf("%s: %d calls are divided into %v", name, calls, shares)
		}
	}
	for at, n := range covered {
		if n != 1 {
			t.Fatalf("%s: row, pixel, block and panel %v are computed %d times", name, at, n)
		}
	}
	if want := g.h * g.w * 33 * g.panels; len(covered) != want {
		t.Errorf("%s: %d blocks of pixels are computed, want %d", name, len(covered), want)
	}
}
