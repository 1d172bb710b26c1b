package qdq

import (
	"errors"
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// normalize writes the operator that a normalization is: over the last axes with a factor for each
// element of these, or over all axes of space with one for each channel. Any other is written step by
// step.
func (w *writer) normalize(c call, op ir.Normalize) error {
	first := len(c.x[0]) - len(op.Axes)
	last := !op.NoMean
	for i, a := range op.Axes {
		last = last && a == first+i
	}
	switch {
	case last && w.factorsOf(c, c.x[0][first:], true):
		w.add("LayerNormalization", c.name, c.in, c.out, integer("axis", first), number("epsilon", op.Epsilon))
		return nil
	case op.Stats:
		return errors.New("ingot writes the statistics of a normalization only over the last axes, with a factor for each element of these")
	case last && first == 2 && w.factorsOf(c, append(c.x[0][1:2:2], slices.Repeat(ir.Shape{1}, len(op.Axes))...), false):
		in := []string{c.in[0]}
		for _, v := range c.in[1:] {
			name := w.fresh(c.name + "/channels")
			w.add("Reshape", name, []string{v, w.ints(name+"/shape", c.x[0][1])}, []string{name})
			in = append(in, name)
		}
		w.add("InstanceNormalization", c.name, in, c.out, number("epsilon", op.Epsilon))
		return nil
	}
	return w.normalizeInSteps(c, op)
}

// factorsOf reports whether the factors and the shifts of a normalization have the shape s. The
// shifts may be absent if that is said.
func (w *writer) factorsOf(c call, s ir.Shape, absent bool) bool {
	return len(c.x) > 1 && c.in[1] != "" && c.x[1].Equal(s) &&
		(len(c.x) > 2 && c.in[2] != "" && c.x[2].Equal(s) || absent && (len(c.x) < 3 || c.in[2] == ""))
}

// normalizeInSteps writes a normalization as the operators that it consists of.
func (w *writer) normalizeInSteps(c call, op ir.Normalize) error {
	node := func(kind string, in []string, attrs ...*onnx.AttributeProto) string {
		name := w.fresh(c.name + "/" + kind)
		w.add(kind, name, in, []string{name}, attrs...)
		return name
	}
	mean := func(x string) string { return node("ReduceMean", []string{x}, integers("axes", op.Axes...)) }
	x := c.in[0]
	if !op.NoMean {
		x = node("Sub", []string{x, mean(x)})
	}
	variance := mean(node("Mul", []string{x, x}))
	root := node("Sqrt", []string{node("Add", []string{variance, w.floats(c.name+"/epsilon", op.Epsilon)})})
	steps := []step{{op: "Div", name: c.name + "/div", in: []string{x}, more: []string{root}}}
	for i, kind := range []string{"Mul", "Add"} {
		if len(c.in) > i+1 && c.in[i+1] != "" {
			steps = append(steps, step{op: kind, name: c.name + "/" + kind, more: c.in[i+1 : i+2]})
		}
	}
	steps[len(steps)-1].name = c.name
	return w.chain(c, steps...)
}
