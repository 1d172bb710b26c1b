// Package kerneltest runs planned programs on every kind of kernel: emulated on
// any machine, as machine code where the CPU has the instruction set, and in
// plain Go. See package job for what is compared.
package kerneltest

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	avoir "github.com/mmcloughlin/avo/ir"

	"github.com/ingot-go/ingot/asm"
	"github.com/ingot-go/ingot/asm/emu"
	"github.com/ingot-go/ingot/asm/spec"
)

// emuISA is what a kernel may use.
func emuISA(k spec.Kernel) emu.ISA {
	isa := [spec.NumISA]emu.ISA{spec.AVX2: emu.AVX2, spec.AVX512VNNI: emu.AVX512VNNI}[k.ISA]
	if k.VBMI {
		isa |= emu.VBMI
	}
	return isa
}

// best returns the forms of kernels for a CPU that has all of a level's options, and
// whether they differ.
func best(kernels []spec.Kernel) (all []spec.Kernel, differ bool) {
	for _, k := range kernels {
		all = append(all, k.Best())
	}
	return all, !slices.Equal(all, kernels)
}

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
			c.program, c.err = emu.Compile(c.fn, emuISA(k))
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
