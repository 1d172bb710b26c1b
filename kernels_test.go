package ingot

import (
	"runtime"
	"testing"

	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/quant"
)

// many says that it has n samples.
type many struct {
	quant.Source
	n int
}

func (m many) Len() int { return m.n }

// Kernels are compiled for a calibration where there is enough to compute and the machine has them.
func TestCalibrationExecutor(t *testing.T) {
	g, _, err := Fuse(garments.Model, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := newBuild(t.Context(), garments)
	b.real = g
	if b.runReal, err = exec.New(g, runtime.GOMAXPROCS(0)); err != nil {
		t.Fatal(err)
	}
	most := quant.GoExecutor
	if hasKernels() {
		most = quant.KernelExecutor
	}
	for n, want := range map[int]string{100: quant.GoExecutor, 100_000: most} {
		b.calib = many{quant.NewSamples(), n}
		e, err := b.calibrationExecutor()
		if err != nil {
			t.Fatal(err)
		}
		if e.close(); e.name != want {
			t.Errorf("%d samples run on %s%s, want %s", n, e.name, e.note, want)
		}
	}
}
