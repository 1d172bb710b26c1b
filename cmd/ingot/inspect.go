package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/inspect"
)

var inspectCommand = command{
	name: "inspect", args: "[flags] MODEL.onnx|CONFIG.yaml", short: "list the operators of a model",
	long: `Lists the operators of a model: name, operator, shapes, parameters and
multiply-accumulates (MACs), and the totals. By default it shows the model as it was
read; -fused shows it as it is after fusion, -quantized as int8 or in mixed precision, with
what stays fp32, why, and where the two meet, which needs calibration inputs or a calibration cache.`,
	run: runInspect,
}

func runInspect(c *call) error {
	var m modelFlags
	m.add(c)
	fused := c.flags.Bool("fused", false, "show the graph after fusion")
	quantized := c.flags.Bool("quantized", false, "show the int8 graph, with types, scales, zero points and bits of the weights")
	dot := c.flags.Bool("dot", false, "write a graph for graphviz instead of the table, as in ingot inspect -dot m.onnx | dot -Tsvg > m.svg")
	var pics pictures
	pics.add(c)
	if err := c.parse(1, 1, "one model or configuration"); err != nil {
		return err
	}
	if *fused && *quantized {
		return usage("-fused and -quantized exclude each other")
	}
	if *dot && pics.asked() {
		return usage("-dot and -svg or -html exclude each other")
	}
	o, err := m.options(c.flags.Arg(0))
	if err != nil {
		return err
	}
	show, err := view(c, o, pics, *fused, *quantized, *dot)
	if err != nil {
		return err
	}
	return show(c.stdout)
}

// view returns what writes the graph that the flags ask for.
func view(c *call, o ingot.Options, pics pictures, fused, quantized, dot bool) (func(io.Writer) error, error) {
	g, err := ingot.Import(o.Model, o.Shapes)
	title := filepath.Base(o.Model)
	var report *ingot.Report
	switch {
	case fused:
		title += ", fused"
		g, _, err = ingot.Fuse(o.Model, o.Shapes)
	case quantized:
		title += ", quantized"
		var p progress
		o.Progress = p.set
		g, report, err = ingot.Quantize(c, o)
		p.clear()
	}
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error {
		switch {
		case pics.asked():
			return pics.write(title, g)
		case dot:
			return inspect.Dot(w, g)
		case report != nil:
			fmt.Fprintf(w, "ranges: %s\n", report.Ranges)
			return errors.Join(inspect.Table(w, g, report.Quant), inspect.Precision(w, g, report.Quant))
		}
		return inspect.Table(w, g, nil)
	}, nil
}
