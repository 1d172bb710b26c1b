package models

import (
	"runtime"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// TestCalibrationMemory checks that ten times as many inputs need no more memory.
func TestCalibrationMemory(t *testing.T) {
	n := networks[slices.IndexFunc(networks, func(n network) bool { return n.name == "vww" })]
	g, real := n.graph(t)
	live := func(samples int) (most uint64) {
		s := set{samples, func(i int) (*ir.Tensor, int, error) {
			x := ir.NewTensor(ir.F32, g.Inputs[0].Shape)
			for j := range x.F32 {
				x.F32[j] = float32((i+j)%255) / 255
			}
			return x, none, nil
		}}
		progress := func(done, total int) {
			if done%max(total/10, 1) == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if _, err := quant.Calibrate(g, real, &source{set: s}, quant.CalibrateOptions{Mode: quant.Entropy, Progress: progress}); err != nil {
			t.Fatal(err)
		}
		return most
	}
	few, many := live(10), live(100)
	t.Logf("%d bytes with 10 inputs, %d with 100", few, many)
	if many > few+few/50 {
		t.Errorf("calibrating on 100 inputs holds %d bytes, on 10 %d", many, few)
	}
}
