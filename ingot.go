// Package ingot compiles trained convolutional networks into Go packages: it
// fuses the graph of an ONNX file, quantizes it to int8 with calibration data, all of it,
// a part or nothing, and writes assembly kernels with a Go wrapper around them.
//
// Build is the whole pipeline; the command ingot is a thin layer over it. Import,
// Fuse, Quantize and Files stop earlier, for those who want to look.
package ingot

import (
	"context"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// Version is the version of the compiler, as generated packages name it.
const Version = "v0.1.0"

// Options say what to build. Model and, for Build, Output are required; int8 and
// mixed precision need Calibration, or a Cache that is there. A model that is quantized already
// (QuantizeLinear and DequantizeLinear, or the QLinear operators) is built with its own parameters:
// Mode and Cache are not looked at, and Calibration only measures the accuracy.
type Options struct {
	Model   string              // the ONNX file
	Output  string              // folder of the package
	Package string              // its name; the folder's, made an identifier, if empty
	Shapes  map[string]ir.Shape // of inputs with dynamic dimensions
	ISAs    []spec.ISA          // for which assembly is written; all if empty
	Image   *Image              // how pictures become the input; nil for plain ones, or for none
	Labels  []string            // names of the classes
	Batch   int                 // how often a run takes what the model takes; one if 0

	Precision Precision     // mixed if empty and something is excluded, else int8
	Exclude   quant.Exclude // what stays fp32 in mixed precision
	Smart     bool          // operators other than layers stay fp32 beside an fp32 neighbour: quant.Options
	Unfused   bool          // a node for each of the model's, to compare with; fp32 only

	Calibration string     // folder of pictures, .npy or .npz
	Mode        quant.Mode // entropy if empty
	Cache       string     // JSON file with the ranges: read if it is there, else written
	WeightBits  []quant.Bits
	Floor       Floor

	// Tune measures the tiles that the model's layers could have, on the instruction sets
	// that this machine has, and writes the fastest into TuningFile(Model).
	Tune bool

	Progress func(stage string, done, total int) // of calibrating and tuning; may be nil
}

// Floor is the accuracy below which a build fails. Zero values ask for nothing.
type Floor struct {
	Agreement float64 // share of inputs with the same top class, 0 to 1
	Cosine    float64 // mean cosine of the outputs
}

// Report says what Build did.
type Report struct {
	Precision Precision
	Unfused   bool
	Passes    []pass.Report
	Int8      int             // nodes of the fused graph that became int8
	FP32      int             // and that are fp32
	Given     bool            // whether the model is quantized already, and nothing was calibrated
	Quant     *quant.Report   // nil where all are fp32
	Accuracy  *quant.Accuracy // nil where there were no inputs to measure it on, or all are fp32
	Pictures  string          // how pictures become the input; empty if nothing was said about them
	Ranges    string          // where the ranges came from; empty where all are fp32
	PlainGo   []plan.PlainGo  // operators that run in plain Go
	MACs      int64           // of one image
	Images    int             // that a run takes
	Batch     int             // the model's own, whose images are computed each by itself; 0 of other models
	Steps     int
	Weights   int // bytes
	Arena     int // bytes, for all images of a run
	Package   string
	Output    string
}

// Import reads a model as it is.
func Import(model string, shapes map[string]ir.Shape) (*ir.Graph, error) {
	return onnx.Import(model, onnx.Options{Shapes: shapes})
}

// Fuse imports a model and fuses its graph.
func Fuse(model string, shapes map[string]ir.Shape) (*ir.Graph, []pass.Report, error) {
	return rewrite(model, shapes, fusion.Passes(interp.Eval))
}

// Unfused imports a model and fuses nothing: each node that computes stays one, in the
// form that has a kernel.
func Unfused(model string, shapes map[string]ir.Shape) (*ir.Graph, []pass.Report, error) {
	return rewrite(model, shapes, fusion.Unfused(interp.Eval))
}

// Quantize returns the int8 graph of a model, or the mixed one. It calibrates, or reads
// the cache.
func Quantize(ctx context.Context, o Options) (*ir.Graph, *Report, error) {
	b := newBuild(ctx, o)
	defer b.close()
	if err := b.run(b.check, b.wantInt8, b.fuse, b.openData, b.lower, b.wholeBatch); err != nil {
		return nil, nil, err
	}
	return b.graph, b.report, nil
}

// Files returns the files of the package by name, without writing them anywhere.
func Files(ctx context.Context, o Options) (map[string][]byte, *Report, error) {
	b := newBuild(ctx, o)
	defer b.close()
	err := b.run(b.check, b.fuse, b.openData, b.lower, b.compare, b.tune, b.plan, b.generate)
	if err != nil {
		return nil, nil, err
	}
	return b.files, b.report, nil
}

// Build compiles a model. On an error, and when ctx ends, the folder that the
// package was to be written to is as it was.
func Build(ctx context.Context, o Options) (*Report, error) {
	if err := writable(o.Output); err != nil {
		return nil, err
	}
	files, report, err := Files(ctx, o)
	if err != nil {
		return nil, err
	}
	return report, gen.Install(ctx, o.Output, files)
}
