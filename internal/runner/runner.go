// Package runner runs generated packages from outside: it builds a small program
// round one, which nobody sees, and talks to it over pipes.
package runner

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/ingot-go/ingot/ir"
)

//go:embed program.go.tmpl
var programText string

var programTemplate = template.Must(template.New("program").Parse(programText))

// Info is what a package says of itself.
type Info struct {
	ISA          string // that it runs on
	Pictures     bool   // whether it takes pictures
	Labels       []string
	InputNames   []string
	InputShapes  []ir.Shape
	OutputNames  []string
	OutputShapes []ir.Shape
}

// Program is a running package.
type Program struct {
	Info
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
	dir    string // temporary
}

// Start builds and starts the package in a folder. With isa, it must run on that
// instruction set; an empty one leaves the choice to the package.
func Start(ctx context.Context, pkgDir, isa string) (_ *Program, err error) {
	p := &Program{}
	if p.dir, err = os.MkdirTemp("", "ingot_run_"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	binary, err := build(ctx, pkgDir, p.dir)
	if err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, binary)
	p.cmd.Env = os.Environ()
	if isa != "" {
		p.cmd.Env = append(p.cmd.Env, "INGOT_ISA="+isa)
	}
	p.cmd.Stderr = &p.stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the package: %w", err)
	}
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.Info)
	}
	if err != nil {
		return nil, p.died(err)
	}
	if isa != "" && p.ISA != isa {
		return nil, fmt.Errorf("%s does not run on %s here, which the package or the machine lacks; its best is %s", pkgDir, isa, p.ISA)
	}
	return p, nil
}

// build compiles the program that imports the package, and returns its path. The program
// is a folder inside the package's that only an overlay has: it may import
// internal packages there, and nothing is written to the user's tree.
func build(ctx context.Context, pkgDir, tmp string) (string, error) {
	if _, err := os.Stat(filepath.Join(pkgDir, "weights.bin")); err != nil {
		return "", fmt.Errorf("%s: want the folder of a package that ingot generated: %w", pkgDir, err)
	}
	list, err := goTool(ctx, pkgDir, "list", "-f", "{{.ImportPath}}\n{{.Dir}}", ".")
	if err != nil {
		return "", err
	}
	importPath, dir, _ := strings.Cut(strings.TrimSpace(list), "\n")
	_, err = os.Stat(filepath.Join(dir, "labels.go"))
	var source bytes.Buffer
	if err := programTemplate.Execute(&source, map[string]any{"ImportPath": importPath, "Labels": err == nil}); err != nil {
		return "", err
	}
	main, overlay := filepath.Join(tmp, "main.go"), filepath.Join(tmp, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, "ingot_run", "main.go"): main}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(main, source.Bytes(), 0o666), os.WriteFile(overlay, replace, 0o666)); err != nil {
		return "", err
	}
	binary := filepath.Join(tmp, "run.exe") // the suffix matters on Windows, and nowhere else
	_, err = goTool(ctx, dir, "build", "-overlay", overlay, "-o", binary, "./ingot_run")
	return binary, err
}

// goTool runs the go command in a folder and returns what it prints.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: go %s: %w\n%s", dir, args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

// Run runs the package on float32 inputs and returns the outputs, in the order of
// their names.
func (p *Program) Run(inputs []*ir.Tensor) ([][]float32, error) {
	var b bytes.Buffer
	b.WriteByte('f')
	for _, t := range inputs {
		if err := binary.Write(&b, binary.NativeEndian, t.F32); err != nil {
			return nil, err
		}
	}
	return p.exchange(b.Bytes())
}

// RunImage runs the package on a PNG or JPEG file.
func (p *Program) RunImage(path string) ([][]float32, error) {
	if !p.Pictures {
		return nil, fmt.Errorf("%s: the package takes no pictures: give an .npy array, or build it with an input in its YAML file", path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	b := []byte{'p'}
	b = binary.NativeEndian.AppendUint32(b, uint32(len(abs)))
	return p.exchange(append(b, abs...))
}

// exchange sends a request and reads the answer.
func (p *Program) exchange(request []byte) ([][]float32, error) {
	if _, err := p.in.Write(request); err != nil {
		return nil, p.died(err)
	}
	var n uint32
	if err := binary.Read(p.out, binary.NativeEndian, &n); err != nil {
		return nil, p.died(err)
	}
	if n > 0 {
		text := make([]byte, n)
		if _, err := io.ReadFull(p.out, text); err != nil {
			return nil, p.died(err)
		}
		return nil, errors.New(string(text))
	}
	var all [][]float32
	for _, s := range p.OutputShapes {
		x := make([]float32, s.Elems())
		if err := binary.Read(p.out, binary.NativeEndian, x); err != nil {
			return nil, p.died(err)
		}
		all = append(all, x)
	}
	return all, nil
}

// died returns why the program went away.
func (p *Program) died(err error) error {
	p.in.Close()
	_ = p.cmd.Wait() // its message says more than its status
	return fmt.Errorf("the package's program ended: %w\n%s", err, bytes.TrimSpace(p.stderr.Bytes()))
}

// Close ends the program and removes what was made for it.
func (p *Program) Close() error {
	if p.in != nil {
		p.in.Close()
	}
	if p.cmd != nil && p.cmd.Process != nil && p.cmd.ProcessState == nil {
		_ = p.cmd.Wait()
	}
	return os.RemoveAll(p.dir)
}
