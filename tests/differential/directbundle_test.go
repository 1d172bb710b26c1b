package differential

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// bundleSteps has the steps of the bundles' forms: see gen/portable.
var bundleSteps = []int{4, 2, 2, 2, 1, 1}

// denseWeights adds packed weights and the order of their steps for AVX2: bundles at
// random, of weights that come as near to saturation as they may.
func (d *direct) denseWeights(blocks, steps, oc int, valid func(step, j int) bool) (at, order int) {
	w := make([]byte, blocks*steps*64)
	var data []byte
	for b := range blocks {
		list := d.Perm(steps)
		numbers, rest := make([]int, 5), list
		for form, size := range bundleSteps {
			n := len(rest)
			if form < 5 {
				if n = d.IntN(len(rest)/size + 1); d.only != nil {
					n = 0
					if form == *d.only {
						n = len(rest) / size
					}
				}
				numbers[form] = n
			}
			for range n {
				d.bundle(w[b*steps*64:], rest[:size], form)
				rest = rest[size:]
			}
		}
		for _, n := range append(numbers, list...) {
			data = binary.LittleEndian.AppendUint16(data, uint16(n))
		}
	}
	for i := range w {
		if step := i / 64 % steps; i/64/steps*16+i%64/4 >= oc || !valid(step, i%4) {
			w[i] = 0
		}
	}
	at, order = d.add(w), d.add(data)
	if d.only == nil && d.IntN(5) == 0 {
		order = -1
	}
	return at, order
}

// bundle sets the weights of a bundle's steps. Those of a sum add up to at most 128, the
// positive and the negative ones by themselves, or to 256 in all where they are signed; of
// a signed step they may be any.
func (d *direct) bundle(w []byte, steps []int, form int) {
	for lane := range 32 {
		left := [2]int{128 + d.excess, 128 + d.excess}
		both := form == 2 && lane < 16 || form == 3 && lane >= 16
		if both {
			left[0] = 256 + d.excess
		}
		one := d.IntN(2)
		for _, i := range d.Perm(2 * len(steps)) {
			v := &w[64*steps[i/2]+2*lane+i%2]
			if form == 5 {
				*v = d.anyWeight()
				continue
			}
			side := d.IntN(2)
			limit := &left[side]
			if both {
				limit, side = &left[0], one
			}
			n := min(*limit, 127+side)
			if d.yes() {
				n = d.IntN(n + 1)
			}
			*limit -= n
			*v = byte(n * (1 - 2*side))
		}
	}
}

// anyWeight is an extreme one as often as not.
func (d *direct) anyWeight() byte {
	if d.yes() {
		return byte(d.pick(-128, -127, 127))
	}
	return byte(d.Uint32())
}

// TestSaturationIsFound checks that the weights of each form of bundles may add up to what
// the planner allows and not to more: with inputs of 255, one more makes some sum saturate.
func TestSaturationIsFound(t *testing.T) {
	for form := range 5 {
		failed := 0
		for seed := range uint64(40) {
			excess := int(seed % 2)
			d := &direct{Rand: rand.New(rand.NewPCG(seed, 7)), excess: excess, only: &form, bright: true,
				k: spec.Kernel{Family: spec.Dense, ISA: spec.AVX2, P: 1 + int(seed)%4, OB: 1}}
			c := &kerneltest.Case{Job: d.job()}
			c.Kernels[spec.AVX2] = []spec.Kernel{d.k}
			var own kerneltest.Suite
			if err := own.Run(c); err != nil {
				failed++
				if excess == 0 || !strings.Contains(err.Error(), "differs from plain Go's") {
					t.Errorf("form %d, %d above the bound: %v\n%+v", form, excess, err, c.Job.Steps[1])
				}
			}
		}
		if failed == 0 {
			t.Errorf("form %d: no difference where weights add up to more than they may", form)
		}
	}
}
