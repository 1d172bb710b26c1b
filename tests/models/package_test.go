package models

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
)

// newModule makes a module for generated packages in a temporary folder. What they
// import comes from the module cache.
func newModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var sys string
	for line := range strings.Lines(string(mod)) {
		if i := strings.Index(line, "golang.org/x/sys "); i >= 0 {
			sys = strings.TrimSpace(strings.Split(line[i:], "//")[0])
		}
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module example.com/made\n\ngo 1.26.0\n\nrequire %s\n", sys))
	write(t, filepath.Join(dir, "go.sum"), string(sums))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// goTool runs the go command in a module.
func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := osexec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOPROXY=off", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// server is a program round a generated package: inputs on its standard input,
// outputs on its standard output, as the bytes of Input and Output.
const server = `package main

import (
	"io"
	"os"
	"unsafe"

	"example.com/made/net"
)

func main() {
	m := net.New()
	ws := m.NewWorkspace(1)
	in, out := new(net.Input), new(net.Output)
	for {
		_, err := io.ReadFull(os.Stdin, unsafe.Slice((*byte)(unsafe.Pointer(in)), unsafe.Sizeof(*in)))
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(err)
		}
		m.Run(ws, in, out)
		if _, err := os.Stdout.Write(unsafe.Slice((*byte)(unsafe.Pointer(out)), unsafe.Sizeof(*out))); err != nil {
			panic(err)
		}
	}
}
`

// compiled is a generated package in a process of its own.
type compiled struct {
	in  io.WriteCloser
	out io.ReadCloser
	g   *ir.Graph
	raw []byte
}

// compile generates the package of an int8 graph and its program, and starts it on the
// best instruction set of the machine.
func compile(t *testing.T, g *ir.Graph, p *plan.Program) *compiled {
	t.Helper()
	files, err := gen.Files(p, gen.Options{Package: "net", Model: g.Name, ISAs: []spec.ISA{spec.AVX2, spec.AVX512VNNI}})
	if err != nil {
		t.Fatal(err)
	}
	dir := newModule(t)
	for name, text := range files {
		write(t, filepath.Join(dir, "net", name), string(text))
	}
	write(t, filepath.Join(dir, "main.go"), server)
	goTool(t, dir, "build", "-o", "server", ".")
	cmd := osexec.Command(filepath.Join(dir, "server"))
	c := &compiled{g: g}
	var err1, err2 error
	c.in, err1 = cmd.StdinPipe()
	c.out, err2 = cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// run returns the outputs for one input.
func (c *compiled) run(x *ir.Tensor) ([]*ir.Tensor, error) {
	c.raw = c.raw[:0]
	for _, v := range x.F32 {
		c.raw = binary.LittleEndian.AppendUint32(c.raw, math.Float32bits(v))
	}
	if _, err := c.in.Write(c.raw); err != nil {
		return nil, err
	}
	var all []*ir.Tensor
	for _, v := range c.g.Outputs {
		y := ir.NewTensor(ir.F32, v.Shape)
		if err := binary.Read(c.out, binary.LittleEndian, y.F32); err != nil {
			return nil, err
		}
		all = append(all, y)
	}
	return all, nil
}
