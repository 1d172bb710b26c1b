// Package compiled runs float32 graphs on compiled kernels and shows every value of float32 to
// an observer, as calibration needs it: many times as fast as package exec. It builds a
// temporary package with the graph's own kernels and talks to two processes of it,
// so that one computes while the values of the other are looked at.
package compiled

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/plan"
)

//go:embed main.go.txt
var mainText []byte

//go:embed arena.go.txt
var arenaText []byte

// processes is how many samples can be under way.
const processes = 2

// Executor is an exec.Executor on compiled kernels. Results are the same to the bit
// in every run and on every machine.
type Executor struct {
	g       *ir.Graph
	taps    []plan.Tap // of the nodes' results
	module  *gotool.Module
	free    []*process
	started []*sample // oldest first
	buffer  []float32 // of the value that is shown
}

// sample is a run under way.
type sample struct {
	in []*ir.Tensor
	p  *process
}

// New compiles a float32 graph and starts it.
func New(ctx context.Context, g *ir.Graph) (_ *Executor, err error) {
	prog, taps, err := plan.Observed(g)
	if err != nil {
		return nil, fmt.Errorf("compiling the graph to observe it: %w", err)
	}
	e := &Executor{g: g, taps: slices.DeleteFunc(taps, func(t plan.Tap) bool { return t.Value.Def == nil || t.Value.Type != ir.F32 })}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	largest := 0
	for _, t := range e.taps {
		largest = max(largest, t.Dims.Elems())
	}
	e.buffer = make([]float32, largest)
	program, err := e.build(ctx, prog)
	if err != nil {
		return nil, fmt.Errorf("compiling the graph to observe it: %w", err)
	}
	places, err := e.places()
	if err != nil {
		return nil, err
	}
	for range processes {
		p, err := launch(ctx, program, places)
		if err != nil {
			return nil, err
		}
		e.free = append(e.free, p)
	}
	return e, nil
}

// build writes and compiles the program, and returns its path.
func (e *Executor) build(ctx context.Context, prog *plan.Program) (path string, err error) {
	o := gen.Options{Package: "net", Model: e.g.Name}
	for isa := range spec.NumISA {
		o.ISAs = append(o.ISAs, isa)
	}
	files, err := gen.Files(prog, o)
	if err != nil {
		return "", err
	}
	files["arena.go"] = arenaText
	if e.module, err = gotool.NewModule("observed", nil, nil); err != nil {
		return "", err
	}
	path = filepath.Join(e.module.Path, "observed.exe")
	if err := errors.Join(e.module.Write("net", files), e.module.Write("", map[string][]byte{"main.go": mainText})); err != nil {
		return "", err
	}
	_, err = e.module.Run(ctx, "build", "-o", path, ".")
	return path, err
}

// places is the line that tells a process where the values are.
func (e *Executor) places() ([]byte, error) {
	type place struct {
		Off           int
		Dims, Strides []int
	}
	var all []place
	for _, t := range e.taps {
		all = append(all, place{t.Off, t.Dims, t.Strides})
	}
	line, err := json.Marshal(all)
	return append(line, '\n'), err
}

// Run implements exec.Executor.
func (e *Executor) Run(in []*ir.Tensor, observe func(exec.Point, *ir.Tensor)) ([]*ir.Tensor, error) {
	at := slices.IndexFunc(e.started, func(s *sample) bool { return slices.Equal(s.in, in) })
	if at < 0 {
		if err := e.start(in); err != nil {
			return nil, err
		}
		at = len(e.started) - 1
	}
	s := e.started[at]
	e.started = slices.Delete(e.started, at, at+1)
	e.free = append(e.free, s.p)
	if observe == nil {
		if err := s.p.write([]byte{'o'}); err != nil {
			return nil, err
		}
		return e.outputs(s.p)
	}
	if err := s.p.write([]byte{'v'}); err != nil {
		return nil, err
	}
	for i, v := range e.g.Inputs {
		observe(exec.Point{Value: v}, in[i])
	}
	for _, t := range e.taps {
		x := e.buffer[:t.Dims.Elems()]
		if err := s.p.read(raw(x)); err != nil {
			return nil, err
		}
		observe(exec.Point{Value: t.Value, BeforeAct: t.BeforeAct}, ir.Floats(t.Dims, x))
	}
	return e.outputs(s.p)
}

// outputs reads the outputs of a run.
func (e *Executor) outputs(p *process) ([]*ir.Tensor, error) {
	var out []*ir.Tensor
	for _, v := range e.g.Outputs {
		t := ir.NewTensor(v.Type, v.Shape)
		if err := p.read(t.Bytes()); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// start lets a process compute. Where none is free, the oldest run is given up; a Run
// that asks for it computes it again.
func (e *Executor) start(in []*ir.Tensor) error {
	if err := e.check(in); err != nil {
		return err
	}
	if len(e.free) == 0 {
		e.free = append(e.free, e.started[0].p)
		e.started = e.started[1:]
	}
	p := e.free[0]
	if err := p.write([]byte{'x'}); err != nil {
		return err
	}
	for _, t := range in {
		if err := p.write(t.Bytes()); err != nil {
			return err
		}
	}
	e.free = e.free[1:]
	e.started = append(e.started, &sample{in, p})
	return nil
}

// check fails for inputs that are not the graph's.
func (e *Executor) check(in []*ir.Tensor) error {
	if len(in) != len(e.g.Inputs) {
		return fmt.Errorf("graph %q has %d inputs, was given %d", e.g.Name, len(e.g.Inputs), len(in))
	}
	for i, v := range e.g.Inputs {
		if in[i] == nil || in[i].Type != v.Type || !in[i].Shape.Equal(v.Shape) {
			return fmt.Errorf("input %q wants %s %s, was given %v", v.Name, v.Type, v.Shape, in[i])
		}
	}
	return nil
}

// Close ends the processes and removes what was made for them.
func (e *Executor) Close() error {
	for _, s := range e.started {
		e.free = append(e.free, s.p)
	}
	for _, p := range e.free {
		p.kill()
	}
	e.free, e.started = nil, nil
	if e.module == nil {
		return nil
	}
	return e.module.Close()
}
