// Package tune measures which tiles are fastest: packages that differ in nothing but
// the tiles of their layers run their benchmarks in turns.
package tune

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/plan"
)

// rounds is how often each candidate is timed, and how long a layer is in a round. The
// fastest round counts: of several short ones one is likely to be undisturbed.
const (
	rounds   = 5
	duration = 10 * time.Millisecond
)

// gain is what a tile must win over the one that the cost model likes best: less may
// be noise.
const gain = 0.01

// Measure times packages of programs whose i-th has each layer's i-th tile, or its last,
// and returns the fastest tiles by the keys of the layers, for the instruction sets that
// this machine has. progress may be nil.
func Measure(ctx context.Context, programs []*plan.Program, packages []gotool.Folder, progress func(done, total int)) (plan.Tuning, error) {
	all := times{}
	if len(undecided(programs[0], 0)) == 0 {
		return plan.Tuning{}, nil
	}
	for round := range rounds {
		for i, pkg := range packages {
			text, err := bench.RunLayers(ctx, pkg, bench.LayerRun{ISAs: kernelISAs(), Layers: undecided(programs[i], i), Time: duration, Count: 1})
			if err != nil {
				return nil, err
			}
			layers, err := bench.ParseLayers(text)
			if err != nil {
				return nil, err
			}
			if err := all.add(programs[i], i, layers); err != nil {
				return nil, err
			}
			if progress != nil {
				progress(round*len(packages)+i+1, rounds*len(packages))
			}
		}
	}
	return all.fastest(programs[0]), nil
}

// kernelISAs returns the instruction sets that have kernels, and so tiles.
func kernelISAs() (names []string) {
	for isa := range spec.NumISA {
		names = append(names, isa.String())
	}
	return names
}

// undecided returns the steps for which the i-th tile is a candidate beside others.
func undecided(p *plan.Program, i int) (steps []int) {
	for number, info := range p.Info {
		if slices.ContainsFunc(info.Choices, func(c plan.Choice) bool { return len(c.Tiles) > max(i, 1) }) {
			steps = append(steps, number)
		}
	}
	return steps
}

// times holds the shortest time of every step with a choice, by the choice's key.
type times map[string]map[int][]float64 // step, candidate

// add takes the times of a candidate's layers.
func (t times) add(p *plan.Program, candidate int, layers []*bench.Layer) error {
	for _, l := range layers {
		if l.Number >= len(p.Info) {
			return fmt.Errorf("layer %d is timed, but the program has %d", l.Number, len(p.Info))
		}
		for _, c := range p.Info[l.Number].Choices {
			if c.ISA.String() != l.ISA || candidate >= len(c.Tiles) {
				continue
			}
			steps := t[c.Key]
			if steps == nil {
				steps = map[int][]float64{}
				t[c.Key] = steps
			}
			for len(steps[l.Number]) <= candidate {
				steps[l.Number] = append(steps[l.Number], math.Inf(1))
			}
			steps[l.Number][candidate] = min(steps[l.Number][candidate], l.Fastest())
		}
	}
	return nil
}

// fastest returns for each key the tile with which its steps take least together.
func (t times) fastest(p *plan.Program) plan.Tuning {
	best := plan.Tuning{}
	for _, info := range p.Info {
		for _, c := range info.Choices {
			if steps, ok := t[c.Key]; ok {
				best[c.Key] = c.Tiles[least(steps, len(c.Tiles))]
			}
		}
	}
	return best
}

// least returns the candidate with the least sum over the steps.
func least(steps map[int][]float64, candidates int) int {
	best, first, shortest := 0, 0.0, 0.0
	for i := range candidates {
		sum := 0.0
		for _, n := range slices.Sorted(maps.Keys(steps)) { // sums of floats depend on the order
			sum += steps[n][i]
		}
		switch {
		case i == 0:
			first, shortest = sum, sum
		case sum < shortest && sum < first*(1-gain):
			best, shortest = i, sum
		}
	}
	return best
}
