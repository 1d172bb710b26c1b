package differential

import (
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// TestInterleaveTails runs every number of channels up to what makes two vectors and more.
func TestInterleaveTails(t *testing.T) {
	for _, f := range []spec.Family{spec.Interleave, spec.InterleaveF32} {
		for isa := range spec.NumISA {
			t.Run(spec.Kernel{Family: f, ISA: isa}.Name(), func(t *testing.T) {
				t.Parallel()
				most := 2*16*(1+int(isa)) + 1
				if f == spec.InterleaveF32 {
					most = most/4 + 1
				}
				for c := range most {
					d := &direct{Rand: rand.New(rand.NewPCG(uint64(c), 0)), k: spec.Kernel{Family: f, ISA: isa}}
					k := &kerneltest.Case{Job: d.jobOf(d.interleave(c + 1))}
					k.Kernels[isa] = []spec.Kernel{d.k}
					if err := kernels.Run(k); err != nil {
						t.Errorf("%d channels: %v\n%+v", c+1, err, k.Job.Steps[1])
					}
				}
			})
		}
	}
}

// interleave is of tensors of c channels with pitches of their own.
func (d *direct) interleave(c int) portable.Step {
	h, w := 1+d.IntN(3), 1+d.IntN(4)
	if d.k.Family == spec.InterleaveF32 {
		return portable.Interleave{Elem: 4, A: d.tensorF32(h, w, c, 0), B: d.tensorF32(h, w, c, 0), Y: d.tensorF32(h, w, 2*c, 0)}
	}
	return portable.Interleave{Elem: 1, A: d.tensor(h, w, c, 0), B: d.tensor(h, w, c, 0), Y: d.tensor(h, w, 2*c, 0)}
}
