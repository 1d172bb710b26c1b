package models

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// quantizer writes small quantized ONNX models.
type quantizer struct {
	*rand.Rand
	g      onnx.GraphProto
	signed bool // bytes of activations
}

// init adds a constant and returns its name.
func (b *quantizer) init(t *ir.Tensor) string {
	name := fmt.Sprintf("c%d", len(b.g.Initializers))
	b.g.Initializers = append(b.g.Initializers, onnx.NewTensor(name, t))
	return name
}

// node adds a node; an operator that starts with a point is one of ONNX Runtime's.
func (b *quantizer) node(op string, in []string, attrs ...*onnx.AttributeProto) string {
	name := fmt.Sprintf("%s%d", op, len(b.g.Nodes))
	n := &onnx.NodeProto{OpType: op, Name: "node_" + name, Inputs: in, Outputs: []string{name}, Attributes: attrs}
	if op[0] == '.' {
		n.OpType, n.Domain = op[1:], "com.microsoft"
	}
	b.g.Nodes = append(b.g.Nodes, n)
	return name
}

// parameters adds scale and zero point of activations, whose real numbers go from lo to hi.
func (b *quantizer) parameters(lo, hi float32) []string {
	scale := (hi - lo) / 255
	zero := int(-lo/scale + 0.5)
	t := &ir.Tensor{Type: ir.U8, U8: []uint8{uint8(zero)}}
	if b.signed {
		t = &ir.Tensor{Type: ir.S8, S8: []int8{int8(zero - 128)}}
	}
	return []string{b.init(ir.Floats(ir.Shape{}, []float32{scale})), b.init(t)}
}

// quantized is x as bytes.
func (b *quantizer) quantized(x string, p []string) string {
	return b.node("QuantizeLinear", append([]string{x}, p...))
}

// rounded is x through a pair of QuantizeLinear and DequantizeLinear.
func (b *quantizer) rounded(x string, lo, hi float32) string {
	p := b.parameters(lo, hi)
	return b.node("DequantizeLinear", append([]string{b.quantized(x, p)}, p...))
}

// weights adds weights as bytes, scales and zero points: one, or one for each index of axis 0.
func (b *quantizer) weights(unsigned, each, asymmetric bool, shape ...int) []string {
	s, n := ir.Shape(shape), 1
	if each {
		n = shape[0]
	}
	t, zero, scale := ir.NewTensor(ir.S8, s), ir.NewTensor(ir.S8, ir.Shape{n}), ir.NewTensor(ir.F32, ir.Shape{n})
	for i := range t.S8 {
		t.S8[i] = int8(b.IntN(256) - 128)
	}
	for i := range n {
		scale.F32[i] = 0.002 * (0.5 + b.Float32())
		if asymmetric {
			zero.S8[i] = int8(b.IntN(100) - 50)
		}
	}
	if unsigned {
		t, zero = shifted(t), shifted(zero)
	}
	return []string{b.init(t), b.init(scale), b.init(zero)}
}

// shifted returns signed bytes as unsigned ones.
func shifted(t *ir.Tensor) *ir.Tensor {
	u := ir.NewTensor(ir.U8, t.Shape)
	for i, v := range t.S8 {
		u.U8[i] = uint8(int(v) + 128)
	}
	return u
}

// bias adds a bias of 32 bits.
func (b *quantizer) bias(n int) string {
	t := ir.NewTensor(ir.S32, ir.Shape{n})
	for i := range t.S32 {
		t.S32[i] = int32(b.IntN(4000) - 2000)
	}
	return b.init(t)
}

func axis(v int64) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: "axis", Type: onnx.AttrInt, I: v}
}

func ints(name string, v ...int64) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrInts, Ints: v}
}

// conv is a convolution 3x3 of real numbers with dequantized weights.
func (b *quantizer) conv(x string, w []string, attrs ...*onnx.AttributeProto) string {
	return b.node("Conv", []string{x, b.node("DequantizeLinear", w, axis(0))}, append(attrs, ints("pads", 1, 1, 1, 1))...)
}

