package qdq

import (
	"errors"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// call is an operator on real numbers with the names and shapes of what it reads and
// gives.
type call struct {
	name    string
	op      ir.Op
	in, out []string
	x, y    []ir.Shape
}

// errNoForm says that an operator is not written.
var errNoForm = errors.New("ingot writes no ONNX form of the operator")

// float writes an operator on real numbers; most are one node.
func (w *writer) float(c call) error {
	one := func(op string, attrs ...*onnx.AttributeProto) error {
		w.add(op, c.name, c.in, c.out, attrs...)
		return nil
	}
	switch op := c.op.(type) {
	case ir.Conv:
		return w.layer(c, op.Epilogue, "Conv", append(window(op.Window), integer("group", op.Groups))...)
	case ir.FC:
		return w.layer(c, op.Epilogue, "Gemm", integer("transB", 1))
	case ir.Gemm:
		return one("Gemm", number("alpha", op.Alpha), number("beta", op.Beta), truth("transA", op.TransA), truth("transB", op.TransB))
	case ir.MatMul:
		return one("MatMul")
	case ir.BatchNorm:
		return one("BatchNormalization", number("epsilon", op.Epsilon))
	case ir.Affine:
		return w.affine(c, op)
	case ir.Unary:
		return w.chain(c, step{act: op.Act, name: c.name})
	case ir.PRelu:
		return one("PRelu")
	case ir.Binary:
		return w.chain(c, step{op: op.Fn.String(), name: c.name, in: c.in[:1], more: c.in[1:]}, step{act: op.Act, name: c.name + "/act"})
	case ir.MaxPool:
		return one("MaxPool", append(window(op.Window), truth("ceil_mode", op.Ceil))...)
	case ir.AvgPool:
		if op.Dilation != [2]int{1, 1} {
			return errors.New("a mean over a dilated window needs opset 19: ingot writes opset 17")
		}
		return one("AveragePool", append(window(op.Window)[:3], truth("ceil_mode", op.Ceil), truth("count_include_pad", op.CountPad))...)
	case ir.GlobalAvgPool:
		return one("GlobalAveragePool")
	case ir.GlobalMaxPool:
		return one("GlobalMaxPool")
	case ir.Compare:
		return one(op.Fn.String())
	case ir.Logic:
		return one(op.Fn.String())
	case ir.Where:
		return one("Where")
	case ir.ConvTranspose:
		return one("ConvTranspose", append(window(op.Window), integers("output_padding", op.OutPad[:]...), integer("group", op.Groups))...)
	case ir.Cast:
		to, err := dataType(op.To)
		if err != nil {
			return err
		}
		return one("Cast", integer("to", int(to)))
	}
	return w.many(c)
}

// window are the attributes of a window: dilations last.
func window(w ir.Window) []*onnx.AttributeProto {
	return []*onnx.AttributeProto{
		integers("kernel_shape", w.Kernel[:]...), integers("strides", w.Stride[:]...),
		integers("pads", w.Pad[:]...), integers("dilations", w.Dilation[:]...),
	}
}

// step is one operator of several that follow each other: op, or an activation. It reads what
// the one before it gave, unless in says otherwise, and more.
type step struct {
	op, name string
	act      ir.Act
	in, more []string
	attrs    []*onnx.AttributeProto
}

// chain writes steps one after the other. Activations that are none are left out, but the
// last step that is left gives the call's result.
func (w *writer) chain(c call, steps ...step) error {
	var some []step
	for _, s := range steps {
		if s.op == "" && s.act.IsNone() && len(steps) > 1 {
			continue
		}
		some = append(some, s)
	}
	from := c.in[:1]
	for i, s := range some {
		if s.in != nil {
			from = s.in
		}
		name, to := s.name, c.out[0]
		if name != c.name {
			name = w.fresh(name)
		}
		if i < len(some)-1 {
			to = w.fresh(name + "_output")
		}
		if s.op == "" {
			if err := w.activation(name, s.act, from[0], to); err != nil {
				return err
			}
		} else {
			w.add(s.op, name, append(from[:len(from):len(from)], s.more...), []string{to}, s.attrs...)
		}
		from = []string{to}
	}
	return nil
}

// layer writes a layer with its epilogue; operand 3 is the residual operand.
func (w *writer) layer(c call, e ir.Epilogue, op string, attrs ...*onnx.AttributeProto) error {
	steps := []step{{op: op, name: c.name, in: c.in[:min(3, len(c.in))], attrs: attrs}}
	if s := &steps[0]; s.in[len(s.in)-1] == "" { // no bias
		s.in = s.in[:2]
	}
	if len(c.in) > 3 && c.in[3] != "" {
		steps = append(steps, step{act: e.Pre, name: c.name + "/pre"}, step{op: "Add", name: c.name + "/sum", more: c.in[3:]})
	}
	return w.chain(c, append(steps, step{act: e.Act, name: c.name + "/act"})...)
}

// affine writes a product and a sum; factors of 1 and shifts of 0 are left out.
func (w *writer) affine(c call, op ir.Affine) error {
	var steps []step
	part := func(kind, ending string, v []float32, neutral float32) {
		if slices.ContainsFunc(v, func(f float32) bool { return f != neutral }) {
			steps = append(steps, step{op: kind, name: c.name + "/" + strings.ToLower(kind), more: []string{w.factors(c.name+ending, v, len(c.x[0]))}})
		}
	}
	part("Mul", "/factors", op.Mul, 1)
	part("Add", "/shifts", op.Add, 0)
	if len(steps) == 0 {
		steps = []step{{op: "Identity"}}
	}
	steps[len(steps)-1].name = c.name
	return w.chain(c, steps...)
}

// factors writes one number, or one for each index of axis 1 of rank axes.
func (w *writer) factors(base string, v []float32, rank int) string {
	if len(v) == 1 {
		return w.floats(base, v...)
	}
	s := ir.Shape{len(v)}
	for len(s)+1 < rank {
		s = append(s, 1)
	}
	return w.initializer(base, ir.Floats(s, v))
}
