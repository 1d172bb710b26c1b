package kerneltest

import (
	"fmt"
	"unsafe"

	"github.com/ingot-go/ingot/asm/emu"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/tests/internal/kerneltest/job"
)

// emulator is the memory and the kernels of one emulated job.
type emulator struct {
	machine *emu.Machine
	args    *portable.Args // mapped already
}

// kernels returns the emulated form of kernels. A fault is a panic with the
// emulator's error.
func (e *emulator) kernels(list []spec.Kernel) ([]portable.Kernel, error) {
	if err := compileAll(list); err != nil {
		return nil, err
	}
	var all []portable.Kernel
	for _, k := range list {
		program := compile(k).program
		all = append(all, func(a *portable.Args) {
			if a != e.args {
				if err := e.machine.Map("arguments", emu.Bytes(a), emu.Read|emu.Write, 0); err != nil {
					panic(err)
				}
				e.args = a
			}
			if err := e.machine.Run(program, uintptr(unsafe.Pointer(a))); err != nil {
				panic(err)
			}
		})
	}
	return all, nil
}

// Alloc implements job.Memory.
func (e *emulator) Alloc(n int) []byte { return make([]byte, n) }

// Seal maps the buffers: reads may reach into the slack behind activations and
// weights, writes may not.
func (e *emulator) Seal(b *job.Buffers) error {
	type segment struct {
		name  string
		mem   []byte
		perm  emu.Perm
		slack int
	}
	all := []segment{
		{"arena", b.Arena[:len(b.Arena)-portable.Slack], emu.Read | emu.Write, portable.Slack},
		{"weights", b.Blob[:len(b.Blob)-portable.Slack], emu.Read, portable.Slack},
		{"constants", emu.Bytes(portable.KernelConsts), emu.Read, 0},
	}
	for i, m := range b.Inputs {
		all = append(all, segment{fmt.Sprintf("input %d", i), m, emu.Read, 0})
	}
	for i, m := range b.Outputs {
		all = append(all, segment{fmt.Sprintf("output %d", i), m, emu.Write, 0})
	}
	for i, m := range b.Model.Lists() {
		all = append(all, segment{fmt.Sprintf("list %d", i), m, emu.Read, 0})
	}
	for _, s := range all {
		if len(s.mem) == 0 {
			continue
		}
		if err := e.machine.Map(s.name, s.mem, s.perm, s.slack); err != nil {
			return err
		}
	}
	return nil
}

// Free implements job.Memory.
func (e *emulator) Free() {}

// emulate runs a job on emulated kernels.
func emulate(j *job.Job, kernels []spec.Kernel) ([][][]byte, error) {
	e := &emulator{machine: emu.NewMachine()}
	k, err := e.kernels(kernels)
	if err != nil {
		return nil, err
	}
	return job.Run(j, k, e)
}
