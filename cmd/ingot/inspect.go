package main

import (
	"fmt"
	"io"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/inspect"
)

var inspectCommand = command{
	name: "inspect", args: "[flags] MODEL.onnx|CONFIG.yaml", short: "list the operators of a model",
	long: `Lists the operators of a model: name, operator, shapes, parameters and
multiply-accumulates (MACs), and the totals. By default it shows the model as it was
read; -fused shows it as it is after fusion, -quantized as int8, which needs calibration
inputs or a calibration cache.`,
	run: runInspect,
}

func runInspect(c *call) error {
	var m modelFlags
	m.add(c)
	fused := c.flags.Bool("fused", false, "show the graph after fusion")
	quantized := c.flags.Bool("quantized", false, "show the int8 graph, with types, scales, zero points and bits of the weights")
	dot := c.flags.Bool("dot", false, "write a graph for graphviz instead of the table, as in ingot inspect -dot m.onnx | dot -Tsvg > m.svg")
	if err := c.parse(1, 1, "one model or configuration"); err != nil {
		return err
	}
	if *fused && *quantized {
		return usage("-fused and -quantized exclude each other")
	}
	o, err := m.options(c.flags.Arg(0))
	if err != nil {
		return err
	}
	show, err := view(c, o, *fused, *quantized, *dot)
	if err != nil {
		return err
	}
	return show(c.stdout)
}

// view returns what writes the graph that the flags ask for.
func view(c *call, o ingot.Options, fused, quantized, dot bool) (func(io.Writer) error, error) {
	g, err := ingot.Import(o.Model, o.Shapes)
	var report *ingot.Report
	switch {
	case fused:
		g, _, err = ingot.Fuse(o.Model, o.Shapes)
	case quantized:
		done := progress(&o)
		g, report, err = ingot.Quantize(c, o)
		done()
	}
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error {
		switch {
		case dot:
			return inspect.Dot(w, g)
		case report != nil:
			fmt.Fprintf(w, "ranges: %s\n", report.Ranges)
			return inspect.Table(w, g, report.Quant)
		}
		return inspect.Table(w, g, nil)
	}, nil
}
