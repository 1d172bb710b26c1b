package kerneltest

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/tests/internal/kerneltest/job"
)

// Suite counts what was checked and where. The zero value is ready; it may be
// used by several goroutines.
type Suite struct {
	cases              atomic.Int64
	emulated, hardware [spec.NumISA]atomic.Int64
}

// String is the summary: cases, and how many ran on what.
func (s *Suite) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cases", s.cases.Load())
	for isa := range spec.NumISA {
		fmt.Fprintf(&b, "; %v: %d emulated, %d on hardware", isa, s.emulated[isa].Load(), s.hardware[isa].Load())
		if why := missing(isa); why != "" {
			fmt.Fprintf(&b, ", skipped: %s", why)
		}
	}
	return b.String()
}

// Case is a program with its inputs and how its outputs are to be checked.
type Case struct {
	Job     job.Job
	Kernels [spec.NumISA][]spec.Kernel
	Check   func(outputs [][][]byte) error
}

// NewCase plans a graph, to be run on one input after the other. Outputs that
// only int8 leads to must be the interpreter's to the bit, others near it: see tolerance.
func NewCase(g *ir.Graph, inputs ...[]*ir.Tensor) (*Case, error) {
	if err := ir.Verify(g); err != nil {
		return nil, err
	}
	prog, err := plan.Build(g, plan.Options{})
	if err != nil {
		return nil, err
	}
	c := &Case{Kernels: prog.Kernels}
	c.Job = job.Job{
		Name: g.Name, Steps: plan.Batch(prog, most).Steps, Weights: prog.Weights, Arena: prog.Arena,
		Batches: []portable.Batch{batch(1, len(prog.Steps)), batch(2, len(prog.Steps)), batch(most, len(prog.Steps))},
	}
	var want [][]*ir.Tensor
	for _, in := range inputs {
		var arrays [][]byte
		for _, x := range in {
			arrays = append(arrays, x.Bytes())
		}
		out, err := interp.Run(g, in)
		if err != nil {
			return nil, err
		}
		c.Job.Runs, want = append(c.Job.Runs, arrays), append(want, out)
	}
	for _, o := range prog.Outputs {
		c.Job.Outputs = append(c.Job.Outputs, o.Shape.Elems()*o.Type.Size())
	}
	tolerances := tolerancesOf(g)
	c.Check = func(got [][][]byte) error {
		for r := range want {
			for i, w := range want[r] {
				err := tolerances[i].compareBytes(got[r][i], w)
				if err != nil && tolerances[i].relative > 0 && len(got[r][i]) == len(w.Bytes()) {
					have := ir.NewTensor(w.Type, w.Shape)
					copy(have.Bytes(), got[r][i])
					err = conditioned(g, inputs[r], i, have, w, err)
				}
				if err != nil {
					return fmt.Errorf("run %d, output %d is not the interpreter's: %w", r, i, err)
				}
			}
		}
		return nil
	}
	return c, nil
}

// most is the largest batch of cases.
const most = 5

// batch has segments of all lengths, of both kinds by turns, whatever would pay.
func batch(images, steps int) portable.Batch {
	b := portable.Batch{Images: images}
	for n := 1; steps > 0; n++ {
		b.Segments = append(b.Segments, portable.Segment{Layers: min(n, steps), LayerByLayer: n%2 == 0})
		steps -= n
	}
	return b
}

// Graph makes a case of a graph and runs it.
func (s *Suite) Graph(g *ir.Graph, inputs ...[]*ir.Tensor) error {
	c, err := NewCase(g, inputs...)
	if err != nil {
		return err
	}
	return s.Run(c)
}

// Run runs a case on the kernels of every instruction set, emulated and on
// hardware. Every step's memory must be plain Go's. An instruction set without
// kernels is left out where another has some. Where kernels have a better form for
// some CPUs of the level, both run.
func (s *Suite) Run(c *Case) error {
	s.cases.Add(1)
	some := slices.ContainsFunc(c.Kernels[:], func(k []spec.Kernel) bool { return len(k) > 0 })
	for isa, list := range c.Kernels {
		if some && len(list) == 0 {
			continue
		}
		if err := s.runOn(c, isa, list); err != nil {
			return err
		}
		if list, differ := best(list); differ {
			if err := s.runOn(c, isa, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// runOn runs a case on some kernels.
func (s *Suite) runOn(c *Case, isa int, list []spec.Kernel) error {
	j := c.Job
	j.ISA, j.Kernels = isa, names(list)
	run := func(how string, count *atomic.Int64, f func() ([][][]byte, error)) error {
		count.Add(1)
		out, err := f()
		if err == nil && c.Check != nil {
			err = c.Check(out)
		}
		if err != nil {
			return fmt.Errorf("%v, %s: %w", spec.ISA(isa), how, err)
		}
		return nil
	}
	if err := run("emulated", &s.emulated[isa], func() ([][][]byte, error) { return emulate(&j, list) }); err != nil {
		return err
	}
	if missing(spec.ISA(isa)) != "" || needVBMI(list) && !cpu.X86.HasAVX512VBMI {
		return nil
	}
	h, err := worker()
	if err != nil {
		return err
	}
	return run("on hardware", &s.hardware[isa], func() ([][][]byte, error) { return h.run(&j) })
}

func needVBMI(kernels []spec.Kernel) bool {
	return slices.ContainsFunc(kernels, func(k spec.Kernel) bool { return k.VBMI })
}
