package ingot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// maxBatch keeps the size of the workspace and of arrays within reason.
const maxBatch = 1 << 10

// build is the state between the steps of Build.
type build struct {
	ctx    context.Context
	o      Options
	report *Report

	hash        string
	real        *ir.Graph // fused, fp32
	graph       *ir.Graph // of the precision that is asked for
	runReal     exec.Executor
	spec        *calibdata.Spec // of pictures, if the model takes them
	data        calibdata.Source
	calib, test quant.Source
	calibration *quant.Calibration
	tuning      plan.Tuning
	program     *plan.Program
	files       map[string][]byte
}

func newBuild(ctx context.Context, o Options) *build {
	return &build{ctx: ctx, o: o, report: &Report{Output: o.Output}}
}

// run runs steps until one fails or the context ends.
func (b *build) run(steps ...func() error) error {
	for _, step := range steps {
		if err := stopped(b.ctx); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// stopped returns an error when the context has ended.
func stopped(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("build stopped: %w", err)
	}
	return nil
}

// progress returns what reports the progress of a stage, or nil.
func (b *build) progress(stage string) func(done, total int) {
	if b.o.Progress == nil {
		return nil
	}
	return func(done, total int) { b.o.Progress(stage, done, total) }
}

func (b *build) close() {
	if b.data != nil {
		b.data.Close()
	}
}

// check fills in what the options leave open and reads the model's hash.
func (b *build) check() error {
	switch {
	case b.o.Model == "":
		return errors.New("no model given")
	case b.o.Batch < 0 || b.o.Batch > maxBatch:
		return fmt.Errorf("batch of %d: want from 1 to %d images", b.o.Batch, maxBatch)
	}
	b.o.Batch = max(1, b.o.Batch)
	if err := b.o.settlePrecision(); err != nil {
		return err
	}
	b.report.Precision, b.report.Unfused = b.o.Precision, b.o.Unfused
	if b.o.Package == "" {
		b.o.Package = PackageName(b.o.Output)
	}
	if len(b.o.ISAs) == 0 {
		for isa := range spec.NumISA {
			b.o.ISAs = append(b.o.ISAs, isa)
		}
	}
	var err error
	if b.hash, err = hashFile(b.o.Model); err != nil {
		return fmt.Errorf("reading the model: %w", err)
	}
	b.report.Package = b.o.Package
	return nil
}

// hashFile returns the SHA-256 of a file, whatever its size.
func hashFile(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a pipe would wait
		return "", fmt.Errorf("%s is not a regular file; give an ONNX file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// PackageName makes a package name of a folder's name: its letters and digits.
func PackageName(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(filepath.Base(abs)))
	// A keyword is no name, main is no library's, and go ignores the files of documentation.
	if name == "" || name[0] <= '9' || token.IsKeyword(name) || name == "main" || name == "documentation" {
		name = "net" + name
	}
	return name
}

// writable fails early where a package can't be written, before minutes go into it.
func writable(dir string) error {
	if dir == "" {
		return errors.New("no output folder given")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("output folder: %w", err)
	}
	parent := filepath.Dir(abs)
	for {
		tmp, err := os.MkdirTemp(parent, "ingot_tmp_")
		if err == nil {
			return os.Remove(tmp)
		}
		up := filepath.Dir(parent)
		if !errors.Is(err, fs.ErrNotExist) || up == parent {
			return fmt.Errorf("output folder: %w", err)
		}
		parent = up
	}
}

// compare measures what int8 lost on the inputs that were held back; without int8
// nothing is.
func (b *build) compare() error {
	if b.o.Precision == FP32 {
		return nil
	}
	f := b.o.Floor
	if b.test == nil {
		if f != (Floor{}) {
			return errors.New("the accuracy floor can't be checked without calibration inputs: give them beside the cache, or leave out the floor")
		}
		return nil
	}
	run, err := exec.New(b.graph, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	a, err := quant.Compare(b.runReal, run, b.test)
	if err != nil {
		return fmt.Errorf("measuring the accuracy: %w", err)
	}
	b.report.Accuracy = a
	switch {
	case f.Agreement > 0 && !a.Classifier:
		return fmt.Errorf("%s: the accuracy floor asks for agreement, but the first output %s is not one row of scores: use cosine", b.o.Model, b.real.Outputs[0].Shape)
	case f.Cosine > 0 && !a.Floats:
		return fmt.Errorf("%s: the accuracy floor asks for a cosine, but no output is of real numbers: leave out the floor", b.o.Model)
	case a.Classifier && a.Top1() < f.Agreement || a.Floats && !(a.MeanCosine >= f.Cosine):
		return fmt.Errorf("%s: accuracy is below the floor (agreement %g, cosine %g): %s", b.o.Model, f.Agreement, f.Cosine, a)
	}
	return nil
}

func (b *build) plan() (err error) {
	b.program, err = plan.Build(b.graph, plan.Options{Tuning: b.tuning})
	if err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	b.program = plan.Batch(b.program, b.o.Batch)
	b.report.PlainGo = b.program.PlainGo
	b.report.Steps, b.report.Weights, b.report.Arena = len(b.program.Steps), len(b.program.Weights), b.o.Batch*b.program.Arena
	return nil
}

// generate makes the package's files.
func (b *build) generate() error {
	golden, err := b.golden()
	if err != nil {
		return err
	}
	b.files, err = gen.Files(b.program, gen.Options{
		Package: b.o.Package, Model: filepath.Base(b.o.Model), Hash: b.hash, Version: Version,
		ISAs: b.o.ISAs, Labels: b.o.Labels, Image: b.picture(), Golden: golden,
	})
	if err != nil {
		return err
	}
	return stopped(b.ctx)
}
