// Package ingot compiles trained convolutional networks into Go packages: it
// fuses the graph of an ONNX file, quantizes it to int8 with calibration data and
// writes assembly kernels with a Go wrapper around them.
//
// Build is the whole pipeline; the command ingot is a thin layer over it.
package ingot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// Version is the version of the compiler, as generated packages name it.
const Version = "v0.1.0"

// Options say what to build. Model and Output are required; int8 needs Calibration.
type Options struct {
	Model   string              // the ONNX file
	Output  string              // folder of the package
	Package string              // its name; the folder's, made an identifier, if empty
	Shapes  map[string]ir.Shape // of inputs with dynamic dimensions
	ISAs    []spec.ISA          // for which assembly is written; all if empty
	Image   *calibdata.Spec     // how pictures become the input, if the model takes pictures
	Labels  []string            // names of the classes

	Calibration string     // folder of pictures, .npy or .npz
	Mode        quant.Mode // entropy if empty
	Cache       string     // JSON file with the ranges: read if it is there, else written
	WeightBits  []quant.Bits
	Floor       Floor

	Progress func(done, total int) // of the calibration; may be nil
}

// Floor is the accuracy below which a build fails. Zero values ask for nothing.
type Floor struct {
	Agreement float64 // share of inputs with the same top class, 0 to 1
	Cosine    float64 // mean cosine of the outputs
}

// Report says what Build did.
type Report struct {
	Passes   []pass.Report
	Quant    *quant.Report
	Accuracy *quant.Accuracy // nil where there were no inputs to measure it on
	Ranges   string          // where the ranges came from
	MACs     int64
	Steps    int
	Weights  int // bytes
	Arena    int // bytes
	Package  string
	Output   string
}

// Fuse imports a model and fuses its graph.
func Fuse(model string, shapes map[string]ir.Shape) (*ir.Graph, []pass.Report, error) {
	g, err := onnx.Import(model, onnx.Options{Shapes: shapes})
	if err != nil {
		return nil, nil, err
	}
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	reports, err := p.Run(g)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", model, err)
	}
	return g, reports, nil
}

