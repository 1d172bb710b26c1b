// Package job runs programs on kernels in lockstep with plain Go: after every
// step the whole arena and the caller's arrays must be the same, byte for byte.
// Kernels may be emulated, or machine code in a worker process (see Serve).
package job

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"
	"unsafe"

	"github.com/ingot-go/ingot/gen/portable"
)

// Job is a program, the kernels that its steps name by index, and its inputs.
type Job struct {
	Name    string
	ISA     int // index of the steps' tilings
	Kernels []string
	Steps   []portable.Step
	Weights []byte
	Arena   int              // bytes of activations
	Runs    [][][]byte       // for each run the memory of the inputs
	Outputs []int            // bytes of each output
	Batches []portable.Batch // to be run as well, on several numbers of workers
}

// Result is what a worker answers to a job.
type Result struct {
	Outputs [][][]byte // as Run's
	Error   string
}

// Memory provides a job's buffers and takes them back.
type Memory interface {
	// Alloc returns n zero bytes.
	Alloc(n int) []byte
	// Seal is called before the first step, when all is in place.
	Seal(b *Buffers) error
	// Free ends the use of all buffers.
	Free()
}

// Buffers is the memory of one job. Kernels may write the arena up to its slack
// and the outputs, and nothing else.
type Buffers struct {
	Model   *portable.Model
	Arena   []byte // with portable.Slack bytes behind the activations
	Blob    []byte // the weights, with as many
	Inputs  [][]byte
	Outputs [][]byte
}

// Dirty is what buffers are filled with before a run.
const Dirty = 0xaa

func init() {
	for _, s := range []portable.Step{
		portable.Dense{}, portable.Depthwise{}, portable.Pool{}, portable.Binary{}, portable.Table{},
		portable.Quantize{}, portable.Dequantize{}, portable.Halo{}, portable.Move{}, portable.Fill{},
		portable.Resize{}, portable.Factors{}, portable.Slopes{}, portable.Softmax{}, portable.Product{},
		portable.Reduce{}, portable.CumSum{}, portable.ArgMax{}, portable.TopK{}, portable.Normalize{}, portable.LRN{}, portable.LpPool{},
		portable.GatherSlices{}, portable.ElementsAt{}, portable.ScatterSlices{}, portable.OneHot{}, portable.Suppress{},
		portable.Port{}, portable.Load{}, portable.DenseF32{}, portable.DepthwiseF32{}, portable.Winograd{},
		portable.UnaryF32{}, portable.BinaryF32{}, portable.AffineF32{}, portable.SoftmaxF32{}, portable.NormalizeF32{}, portable.PoolF32{}, portable.ToPixels{},
		portable.FakeQuant{}, portable.QuantizeLinear{}, portable.DequantizeLinear{}, portable.DynamicQuantize{},
		portable.ToPlanes{}, portable.QuantizeRun{}, portable.DequantizeRun{}, portable.Interleave{},
		portable.Resample{}, portable.ConvTranspose{}, portable.ArgMaxPool{}, portable.MaxUnpool{}, portable.GridSample{}, portable.RoiAlign{},
		portable.Pairs{}, portable.Comparisons{}, portable.Choice{}, portable.Conversion{},
	} {
		gob.Register(s)
	}
	for _, c := range []portable.Curve{portable.SimpleCurve{}, portable.ExpCurve{}, portable.PowerCurve{}, portable.TrigCurve{},
		portable.NormalF32{}, portable.SwishF32{}, portable.EluF32{}, portable.SoftplusF32{}, portable.BasicF32{}} {
		gob.Register(c)
	}
}

// side is one of the two executions that are compared.
type side struct {
	model *portable.Model
	work  *portable.Work
	out   [][]byte
}

// state is a job under way.
type state struct {
	*Job
	kernels, plain side
	inputs         [][]byte
	buffers        *Buffers
	at             string // what runs, for faults
}

// Run executes the job's runs one after the other in one workspace, whose arena
// is dirty before the first, and returns the memory of the outputs of each. The error names
// the run, the step and the kernel.
func Run(j *Job, kernels []portable.Kernel, mem Memory) (out [][][]byte, err error) {
	defer mem.Free()
	s := &state{Job: j, at: "binding"}
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, fmt.Errorf("%s: %s: %s", j.Name, s.at, s.describe(r))
		}
	}()
	if err := s.bind(kernels, mem); err != nil {
		return nil, fmt.Errorf("%s: %w", j.Name, err)
	}
	for i := range j.Runs {
		if err := s.run(i); err != nil {
			return nil, fmt.Errorf("%s: run %d: %w", j.Name, i, err)
		}
		var results [][]byte
		for _, b := range s.kernels.out {
			results = append(results, bytes.Clone(b))
		}
		out = append(out, results)
	}
	return out, nil
}

