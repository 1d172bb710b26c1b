package kerneltest

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/asm/emu"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/tests/internal/kerneltest/job"
)

// Count is what the kernels of a step, or of a whole program, execute. It is exact.
type Count struct {
	Name           string
	MACs           int64  // products of the layers' formulas
	Slots          uint64 // products that VPDPBUSD computed, useful or not
	Multiplies     uint64 // vector instructions that multiply integers
	Instructions   uint64
	Loaded, Stored uint64 // bytes
}

// Utilization is the share of VPDPBUSD's products that are useful; 0 without VNNI.
func (c Count) Utilization() float64 {
	if c.Slots == 0 {
		return 0
	}
	return float64(c.MACs) / float64(c.Slots)
}

// PerMAC is a number of something for each useful product.
func (c Count) PerMAC(n uint64) float64 { return float64(n) / float64(max(1, c.MACs)) }

// String has the figures on one line.
func (c Count) String() string {
	if c.MACs == 0 {
		return fmt.Sprintf("%s: %d instructions, %d bytes loaded", c.Name, c.Instructions, c.Loaded)
	}
	return fmt.Sprintf("%s: %d MACs, utilization %.3f; a MAC: %.5f multiplies, %.5f instructions, %.4f bytes loaded",
		c.Name, c.MACs, c.Utilization(), c.PerMAC(c.Multiplies), c.PerMAC(c.Instructions), c.PerMAC(c.Loaded))
}

// Counts emulates a program once, on inputs of zeros, and returns the sums and
// the counts of each step that runs a kernel.
func Counts(prog *plan.Program, isa spec.ISA) (total Count, steps []Count, err error) {
	e := &emulator{machine: emu.NewMachine()}
	kernels, err := e.kernels(prog.Kernels[isa])
	if err != nil {
		return total, nil, err
	}
	m := portable.Bind(prog.Steps, prog.Weights, kernels, int(isa))
	w := portable.NewWork(prog.Arena, len(prog.Inputs)+len(prog.Outputs))
	b := &job.Buffers{Model: m, Arena: w.Arena(), Blob: m.Blob()}
	for _, p := range prog.Inputs {
		b.Inputs = append(b.Inputs, ir.NewTensor(p.Type, p.Shape).Bytes())
	}
	for _, p := range prog.Outputs {
		b.Outputs = append(b.Outputs, ir.NewTensor(p.Type, p.Shape).Bytes())
	}
	if err := e.Seal(b); err != nil {
		return total, nil, err
	}
	w.SetBytes(slices.Concat(b.Inputs, b.Outputs)...)
	total.Name = "total"
	for i := range prog.Steps {
		c, err := e.countStep(m, w, i)
		if err != nil {
			return total, nil, fmt.Errorf("step %s: %w", prog.Info[i].Name, err)
		}
		c.Name, c.MACs = prog.Info[i].Name, prog.Info[i].MACs
		total.add(c)
		if c.Instructions > 0 {
			steps = append(steps, c)
		}
	}
	return total, steps, nil
}

// countStep runs one step and returns what it executed.
func (e *emulator) countStep(m *portable.Model, w *portable.Work, i int) (c Count, err error) {
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(error)
			if !ok {
				panic(r)
			}
			err = fault
		}
	}()
	e.machine.ResetCounts()
	m.RunStep(w, i)
	n := e.machine.Counts()
	c = Count{Slots: n.MACs(), Instructions: n.Instructions, Loaded: n.Loaded, Stored: n.Stored}
	for _, op := range []string{"VPDPBUSD", "VPMADDUBSW", "VPMADDWD", "VPMULLD"} {
		c.Multiplies += n.Ops[op]
	}
	return c, nil
}

func (c *Count) add(d Count) {
	c.MACs += d.MACs
	c.Slots += d.Slots
	c.Multiplies += d.Multiplies
	c.Instructions += d.Instructions
	c.Loaded += d.Loaded
	c.Stored += d.Stored
}
