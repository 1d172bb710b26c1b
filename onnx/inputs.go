package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// inputs makes the graph's inputs: those that no initializer stands behind
// (files of IR version 3 list initializers as inputs too).
func (imp *importer) inputs(g *GraphProto, o Options) {
	var names []string
	for _, v := range g.Inputs {
		if imp.inits[v.Name] != nil {
			continue
		}
		names = append(names, v.Name)
		s, err := inputShape(v, o.Shapes[v.Name])
		if err != nil {
			imp.bad[v.Name] = true
			imp.report("graph input %q: %v", v.Name, err)
			continue
		}
		in := &ir.Value{Name: v.Name, Type: v.ElemType.irType(), Shape: s}
		imp.values[v.Name] = in
		imp.markNarrow(in, v.ElemType)
		imp.graph.Inputs = append(imp.graph.Inputs, in)
	}
	var unknown []string
	for name := range o.Shapes {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		imp.report("a shape is given for %q, which is no input of the model; its inputs are %s", name, strings.Join(names, ", "))
	}
}

// inputShape returns the shape of a graph input, whose elements must be of a type that packages
// take; given is nil or the shape that the user fixed.
func inputShape(v *ValueInfoProto, given ir.Shape) (ir.Shape, error) {
	switch {
	case v.NoTensor:
		return nil, fmt.Errorf("is no tensor; export the model with tensors as inputs")
	case v.ElemType.irType() == ir.Invalid:
		return nil, fmt.Errorf("has elements of %s, want a number type or bool: make it an initializer if its value is always the same, else export the model so that it takes one of these", v.ElemType)
	}
	if !v.HasShape {
		if given == nil {
			return nil, fmt.Errorf("has no shape; give one, as in -shape %s=1x3x224x224", v.Name)
		}
		return checkInput(given, v.Name)
	}
	if given != nil && len(given) != len(v.Dims) {
		return nil, fmt.Errorf("has %d axes in the model (%s), the given shape %s has %d", len(v.Dims), declared(v.Dims), given, len(given))
	}
	s := make(ir.Shape, len(v.Dims))
	for i, d := range v.Dims {
		fixed := d.HasValue && d.Value >= 0
		switch {
		case fixed && d.Value > ir.MaxElems:
			return nil, fmt.Errorf("has the shape %s, more than %d elements", declared(v.Dims), int64(ir.MaxElems))
		case given != nil && fixed && int64(given[i]) != d.Value:
			return nil, fmt.Errorf("the given shape %s does not fit %s: axis %d is fixed in the model", given, declared(v.Dims), i)
		case given != nil:
			s[i] = given[i]
		case fixed:
			s[i] = int(d.Value)
		case i == 0:
			s[i] = 1 // the batch
		default:
			return nil, fmt.Errorf("has the dynamic shape %s; fix axis %d and any other, as in -shape %s=%s", declared(v.Dims), i, v.Name, example(v.Dims))
		}
	}
	return checkInput(s, v.Name)
}

func checkInput(s ir.Shape, name string) (ir.Shape, error) {
	for i, d := range s {
		if d < 1 {
			return nil, fmt.Errorf("axis %d of the shape %s is empty; want at least 1, as in -shape %s=1x3x224x224", i, s, name)
		}
	}
	_, err := elems(s)
	return s.Clone(), err
}

// declared prints the shape that the model declares, with the names of dynamic axes.
func declared(dims []Dim) string {
	return printDims(dims, func(int) string { return "?" })
}

// example prints dims with a number in place of each dynamic axis.
func example(dims []Dim) string {
	for i := range dims {
		dims[i].Param = ""
	}
	return printDims(dims, func(i int) string {
		if i == 0 {
			return "1"
		}
		return "224"
	})
}

func printDims(dims []Dim, dynamic func(i int) string) string {
	parts := make([]string, len(dims))
	for i, d := range dims {
		switch {
		case d.HasValue && d.Value >= 0:
			parts[i] = fmt.Sprint(d.Value)
		case d.Param != "":
			parts[i] = d.Param
		default:
			parts[i] = dynamic(i)
		}
	}
	return strings.Join(parts, "x")
}