// graph ends the model with an output and returns its fused graph.
func (b *quantizer) graph(t *testing.T, out string, shape ...int64) *ir.Graph {
	t.Helper()
	g := b.importAs(t, onnx.TypeFloat, out, shape...)
	literal := ir.Clone(g)
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	if _, err := p.Run(g); err != nil {
		t.Fatal(err)
	}
	sameMeaning(t, literal, g, b.input(shape))
	return g
}

// importAs imports the model with an input of elements of a type.
func (b *quantizer) importAs(t *testing.T, typ onnx.DataType, out string, shape ...int64) *ir.Graph {
	t.Helper()
	in := &onnx.ValueInfoProto{Name: "x", ElemType: typ, HasShape: true}
	for _, d := range shape {
		in.Dims = append(in.Dims, onnx.Dim{Value: d, HasValue: true})
	}
	b.g.Inputs, b.g.Outputs = []*onnx.ValueInfoProto{in}, []*onnx.ValueInfoProto{{Name: out, ElemType: onnx.TypeFloat}}
	m := &onnx.ModelProto{IRVersion: 8, Graph: &b.g, OpsetImport: []onnx.OperatorSetID{{Version: 17}, {Domain: "com.microsoft", Version: 1}}}
	g, err := onnx.ImportBytes(m.Marshal(), "", onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// input returns numbers from -1 to 3.
func (b *quantizer) input(shape []int64) *ir.Tensor {
	s := ir.Shape{}
	for _, d := range shape {
		s = append(s, int(d))
	}
	x := ir.NewTensor(ir.F32, s)
	for i := range x.F32 {
		x.F32[i] = 4*b.Float32() - 1
	}
	return x
}

// sameMeaning checks that fusion leaves what a model gives.
func sameMeaning(t *testing.T, a, b *ir.Graph, x *ir.Tensor) {
	t.Helper()
	want, err := interp.Run(a, []*ir.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	got, err := interp.Run(b, []*ir.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		// A number at a tie may go to the other side.
		if c := quant.Cosine(want[i].F32, got[i].F32); c < 0.99999 {
			t.Errorf("output %d: the cosine of the fused graph with the literal one is %g", i, c)
		}
	}
}

// quantizedNets are small models, each with the shape of its input.
var quantizedNets = []struct {
	name  string
	int8s int     // nodes that must be int8; none may stay float
	steps float64 // that a layer may be away
	build func(b *quantizer) string
}{
	{"asymmetric unsigned weights", 1, 1, func(b *quantizer) string {
		return b.rounded(b.conv(b.rounded("x", -1, 3), b.weights(true, false, true, 6, 4, 3, 3)), -3, 4)
	}},
	{"a scale for each channel", 2, 1, func(b *quantizer) string {
		x := b.rounded(b.conv(b.rounded("x", -1, 3), b.weights(false, true, true, 6, 4, 3, 3)), -3, 4)
		return b.rounded(b.conv(x, b.weights(false, true, false, 5, 6, 3, 3)), -5, 5)
	}},
	{"depthwise", 1, 1, func(b *quantizer) string {
		w := b.weights(false, true, true, 4, 1, 3, 3)
		return b.rounded(b.conv(b.rounded("x", -1, 3), w, &onnx.AttributeProto{Name: "group", Type: onnx.AttrInt, I: 4}), -2, 2)
	}},
	{"rounding before and after the activation", 2, 1, func(b *quantizer) string {
		x := b.rounded(b.conv(b.rounded("x", -1, 3), b.weights(false, false, false, 6, 4, 3, 3)), -3, 4)
		return b.rounded(b.node("Relu", []string{x}), 0, 4)
	}},
	{"residual sum", 3, 1, func(b *quantizer) string {
		x := b.rounded("x", -1, 3)
		y := b.rounded(b.conv(x, b.weights(false, true, false, 4, 4, 3, 3)), -3, 4)
		z := b.rounded(b.conv(x, b.weights(false, true, false, 4, 4, 3, 3)), -2, 3)
		return b.rounded(b.node("Relu", []string{b.node("Add", []string{y, z})}), 0, 5)
	}},
	{"residual sum of what is not rounded", 1, 1, func(b *quantizer) string {
		x := b.rounded("x", -1, 3)
		y := b.conv(x, b.weights(false, true, false, 4, 4, 3, 3))
		return b.rounded(b.node("Relu", []string{b.node("Add", []string{y, x})}), 0, 5)
	}},
	{"concat of other scales", 3, 1, func(b *quantizer) string {
		x := b.rounded("x", -1, 3)
		y := b.rounded(b.conv(x, b.weights(false, true, false, 4, 4, 3, 3)), -3, 4)
		c := b.rounded(b.node("Concat", []string{x, y}, axis(1)), -3, 4)
		return b.rounded(b.conv(c, b.weights(false, true, false, 3, 8, 3, 3)), -6, 6)
	}},
	{"one QuantizeLinear, several readers", 3, 1, func(b *quantizer) string {
		p := b.parameters(-1, 3)
		q := b.quantized("x", p)
		again := func() string { return b.node("DequantizeLinear", append([]string{q}, p...)) }
		y := b.rounded(b.conv(again(), b.weights(false, true, false, 4, 4, 3, 3)), -3, 4)
		z := b.rounded(b.node("MaxPool", []string{again()}, ints("kernel_shape", 3, 3), ints("pads", 1, 1, 1, 1)), -1, 3)
		return b.rounded(b.node("Add", []string{y, z}), -3, 6)
	}},
	{"other parameters behind", 2, 1, func(b *quantizer) string {
		q := b.quantized("x", b.parameters(-1, 3))
		x := b.node("DequantizeLinear", append([]string{q}, b.parameters(-0.5, 1.5)...))
		return b.rounded(b.conv(x, b.weights(false, true, false, 4, 4, 3, 3)), -3, 4)
	}},
	{"moves of bytes", 4, 1, func(b *quantizer) string {
		p := b.parameters(-1, 3)
		q := b.node("MaxPool", []string{b.quantized("x", p)}, ints("kernel_shape", 2, 2))
		q = b.node("Transpose", []string{q}, ints("perm", 0, 2, 3, 1))
		x := b.node("DequantizeLinear", append([]string{b.node("Flatten", []string{q}, axis(1))}, p...))
		w := b.node("Transpose", []string{b.node("DequantizeLinear", b.weights(false, true, true, 7, 324), axis(0))}, ints("perm", 1, 0))
		y := b.rounded(b.node("MatMul", []string{x, w}), -4, 4)
		return b.rounded(b.node("Sigmoid", []string{y}), 0, 1)
	}},
	{"factors behind a layer", 1, 1, func(b *quantizer) string {
		y := b.conv(b.rounded("x", -1, 3), b.weights(false, true, true, 4, 4, 3, 3))
		y = b.node("Mul", []string{y, b.init(ir.Floats(ir.Shape{4, 1, 1}, []float32{0.5, 1, 2, 3}))})
		return b.rounded(b.node("Add", []string{y, b.init(ir.Floats(ir.Shape{1}, []float32{0.7}))}), -6, 6)
	}},
	{"parts of bytes", 4, 1, func(b *quantizer) string {
		p := b.parameters(-1, 3)
		b.node("Split", []string{b.quantized("x", p), b.init(&ir.Tensor{Type: ir.I64, Shape: ir.Shape{2}, I64: []int64{1, 3}})}, axis(1))
		n := b.g.Nodes[len(b.g.Nodes)-1]
		n.Outputs = []string{"first", "second"}
		part := func(name string) string { return b.node("DequantizeLinear", append([]string{name}, p...)) }
		y := b.rounded(b.conv(part("first"), b.weights(false, true, false, 2, 1, 3, 3)), -1, 1)
		z := b.rounded(b.conv(part("second"), b.weights(false, true, false, 2, 3, 3, 3)), -2, 3)
		return b.rounded(b.node("Concat", []string{y, z}, axis(1)), -2, 3)
	}},
	{"border of bytes", 2, 1, func(b *quantizer) string {
		p := b.parameters(-1, 3)
		value := b.init(&ir.Tensor{Type: ir.U8, U8: []uint8{70}})
		if b.signed {
			value = b.init(&ir.Tensor{Type: ir.S8, S8: []int8{-58}})
		}
		widths := b.init(&ir.Tensor{Type: ir.I64, Shape: ir.Shape{8}, I64: []int64{0, 0, 1, 1, 0, 0, 2, 0}})
		q := b.node("Pad", []string{b.quantized("x", p), widths, value})
		return b.rounded(b.conv(b.node("DequantizeLinear", append([]string{q}, p...)), b.weights(false, true, false, 2, 4, 3, 3)), -5, 5)
	}},
	{"spelled hard-swish", 3, 1, func(b *quantizer) string {
		x := b.rounded(b.conv(b.rounded("x", -1, 3), b.weights(false, true, false, 4, 4, 3, 3)), -5, 5)
		constant := func(v float32) string { return b.init(ir.Floats(ir.Shape{}, []float32{v})) }
		y := b.node("Clip", []string{b.node("Add", []string{x, constant(3)}), constant(0), constant(6)})
		y = b.rounded(b.node("Div", []string{y, constant(6)}), 0, 1)
		return b.rounded(b.node("Mul", []string{x, y}), -0.4, 5)
	}},
	// The range before the sigmoid is not in the model: its 255 steps are up to three of the result.
	{"curved activation", 1, 3, func(b *quantizer) string {
		return b.rounded(b.node("Sigmoid", []string{b.conv(b.rounded("x", -1, 3), b.weights(false, true, false, 4, 4, 3, 3))}), 0, 1)
	}},
	{"operators", 9, 1, func(b *quantizer) string {
		list := func(parts ...[]string) (all []string) {
			for _, p := range parts {
				all = append(all, p...)
			}
			return all
		}
		px, py, ps, pm := b.parameters(-1, 3), b.parameters(-3, 4), b.parameters(-4, 7), b.parameters(-9, 20)
		x := b.quantized("x", px)
		y := b.node("QLinearConv", list([]string{x}, px, b.weights(false, true, true, 4, 4, 3, 3), py, []string{b.bias(4)}), ints("pads", 1, 1, 1, 1))
		s := b.node(".QLinearAdd", list([]string{x}, px, []string{y}, py, ps))
		m := b.node(".QLinearMul", list([]string{y}, py, []string{s}, ps, pm))
		l := b.node(".QLinearLeakyRelu", list([]string{m}, pm, ps), &onnx.AttributeProto{Name: "alpha", Type: onnx.AttrFloat, F: 0.1})
		c := b.node(".QLinearConcat", list(ps, []string{l}, ps, []string{y}, py), axis(1))
		a := b.node(".QLinearAveragePool", list([]string{c}, ps, ps), ints("kernel_shape", 2, 2))
		g := b.node("Flatten", []string{b.node(".QLinearGlobalAveragePool", list([]string{a}, ps, py))}, axis(1))
		po := b.parameters(-3, 3)
		f := b.node(".QGemm", list([]string{g}, py, b.weights(true, false, true, 5, 8), []string{b.bias(5)}, po), &onnx.AttributeProto{Name: "transB", Type: onnx.AttrInt, I: 1})
		return b.node(".DequantizeLinear", append([]string{f}, po...))
	}},
}

// TestQuantizedNets compares every layer with float64, with unsigned and with signed bytes.
func TestQuantizedNets(t *testing.T) {
	for _, c := range quantizedNets {
		for _, signed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, signed %v", c.name, signed), func(t *testing.T) {
				b := &quantizer{Rand: rand.New(rand.NewPCG(7, 8)), signed: signed}
				shape := []int64{1, 4, 10, 10}
				g := b.graph(t, c.build(b), shape...)
				q, r, err := quant.Quantize(g, nil, quant.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if int8s, floats := r.Counts(); int8s < c.int8s || floats > 0 || len(r.Notes) > 0 {
					t.Errorf("want at least %d int8 nodes, no float: %s", c.int8s, r)
				}
				if l := checkLayers(t, g, q, []*ir.Tensor{b.input(shape)}, c.steps); l.layers < 2 || c.steps == 1 && l.equal < l.total*95/100 {
					t.Errorf("%d layers compared; of %d elements %d are equal", l.layers, l.total, l.equal)
				}
			})
		}
	}
}

// TestBytesOutside has bytes as input and as output of the model.
func TestBytesOutside(t *testing.T) {
	for _, signed := range []bool{false, true} {
		b := &quantizer{Rand: rand.New(rand.NewPCG(3, 4)), signed: signed}
		px, py := b.parameters(-1, 3), b.parameters(-6, 6)
		x := b.node("DequantizeLinear", append([]string{"x"}, px...))
		b.quantized(b.conv(x, b.weights(false, true, true, 4, 4, 3, 3)), py)
		in := ir.NewTensor(ir.U8, ir.Shape{1, 4, 8, 8})
		for i := range in.U8 {
			in.U8[i] = uint8(b.IntN(256))
		}
		typ := onnx.DataType(onnx.TypeUint8)
		if signed {
			s := ir.NewTensor(ir.S8, in.Shape)
			for i, v := range in.U8 {
				s.S8[i] = int8(int(v) - 128)
			}
			in, typ = s, onnx.TypeInt8
		}
		g := b.importAs(t, typ, b.g.Nodes[len(b.g.Nodes)-1].Outputs[0], 1, 4, 8, 8)
		p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
		if _, err := p.Run(g); err != nil {
			t.Fatal(err)
		}
		want, err := interp.Run(g, []*ir.Tensor{in})
		if err != nil {
			t.Fatal(err)
		}
		q, r, err := quant.Quantize(g, nil, quant.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if int8s, _ := r.Counts(); int8s != 1 {
			t.Errorf("signed %v: the convolution is not int8: %s", signed, r)
		}
		got, err := interp.Run(q, []*ir.Tensor{in})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want[0].Elems() {
			if d := byteAt(got[0], i) - byteAt(want[0], i); d < -1 || d > 1 {
				t.Fatalf("signed %v: element %d is %d, want %d", signed, i, byteAt(got[0], i), byteAt(want[0], i))
			}
		}
	}
}

// byteAt returns an element of bytes with or without sign.
func byteAt(t *ir.Tensor, i int) int {
	if t.Type == ir.S8 {
		return int(t.S8[i])
	}
	return int(t.U8[i])
}

// TestDynamicQuantization runs a model that finds its scales while it runs.
func TestDynamicQuantization(t *testing.T) {
	b := &quantizer{Rand: rand.New(rand.NewPCG(1, 2))}
	b.node("DynamicQuantizeLinear", []string{"x"})
	n := b.g.Nodes[0]
	n.Outputs = []string{"q", "scale", "zero"}
	w := b.weights(false, false, true, 4, 4, 3, 3)
	sum := b.node("ConvInteger", []string{"q", w[0], "zero", w[2]}, ints("pads", 1, 1, 1, 1))
	real := b.node("Cast", []string{sum}, &onnx.AttributeProto{Name: "to", Type: onnx.AttrInt, I: int64(onnx.TypeFloat)})
	y := b.node("Mul", []string{real, b.node("Mul", []string{"scale", w[1]})})
	g := b.graph(t, y, 1, 4, 10, 10)
	if quant.HasParameters(g) {
		t.Error("the model has no quantization parameters of its own")
	}
	// The same convolution of real numbers differs by half a step of the input times the weights.
	x := b.input([]int64{1, 4, 10, 10})
	got, err := interp.Run(g, []*ir.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	f := &quantizer{Rand: rand.New(rand.NewPCG(1, 2))}
	plain := f.graph(t, f.conv("x", f.weights(false, false, true, 4, 4, 3, 3)), 1, 4, 10, 10)
	want, err := interp.Run(plain, []*ir.Tensor{x})
	if err != nil {
		t.Fatal(err)
	}
	if c := quant.Cosine(want[0].F32, got[0].F32); c < 0.999 {
		t.Errorf("the cosine with the convolution in float is %g", c)
	}
}
