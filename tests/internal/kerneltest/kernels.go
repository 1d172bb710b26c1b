// Package kerneltest runs planned programs on every kind of kernel: emulated on
// any machine, as machine code where the CPU has the instruction set, and in
// plain Go. See package job for what is compared.
package kerneltest

import (
	"runtime"
	"sync"
	"sync/atomic"

	avoir "github.com/mmcloughlin/avo/ir"

	"github.com/ingot-go/ingot/asm"
	"github.com/ingot-go/ingot/asm/emu"
	"github.com/ingot-go/ingot/asm/spec"
)

// emuISA is what kernels of a level may use.
var emuISA = [spec.NumISA]emu.ISA{spec.AVX2: emu.AVX2, spec.AVX512VNNI: emu.AVX512VNNI}

// compiled is a kernel, made once in a process.
type compiled struct {
	once    sync.Once
	fn      *avoir.Function
	program *emu.Program
	err     error
}

var compiledKernels sync.Map // spec.Kernel to *compiled

func compile(k spec.Kernel) *compiled {
	v, _ := compiledKernels.LoadOrStore(k, &compiled{})
	c := v.(*compiled)
	c.once.Do(func() {
		if c.fn, c.err = asm.Function(k); c.err == nil {
			c.program, c.err = emu.Compile(c.fn, emuISA[k.ISA])
		}
	})
	return c
}

// compileAll compiles kernels on all CPUs and returns the first error.
func compileAll(kernels []spec.Kernel) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(kernels); i = int(next.Add(1)) - 1 {
				compile(kernels[i])
			}
		})
	}
	wg.Wait()
	for _, k := range kernels {
		if c := compile(k); c.err != nil {
			return c.err
		}
	}
	return nil
}

func names(kernels []spec.Kernel) []string {
	var all []string
	for _, k := range kernels {
		all = append(all, k.Name())
	}
	return all
}
