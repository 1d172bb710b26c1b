package differential

import (
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/tests/internal/kerneltest"
)

// TestCounts checks exact numbers: every product of a pointwise layer of 64 to 64
// channels is useful, three of four of one with three input channels are.
func TestCounts(t *testing.T) {
	for _, c := range []struct {
		ic   int
		want float64
	}{{64, 1}, {3, 0.75}, {5, 0.625}} {
		m := newMaker(t, 3)
		one := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
		x, q := m.input(1, c.ic, 6, 8), m.quant()
		rq := ir.Requant{Mul: []float32{0.001}, Zero: uint8(q.Zero[0]), Hi: 255}
		w := ir.NewTensor(ir.S8, ir.Shape{64, c.ic, 1, 1})
		wv := ir.Const("w", w)
		wv.Quant = ir.PerTensor(1, 0)
		m.output(m.value(ir.QConv{Window: one, Groups: 1, Requant: rq}, q, x, wv))
		prog, err := plan.Build(m.g, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		macs, steps := int64(6*8*64*c.ic), uint64((c.ic+3)/4)
		vnni, _, err := kerneltest.Counts(prog, spec.AVX512VNNI)
		if err != nil {
			t.Fatal(err)
		}
		if slots := 6 * 8 * 64 * 4 * steps; vnni.MACs != macs || vnni.Slots != slots || vnni.Multiplies != slots/64 || vnni.Utilization() != c.want {
			t.Errorf("%d channels: %v", c.ic, vnni)
		}
		// All weights are zero: steps are bundled by fours and twos, a multiply for 32 products and
		// one a bundle.
		bundles := steps/4 + steps%4/2 + steps%2
		avx2, _, err := kerneltest.Counts(prog, spec.AVX2)
		if err != nil {
			t.Fatal(err)
		}
		if avx2.MACs != macs || avx2.Multiplies != 6*8*64/8*(steps+bundles) || avx2.Utilization() != 0 {
			t.Errorf("%d channels: %v", c.ic, avx2)
		}
	}
}
