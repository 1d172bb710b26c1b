package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/codesize"
)

var buildCommand = command{
	name: "build", args: "[flags] MODEL.onnx|CONFIG.yaml", short: "compile a model into a Go package",
	long: `Compiles a model into a Go package: fuses its graph, quantizes it to int8 with the
ranges that it sees on calibration inputs, and writes kernels, wrapper, weights, tests
and benchmarks. The old package is replaced when everything has succeeded, and not before.

A YAML file says how: model, package, output, input (layout, colour, resize, scale, mean,
std), labels, calibration (images or array, mode, cache), accuracy (agreement, cosine), isa,
shapes, weight_bits. Its paths are relative to it, and flags override it.

For a bare model, the package is written to a folder of the model's name in the current
one. A folder of pictures given with -calib then goes in plainly: RGB, or grey where the
model takes one channel, bytes times 1/255, the shorter side scaled to the model's size
and the middle cut out. If your network was trained otherwise, write a YAML file.
Arrays hold what the model takes, any number of inputs stacked along the first axis; an
.npz has one under each input's name.

The output folder must lie in a Go module that requires golang.org/x/sys.`,
	run: runBuild,
}

func runBuild(c *call) error {
	var m modelFlags
	m.add(c)
	c.flags.Var(&m.isas, "isa", "instruction sets to write assembly for, `LIST` joined by commas: avx2,avx512vnni (all by default; plain Go is always there)")
	output := c.flags.String("o", "", "folder of the package, `DIR`")
	name := c.flags.String("pkg", "", "`NAME` of the package; that of the folder by default")
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
	start := time.Now()
	done := progress(&o)
	report, err := ingot.Build(c, o)
	done()
	if err != nil {
		return err
	}
	printReport(c.stdout, report, time.Since(start))
	return nil
}

// bare reports whether the argument is a model, not a configuration.
func (m *modelFlags) bare(path string) bool { return strings.HasSuffix(strings.ToLower(path), ".onnx") }

// progress shows a bar while a build calibrates, if a person is looking. The
// function that it returns takes it away.
func progress(o *ingot.Options) (done func()) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func() {}
	}
	var bar *progressbar.ProgressBar
	o.Progress = func(i, total int) {
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetDescription("calibrating"),
				progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(i) // a bar that can't be drawn is no reason to stop
	}
	return func() {
		if bar != nil {
			_ = bar.Clear()
		}
	}
}

// printReport tells what was built.
func printReport(w io.Writer, r *ingot.Report, took time.Duration) {
	var fused []string
	for _, p := range r.Passes {
		if p.Changes > 0 {
			fused = append(fused, fmt.Sprintf("%s %d", p.Name, p.Changes))
		}
	}
	if len(fused) == 0 {
		fused = []string{"nothing"}
	}
	int8s, floats := r.Quant.Counts()
	line := func(key, format string, a ...any) { fmt.Fprintf(w, "%-10s %s\n", key, fmt.Sprintf(format, a...)) }
	line("fused", "%s", strings.Join(fused, ", "))
	line("ranges", "%s", r.Ranges)
	if r.Pictures != "" {
		line("pictures", "%s", r.Pictures)
	}
	line("quantized", "%d nodes to int8, %d stay fp32, %d ranges clipped", int8s, floats, len(r.Quant.Clipped))
	for _, n := range r.Quant.Nodes {
		if !n.Int8 {
			line("", "fp32: %s (%s): %s", n.Name, n.Op, n.Why)
		}
	}
	for _, n := range r.Quant.Notes {
		line("", "%s", n)
	}
	line("size", "%.4g million MACs in %d steps, weights %s, workspace %s%s", float64(r.MACs)/1e6, r.Steps, bytes(r.Weights), bytes(r.Arena), code(r))
	if r.Accuracy != nil {
		line("accuracy", "int8 against fp32 on %d inputs held back: %s", r.Accuracy.Samples, r.Accuracy)
	} else {
		line("accuracy", "not measured: there are no calibration inputs beside the cache")
	}
	line("package", "%s in %s, %.1f s", r.Package, r.Output, took.Seconds())
}

// code is the part of the size line about machine code; empty where the toolchain
// can't tell.
func code(r *ingot.Report) string {
	n, err := codesize.Kernels(r.Output)
	if err != nil {
		return ""
	}
	return ", kernels " + bytes(n)
}

// bytes writes a size for people.
func bytes(n int) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
