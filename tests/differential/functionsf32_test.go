package differential

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// TestFunctionsOfAllExponents runs every function of float32 on numbers of all exponents, next to
// each other in vectors.
func TestFunctionsOfAllExponents(t *testing.T) {
	const n = 1 << 14
	for _, k := range spec.All() {
		if k.Family != spec.UnaryF32 || k.Sum || k.Clamp {
			continue
		}
		if _, ok := kindOf[k.Fn]; !ok {
			t.Errorf("%v has no step here", k.Fn)
			continue
		}
		t.Run(k.Name(), func(t *testing.T) {
			t.Parallel()
			d := &direct{Rand: rand.New(rand.NewPCG(uint64(k.Fn), 40)), k: k, arena: 4 * n}
			x := portable.Tensor{H: 1, W: 1, C: n, Pix: 4 * n, Row: 4 * n}
			data := make([]byte, 0, 4*n)
			for i := range uint32(n) { // of 64 neighbours each has another exponent and sign
				data = binary.LittleEndian.AppendUint32(data, i%64<<26|d.Uint32()>>6)
			}
			j := d.jobOf(portable.UnaryF32{X: x, Y: x, Activation: activationOf(k, 1.6732632, 1.050701)})
			j.Steps[0] = portable.Load{From: d.add(data), N: 4 * n, Kind: portable.KindU8}
			j.Weights = d.weights
			c := &kerneltest.Case{Job: j}
			c.Kernels[k.ISA] = []spec.Kernel{k}
			if err := kernels.Run(c); err != nil {
				t.Error(err)
			}
		})
	}
}
