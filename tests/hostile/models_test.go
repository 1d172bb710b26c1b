package hostile

import (
	"strings"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// models are small networks that together have every operator that is imported in a form
// that compiles.
func models() []*onnx.ModelProto {
	return []*onnx.ModelProto{residual(), separable(), detector(), classifier(), arithmetic(), shapes()}
}

// builder writes one model.
type builder struct{ m *onnx.ModelProto }

func newModel(opset int64, dims ...int64) builder {
	in := &onnx.ValueInfoProto{Name: "x", ElemType: onnx.TypeFloat, HasShape: true}
	for _, d := range dims {
		in.Dims = append(in.Dims, onnx.Dim{Value: d, HasValue: true})
	}
	g := &onnx.GraphProto{Name: "net", Inputs: []*onnx.ValueInfoProto{in}}
	return builder{&onnx.ModelProto{IRVersion: 8, Graph: g, OpsetImport: []onnx.OperatorSetID{{Version: opset}}}}
}

// node adds a node from "Op: in, in -> out, out", where _ is an absent operand.
func (b builder) node(text string, attrs ...*onnx.AttributeProto) {
	op, rest, _ := strings.Cut(text, ":")
	in, out, _ := strings.Cut(rest, "->")
	list := func(s string) []string {
		names := strings.Split(s, ",")
		for i, n := range names {
			names[i] = strings.Trim(n, " _")
		}
		return names
	}
	n := &onnx.NodeProto{OpType: op, Name: op + "/" + strings.TrimSpace(out), Inputs: list(in), Outputs: list(out), Attributes: attrs}
	if strings.TrimSpace(in) == "" {
		n.Inputs = nil
	}
	b.m.Graph.Nodes = append(b.m.Graph.Nodes, n)
}

// weights adds an initializer of small numbers.
func (b builder) weights(name string, dims ...int) {
	t := ir.NewTensor(ir.F32, dims)
	for i := range t.F32 {
		t.F32[i] = float32(i*7%13-5) / 8
	}
	b.m.Graph.Initializers = append(b.m.Graph.Initializers, onnx.NewTensor(name, t))
}

// positive adds an initializer of positive numbers, as variances are.
func (b builder) positive(name string, n int) {
	t := ir.NewTensor(ir.F32, ir.Shape{n})
	for i := range t.F32 {
		t.F32[i] = 0.5 + float32(i%3)
	}
	b.m.Graph.Initializers = append(b.m.Graph.Initializers, onnx.NewTensor(name, t))
}

func (b builder) integers(name string, v ...int64) {
	b.m.Graph.Initializers = append(b.m.Graph.Initializers, onnx.NewTensor(name, &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v}))
}

func (b builder) floats(name string, v ...float32) {
	b.m.Graph.Initializers = append(b.m.Graph.Initializers, onnx.NewTensor(name, ir.Floats(ir.Shape{len(v)}, v)))
}

// outputs ends the model.
func (b builder) outputs(names ...string) *onnx.ModelProto {
	for _, n := range names {
		b.m.Graph.Outputs = append(b.m.Graph.Outputs, &onnx.ValueInfoProto{Name: n, ElemType: onnx.TypeFloat})
	}
	return b.m
}

func ints(name string, v ...int64) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrInts, Ints: v}
}

func integer(name string, v int64) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrInt, I: v}
}

func number(name string, v float32) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrFloat, F: v}
}

func text(name, v string) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrString, S: []byte(v)}
}

func residual() *onnx.ModelProto {
	b := newModel(13, 1, 3, 6, 6)
	b.weights("w1", 4, 3, 3, 3)
	b.weights("b1", 4)
	b.weights("w2", 4, 4, 3, 3)
	for _, n := range []string{"scale", "shift", "mean"} {
		b.weights(n, 4)
	}
	b.positive("var", 4)
	b.weights("fc", 5, 4)
	b.weights("fcb", 5)
	b.node("Conv: x, w1, b1 -> c1", ints("pads", 1, 1, 1, 1), ints("kernel_shape", 3, 3))
	b.node("Relu: c1 -> r1")
	b.node("Conv: r1, w2 -> c2", text("auto_pad", "SAME_UPPER"))
	b.node("BatchNormalization: c2, scale, shift, mean, var -> n2", number("epsilon", 1e-5))
	b.node("Add: n2, r1 -> a")
	b.node("Relu: a -> r2")
	b.node("GlobalAveragePool: r2 -> p")
	b.node("Flatten: p -> f")
	b.node("Gemm: f, fc, fcb -> y", integer("transB", 1))
	return b.outputs("y")
}

func separable() *onnx.ModelProto {
	b := newModel(14, 1, 4, 6, 5)
	b.weights("dw", 4, 1, 3, 3)
	b.weights("pw", 6, 4, 1, 1)
	b.weights("slope", 6, 1, 1)
	b.floats("low", 0)
	b.floats("high", 6)
	b.node("Conv: x, dw -> d", ints("pads", 1, 1, 1, 1), integer("group", 4), ints("strides", 2, 2))
	b.node("Clip: d, low, high -> k")
	b.node("Conv: k, pw -> e")
	b.node("PRelu: e, slope -> f")
	b.node("HardSwish: f -> h")
	b.node("Reshape: h, to5 -> r5")
	b.integers("to5", 1, 2, 3, 3, 3)
	b.node("Transpose: r5 -> t5", ints("perm", 0, 2, 1, 3, 4))
	b.node("Reshape: t5, back5 -> z")
	b.integers("back5", 1, 6, 3, 3)
	b.node("Sigmoid: z -> g")
	b.node("Mul: z, g -> u")
	b.node("Split: u -> l, m", integer("axis", 1))
	b.node("MaxPool: l -> lp", ints("kernel_shape", 2, 2), integer("ceil_mode", 1))
	b.node("AveragePool: m -> mp", ints("kernel_shape", 2, 2), integer("ceil_mode", 1), integer("count_include_pad", 1))
	b.node("Concat: lp, mp -> y", integer("axis", 1))
	return b.outputs("y")
}