// bind makes both sides; that of the kernels gets its memory from mem.
func (s *state) bind(kernels []portable.Kernel, mem Memory) error {
	s.plain.model = portable.Bind(s.Steps, s.Weights, nil, 0)
	s.plain.work = portable.NewWork(s.Arena, len(s.Runs[0])+len(s.Outputs))
	s.kernels.model = portable.Bind(s.Steps, s.Weights, s.named(kernels), s.ISA)
	s.kernels.work = portable.NewWork(s.Arena, len(s.Runs[0])+len(s.Outputs))
	for _, n := range s.Outputs {
		s.plain.out = append(s.plain.out, make([]byte, n))
		s.kernels.out = append(s.kernels.out, mem.Alloc(n))
	}
	for _, in := range s.Runs[0] {
		s.inputs = append(s.inputs, mem.Alloc(len(in)))
	}
	arena, blob := mem.Alloc(s.Arena+portable.Slack), mem.Alloc(len(s.Weights)+portable.Slack)
	copy(blob, s.Weights)
	s.kernels.work.SetArena(arena)
	s.kernels.model.SetBlob(blob)
	fill(arena)
	fill(s.plain.work.Arena())
	s.buffers = &Buffers{Model: s.kernels.model, Arena: arena, Blob: blob, Inputs: s.inputs, Outputs: s.kernels.out}
	return mem.Seal(s.buffers)
}

// named wraps kernels so that a fault can tell which one it was.
func (s *state) named(kernels []portable.Kernel) []portable.Kernel {
	named := make([]portable.Kernel, len(kernels))
	for i, k := range kernels {
		named[i] = func(a *portable.Args) {
			at := s.at
			s.at += ", kernel " + s.Kernels[i]
			k(a)
			s.at = at
		}
	}
	return named
}

func (s *state) run(i int) error {
	for _, side := range []*side{&s.kernels, &s.plain} {
		for j, b := range s.inputs {
			copy(b, s.Runs[i][j])
		}
		for _, b := range side.out {
			fill(b)
		}
		side.work.SetBytes(slices.Concat(s.inputs, side.out)...)
	}
	for n, step := range s.Steps {
		s.at = fmt.Sprintf("run %d, step %d, %s", i, n, StepName(step))
		s.plain.model.RunStep(s.plain.work, n)
		s.kernels.model.RunStep(s.kernels.work, n)
		if err := s.compare(); err != nil {
			return fmt.Errorf("step %d, %s, kernels %v: %w", n, StepName(step), s.Kernels, err)
		}
	}
	return nil
}

// compare checks that both sides have the same memory.
func (s *state) compare() error {
	if err := same("arena", s.kernels.work.Arena(), s.plain.work.Arena()); err != nil {
		return err
	}
	for i, b := range s.kernels.out {
		if err := same(fmt.Sprintf("output %d", i), b, s.plain.out[i]); err != nil {
			return err
		}
	}
	return nil
}

// same compares memory. Where both have a float32 that is no number, whose bits tell
// nothing but the order of an instruction's operands, got becomes want.
func same(name string, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	g, w := floatsOf(got), floatsOf(want)
	for i, v := range w {
		if v != v && g[i] != g[i] {
			copy(got[4*i:4*i+4], want[4*i:])
		}
	}
	if bytes.Equal(got, want) {
		return nil
	}
	differ, first := 0, -1
	for i, b := range got {
		if b != want[i] {
			if differ++; first < 0 {
				first = i
			}
		}
	}
	return fmt.Errorf("%s differs from plain Go's in %d bytes, first at %d: %d, want %d (%d is dirty)",
		name, differ, first, got[first], want[first], Dirty)
}

// describe names a panic, and the place of a memory fault.
func (s *state) describe(r any) string {
	f, ok := r.(interface{ Addr() uintptr })
	if !ok || s.buffers == nil {
		return fmt.Sprint(r)
	}
	text := fmt.Sprintf("memory fault at %#x", f.Addr())
	for _, b := range append([][]byte{s.buffers.Arena, s.buffers.Blob}, append(s.inputs, s.kernels.out...)...) {
		if len(b) == 0 {
			continue
		}
		if off := int(f.Addr()) - int(uintptr(unsafe.Pointer(&b[0]))); off > -1<<16 && off < len(b)+1<<16 {
			text += fmt.Sprintf(", byte %d of a buffer of %d", off, len(b))
		}
	}
	return text
}

// StepName is a step's type.
func StepName(s portable.Step) string { return fmt.Sprintf("%T", s) }

func fill(b []byte) {
	for i := range b {
		b[i] = Dirty
	}
}

// floatsOf is a buffer of float32 as such.
func floatsOf(b []byte) []float32 {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(b)/4)
}
