package plan

import (
	"cmp"
	"math"
	"slices"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// budgets are the products of one kernel call, so that it stays well under 100 µs: assembly
// can't be preempted. There are CPUs with AVX2 that multiply one vector a cycle.
var budgets = [spec.NumISA]int{spec.AVX2: 2 << 20, spec.AVX512VNNI: 4 << 20}

// The same for the other families.
const (
	depthwiseBudget = 1 << 18 // products
	poolBudget      = 1 << 18 // bytes read

	depthwiseF32Budget = 1 << 19 // products
)

// cacheL1 and cacheL2 are the bytes of weights or inputs that are taken to stay
// in a core's caches while others pass through.
const (
	cacheL1 = 24 << 10
	cacheL2 = 256 << 10
	// cachePanel is how much of the weights of a tile is used for all pixels before the next part.
	cachePanel = 192 << 10
)

// tiling is portable.Tiling with kernels instead of their numbers.
type tiling struct {
	rows, tiles  int
	weightsOuter bool
	merge        int // rows of the image that are read as one
	panel        int // of float32: fours of K steps that all rows get before the next; 0: all
	parts        []partTile
	cost         float64 // cycles, by the model
}

type partTile struct {
	first, tiles, ob int
	p, rest          int // pixels of the main tile, pixels left over
	main, tail       spec.Kernel
	n                int
}

// mergeable returns how many rows of a layer whose window is one pixel can be
// read as one: all of them where neither input nor results have anything between
// rows; else one.
func mergeable(x, y, r portable.Tensor) int {
	if x.Row != x.W*x.Pix || y.Row != y.W*y.Pix || x.W != y.W || r.C > 0 && r.Row != r.W*r.Pix {
		return 1
	}
	return y.H
}

// chooseTilings returns the tilings of a layer for every instruction set, their
// kernels registered: those of the tuning where it has the layer, else what the cost
// model likes best.
func (p *planner) chooseTilings(k spec.Kernel, x, y portable.Tensor, steps, oc, mergeable, stride int) (all [spec.NumISA]tiling) {
	for k.ISA = range spec.NumISA {
		choices := tilings(k, x, y, steps, oc, mergeable, stride*x.Pix)
		all[k.ISA] = p.tuned(k, layerKey(k, x, y, steps, oc, mergeable, stride), choices)
		for _, used := range all[k.ISA].kernels() {
			p.use(used)
		}
	}
	return all
}

// tilings returns the ways to cut a layer, the one that the cost model likes best
// first.
func tilings(k spec.Kernel, x, y portable.Tensor, steps, oc, mergeable, pitch int) []tiling {
	var all []tiling
	for merge := 1; merge <= mergeable; merge++ {
		for ob := 1; k.Family.MaxPixels(k.ISA, ob, k.WZero) > 0; ob++ {
			perCall := min(steps, maxSteps(k, ob))
			if merge > 1 && (y.H%merge != 0 || y.W*merge*perCall*products(k)*ob > budgets[k.ISA]) {
				continue
			}
			for p := 1; p <= min(y.W*merge, k.Family.MaxPixels(k.ISA, ob, k.WZero)); p++ {
				t := cut(k, y.W*merge, steps, oc, ob, p, pitch)
				t.merge, t.cost = merge, t.cost*float64(y.H/merge)
				t.order(k, y, steps, oc, x.H*x.W*x.C)
				all = append(all, t)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b tiling) int { return cmp.Compare(a.cost, b.cost) })
	return all
}

// products is how many a K step has for a block of 16 channels.
func products(k spec.Kernel) int {
	if k.Family == spec.DenseF32 {
		return 16
	}
	return 64
}

// cut divides the output channels into parts of ob blocks with tiles of p pixels, what
// is left over, and the last block where it is not full, these with the best tiles.
func cut(k spec.Kernel, width, steps, oc, ob, p, pitch int) (t tiling) {
	full := oc / 16
	add := func(first, tiles, ob, n int) {
		if tiles == 0 {
			return
		}
		k := k
		k.OB, k.Tail = ob, n > 0
		k.Half = n > 0 && n <= 8 && k.Family == spec.Dense && k.ISA == spec.AVX512VNNI
		part, cost := row(k, width, steps, p, pitch)
		if len(t.parts) > 0 || n > 0 {
			part, cost = bestRow(k, width, steps, pitch)
		}
		part.first, part.tiles, part.ob, part.n = first, tiles, ob, n
		t.parts = append(t.parts, part)
		t.cost += cost * float64(tiles)
	}
	add(0, full/ob, ob, 0)
	add(full/ob*ob, min(1, full%ob), full%ob, 0)
	add(full, min(1, oc%16), 1, oc%16)
	return t
}

// bestRow chooses the pixels of a tile for rows of a width.
func bestRow(k spec.Kernel, width, steps, pitch int) (best partTile, least float64) {
	least = math.Inf(1)
	for p := 1; p <= min(width, k.Family.MaxPixels(k.ISA, k.OB, k.WZero)); p++ {
		if part, cost := row(k, width, steps, p, pitch); cost < least {
			best, least = part, cost
		}
	}
	return best, least
}

// row cuts a row into tiles of p pixels and the rest.
func row(k spec.Kernel, width, steps, p, pitch int) (t partTile, cost float64) {
	t = partTile{p: p, rest: width % p, main: k, tail: k}
	t.main.P, t.tail.P = p, t.rest
	cost = float64(width/p) * tileCost(k, p, steps, pitch)
	if t.rest > 0 {
		cost += tileCost(k, t.rest, steps, pitch)
	}
	return t, cost
}

// tileCost estimates the cycles of a tile on a core with two multiply units of
// full width and two loads a cycle.
func tileCost(k spec.Kernel, p, steps, pitch int) float64 {
	loads, sums, latency, fixed := float64(k.OB+p+1), float64(p*k.OB), 5.0, 10.0
	multiply, inputs := sums/2, 0.0
	switch {
	case k.Family == spec.DenseF32:
		loads--
		latency = 4
		inputs = float64(p) / 16 // every tile of channels brings a line of inputs to L1 again
		if k.ISA == spec.AVX2 {  // two vectors a block
			multiply *= 2
			loads += float64(k.OB)
		}
	case k.ISA == spec.AVX2:
		// Two vectors a block, six instructions each where a step is alone, fewer in
		// bundles, three a cycle; and the loops of their forms.
		multiply, latency, fixed = 1.9*sums+0.5, 0, 30
		loads += float64(k.OB)
	}
	step := max(multiply, loads/2, latency)
	if 64*k.OB*steps > cacheL1 { // weights come from L2, half a line a cycle
		step = max(step, 2*float64(k.OB))
	}
	if p > conflictFree(pitch) { // inputs come from L2
		step += float64(p)
	}
	const startAndEnd = 6 // instructions for each sum outside the loop, two a cycle
	return (step+inputs)*float64(steps) + startAndEnd*sums/2 + fixed
}

// conflictFree returns how many pixels that are pitch bytes apart stay in L1 side by
// side, next to the weights that stream through: its 64 sets of 8 lines repeat every 4096 bytes.
func conflictFree(pitch int) int {
	sets := 64
	for sets > 1 && pitch%(64*64/sets*2) == 0 {
		sets /= 2
	}
	return 7 * sets
}

// order chooses the size of calls and whether weights or rows go round in the
// outer loop: what is read again should be what stays in L2.
func (t *tiling) order(k spec.Kernel, y portable.Tensor, steps, oc, input int) {
	budget := budgets[k.ISA]
	rows, width := y.H/t.merge, y.W*t.merge
	if k.Family == spec.DenseF32 {
		input *= 4
		if steps = t.panels(k, steps); t.panel > 0 {
			t.weightsOuter, t.tiles = true, 1
			t.rows = max(1, min(rows, budget/(width*steps*16*t.parts[0].ob)))
			return
		}
	}
	perTile := width * steps * products(k) * t.parts[0].ob // products of one row and one tile
	t.tiles = max(1, min(t.parts[0].tiles, budget/max(1, perTile)))
	t.rows = max(1, min(rows, budget/max(1, perTile*t.tiles)))
	weights := 4 * steps * oc
	chunks := (rows + t.rows - 1) / t.rows
	if weights > cacheL2 {
		groups := (oc/16 + t.parts[0].ob - 1) / max(1, t.parts[0].ob)
		again := 0
		if input > cacheL2 {
			again = input * groups
		}
		if weights*chunks > again {
			t.weightsOuter = true
			t.tiles = 1
			t.rows = max(1, min(rows, budget/max(1, perTile)))
		}
	}
}

// panels cuts the K steps of float32 where the weights of a tile don't stay in the
// cache while all pixels pass, and returns the steps of a panel. Sums wait in the
// result meanwhile, which bytes can't hold.
func (t *tiling) panels(k spec.Kernel, steps int) int {
	most := maxSteps(k, t.parts[0].ob)
	if steps <= most {
		return steps
	}
	n := (steps + most - 1) / most
	t.panel = (steps/4 + n - 1) / n
	return 4 * t.panel
}

// maxSteps is how many K steps a call may have with tiles of ob blocks.
func maxSteps(k spec.Kernel, ob int) int {
	if k.Family != spec.DenseF32 || k.Bytes {
		return math.MaxInt
	}
	return cachePanel / (64 * ob)
}

// kernels lists the kernels of the tiling.
func (t *tiling) kernels() []spec.Kernel {
	var all []spec.Kernel
	for _, p := range t.parts {
		all = append(all, p.main)
		if p.rest > 0 {
			all = append(all, p.tail)
		}
		if t.panel > 0 {
			all = append(all, sums(p.main))
			if p.rest > 0 {
				all = append(all, sums(p.tail))
			}
		}
	}
	return all
}

// sums is the kernel of all panels but the last: without an epilogue.
func sums(k spec.Kernel) spec.Kernel {
	k.Sum, k.Pre, k.Clamp = false, false, false
	return k
}

// make returns the tiling with numbered kernels.
func (t *tiling) make(ids map[spec.Kernel]int) portable.Tiling {
	out := portable.Tiling{Rows: t.rows, Tiles: t.tiles, WeightsOuter: t.weightsOuter, Merge: t.merge, Panel: t.panel}
	for _, p := range t.parts {
		part := portable.Part{First: p.first, Tiles: p.tiles, OB: p.ob, P: p.p, Main: ids[p.main], Rest: -1, N: p.n}
		if p.rest > 0 {
			part.Rest = ids[p.tail]
		}
		if t.panel > 0 {
			part.Sums = ids[sums(p.main)]
			if p.rest > 0 {
				part.SumsRest = ids[sums(p.tail)]
			}
		}
		out.Parts = append(out.Parts, part)
	}
	return out
}