// Build compiles a model. On an error, and when ctx ends, the folder that the
// package was to be written to is as it was.
func Build(ctx context.Context, o Options) (*Report, error) {
	b := &build{ctx: ctx, o: o, report: &Report{Output: o.Output}}
	for _, step := range []func() error{b.check, b.fuse, b.openData, b.ranges, b.quantize, b.compare, b.plan, b.write} {
		if err := context.Cause(ctx); err != nil {
			return nil, fmt.Errorf("build stopped: %w", err)
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b.report, nil
}

// build is the state between the steps of Build.
type build struct {
	ctx    context.Context
	o      Options
	report *Report

	hash        string
	real, int8  *ir.Graph
	runReal     exec.Executor
	data        calibdata.Source
	calib, test quant.Source
	calibration *quant.Calibration
	program     *plan.Program
}

func (b *build) check() error {
	if b.o.Model == "" || b.o.Output == "" {
		return errors.New("no model or no output folder given")
	}
	if b.o.Package == "" {
		b.o.Package = packageName(b.o.Output)
	}
	if len(b.o.ISAs) == 0 {
		for isa := range spec.NumISA {
			b.o.ISAs = append(b.o.ISAs, isa)
		}
	}
	if b.o.Mode == "" {
		b.o.Mode = quant.Entropy
	}
	data, err := os.ReadFile(b.o.Model)
	if err != nil {
		return fmt.Errorf("reading the model: %w", err)
	}
	sum := sha256.Sum256(data)
	b.hash = hex.EncodeToString(sum[:])
	b.report.Package = b.o.Package
	return nil
}

// packageName makes a package name of a folder's name.
func packageName(dir string) string {
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
	if name == "" || name[0] <= '9' {
		name = "net" + name
	}
	return name
}

func (b *build) fuse() (err error) {
	b.real, b.report.Passes, err = Fuse(b.o.Model, b.o.Shapes)
	if err != nil {
		return err
	}
	b.report.MACs = b.real.MACs()
	b.runReal, err = exec.New(b.real, runtime.GOMAXPROCS(0))
	return err
}

// openData opens the calibration inputs and holds some back for the accuracy line.
func (b *build) openData() error {
	if b.o.Calibration == "" {
		return nil
	}
	s := calibdata.Spec{}
	if b.o.Image != nil {
		s = *b.o.Image
	}
	src, err := calibdata.Open(b.o.Calibration, b.real.Inputs, s)
	if err != nil {
		return err
	}
	b.data = src
	b.calib, b.test = quant.HoldOut(stopping{src, b.ctx})
	return nil
}

// stopping is a source that ends with an error when its context does.
type stopping struct {
	quant.Source
	ctx context.Context
}

// Next implements quant.Source.
func (s stopping) Next() ([]*ir.Tensor, error) {
	if err := context.Cause(s.ctx); err != nil {
		return nil, fmt.Errorf("build stopped: %w", err)
	}
	return s.Source.Next()
}

// ranges reads the cache, or calibrates and writes it.
func (b *build) ranges() error {
	if b.o.Cache != "" {
		f, err := os.Open(b.o.Cache)
		if err == nil {
			defer f.Close()
			b.calibration, err = quant.Load(f)
			if err != nil {
				return fmt.Errorf("%s: %w", b.o.Cache, err)
			}
			b.report.Ranges = b.o.Cache
			return nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("calibration cache: %w", err)
		}
	}
	if b.calib == nil {
		return errors.New("int8 needs calibration inputs: give a folder of pictures, an .npy or an .npz with -calib, or a calibration cache")
	}
	var err error
	b.calibration, err = quant.Calibrate(b.real, b.runReal, b.calib, quant.CalibrateOptions{Mode: b.o.Mode, Progress: b.o.Progress})
	if err != nil {
		return fmt.Errorf("calibrating on %s: %w", b.o.Calibration, err)
	}
	b.report.Ranges = fmt.Sprintf("%d inputs of %s, %s", b.calib.Len(), b.o.Calibration, b.o.Mode)
	return b.saveCache()
}

// saveCache writes the cache beside its place and moves it there.
func (b *build) saveCache() error {
	if b.o.Cache == "" {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(b.o.Cache), "ingot_cache_")
	if err != nil {
		return fmt.Errorf("calibration cache: %w", err)
	}
	defer os.Remove(f.Name())
	err = errors.Join(b.calibration.Save(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), b.o.Cache)
	}
	if err != nil {
		return fmt.Errorf("calibration cache: %w", err)
	}
	return nil
}

func (b *build) quantize() (err error) {
	b.int8, b.report.Quant, err = quant.Quantize(b.real, b.calibration, quant.Options{WeightBits: b.o.WeightBits})
	if err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	return nil
}

// compare measures what int8 lost on the inputs that were held back.
func (b *build) compare() error {
	if b.test == nil {
		return nil
	}
	run, err := exec.New(b.int8, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	a, err := quant.Compare(b.runReal, run, b.test)
	if err != nil {
		return fmt.Errorf("measuring the accuracy: %w", err)
	}
	b.report.Accuracy = a
	if f := b.o.Floor; a.Classifier && a.Top1() < f.Agreement || a.MeanCosine < f.Cosine {
		return fmt.Errorf("%s: accuracy is below the floor (agreement %g, cosine %g): %s", b.o.Model, f.Agreement, f.Cosine, a)
	}
	return nil
}

func (b *build) plan() (err error) {
	b.program, err = plan.Build(b.int8)
	if err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	b.report.Steps, b.report.Weights, b.report.Arena = len(b.program.Steps), len(b.program.Weights), b.program.Arena
	return nil
}

// write generates the package and puts it in place.
func (b *build) write() error {
	golden, err := b.golden()
	if err != nil {
		return err
	}
	files, err := gen.Files(b.program, gen.Options{
		Package: b.o.Package, Model: filepath.Base(b.o.Model), Hash: b.hash, Version: Version,
		ISAs: b.o.ISAs, Labels: b.o.Labels, Image: b.picture(), Golden: golden,
	})
	if err != nil {
		return err
	}
	if err := context.Cause(b.ctx); err != nil {
		return fmt.Errorf("build stopped: %w", err)
	}
	return gen.Install(b.o.Output, files)
}

// golden runs known inputs through the int8 graph for the package's own test.
func (b *build) golden() ([]gen.Golden, error) {
	run, err := exec.New(b.int8, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	var all []gen.Golden
	for seed := range uint64(2) {
		var in []*ir.Tensor
		for i, x := range gen.KnownInputs(b.program, seed+1) {
			in = append(in, ir.Floats(b.int8.Inputs[i].Shape, x))
		}
		out, err := run.Run(in, nil)
		if err != nil {
			return nil, fmt.Errorf("known inputs: %w", err)
		}
		k := gen.Golden{Seed: seed + 1}
		for _, t := range out {
			k.Outputs = append(k.Outputs, t.F32)
		}
		all = append(all, k)
	}
	return all, nil
}

// picture returns how the package turns a picture into the quantized input: the
// tables are the model's normalisation and quantization of every byte.
func (b *build) picture() *gen.Image {
	if b.o.Image == nil || !b.program.Image {
		return nil
	}
	s := b.o.Image
	im := &gen.Image{Width: s.Width, Height: s.Height, Channels: s.Channels, Shorter: s.Resize, Stretch: s.Stretch, BGR: s.BGR}
	for c := range s.Channels {
		im.Table = append(im.Table, gen.PixelTable(b.program, c, func(v uint8) float32 { return s.Normalize(c, v) }))
	}
	return im
}
