package onnx

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

func bytesOf(name string, dims []int, v ...int8) *TensorProto {
	return NewTensor(name, &ir.Tensor{Type: ir.S8, Shape: dims, S8: v})
}

func unsigned(name string, v ...uint8) *TensorProto {
	return NewTensor(name, &ir.Tensor{Type: ir.U8, Shape: ir.Shape{len(v)}, U8: v})
}

// atRuntime marks the only node of a model as ONNX Runtime's own.
func atRuntime(n *NodeProto) *NodeProto {
	n.Domain = microsoft
	return n
}

// TestQuantizedOperators checks what the operators of quantized models become.
func TestQuantizedOperators(t *testing.T) {
	mat := value("x", 2, 6)
	s, z := some("s", 0.5), unsigned("z", 3)
	for _, c := range []struct {
		inits []*TensorProto
		nodes []*NodeProto
		want  string
	}{
		{[]*TensorProto{s}, []*NodeProto{node("QuantizeLinear: x, s -> y")}, "QuantizeLinear{Axis:0 To:u8}(x, s) -> y 2x6"},
		{[]*TensorProto{s, bytesOf("z", []int{}, 3)}, []*NodeProto{node("QuantizeLinear: x, s, z -> y")}, "QuantizeLinear{Axis:0 To:s8}(x, s, z) -> y 2x6"},
		{[]*TensorProto{some("s", 1, 2), s8s("z", 3, 4)}, []*NodeProto{node("QuantizeLinear: x, s, z -> y", attrI("axis", -2))}, "QuantizeLinear{Axis:0 To:s8}(x, s, z) -> y 2x6"},
		{[]*TensorProto{s, z}, []*NodeProto{node("QuantizeLinear: x, s, z -> q"), node("DequantizeLinear: q, s, z -> y")},
			"QuantizeLinear{Axis:0 To:u8}(x, s, z) -> q 2x6\nDequantizeLinear{Axis:0}(q, s, z) -> y 2x6"},
		{nil, []*NodeProto{node("DynamicQuantizeLinear: x -> y, s, z")}, "DynamicQuantizeLinear{}(x) -> y 2x6, s scalar, z scalar"},
		{[]*TensorProto{s, z}, []*NodeProto{node("QuantizeLinear: x, s, z -> q"), atRuntime(node("QLinearSigmoid: q, s, z, s, z -> y"))},
			"QuantizeLinear{Axis:0 To:u8}(x, s, z) -> q 2x6\nDequantizeLinear{Axis:0}(q, s, z) -> y/real0 2x6\n" +
				"Unary{Act:sigmoid}(y/real0) -> y/exact 2x6\nQuantizeLinear{Axis:0 To:u8}(y/exact, s, z) -> y 2x6"},
		{[]*TensorProto{bytesOf("w", []int{6, 1}, 1, 2, 3, 4, 5, 6), z}, []*NodeProto{node("QuantizeLinear: x, one, z -> q"), node("MatMulInteger: q, w, z -> i"), node("Cast: i -> y", attrI("to", 1))},
			"QuantizeLinear{Axis:0 To:u8}(x, one, z) -> q 2x6\nDequantizeLinear{Axis:0}(q, i/whole0/scale, z) -> i/whole0 2x6\n" +
				"MatMul{}(i/whole0, i/whole1) -> i/exact 2x1\nIdentity{}(i/exact) -> y 2x1"},
	} {
		g := mustImport(t, model(17, mat, append(c.inits, some("one", 1)), c.nodes...))
		if got := ops(g); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.nodes[0].OpType, got, c.want)
		}
	}
}

func s8s(name string, v ...int8) *TensorProto { return bytesOf(name, []int{len(v)}, v...) }

