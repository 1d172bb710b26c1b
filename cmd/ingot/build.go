package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/codesize"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/internal/inspect"
)

var buildCommand = command{
	name: "build", args: "[flags] MODEL.onnx|CONFIG.yaml", short: "compile a model into a Go package",
	long: `Compiles a model into a Go package: fuses its graph, quantizes it to int8 with the
ranges that it sees on calibration inputs, and writes kernels, wrapper, weights, tests
and benchmarks. The old package is replaced when everything has succeeded, and not before.

A YAML file says how: model, package, output, input (layout, colour, resize, scale, mean,
std), labels, batch, calibration (images or array, mode, cache), accuracy (agreement, cosine), isa,
shapes, weight_bits, precision (int8, fp32 or mixed), exclude (names, match, operators),
quantize (full or smart). Its paths are relative to it, and flags override it.

For a bare model, the package is written to a folder of the model's name in the current
one. A folder of pictures given with -calib then goes in plainly: RGB, or grey where the
model takes one channel, bytes times 1/255, the shorter side scaled to the model's size
and the middle cut out. If your network was trained otherwise, write a YAML file.
Arrays hold what the model takes, any number of inputs stacked along the first axis; an
.npz has one under each input's name.

Each layer is cut into register tiles. A cost model chooses them; -tune measures instead,
which takes minutes, and keeps what it finds in MODEL.tuning.json beside MODEL.onnx.
Commit that file: with it the same model gives the same package anywhere.

The output folder must lie in a Go module that requires golang.org/x/sys.`,
	run: runBuild,
}

func runBuild(c *call) error {
	var m modelFlags
	m.add(c)
	c.flags.Var(&m.isas, "isa", "instruction sets to write assembly for, `LIST` joined by commas: avx2,avx512vnni (all by default; plain Go is always there)")
	output := c.flags.String("o", "", "folder of the package, `DIR`")
	fuse := c.flags.Bool("fuse", true, "fuse the graph; -fuse=false compiles a kernel for each node of the model, to compare with, and needs -precision fp32")
	tune := c.flags.Bool("tune", false, "time the tiles that each layer could have on this machine, and write the fastest into MODEL.tuning.json beside the model, which builds then follow")
	name := c.flags.String("pkg", "", "`NAME` of the package; that of the folder by default")
	batch := c.flags.Int("batch", 0, "compile for `N` images a run, or N times what the model takes; 1 by default")
	if err := c.parse(1, 1, "one model or configuration"); err != nil {
		return err
	}
	o, err := m.options(c.flags.Arg(0))
	if err != nil {
		return err
	}
	if *output != "" {
		o.Output = *output
		if m.bare(c.flags.Arg(0)) {
			o.Package = ""
		}
	}
	if *name != "" {
		o.Package = *name
	}
	if *batch < 0 {
		return usage("-batch %d: want at least 1", *batch)
	}
	if *batch > 0 {
		o.Batch = *batch
	}
	o.Unfused, o.Tune = !*fuse, *tune
	start := time.Now()
	var p progress
	o.Progress = p.set
	report, err := ingot.Build(c, o)
	p.clear()
	if err != nil {
		return err
	}
	printReport(c, c.stdout, report, time.Since(start))
	return nil
}

// bare reports whether the argument is a model, not a configuration.
func (m *modelFlags) bare(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".onnx") }

// printReport tells what was built.
func printReport(ctx context.Context, w io.Writer, r *ingot.Report, took time.Duration) {
	var fused []string
	for _, p := range r.Passes {
		if p.Changes > 0 {
			fused = append(fused, fmt.Sprintf("%s %d", p.Name, p.Changes))
		}
	}
	if len(fused) == 0 {
		fused = []string{"nothing"}
	}
	line := func(key, format string, a ...any) { fmt.Fprintf(w, "%-10s %s\n", key, fmt.Sprintf(format, a...)) }
	if r.Unfused {
		line("unfused", "%s", strings.Join(fused, ", "))
	} else {
		line("fused", "%s", strings.Join(fused, ", "))
	}
	if r.Batch > 0 {
		line("batch", "%d images a run, each computed by itself; the model takes %d", r.Images, r.Batch)
	}
	if r.Ranges != "" {
		line("ranges", "%s", r.Ranges)
	}
	if r.Pictures != "" {
		line("pictures", "%s", r.Pictures)
	}
	if r.Quant != nil {
		line("precision", "%s", r.Precision)
		line("quantized", "%d nodes to int8, %d stay fp32, %d ranges clipped", r.Int8, r.FP32, len(r.Quant.Clipped))
		printKept(line, r)
	} else {
		line("precision", "%s, %d nodes", r.Precision, r.FP32)
	}
	if len(r.PlainGo) > 0 {
		var all []string
		for _, p := range r.PlainGo {
			all = append(all, p.String())
		}
		line("kernels", "none of their own, in plain Go: %s", strings.Join(all, ", "))
	}
	line("size", "%.4g million MACs in %d steps, weights %s, workspace %s%s", float64(r.MACs)/1e6, r.Steps, size(r.Weights), size(r.Arena), code(ctx, r))
	switch {
	case r.Precision == ingot.FP32:
		line("accuracy", "that of the model: nothing is quantized")
	case r.Accuracy != nil:
		line("accuracy", "%s against %s: %s", r.Precision, accuracyOf(r), r.Accuracy)
	default:
		line("accuracy", "not measured: there are no inputs to measure it on (-calib)")
	}
	line("package", "%s in %s, %.1f s", r.Package, r.Output, took.Seconds())
}

// accuracyOf says what int8 was compared with.
func accuracyOf(r *ingot.Report) string {
	if r.Given {
		return fmt.Sprintf("the quantized model as written, on %d inputs", r.Accuracy.Samples)
	}
	return fmt.Sprintf("fp32 on %d inputs held back", r.Accuracy.Samples)
}

// printKept tells what stayed fp32, and what else there is to know.
func printKept(line func(key, format string, a ...any), r *ingot.Report) {
	for _, n := range r.Quant.Nodes {
		if !n.Int8 {
			line("", "fp32: %s (%s): %s", inspect.Name(n.Name), n.Op, inspect.Name(n.Why))
		}
	}
	for _, n := range r.Quant.Notes {
		line("", "%s", n)
	}
}

// code is the part of the size line about machine code; empty where the toolchain
// can't tell.
func code(ctx context.Context, r *ingot.Report) string {
	sizes, err := codesize.Kernels(ctx, gotool.Folder{Path: r.Output})
	if err != nil {
		return ""
	}
	n := 0
	for _, size := range sizes {
		n += size
	}
	return ", kernels " + size(n)
}

// size writes a number of bytes for people.
func size(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
