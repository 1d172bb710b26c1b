// Package gotool runs the go command, and makes temporary modules in which
// generated packages can be compiled.
package gotool

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Folder is a folder in a Go module, with what the go command needs in its
// environment there.
type Folder struct {
	Path string
	Env  []string // beside the process's own
}

// With returns the folder with more environment.
func (f Folder) With(env ...string) Folder {
	return Folder{f.Path, slices.Concat(f.Env, env)}
}

// Run runs the go command in the folder and returns what it prints. When ctx
// ends, the command is interrupted. Its temporary files go in any case: when it is
// interrupted, it may leave some.
func (f Folder) Run(ctx context.Context, args ...string) ([]byte, error) {
	temp, err := os.MkdirTemp(os.Getenv("GOTMPDIR"), "ingot_go_")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir, c.Env = f.Path, append(append(os.Environ(), f.Env...), "GOTMPDIR="+temp)
	c.Cancel = func() error {
		if c.Process.Signal(os.Interrupt) == nil {
			return nil
		}
		return c.Process.Kill() // not every system has interrupts
	}
	c.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if cause := context.Cause(ctx); cause != nil {
		return nil, fmt.Errorf("go %s stopped: %w", args[0], cause)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: go %s: %w\n%s", f.Path, args[0], err, bytes.TrimSpace(append(out, stderr.Bytes()...)))
	}
	return out, nil
}
