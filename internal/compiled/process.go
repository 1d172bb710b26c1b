package compiled

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"unsafe"
)

// process is a program that computes one sample at a time, on one thread. It says
// nothing unless it is asked, so that a run that nobody wants is simply forgotten.
type process struct {
	ctx    context.Context
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.Reader
	stderr bytes.Buffer
}

// launch starts a process and tells it where the values are.
func launch(ctx context.Context, program string, places []byte) (*process, error) {
	p := &process{ctx: ctx, cmd: exec.CommandContext(ctx, program)}
	p.cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	p.cmd.Stderr = &p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the compiled graph: %w", errors.Join(err, context.Cause(ctx)))
	}
	return p, p.write(places)
}

func (p *process) write(b []byte) error {
	if _, err := p.in.Write(b); err != nil {
		return p.died(err)
	}
	return nil
}

func (p *process) read(b []byte) error {
	if _, err := io.ReadFull(p.out, b); err != nil {
		return p.died(err)
	}
	return nil
}

// died returns why the process went away.
func (p *process) died(err error) error {
	p.kill()
	if cause := context.Cause(p.ctx); cause != nil {
		return fmt.Errorf("stopped: %w", cause)
	}
	return fmt.Errorf("the compiled graph's process ended: %w\n%s", err, bytes.TrimSpace(p.stderr.Bytes()))
}

// kill ends the process. It may have ended before.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// raw returns the bytes of numbers.
func raw(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
}
