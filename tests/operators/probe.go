package main

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// form is what becomes of an operator.
type form struct {
	fp32, int8 string
	absorbed   bool // it is part of the layer before it
}

// What becomes of an operator, the best last.
var ranks = []string{"", "folded", "fp32", "plain Go", "copy", "free", "bytes", "table", "assembly"}

// better reports whether a form is a better one than another.
func (f form) better(than form) bool {
	rank := func(s string) int {
		s, _, _ = strings.Cut(s, ":")
		return slices.Index(ranks, s)
	}
	if a, b := rank(f.fp32), rank(than.fp32); a != b {
		return a > b
	}
	return rank(f.int8) > rank(than.int8)
}

// probe tries an operator on all examples that it takes, and returns the best that
// comes out.
func probe(o onnx.Operator) form {
	var best form
	for _, e := range examples {
		if len(e.in) < o.Least || o.Most >= 0 && len(e.in) > o.Most || o.Most < 0 && len(e.in) < 2 {
			continue
		}
		if f, ok := e.try(o); ok && f.better(best) {
			best = f
		}
	}
	if best.fp32 == "" {
		best.fp32, best.int8 = "not tried", "not tried"
	}
	return best
}

// try compiles an operator on an example; ok says whether it is imported.
func (e example) try(o onnx.Operator) (f form, ok bool) {
	g, err := e.graph(o, bare)
	if err != nil {
		g, err = e.graph(o, beforeCast)
	}
	if err != nil || fuse(g) != nil {
		return f, false
	}
	if !reads(g) {
		return form{fp32: "folded", int8: "folded"}, true
	}
	p, err := plan.Build(g, plan.Options{})
	if err != nil {
		return f, false
	}
	f.fp32, f.int8 = how(p), e.quantized(o)
	if g, err := e.graph(o, behindLayer); err == nil && fuse(g) == nil && f.fp32 == "assembly" {
		f.absorbed = slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return len(n.From) > 1 && n.Name != probed && slices.Contains(n.From, probed) })
	}
	return f, true
}

// reads reports whether a graph computes anything of its inputs.
func reads(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool {
		return slices.ContainsFunc(n.In, func(v *ir.Value) bool { return slices.Contains(g.Inputs, v) })
	}) || slices.ContainsFunc(g.Outputs, func(v *ir.Value) bool { return slices.Contains(g.Inputs, v) })
}

func fuse(g *ir.Graph) error {
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	_, err := p.Run(g)
	return err
}

// valueName is a name that the model of an example gives a value.
var valueName = regexp.MustCompile(` "[^"]*"`)

// isProbed reports whether a name is that of the operator's node or of one beside it.
func isProbed(name string) bool { return name == probed || strings.HasPrefix(name, probed+"/") }

// how tells by what the operator's steps run.
func how(p *plan.Program) string {
	if len(p.PlainGo) > 0 {
		return "plain Go"
	}
	best := "free"
	for i, s := range p.Steps {
		if !isProbed(p.Info[i].Name) {
			continue
		}
		switch t := reflect.TypeOf(s); {
		case hasKernel(t):
			return "assembly"
		case slices.Contains([]string{"move", "fill", "resize"}, t.Name()):
			best = "copy"
		case t.Name() != "port":
			best = "plain Go"
		}
	}
	return best
}

// hasKernel reports whether a step names kernels.
func hasKernel(t reflect.Type) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "Kernel" || f.Name == "Tiling" || f.Type.Kind() == reflect.Struct && hasKernel(f.Type) {
			return true
		}
	}
	return false
}

// quantized tells what the operator becomes in an int8 network.
func (e example) quantized(o onnx.Operator) string {
	if g, err := e.graph(o, bare); err == nil && fuse(g) == nil && quant.HasParameters(g) {
		if q, _, err := quant.Quantize(g, nil, quant.Options{}); err == nil {
			if p, err := plan.Build(q, plan.Options{}); err == nil {
				return how(p)
			}
		}
	}
	g, err := e.graph(o, amidInt8)
	if err != nil || fuse(g) != nil {
		if g, err = e.graph(o, behindInt8); err != nil || fuse(g) != nil {
			return "fp32"
		}
	}
	run, err := exec.New(g, 1)
	if err != nil {
		return "fp32"
	}
	var in []*ir.Tensor
	for _, v := range g.Inputs {
		x := ir.NewTensor(v.Type, v.Shape)
		for i := range x.F32 {
			x.F32[i] = float32(i%13)/8 - 0.5
		}
		in = append(in, x)
	}
	c, err := quant.Calibrate(g, run, quant.NewSamples(in), quant.CalibrateOptions{Mode: quant.MinMax})
	if err != nil {
		return "fp32"
	}
	q, report, err := quant.Quantize(g, c, quant.Options{})
	if err != nil {
		return fmt.Sprintf("fp32: %v", err)
	}
	for _, n := range report.Nodes {
		if isProbed(n.Name) && !n.Int8 {
			return "fp32: " + valueName.ReplaceAllString(n.Why, "")
		}
	}
	p, err := plan.Build(q, plan.Options{})
	if err != nil {
		return fmt.Sprintf("not compiled: %v", err)
	}
	for _, n := range q.Nodes {
		switch {
		case !isProbed(n.Name) && slices.Contains(n.From, probed) && table(n.Op), isProbed(n.Name) && n.Op.Kind() == "QTable":
			return "table"
		case isProbed(n.Name) && !strings.HasPrefix(n.Op.Kind(), "Q") && how(p) != "assembly":
			return "bytes"
		}
	}
	return how(p)
}

// table reports whether a layer has one in its epilogue.
func table(op ir.Op) bool {
	f := reflect.ValueOf(op).FieldByName("Table")
	return f.IsValid() && f.Len() > 0
}
