package ingot

import (
	"fmt"
	osexec "os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot/internal/compiled"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/quant"
)

// calibrator runs the graph on the calibration inputs.
type calibrator struct {
	exec.Executor
	src   quant.Source // of the inputs
	name  string       // for the record
	note  string       // for people
	close func()
}

// worthCompiling is how many products a calibration has for which it pays to compile
// kernels, which takes the go command some seconds.
const worthCompiling = 20e9

// hasKernels reports whether the machine can compile and run float32 kernels.
func hasKernels() bool {
	if runtime.GOARCH != "amd64" || !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return false
	}
	_, err := osexec.LookPath("go")
	return err == nil
}

// calibrationExecutor returns what runs the graph on the calibration inputs: compiled
// kernels where that pays and works, else plain Go.
func (b *build) calibrationExecutor() (*calibrator, error) {
	plain := &calibrator{Executor: b.runReal, src: b.calib, name: quant.GoExecutor, close: func() {}}
	if float64(b.real.MACs())*float64(b.calib.Len()) < worthCompiling || !hasKernels() {
		return plain, nil
	}
	c, err := compiled.New(b.ctx, b.real)
	if err != nil {
		if stop := stopped(b.ctx); stop != nil {
			return nil, stop
		}
		why, _, _ := strings.Cut(err.Error(), "\n")
		plain.note = fmt.Sprintf(", in plain Go, which is slow, because of %s", why)
		return plain, nil
	}
	return &calibrator{Executor: c, src: c.Ahead(b.calib), name: quant.KernelExecutor, note: ", on compiled kernels",
		close: func() { _ = c.Close() }}, nil // what stays behind is a temporary folder
}
