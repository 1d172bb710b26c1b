package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ingot-go/ingot"
)

var quantizeCommand = command{
	name: "quantize", args: "[flags] -o Q.onnx MODEL.onnx|CONFIG.yaml", short: "write the int8 form of a model as an ONNX file",
	long: `Quantizes a model as build does, and writes the result as an ONNX file (opset 17) that
other runtimes and viewers read: operators of float32 between pairs of QuantizeLinear and
DequantizeLinear, activations of uint8, weights of int8 with a scale an output channel,
biases of int32. Nodes that stay fp32 are there as they are. The graph is the fused one.

Calibration inputs, precision, what is excluded and weight_bits come from the YAML file or
the flags, as for build.`,
	run: runQuantize,
}

func runQuantize(c *call) error {
	var m modelFlags
	m.add(c)
	output := c.flags.String("o", "", "`FILE` to write, which ends in .onnx")
	if err := c.parse(1, 1, "one model or configuration"); err != nil {
		return err
	}
	if strings.ToLower(filepath.Ext(*output)) != ".onnx" {
		return usage("-o %q: want a file that ends in .onnx", *output)
	}
	o, err := m.options(c.flags.Arg(0))
	if err != nil {
		return err
	}
	if same(*output, o.Model) {
		return usage("-o %s: is the model itself: want another file", *output)
	}
	var p progress
	o.Progress = p.set
	data, report, err := ingot.QDQ(c, o)
	p.clear()
	if err != nil {
		return err
	}
	if err := os.WriteFile(*output, data, 0o666); err != nil {
		return err
	}
	printQuantized(c.stdout, report, *output, len(data))
	return nil
}

// same reports whether two paths are of one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// printQuantized tells what was written.
func printQuantized(w io.Writer, r *ingot.Report, path string, bytes int) {
	line := func(key, format string, a ...any) { fmt.Fprintf(w, "%-10s %s\n", key, fmt.Sprintf(format, a...)) }
	line("ranges", "%s", r.Ranges)
	line("quantized", "%d nodes to int8, %d stay fp32, %d ranges clipped", r.Int8, r.FP32, len(r.Quant.Clipped))
	printKept(line, r)
	if r.Accuracy != nil {
		line("accuracy", "%s against fp32 on %d inputs held back: %s", r.Precision, r.Accuracy.Samples, r.Accuracy)
	}
	line("file", "%s, %s", path, size(bytes))
}
