package kerneltest

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	avoir "github.com/mmcloughlin/avo/ir"
	"golang.org/x/sys/cpu"

	"github.com/ingot-go/ingot/asm"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/tests/internal/kerneltest/job"
)

// requireISA names the instruction set whose absence is a failure.
const requireISA = "INGOT_REQUIRE_ISA"

// missing says why machine code of a level can't run here, or "".
func missing(isa spec.ISA) string {
	if runtime.GOARCH != "amd64" || runtime.GOOS == "windows" {
		return "no machine code for " + runtime.GOOS + "/" + runtime.GOARCH
	}
	c := cpu.X86
	has := map[spec.ISA]bool{
		spec.AVX2:       c.HasAVX2 && c.HasFMA,
		spec.AVX512VNNI: c.HasAVX512F && c.HasAVX512BW && c.HasAVX512DQ && c.HasAVX512VL && c.HasAVX512VNNI,
	}
	if !has[isa] {
		return "the CPU lacks " + isa.String()
	}
	return ""
}

// CheckRequired returns an error where INGOT_REQUIRE_ISA names an instruction
// set that can't run here.
func CheckRequired() error {
	name := os.Getenv(requireISA)
	if name == "" {
		return nil
	}
	isa, err := spec.ParseISA(name)
	if err != nil {
		return fmt.Errorf("%s: %w", requireISA, err)
	}
	if why := missing(isa); why != "" {
		return fmt.Errorf("%s=%s: %s", requireISA, name, why)
	}
	return nil
}

// hardware is a worker process that has every kernel as machine code.
type hardware struct {
	path string // of the binary

	mu     sync.Mutex
	cmd    *exec.Cmd
	in     io.WriteCloser
	stderr *bytes.Buffer
	enc    *gob.Encoder
	dec    *gob.Decoder
}

// built is whether there is a worker for Close to remove.
var built atomic.Bool

// worker is the process's only worker, built when it is first needed.
var worker = sync.OnceValues(func() (*hardware, error) {
	built.Store(true)
	dir, err := os.MkdirTemp("", "ingot-kernels-")
	if err != nil {
		return nil, err
	}
	h := &hardware{path: filepath.Join(dir, "worker")}
	if err := h.build(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("building the kernels' worker: %w", err), os.RemoveAll(dir))
	}
	return h, nil
})

// Close ends the worker, if there is one, and removes its binary.
func Close() error {
	if !built.Load() {
		return nil
	}
	h, err := worker()
	if err != nil {
		return nil // reported where it was wanted
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stop()
	return os.RemoveAll(filepath.Dir(h.path))
}

// The worker's module lies below the project's tests, whose internal packages it imports.
const (
	workerMod = `module github.com/ingot-go/ingot/tests/kernelworker

go 1.26.0

require github.com/ingot-go/ingot v0.0.0

replace github.com/ingot-go/ingot => %s
`
	workerMain = `package main

import (
	"log"
	"os"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/tests/internal/kerneltest/job"
)

func main() {
	if err := job.Serve(os.Stdin, os.Stdout, kernels); err != nil {
		log.Fatal(err)
	}
}

`
)

// build writes and builds the worker's module in dir.
func (h *hardware) build(dir string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	files := map[string][]byte{"go.mod": fmt.Appendf(nil, workerMod, root), "go.sum": sums}
	main := []byte(workerMain)
	main = append(main, "var kernels = map[string]portable.Kernel{\n"...)
	var stubs []byte
	for isa := range spec.NumISA {
		list := slices.DeleteFunc(spec.All(), func(k spec.Kernel) bool { return k.ISA != isa })
		if err := compileAll(list); err != nil {
			return err
		}
		var fns []*avoir.Function
		for _, k := range list {
			fns = append(fns, compile(k).fn)
			main = fmt.Appendf(main, "\t%q: %s,\n", k.Name(), k.Name())
			stubs = fmt.Appendf(stubs, "\n//go:noescape\nfunc %s(a *portable.Args)\n", k.Name())
		}
		if files[isa.String()+"_amd64.s"], err = asm.Print(fns); err != nil {
			return err
		}
	}
	files["main.go"] = slices.Concat(main, []byte("}\n"), stubs)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", h.path, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}

// run sends a job to the worker. After a crash the next job gets a new process.
func (h *hardware) run(j *job.Job) ([][][]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd == nil {
		if err := h.start(); err != nil {
			return nil, err
		}
	}
	var r job.Result
	err := h.enc.Encode(j)
	if err == nil {
		err = h.dec.Decode(&r)
	}
	if err != nil {
		h.stop()
		text := h.stderr.String()
		return nil, fmt.Errorf("%s: the worker died: %w\n%s", j.Name, err, text[:min(len(text), 4000)])
	}
	if r.Error != "" {
		return nil, errors.New(r.Error)
	}
	return r.Outputs, nil
}

func (h *hardware) start() error {
	h.cmd, h.stderr = exec.Command(h.path), &bytes.Buffer{}
	h.cmd.Stderr = h.stderr
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return err
	}
	h.enc, h.dec = gob.NewEncoder(h.in), gob.NewDecoder(out)
	return h.cmd.Start()
}

func (h *hardware) stop() {
	if h.cmd == nil {
		return
	}
	_ = h.in.Close()
	_ = h.cmd.Wait()
	h.cmd = nil
}
