package main

import (
	"errors"
	"strings"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// probed is the name of the node of the operator that is tried.
const probed = "probed"

// operand is one of an example: variable, or a constant of floats or integers.
type operand struct {
	shape  []int64
	typ    onnx.DataType
	floats []float32
	ints   []int64
}

// example is the operands of a node.
type example struct{ in []operand }

var (
	image  = operand{shape: []int64{1, 4, 6, 6}}
	vector = operand{shape: []int64{1, 24}}
)

func variable(t onnx.DataType) operand { return operand{shape: image.shape, typ: t} }

// weights are constants that rise.
func weights(shape ...int64) operand {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	o := operand{shape: shape}
	for i := range n {
		o.floats = append(o.floats, float32(i%7+1)/8)
	}
	return o
}

func integers(v ...int64) operand { return operand{shape: []int64{int64(len(v))}, ints: v} }

func numbers(v ...float32) operand { return operand{shape: []int64{int64(len(v))}, floats: v} }

func scalar(v float32) operand { return operand{shape: []int64{}, floats: []float32{v}} }

func whole(v int64) operand { return operand{shape: []int64{}, ints: []int64{v}} }

// examples are tried for every operator that has as many operands.
var examples = []example{
	{}, {[]operand{image}}, {[]operand{image, image}}, {[]operand{image, image, image}}, {[]operand{vector}},
	{[]operand{image, weights(4, 4, 2, 2), weights(4)}}, {[]operand{image, weights(1, 4, 1, 1)}}, {[]operand{image, weights(4, 1, 1)}},
	{[]operand{image, weights(4), weights(4)}}, {[]operand{image, weights(4), weights(4), weights(4), weights(4)}},
	{[]operand{vector, weights(24, 8), weights(8)}}, {[]operand{vector, weights(24, 24)}},
	{[]operand{image, integers(2)}}, {[]operand{image, integers(1, 144)}}, {[]operand{image, integers(1, 2, 1, 1)}}, {[]operand{image, integers(2, 2)}},
	{[]operand{image, integers(0, 0, 1, 1, 0, 0, 1, 1)}}, {[]operand{image, integers(1), integers(3)}}, {[]operand{image, scalar(0), scalar(6)}},
	{[]operand{image, {}, numbers(1, 1, 2, 2)}}, {[]operand{image, numbers(1, 1, 2, 2)}}, {[]operand{image, weights(4, 1, 6, 6)}},
	{[]operand{variable(onnx.TypeBool)}}, {[]operand{variable(onnx.TypeBool), variable(onnx.TypeBool)}}, {[]operand{variable(onnx.TypeBool), image, image}},
	{[]operand{variable(onnx.TypeInt64)}}, {[]operand{variable(onnx.TypeInt64), variable(onnx.TypeInt64)}},
	{[]operand{variable(onnx.TypeUint8), scalar(0.5)}}, {[]operand{image, scalar(0.5)}},
	{[]operand{image, variable(onnx.TypeInt64)}}, {[]operand{image, variable(onnx.TypeInt64), image}}, {[]operand{image, whole(1)}}, {[]operand{image, weights(4)}},
	{[]operand{image, weights(2), weights(2)}}, {[]operand{{shape: []int64{1, 2, 3}}, integers(1, 4, 6, 6)}}, {[]operand{image, {shape: []int64{1, 6, 6, 2}}}},
	{[]operand{image, {shape: []int64{1, 4}}, integers(0)}}, {[]operand{{shape: []int64{1, 6, 4}}, {shape: []int64{1, 1, 6}}, integers(3)}},
	{[]operand{variable(onnx.TypeInt64), whole(3), numbers(0, 1)}}, {[]operand{image, {shape: []int64{1, 1}, ints: []int64{0}}}},
	{[]operand{image, {shape: []int64{1, 1}, ints: []int64{0}}, {shape: []int64{1, 4, 6, 6}}}},
	{[]operand{image, {shape: []int64{1, 1, 1, 1}, ints: []int64{0}}}}, {[]operand{image, {shape: []int64{1, 1, 1, 1}, ints: []int64{0}}, weights(1, 1, 1, 1)}},
	{[]operand{weights(4, 4)}}, {[]operand{integers(4)}}, {[]operand{numbers(1.5)}}, {[]operand{integers(1), integers(2)}}, {[]operand{integers(0), integers(4), integers(1)}},
	{[]operand{whole(0), whole(4), whole(1)}},
	{[]operand{{shape: []int64{1}, typ: onnx.TypeBool, ints: []int64{1}}, integers(2), integers(3)}},
	{[]operand{{shape: []int64{3, 2}}, integers(3, 2)}},
	{[]operand{variable(onnx.TypeUint8), signed(4, 4, 1, 1)}}, {[]operand{{shape: vector.shape, typ: onnx.TypeUint8}, signed(24, 8)}},
	{[]operand{variable(onnx.TypeUint8), scalar(0.5), zero(3, onnx.TypeUint8), signed(4, 4, 1, 1), scalar(0.1), zero(0, onnx.TypeInt8), scalar(0.5), zero(3, onnx.TypeUint8)}},
	{[]operand{{shape: vector.shape, typ: onnx.TypeUint8}, scalar(0.5), zero(3, onnx.TypeUint8), signed(24, 8), scalar(0.1), zero(0, onnx.TypeInt8), scalar(0.5), zero(3, onnx.TypeUint8)}},
}

// signed are weights of int8, zero is a zero point.
func signed(shape ...int64) operand {
	o := weights(shape...)
	for _, v := range o.floats {
		o.ints = append(o.ints, int64(8*v)-4)
	}
	return operand{shape: shape, typ: onnx.TypeInt8, ints: o.ints}
}

func zero(v int64, t onnx.DataType) operand {
	return operand{shape: []int64{}, typ: t, ints: []int64{v}}
}

// attributes are those that some operators need. Others don't read them.
func attributes(op string) []*onnx.AttributeProto {
	one := func(name string, v int64) *onnx.AttributeProto {
		return &onnx.AttributeProto{Name: name, Type: onnx.AttrInt, I: v}
	}
	pair := func(name string, v ...int64) *onnx.AttributeProto {
		return &onnx.AttributeProto{Name: name, Type: onnx.AttrInts, Ints: v}
	}
	all := []*onnx.AttributeProto{one("axis", 1), one("blocksize", 2), one("size", 3), one("num_groups", 2), one("to", int64(onnx.TypeFloat))}
	switch {
	case strings.HasPrefix(op, "Reduce"):
		all = append(all, pair("axes", 2, 3))
	case strings.HasPrefix(op, "Constant"):
		all = append(all, &onnx.AttributeProto{Name: "value", Type: onnx.AttrTensor,
			T: &onnx.TensorProto{Dims: []int64{1}, DataType: onnx.TypeFloat, FloatData: []float32{2}}})
	case strings.HasSuffix(strings.ToLower(op), "pool"):
		all = append(all, pair("kernel_shape", 2, 2))
	}
	return all
}

// setting says what stands around the operator.
type setting int

const (
	bare        setting = iota
	beforeCast          // a Cast to float behind it
	behindLayer         // a layer before it
	behindInt8          // a layer and, where it takes an image, a mean before it
	amidInt8            // and a mean and a layer behind it
)

// usual is the opset of the models where the operator has a form in it.
const usual = 17

// graph imports a model of the operator on the example's operands.
func (e example) graph(o onnx.Operator, s setting) (*ir.Graph, error) {
	m := model{g: &onnx.GraphProto{Name: "example"}}
	n := &onnx.NodeProto{OpType: o.Name, Name: probed, Outputs: []string{"y"}, Attributes: attributes(o.Name)}
	for i, in := range e.in {
		n.Inputs = append(n.Inputs, m.operand(string(rune('a'+i)), in))
	}
	if s > beforeCast {
		if len(e.in) == 0 || e.in[0].typ != 0 || len(e.in[0].floats)+len(e.in[0].ints) > 0 {
			return nil, errors.New("the operator reads no float")
		}
		n.Inputs[0] = m.layer("before", n.Inputs[0], e.in[0].shape)
		if s != behindLayer && len(e.in[0].shape) == 4 {
			n.Inputs[0] = m.mean("mean", n.Inputs[0])
		}
	}
	m.g.Nodes = append(m.g.Nodes, n)
	out := "y"
	switch s {
	case beforeCast:
		m.g.Nodes = append(m.g.Nodes, &onnx.NodeProto{OpType: "Cast", Name: "cast", Inputs: []string{"y"}, Outputs: []string{"float"}, Attributes: attributes("Cast")})
		out = "float"
	case amidInt8:
		y, err := e.graph(o, bare)
		if err != nil {
			return nil, err
		}
		shape := y.Outputs[0].Shape
		if y.Outputs[0].Type != ir.F32 || len(shape) != 2 && len(shape) != 4 || shape[0] != 1 {
			return nil, errors.New("no layer can follow")
		}
		var dims []int64
		for _, d := range shape {
			dims = append(dims, int64(d))
		}
		if len(dims) == 4 {
			out = m.mean("between", out)
		}
		out = m.layer("after", out, dims)
	}
	m.g.Outputs = []*onnx.ValueInfoProto{{Name: out, ElemType: onnx.TypeFloat}}
	f := onnx.ModelProto{IRVersion: 8, Graph: m.g, OpsetImport: []onnx.OperatorSetID{{Version: int64(min(max(usual, o.Min), o.Max))}}}
	return onnx.ImportBytes(f.Marshal(), "", onnx.Options{})
}

// model is one in the making.
type model struct{ g *onnx.GraphProto }

// operand adds an input or a constant; an absent operand has no name.
func (m model) operand(name string, o operand) string {
	switch {
	case o.shape == nil:
		return ""
	case o.floats != nil:
		m.constant(&onnx.TensorProto{Name: name, Dims: o.shape, DataType: onnx.TypeFloat, FloatData: o.floats})
	case o.typ != 0 && o.ints != nil: // truth values and bytes
		t := &onnx.TensorProto{Name: name, Dims: o.shape, DataType: o.typ}
		for _, v := range o.ints {
			t.Int32Data = append(t.Int32Data, int32(v))
		}
		m.constant(t)
	case o.ints != nil:
		m.constant(&onnx.TensorProto{Name: name, Dims: o.shape, DataType: onnx.TypeInt64, Int64Data: o.ints})
	default:
		v := &onnx.ValueInfoProto{Name: name, ElemType: o.typ, HasShape: true}
		if o.typ == 0 {
			v.ElemType = onnx.TypeFloat
		}
		for _, d := range o.shape {
			v.Dims = append(v.Dims, onnx.Dim{Value: d, HasValue: true})
		}
		m.g.Inputs = append(m.g.Inputs, v)
	}
	return name
}

func (m model) constant(t *onnx.TensorProto) { m.g.Initializers = append(m.g.Initializers, t) }

// layer adds a layer that keeps the shape, and returns its result.
func (m model) layer(name, x string, shape []int64) string {
	n := &onnx.NodeProto{OpType: "Conv", Name: name, Inputs: []string{x}, Outputs: []string{name}}
	w := []int64{shape[1], shape[1], 1, 1}
	if len(shape) == 2 {
		n.OpType, w = "Gemm", w[:2]
	}
	n.Inputs = append(n.Inputs, m.operand(name+"_w", weights(w...)))
	m.g.Nodes = append(m.g.Nodes, n)
	return name
}

// mean adds a mean over neighbours, which nothing becomes a part of.
func (m model) mean(name, x string) string {
	m.g.Nodes = append(m.g.Nodes, &onnx.NodeProto{OpType: "AveragePool", Name: name, Inputs: []string{x}, Outputs: []string{name}, Attributes: []*onnx.AttributeProto{
		{Name: "kernel_shape", Type: onnx.AttrInts, Ints: []int64{3, 3}}, {Name: "pads", Type: onnx.AttrInts, Ints: []int64{1, 1, 1, 1}},
	}})
	return name
}