// TestQuantizedConstants checks that constants know the integers that they follow from.
func TestQuantizedConstants(t *testing.T) {
	quantize := node("QuantizeLinear: f, s, z -> w", attrI("axis", 0))
	for _, c := range []struct {
		w    []*TensorProto
		make []*NodeProto
		want string // real numbers and parameters
	}{
		{[]*TensorProto{bytesOf("w", []int{2, 2}, 1, 2, 3, -128), s8s("z", 1, -2)}, nil, "[0 0.5 5 -126] quant([0.5,1],[1,-2])"},
		{[]*TensorProto{NewTensor("w", &ir.Tensor{Type: ir.U8, Shape: ir.Shape{2, 2}, U8: []uint8{1, 2, 3, 255}}), unsigned("z", 1, 0)}, nil, "[0 0.5 3 255] quant([0.5,1],[-127,-128])"},
		// 0.25/0.5 is a tie and goes to 0, 100 is limited to 127.
		{[]*TensorProto{NewTensor("f", ir.Floats(ir.Shape{2, 2}, []float32{0.25, 100, -1.4, -1.6})), s8s("z", 0, 5)}, []*NodeProto{quantize}, "[0 63.5 -1 -2] quant([0.5,1],[0,5])"},
		{[]*TensorProto{NewTensor("w", &ir.Tensor{Type: ir.S32, Shape: ir.Shape{2, 2}, S32: []int32{1, 2, 3, 400000}}), NewTensor("z", &ir.Tensor{Type: ir.S32, Shape: ir.Shape{2}, S32: []int32{0, 0}})}, nil,
			"[0.5 1 3 400000] none"},
	} {
		nodes := append(slices.Clone(c.make), node("DequantizeLinear: w, s, z -> d", attrI("axis", 0)), node("Mul: x, d -> y"))
		g := mustImport(t, model(17, value("x", 2, 2), append(c.w, some("s", 0.5, 1)), nodes...))
		d := g.Nodes[len(g.Nodes)-1].In[1]
		got := fmt.Sprint(d.Const.F32, " none")
		if d.Quant != nil {
			got = fmt.Sprint(d.Const.F32, " ", d.Quant)
		}
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestBadQuantization checks that what is not supported says so.
func TestBadQuantization(t *testing.T) {
	img := value("x", 1, 4, 6, 6)
	s, z := some("s", 0.5), unsigned("z", 3)
	long := NewTensor("l", &ir.Tensor{Type: ir.I64, Shape: ir.Shape{1}, I64: []int64{1}})
	conv := "QLinearConv: q, s, v, w, s, v, s, z -> y"
	for _, c := range []struct {
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{[]*TensorProto{s}, node("QuantizeLinear: x, s -> y", attrI("block_size", 2)), "scale 1: want 1x2x6x6, for blocks of 2 along axis 1"},
		{[]*TensorProto{s}, node("QuantizeLinear: x, s -> y", attrI("output_dtype", int64(TypeInt32)), attrI("block_size", 2)), "quantizes f32 to int32: want float to 8 or 16 bits"},
		{[]*TensorProto{some("s", 1, 2)}, node("QuantizeLinear: x, s -> y", attrI("output_dtype", int64(TypeInt16))), "scale has 2 elements, want one or 4 along axis 1"},
		{[]*TensorProto{s}, node("QuantizeLinear: x, s -> y", attrI("precision", int64(TypeFloat16))), "precision is float16"},
		{[]*TensorProto{s, long}, node("QuantizeLinear: x, s, l -> y"), "only integers of 8 and 16 bits"},
		{[]*TensorProto{some("s", -1)}, node("QuantizeLinear: x, s -> y"), "scale 0 (\"s\") is -1"},
		{[]*TensorProto{some("s", 1, 2)}, node("QuantizeLinear: x, s -> y"), "2 scales for axis 1 of 1x4x6x6"},
		{[]*TensorProto{some("s", 1, 2, 3, 4), z}, node("QuantizeLinear: x, s, z -> y"), "want as many"},
		{[]*TensorProto{s}, node("QuantizeLinear: x, s -> y", attrI("axis", 9)), ""},
		{[]*TensorProto{s, s8s("w", 1)}, node("DequantizeLinear: w, s -> y", attrI("block_size", 4)), "axis 1 of a 1-dimensional"},
		{[]*TensorProto{some("s", 1, 2), s8s("w", 1)}, node("DequantizeLinear: w, s -> y"), "axis 1 of a 1-dimensional"},
		{[]*TensorProto{s}, node("DequantizeLinear: x, s -> y"), "operand 0 is f32"},
		{[]*TensorProto{s, z, bytesOf("w", []int{1, 1}, 1), s8s("q", 1), s8s("v", 1)}, node(conv), "the weights have 2 axes, the input 1"},
		{[]*TensorProto{s, z, s8s("q", 1)}, atRuntime(node("QLinearConcat: s, z, q, s, z, q -> y")), "want scale and zero point"},
		{[]*TensorProto{s, z, s8s("q", 1)}, atRuntime(node("QLinearGlobalAveragePool: q, s, z, s, z -> y", attrI("channels_last", 1))), "channels_last is 1"},
		{nil, atRuntime(node("FusedConv: x -> y")), "com.microsoft.FusedConv"},
	} {
		_, err := ImportBytes(model(21, img, c.inits, c.node).Marshal(), "", Options{})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.node.OpType, err)
			}
			continue
		}
		wantError(t, err, c.want)
	}
}

// TestBlocksAndWideIntegers computes what is quantized in blocks, and to 16 bits.
func TestBlocksAndWideIntegers(t *testing.T) {
	wide := func(name string, d DataType, v ...int64) *TensorProto {
		p := &TensorProto{Name: name, Dims: []int64{int64(len(v))}, DataType: d}
		for _, n := range v {
			p.Int32Data = append(p.Int32Data, int32(n))
		}
		return p
	}
	grid := func(name string, v ...float32) *TensorProto {
		return NewTensor(name, ir.Floats(ir.Shape{len(v) / 2, 2}, v))
	}
	x := []float32{1, -2, 3, 100, 1e6, -1e6} // 3x2
	for _, c := range []struct {
		inits []*TensorProto
		nodes []*NodeProto
		want  []float32
	}{
		// Two rows have the first scale of their column, the third the second.
		{[]*TensorProto{grid("s", 0.5, 1, 10, 20)}, []*NodeProto{node("QuantizeLinear: x, s -> q", attrI("axis", 0), attrI("block_size", 2), attrI("output_dtype", int64(TypeInt8))),
			node("DequantizeLinear: q, s -> y", attrI("axis", 0), attrI("block_size", 2))}, []float32{1, -2, 3, 100, 1270, -2560}},
		{[]*TensorProto{some("s", 0.5, 2), wide("z", TypeUint16, 10, 1)}, []*NodeProto{node("QuantizeLinear: x, s, z -> q"), node("DequantizeLinear: q, s, z -> y")},
			[]float32{1, -2, 3, 100, 0.5 * (65535 - 10), -2}},
		{[]*TensorProto{some("s", 4), wide("z", TypeInt16, -3)}, []*NodeProto{node("QuantizeLinear: x, s, z -> q"), node("Cast: q -> y", attrI("to", int64(TypeFloat)))},
			[]float32{-3, -3, -2, 22, 32767, -32768}},
	} {
		g := mustImport(t, model(21, value("x", 3, 2), c.inits, c.nodes...))
		out, err := interp.Run(g, []*ir.Tensor{ir.Floats(ir.Shape{3, 2}, x)})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out[0].F32, c.want) {
			t.Errorf("%s gives %v, want %v", c.nodes[0].Inputs, out[0].F32, c.want)
		}
	}
}
