// Package runner runs generated packages from outside: it builds a small program
// round one, which nobody sees, and talks to it over pipes.
package runner

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/ingot-go/ingot/ir"
)

// Info is what a program says of the network that it runs.
type Info struct {
	ISA          string // that it runs on
	Pictures     bool   // whether it takes pictures
	Labels       []string
	InputNames   []string
	InputShapes  []ir.Shape
	InputTypes   []string // Go's names
	OutputNames  []string
	OutputShapes []ir.Shape
	OutputTypes  []string // none: float32
}

// Program is a running network.
type Program struct {
	Info
	ctx    context.Context
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
}

// Launch starts a program that speaks the protocol of program.go.tmpl. It has one thread of
// Go's, unless env says something else.
func Launch(ctx context.Context, path string, env []string, args ...string) (*Program, error) {
	p := &Program{ctx: ctx, cmd: exec.CommandContext(ctx, path, args...)}
	p.cmd.Env = append(append(os.Environ(), "GOMAXPROCS=1"), env...)
	p.cmd.Stderr = &p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the network's program: %w", errors.Join(err, context.Cause(ctx)))
	}
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.Info)
	}
	if err != nil {
		return nil, p.died(err)
	}
	return p, nil
}

// Run runs the network on inputs and returns the outputs, in the order of
// their names.
func (p *Program) Run(inputs []*ir.Tensor) ([]*ir.Tensor, error) {
	var b bytes.Buffer
	b.WriteByte('f')
	for _, t := range inputs {
		b.Write(t.Bytes())
	}
	if err := p.request(b.Bytes()); err != nil {
		return nil, err
	}
	return p.outputs()
}

// RunImage runs the network on a PNG or JPEG file.
func (p *Program) RunImage(path string) ([]*ir.Tensor, error) {
	if !p.Pictures {
		return nil, fmt.Errorf("%s: the package takes no pictures: give an .npy array, or build it with an input in its YAML file", path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	b := []byte{'p'}
	b = binary.NativeEndian.AppendUint32(b, uint32(len(abs)))
	if err := p.request(append(b, abs...)); err != nil {
		return nil, err
	}
	return p.outputs()
}

// Time runs the network on its last inputs over and over, for about the given time
// and at least once, and returns how often and how long a run took.
func (p *Program) Time(each time.Duration) (runs int, perRun time.Duration, err error) {
	if err := p.request(binary.NativeEndian.AppendUint64([]byte{'t'}, uint64(each))); err != nil {
		return 0, 0, err
	}
	var got [2]uint64
	if err := binary.Read(p.out, binary.NativeEndian, got[:]); err != nil {
		return 0, 0, p.died(err)
	}
	return int(got[0]), time.Duration(got[1]) / time.Duration(max(got[0], 1)), nil
}

// request sends a request and reads whether it succeeded.
func (p *Program) request(b []byte) error {
	if _, err := p.in.Write(b); err != nil {
		return p.died(err)
	}
	var n uint32
	if err := binary.Read(p.out, binary.NativeEndian, &n); err != nil {
		return p.died(err)
	}
	if n == 0 {
		return nil
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(p.out, text); err != nil {
		return p.died(err)
	}
	return errors.New(string(text))
}

// outputs reads the outputs of a run.
func (p *Program) outputs() ([]*ir.Tensor, error) {
	var all []*ir.Tensor
	for i, s := range p.OutputShapes {
		t := ir.NewTensor(TypeOf(p.OutputTypes, i), s)
		if _, err := io.ReadFull(p.out, t.Bytes()); err != nil {
			return nil, p.died(err)
		}
		all = append(all, t)
	}
	return all, nil
}

// TypeOf returns the type of elements of input or output i by the names of their types in Go:
// float32 for programs that name none.
func TypeOf(names []string, i int) ir.DType {
	if i >= len(names) {
		return ir.F32
	}
	return ir.ParseGoType(names[i])
}

// died returns why the program went away.
func (p *Program) died(err error) error {
	p.in.Close()
	_ = p.cmd.Wait() // its message says more than its status
	if cause := context.Cause(p.ctx); cause != nil {
		return fmt.Errorf("stopped: %w", cause)
	}
	return fmt.Errorf("the network's program ended: %w\n%s", err, bytes.TrimSpace(p.stderr.Bytes()))
}

// Close ends the program.
func (p *Program) Close() error {
	p.in.Close()
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Wait() // that it ends is what was asked for
	}
	return nil
}