func detector() *onnx.ModelProto {
	b := newModel(18, 1, 3, 5, 6)
	b.weights("w", 8, 3, 3, 3)
	b.weights("v", 4, 8, 1, 1)
	b.integers("pads", 0, 0, 1, 1, 0, 0, 1, 1)
	b.floats("scales", 1, 1, 2, 2)
	b.integers("starts", 1, 0)
	b.integers("ends", -1, 100)
	b.integers("axes", 2, 3)
	b.integers("steps", 1, 2)
	b.integers("index", 0, 2, 1)
	b.integers("minus", -1)
	b.node("Pad: x, pads -> p", text("mode", "reflect"))
	b.node("Conv: p, w -> c", ints("dilations", 1, 1))
	b.node("LeakyRelu: c -> l", number("alpha", 0.1))
	b.node("DepthToSpace: l -> d", integer("blocksize", 2), text("mode", "CRD"))
	b.node("Resize: l, _, scales -> r", text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor"))
	b.node("Slice: r, starts, ends, axes, steps -> s")
	b.node("Conv: l, v -> e")
	b.node("Gather: e, index -> g", integer("axis", 1))
	b.node("Shape: d -> sh")
	b.node("Cast: sh -> shf", integer("to", 1))
	b.node("Cast: shf -> shi", integer("to", 7))
	b.node("Reshape: d, shi -> dd")
	b.node("Unsqueeze: g, minus -> gu")
	b.node("Squeeze: gu, minus -> gs")
	b.node("Tanh: gs -> t")
	return b.outputs("s", "t", "dd")
}

func classifier() *onnx.ModelProto {
	b := newModel(11, 1, 3, 4)
	b.weights("w", 12, 6)
	b.weights("one", 6)
	b.weights("cw", 3, 3, 3)
	b.integers("flat", 1, -1)
	b.node("Conv: x, cw -> c", ints("pads", 1, 1))
	b.node("ReduceMean: c -> r", ints("axes", 1), integer("keepdims", 1))
	b.node("Sub: c, r -> cr")
	b.node("Reshape: cr, flat -> f")
	b.node("MatMul: f, w -> m")
	b.node("Add: m, one -> a")
	b.node("Softmax: a -> s", integer("axis", 1))
	b.node("Exp: s -> e")
	b.node("Identity: e -> i")
	b.node("Dropout: i -> y")
	b.node("Elu: a -> z", number("alpha", 1.5))
	return b.outputs("y", "z")
}

func arithmetic() *onnx.ModelProto {
	b := newModel(13, 1, 4, 4, 4)
	b.weights("c", 4, 1, 1)
	b.weights("w", 4, 4, 3, 3)
	b.floats("three", 3)
	b.floats("six", 6)
	b.floats("zero", 0)
	b.integers("shape", 1, 4, 2, 2)
	b.node("Mul: x, c -> a")
	b.node("Conv: a, w -> k")
	b.node("Add: k, three -> k3")
	b.node("Clip: k3, zero, six -> kc")
	b.node("Div: kc, six -> kd")
	b.node("Mul: k, kd -> hs")
	b.node("ConstantOfShape: shape -> zeros")
	b.node("Sub: hs, zeros -> s")
	b.node("HardSigmoid: s -> h")
	b.node("Sum: h, hs, s -> sum")
	b.node("Mean: sum, h -> mean")
	b.node("GlobalMaxPool: mean -> g")
	b.node("Mul: mean, g -> y")
	return b.outputs("y", "sum")
}

// shapes is a network that computes shapes as exporters write them: constants of every type of
// integer, from which changed fields make operands that operators don't take.
func shapes() *onnx.ModelProto {
	b := newModel(13, 1, 2, 4, 4)
	b.integers("one", 1)
	b.integers("two", 2)
	b.integers("zero", 0)
	b.integers("four", 4)
	b.node("Shape: x -> s")
	b.node("Gather: s, one -> c")
	b.node("Mul: c, two -> c2")
	b.node("Gather: s, two -> h")
	b.node("Div: h, two -> h2")
	b.node("Cast: h2 -> h32", integer("to", 6))
	b.node("Cast: h32 -> h64", integer("to", 7))
	b.node("Concat: one, c2, h64, four -> to", integer("axis", 0))
	b.node("Equal: to, zero -> none")
	b.node("Where: none, one, to -> sure")
	b.node("Expand: zero, four -> pads4")
	b.node("Concat: pads4, pads4 -> pads", integer("axis", 0))
	b.node("Pad: x, pads -> p")
	b.node("Range: z, f, o -> r")
	for i, name := range []string{"z", "o", "f"} {
		n := &ir.Tensor{Type: ir.I64, Shape: ir.Shape{}, I64: []int64{int64(i * i)}}
		b.m.Graph.Initializers = append(b.m.Graph.Initializers, onnx.NewTensor(name, n))
	}
	b.node("Gather: p, r -> g", integer("axis", 2))
	b.node("Reshape: g, sure -> q")
	b.node("ConstantOfShape: sure -> k")
	b.node("Add: q, k -> a")
	b.node("Sigmoid: a -> y")
	return b.outputs("y")
}
