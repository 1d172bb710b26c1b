// Package qdq writes an int8 graph as an ONNX file that other runtimes and viewers
// read: operators of float32 between pairs of QuantizeLinear and DequantizeLinear.
//
// What is u8 in the graph is a QuantizeLinear behind the operator that computes it and
// a DequantizeLinear before those that read it. Weights are constants of int8 with a scale an
// output channel, biases of int32 with the scale of the products. Names follow ONNX
// Runtime's: of a value x, x_QuantizeLinear_Input is the real number that an operator
// gives, x_QuantizeLinear_Output its bytes, and x what is read, in int8 and in fp32. Nodes
// keep their names; what a node of the graph does beside its operator has the name with an ending.
package qdq

import (
	"errors"
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// The versions of the format and of the operators that are written.
const (
	irVersion = 8
	opset     = 17
)

// Model returns the ONNX model of an int8 graph that quant.Quantize made, with its
// report; version is the compiler's. The error names every node that has no ONNX form.
func Model(g *ir.Graph, r *quant.Report, version string) (*onnx.ModelProto, error) {
	w := newWriter(g)
	w.real = r.Real
	for _, n := range g.Nodes {
		if _, ok := n.Op.(ir.Dequantize); ok && g.IsOutput(n.Out[0]) {
			w.outputs[n.In[0]] = n.Out[0].Name
		}
	}
	var errs []error
	for _, v := range g.Inputs {
		info, err := declared(v)
		w.out.Inputs, errs = append(w.out.Inputs, info), append(errs, err)
	}
	for _, n := range g.Nodes {
		if err := w.node(n); err != nil {
			errs = append(errs, fmt.Errorf("node %q (%s): %w", n.Name, n.Op.Kind(), err))
		}
	}
	for _, v := range g.Outputs {
		info, err := declared(v)
		w.out.Outputs, errs = append(w.out.Outputs, info), append(errs, err)
		if v.IsConst() {
			_, err = w.constant(v)
			errs = append(errs, err)
		}
	}
	if err := errors.Join(append(errs, w.err)...); err != nil {
		return nil, fmt.Errorf("writing graph %q as ONNX: %w", g.Name, err)
	}
	return w.model(version), nil
}

// newWriter returns a writer that knows the names of a graph.
func newWriter(g *ir.Graph) *writer {
	w := &writer{
		out: &onnx.GraphProto{Name: g.Name}, names: map[string]bool{"": true},
		bytes: map[*ir.Value]string{}, reals: map[*ir.Value]string{}, scales: map[*ir.Value][2]string{},
		outputs: map[*ir.Value]string{},
	}
	for _, v := range g.Values() {
		w.names[v.Name] = true
	}
	for _, n := range g.Nodes {
		w.names[n.Name] = true
	}
	return w
}

// model returns the model of what was written.
func (w *writer) model(version string) *onnx.ModelProto {
	return &onnx.ModelProto{
		IRVersion: irVersion, ProducerName: "ingot", ProducerVersion: version, Graph: w.out,
		OpsetImport: []onnx.OperatorSetID{{Version: opset}},
	}
}

// declared is the declaration of an input or an output.
func declared(v *ir.Value) (*onnx.ValueInfoProto, error) {
	t, err := dataType(v.Type)
	info := &onnx.ValueInfoProto{Name: v.Name, ElemType: t, HasShape: true}
	for _, d := range v.Shape {
		info.Dims = append(info.Dims, onnx.Dim{Value: int64(d), HasValue: true})
	}
	return info, err
}

// writer makes the nodes and the constants of the file.
type writer struct {
	out    *onnx.GraphProto
	real   map[*ir.Node]quant.Real
	names  map[string]bool         // that are taken, of nodes and values
	bytes  map[*ir.Value]string    // what holds a value's bytes
	reals  map[*ir.Value]string    // what holds the real numbers, of bytes the dequantized ones
	scales map[*ir.Value][2]string // scale and zero point of bytes

	outputs map[*ir.Value]string // the outputs of the graph that bytes are dequantized to
	err     error                // of constants
}

// base is what the names of a value begin with.
func (w *writer) base(v *ir.Value) string {
	if name, ok := w.outputs[v]; ok {
		return name
	}
	return v.Name
}

// result is the name of the real numbers that an operator gives.
func (w *writer) result(v *ir.Value) string {
	if v.Quant == nil || isStacked(v) {
		return v.Name
	}
	return w.fresh(w.base(v) + "_QuantizeLinear_Input")
}

// isStacked reports whether a value has the bytes of several, each with its own scale. What is
// read is these, side by side: no pair stands between.
func isStacked(v *ir.Value) bool { return v.Type == ir.U8 && len(v.Quant.Scale) > 1 }

// fresh returns a name that nothing has: base, with a number if need be.
func (w *writer) fresh(base string) string {
	name := base
	for i := 1; w.names[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	w.names[name] = true
	return name
}

// add appends a node.
func (w *writer) add(op, name string, in, out []string, attrs ...*onnx.AttributeProto) {
	for len(in) > 0 && in[len(in)-1] == "" {
		in = in[:len(in)-1]
	}
	w.out.Nodes = append(w.out.Nodes, &onnx.NodeProto{OpType: op, Name: name, Inputs: in, Outputs: out, Attributes: attrs})
}

// node writes a node of the graph.
func (w *writer) node(n *ir.Node) error {
	switch n.Op.(type) {
	case ir.Quantize:
		return w.quantize(n)
	case ir.Dequantize: // of which bytes have one, for all that read them
		x, err := w.read(n.In[0], n)
		w.reals[n.Out[0]] = x
		return err
	case ir.QTable:
		if w.real[n].Node == nil && len(w.real[n].Tables) == 0 { // from one scale to another
			x, err := w.read(n.In[0], n)
			if err != nil {
				return err
			}
			return w.quantized(n.Out[0], n.Name, x)
		}
	}
	c := call{name: n.Name}
	var err error
	if c.op, err = w.meaning(n); err != nil {
		return err
	}
	for i, v := range w.operands(n) {
		name, err := w.read(v, n)
		if err != nil {
			return fmt.Errorf("operand %d: %w", i, err)
		}
		c.in = append(c.in, name)
		var s ir.Shape
		if v != nil {
			s = v.Shape
		}
		c.x = append(c.x, s)
	}
	for _, v := range n.Out {
		c.out, c.y = append(c.out, w.result(v)), append(c.y, v.Shape)
	}
	if err := w.write(n, c); err != nil {
		return err
	}
	for i, v := range n.Out {
		switch {
		case v.Quant == nil:
			continue
		case isStacked(v):
			w.reals[v] = v.Name
			continue
		}
		if err := w.quantized(v, w.fresh(w.base(v)+"_QuantizeLinear"), c.out[i]); err != nil {
			return err
		}
	}
	return nil
}

// write writes the operator of a node, and the functions that the table of its epilogue is, each
// behind the pair that its bytes are.
func (w *writer) write(n *ir.Node, c call) error {
	y, out := n.Out[0], c.out
	name, op := c.name, c.op
	for _, t := range w.real[n].Tables {
		if t.Several {
			return errSeveral
		}
		pre := &ir.Value{Name: w.fresh(w.base(y) + "/before"), Type: ir.U8, Shape: y.Shape, Quant: t.Quant}
		c.name, c.op, c.out = name, op, []string{w.result(pre)}
		if err := w.float(c); err != nil {
			return err
		}
		if err := w.quantized(pre, w.fresh(pre.Name+"_QuantizeLinear"), c.out[0]); err != nil {
			return err
		}
		x, err := w.read(pre, n)
		if err != nil {
			return err
		}
		c.in, c.x = []string{x}, c.y
		name, op = w.fresh(n.Name+"/act"), t.Op
	}
	c.name, c.op, c.out = name, op, out
	return w.float(c)
}

// errSeveral says that a table has no node of its own.
var errSeveral = errors.New("its table stands for several operators of a model that is quantized already: ingot writes no ONNX form of it")

// operands are those of the operator in real numbers: the slopes of a PRelu are part of its
// table.
func (w *writer) operands(n *ir.Node) []*ir.Value {
	if real := w.real[n].Node; real != nil {
		if _, ok := real.Op.(ir.PRelu); ok {
			return []*ir.Value{n.In[0], ir.Const(w.fresh(n.Name+"/slope"), real.In[1].Const)}
		}
	}
	return n.In
}

// meaning returns the operator in real numbers of a node, without the table in its epilogue.
func (w *writer) meaning(n *ir.Node) (ir.Op, error) {
	real := w.real[n]
	act := real.Act
	var source ir.Op = ir.Identity{}
	if real.Node != nil {
		source = real.Node.Op
	}
	if real.Several {
		return nil, errSeveral
	}
	switch op := n.Op.(type) {
	case ir.QConv:
		e := ir.Epilogue{Act: act}
		if s, ok := source.(ir.Conv); ok {
			e.Pre = s.Pre
		}
		return ir.Conv{Window: op.Window, Groups: op.Groups, Epilogue: e}, nil
	case ir.QFC:
		e := ir.Epilogue{Act: act}
		if s, ok := source.(ir.FC); ok {
			e.Pre = s.Pre
		}
		return ir.FC{Epilogue: e}, nil
	case ir.QAdd, ir.QMul:
		s, ok := source.(ir.Binary)
		if !ok {
			return nil, errors.New("the report does not say what it computes: give the one that was made with the graph")
		}
		return ir.Binary{Fn: s.Fn, Act: act}, nil
	case ir.QAvgPool:
		return ir.AvgPool{Window: op.Window, Ceil: op.Ceil, CountPad: op.CountPad}, nil
	case ir.QGlobalAvgPool:
		return ir.GlobalAvgPool{}, nil
	case ir.QTable:
		return source, nil
	}
	return n.Op, nil
}

// quantize writes the quantization of a value, behind factors that are part of it.
func (w *writer) quantize(n *ir.Node) error {
	x, y := n.In[0], n.Out[0]
	name, err := w.read(x, n)
	if err != nil {
		return err
	}
	real := w.real[n].Node
	if real == nil {
		return w.quantized(y, n.Name, name)
	}
	c := call{name: n.Name, op: real.Op, in: []string{name}, x: []ir.Shape{x.Shape}, out: []string{w.result(y)}, y: []ir.Shape{y.Shape}}
	if err := w.float(c); err != nil {
		return err
	}
	return w.quantized(y, w.fresh(w.base(y)+"_QuantizeLinear"), c.out[0])
}

// quantized writes the QuantizeLinear of v, a node of the given name that reads the real numbers x.
func (w *writer) quantized(v *ir.Value, name, x string) error {
	if err := w.parameters(v); err != nil {
		return err
	}
	w.bytes[v] = w.fresh(w.base(v) + "_QuantizeLinear_Output")
	s := w.scales[v]
	w.add("QuantizeLinear", name, []string{x, s[0], s[1]}, []string{w.bytes[v]}, axisOf(v.Quant)...)
	return nil
}

// read returns the name of the real numbers of an operand of n.
func (w *writer) read(v *ir.Value, n *ir.Node) (string, error) {
	switch {
	case v == nil:
		return "", nil
	case w.reals[v] != "":
		return w.reals[v], nil
	case v.Type == ir.S32 && v.IsConst() && v.Quant == nil && isLayer(n):
		return w.bias(v, n)
	case v.Quant == nil && v.IsConst():
		return w.constant(v)
	case v.Quant == nil:
		return v.Name, nil
	}
	if err := w.parameters(v); err != nil {
		return "", err
	}
	if v.IsConst() {
		t, err := tensor(w.fresh(v.Name+"_quantized"), v.Const)
		if err != nil {
			return "", err
		}
		w.out.Initializers = append(w.out.Initializers, t)
		w.bytes[v] = t.Name
	}
	return w.dequantized(v, w.scales[v], v.Quant), nil
}

// dequantized writes the DequantizeLinear of v, whose parameters q have the names s.
func (w *writer) dequantized(v *ir.Value, s [2]string, q *ir.Quant) string {
	base := w.base(v)
	w.reals[v] = base
	if _, output := w.outputs[v]; !output && (v.Def == nil || w.real[v.Def].Node == nil && !moves(v.Def)) {
		w.reals[v] = w.fresh(base + "_DequantizeLinear_Output") // no operator gives the value
	}
	w.add("DequantizeLinear", w.fresh(base+"_DequantizeLinear"), []string{w.bytes[v], s[0], s[1]}, []string{w.reals[v]}, axisOf(q)...)
	return w.reals[v]
}

// moves reports whether a node is an operator of the network, though it has no entry in the report.
func moves(n *ir.Node) bool {
	switch n.Op.(type) {
	case ir.Quantize, ir.QTable:
		return false
	}
	return true
}

// isLayer reports whether a node has weights and a bias of integers.
func isLayer(n *ir.Node) bool {
	switch n.Op.(type) {
	case ir.QConv, ir.QFC:
		return true
	}
	return false
}

// bias writes the bias of a layer, whose scale is that of the input times that of the weights.
func (w *writer) bias(v *ir.Value, n *ir.Node) (string, error) {
	x, weights := n.In[0].Quant, n.In[1].Quant
	q := &ir.Quant{Scale: make([]float32, v.Shape.Elems())}
	for c := range q.Scale {
		q.Scale[c] = float32(float64(x.At(c).Scale[0]) * float64(weights.At(c).Scale[0]))
		if math.IsInf(float64(q.Scale[c]), 0) {
			return "", fmt.Errorf("the scale of the bias of channel %d is infinite", c)
		}
	}
	t, err := tensor(w.fresh(v.Name+"_quantized"), v.Const)
	if err != nil {
		return "", err
	}
	w.out.Initializers = append(w.out.Initializers, t)
	w.bytes[v] = t.Name
	return w.dequantized(v, [2]string{w.floats(v.Name+"_quantized_scale", q.Scale...)}, q), nil
}
