package onnx

import (
	"strings"
	"testing"
)

// TestOperators checks what every operator becomes: the nodes, their attributes
// and shapes. What the nodes compute is checked by tests/conformance.
func TestOperators(t *testing.T) {
	img := value("x", 1, 4, 6, 6)
	line := value("x", 1, 4, 6)
	mat := value("x", 2, 6)
	w33, w13 := ramp("w", 4, 4, 3, 3), ramp("w", 4, 4, 3)
	bn := []*TensorProto{ramp("s", 4), ramp("b", 4), ramp("m", 4), ramp("v", 4)}
	for _, c := range []struct {
		name  string
		opset int64
		x     *ValueInfoProto
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{"conv", 13, img, []*TensorProto{w33, ramp("b", 4)}, node("Conv: x, w, b -> y", attrIs("pads", 1, 0, 2, 1), attrIs("strides", 2, 1), attrIs("dilations", 1, 2)),
			"Conv{Window:{Kernel:[3 3] Stride:[2 1] Dilation:[1 2] Pad:[1 0 2 1]} Groups:1 Epilogue:{Pre:none Act:none}}(x, w, b) -> y 1x4x4x3"},
		{"conv groups", 13, img, []*TensorProto{ramp("w", 4, 1, 3, 3)}, node("Conv: x, w, _ -> y", attrI("group", 4)),
			"Conv{Window:{Kernel:[3 3] Stride:[1 1] Dilation:[1 1] Pad:[0 0 0 0]} Groups:4 Epilogue:{Pre:none Act:none}}(x, w) -> y 1x4x4x4"},
		{"conv same upper", 13, img, []*TensorProto{ramp("w", 4, 4, 2, 2)}, node("Conv: x, w -> y", attrS("auto_pad", "SAME_UPPER"), attrIs("pads", 9, 9, 9, 9)),
			"Conv{Window:{Kernel:[2 2] Stride:[1 1] Dilation:[1 1] Pad:[0 0 1 1]} Groups:1 Epilogue:{Pre:none Act:none}}(x, w) -> y 1x4x6x6"},
		{"conv same lower", 13, img, []*TensorProto{ramp("w", 4, 4, 2, 2)}, node("Conv: x, w -> y", attrS("auto_pad", "SAME_LOWER")),
			"Conv{Window:{Kernel:[2 2] Stride:[1 1] Dilation:[1 1] Pad:[1 1 0 0]} Groups:1 Epilogue:{Pre:none Act:none}}(x, w) -> y 1x4x6x6"},
		{"conv valid", 13, img, []*TensorProto{w33}, node("Conv: x, w -> y", attrS("auto_pad", "VALID"), attrIs("pads", 9, 9, 9, 9)),
			"Conv{Window:{Kernel:[3 3] Stride:[1 1] Dilation:[1 1] Pad:[0 0 0 0]} Groups:1 Epilogue:{Pre:none Act:none}}(x, w) -> y 1x4x4x4"},
		{"conv 1-D", 13, line, []*TensorProto{w13}, node("Conv: x, w -> y", attrIs("pads", 1, 2), attrIs("strides", 2)),
			"Reshape{Shape:1x4x1x6}(x) -> y/input 1x4x1x6\n" +
				"Conv{Window:{Kernel:[1 3] Stride:[1 2] Dilation:[1 1] Pad:[0 1 0 2]} Groups:1 Epilogue:{Pre:none Act:none}}(y/input, y/weights) -> y/image 1x4x1x4\n" +
				"Reshape{Shape:1x4x4}(y/image) -> y 1x4x4"},
		{"gemm", 13, mat, []*TensorProto{ramp("w", 3, 6), ramp("c", 3)}, node("Gemm: x, w, c -> y", attrI("transB", 1), attrF("alpha", 2), attrF("beta", 0.5)),
			"Gemm{Alpha:2 Beta:0.5 TransA:false TransB:true}(x, w, c) -> y 2x3"},
		{"gemm transA", 13, mat, []*TensorProto{ramp("w", 2, 3)}, node("Gemm: x, w -> y", attrI("transA", 1)),
			"Gemm{Alpha:1 Beta:1 TransA:true TransB:false}(x, w) -> y 6x3"},
		{"matmul", 13, mat, []*TensorProto{ramp("w", 6, 3)}, node("MatMul: x, w -> y"), "MatMul{}(x, w) -> y 2x3"},
		{"batchnorm", 15, img, bn, node("BatchNormalization: x, s, b, m, v -> y", attrF("epsilon", 0.5)), "BatchNorm{Epsilon:0.5}(x, s, b, m, v) -> y 1x4x6x6"},
		{"batchnorm with unread results", 9, img, bn, node("BatchNormalization: x, s, b, m, v -> y, _, _"), "BatchNorm{Epsilon:1e-05}(x, s, b, m, v) -> y 1x4x6x6"},

		{"relu", 13, mat, nil, node("Relu: x -> y"), "Unary{Act:relu}(x) -> y 2x6"},
		{"leakyrelu", 13, mat, nil, node("LeakyRelu: x -> y"), "Unary{Act:leakyrelu(0.01)}(x) -> y 2x6"},
		{"elu", 13, mat, nil, node("Elu: x -> y", attrF("alpha", 2)), "Unary{Act:elu(2)}(x) -> y 2x6"},
		{"hardsigmoid", 13, mat, nil, node("HardSigmoid: x -> y"), "Unary{Act:hardsigmoid(0.2,0.5)}(x) -> y 2x6"},
		{"hardsigmoid attributes", 13, mat, nil, node("HardSigmoid: x -> y", attrF("beta", 1), attrF("alpha", 2)), "Unary{Act:hardsigmoid(2,1)}(x) -> y 2x6"},
		{"hardswish", 14, mat, nil, node("HardSwish: x -> y"), "Unary{Act:hardswish}(x) -> y 2x6"},
		{"sigmoid", 13, mat, nil, node("Sigmoid: x -> y"), "Unary{Act:sigmoid}(x) -> y 2x6"},
		{"tanh", 13, mat, nil, node("Tanh: x -> y"), "Unary{Act:tanh}(x) -> y 2x6"},
		{"exp", 13, mat, nil, node("Exp: x -> y"), "Unary{Act:exp}(x) -> y 2x6"},
		{"clip 6", 6, mat, nil, node("Clip: x -> y", attrF("min", 0), attrF("max", 6)), "Unary{Act:clip(0,6)}(x) -> y 2x6"},
		{"clip 6 from 0", 6, mat, nil, node("Clip: x -> y", attrF("min", 0)), "Unary{Act:relu}(x) -> y 2x6"},
		{"clip 11", 11, mat, []*TensorProto{some("hi", 6)}, node("Clip: x, _, hi -> y"), "Unary{Act:clip(-Inf,6)}(x) -> y 2x6"},
		{"clip without limits", 13, mat, nil, node("Clip: x -> y"), "Identity{}(x) -> y 2x6"},
		{"prelu", 13, img, []*TensorProto{ramp("s", 4, 1, 1)}, node("PRelu: x, s -> y"), "PRelu{}(x, s) -> y 1x4x6x6"},
		{"prelu 6", 6, img, []*TensorProto{ramp("s", 4)}, node("PRelu: x, s -> y"), "PRelu{}(x, y/spread) -> y 1x4x6x6"},
		{"softmax 13", 13, img, nil, node("Softmax: x -> y"), "Softmax{Axis:3 Fn:Plain}(x) -> y 1x4x6x6"},
		{"softmax 11 of a matrix", 11, mat, nil, node("Softmax: x -> y"), "Softmax{Axis:1 Fn:Plain}(x) -> y 2x6"},
		{"softmax 11 of an image", 11, img, nil, node("Softmax: x -> y", attrI("axis", 2)),
			"Reshape{Shape:4x36}(x) -> y/flat 4x36\nSoftmax{Axis:1 Fn:Plain}(y/flat) -> y/softmax 4x36\nReshape{Shape:1x4x6x6}(y/softmax) -> y 1x4x6x6"},
		{"sub", 13, mat, []*TensorProto{ramp("w", 6)}, node("Sub: w, x -> y"), "Binary{Fn:Sub Act:none}(w, x) -> y 2x6"},
		{"add 6 along an axis", 6, img, []*TensorProto{ramp("w", 4)}, node("Add: x, w -> y", attrI("broadcast", 1), attrI("axis", 1)), "Binary{Fn:Add Act:none}(x, y/spread) -> y 1x4x6x6"},
		{"sum of one", 13, mat, nil, node("Sum: x -> y"), "Identity{}(x) -> y 2x6"},
		{"sum of three", 13, mat, nil, node("Sum: x, x, x -> y"), "Binary{Fn:Add Act:none}(x, x) -> y/sum 2x6\nBinary{Fn:Add Act:none}(y/sum, x) -> y 2x6"},
		{"mean of two", 13, mat, nil, node("Mean: x, x -> y"), "Binary{Fn:Add Act:none}(x, x) -> y/sum 2x6\nBinary{Fn:Div Act:none}(y/sum, y/count) -> y 2x6"},
		{"selu", 13, mat, nil, node("Selu: x -> y"), "Unary{Act:selu(1.6732632,1.050701)}(x) -> y 2x6"},
		{"gelu by tanh", 20, mat, nil, node("Gelu: x -> y", attrS("approximate", "tanh")), "Unary{Act:gelutanh}(x) -> y 2x6"},
		{"neg", 13, mat, nil, node("Neg: x -> y"), "Affine{Mul:[-1] Add:[0]}(x) -> y 2x6"},
		{"pow 3", 13, mat, []*TensorProto{some("e", 3)}, node("Pow: x, e -> y"), "Unary{Act:power(3)}(x) -> y 2x6"},
		{"pow of an integer exponent", 13, mat, []*TensorProto{longs("e", 2)}, node("Pow: x, e -> y"), "Unary{Act:power(2)}(x) -> y 2x6"},
		{"square root as pow", 13, mat, []*TensorProto{some("e", 0.5)}, node("Pow: x, e -> y"), "Unary{Act:sqrt}(x) -> y 2x6"},
		{"max of three", 13, mat, nil, node("Max: x, x, x -> y"), "Binary{Fn:Max Act:none}(x, x) -> y/max 2x6\nBinary{Fn:Max Act:none}(y/max, x) -> y 2x6"},
		{"max with 0", 13, mat, []*TensorProto{some("c", 0)}, node("Max: x, c -> y"), "Unary{Act:relu}(x) -> y 2x6"},
		{"min with 6", 13, mat, []*TensorProto{some("c", 6)}, node("Min: c, x -> y"), "Unary{Act:clip(-Inf,6)}(x) -> y 2x6"},
		{"greater", 13, mat, []*TensorProto{ramp("w", 6)}, node("Greater: x, w -> y"), "Compare{Fn:Less}(w, x) -> y 2x6"},
		{"greater or equal", 13, mat, []*TensorProto{ramp("w", 6)}, node("GreaterOrEqual: x, w -> y"), "Compare{Fn:LessOrEqual}(w, x) -> y 2x6"},
		{"cast to int64", 13, mat, nil, node("Cast: x -> y", attrI("to", int64(TypeInt64))), "Cast{To:i64}(x) -> y 2x6"},
		{"isnan", 13, mat, nil, node("IsNaN: x -> y"), "Compare{Fn:Equal}(x, x) -> y/same 2x6\nCompare{Fn:Equal}(y/same, y/false) -> y 2x6"},
		{"expand", 13, mat, []*TensorProto{longs("s", 3, 1, 6)}, node("Expand: x, s -> y"), "Expand{Shape:3x2x6}(x) -> y 3x2x6"},
		{"tile", 13, mat, []*TensorProto{longs("r", 1, 2)}, node("Tile: x, r -> y"),
			"Reshape{Shape:1x2x1x6}(x) -> y/apart 1x2x1x6\nExpand{Shape:1x2x2x6}(y/apart) -> y/spread 1x2x2x6\nReshape{Shape:2x12}(y/spread) -> y 2x12"},
		{"identity", 13, mat, nil, node("Identity: x -> y"), "Identity{}(x) -> y 2x6"},
		{"dropout 7", 7, mat, nil, node("Dropout: x -> y, _", attrF("ratio", 0.5)), "Identity{}(x) -> y 2x6"},
		{"cast to float16", 13, mat, nil, node("Cast: x -> y", attrI("to", int64(TypeFloat16))), "Identity{}(x) -> y 2x6"},

		{"maxpool", 13, img, nil, node("MaxPool: x -> y", attrIs("kernel_shape", 2, 3), attrIs("strides", 2, 2), attrI("ceil_mode", 1)),
			"MaxPool{Window:{Kernel:[2 3] Stride:[2 2] Dilation:[1 1] Pad:[0 0 0 0]} Ceil:true}(x) -> y 1x4x3x3"},
		{"averagepool 1-D", 13, line, nil, node("AveragePool: x -> y", attrIs("kernel_shape", 3), attrIs("pads", 1, 1), attrI("count_include_pad", 1)),
			"Reshape{Shape:1x4x1x6}(x) -> y/input 1x4x1x6\nAvgPool{Window:{Kernel:[1 3] Stride:[1 1] Dilation:[1 1] Pad:[0 1 0 1]} Ceil:false CountPad:true}(y/input) -> y/image 1x4x1x6\n" +
				"Reshape{Shape:1x4x6}(y/image) -> y 1x4x6"},
		{"global average", 13, img, nil, node("GlobalAveragePool: x -> y"), "GlobalAvgPool{}(x) -> y 1x4x1x1"},
		{"global maximum of a volume", 13, value("x", 1, 2, 3, 4, 5), nil, node("GlobalMaxPool: x -> y"),
			"Reshape{Shape:1x2x1x60}(x) -> y/input 1x2x1x60\nGlobalMaxPool{}(y/input) -> y/image 1x2x1x1\nReshape{Shape:1x2x1x1x1}(y/image) -> y 1x2x1x1x1"},
		{"mean over space", 13, img, nil, node("ReduceMean: x -> y", attrIs("axes", -1, 2)), "GlobalAvgPool{}(x) -> y 1x4x1x1"},
		{"mean over space, dropped", 13, img, nil, node("ReduceMean: x -> y", attrIs("axes", 2, 3), attrI("keepdims", 0)),
			"GlobalAvgPool{}(x) -> y/image 1x4x1x1\nReshape{Shape:1x4}(y/image) -> y 1x4"},
		{"mean 18", 18, img, []*TensorProto{longs("a", 1)}, node("ReduceMean: x, a -> y", attrI("keepdims", 0)), "Reduce{Fn:Mean Axes:[1] Keep:false}(x) -> y 1x6x6"},
		{"mean over all", 13, mat, nil, node("ReduceMean: x -> y"), "Reduce{Fn:Mean Axes:[0 1] Keep:true}(x) -> y 1x1"},
		{"mean over none", 18, mat, nil, node("ReduceMean: x -> y", attrI("noop_with_empty_axes", 1)), "Identity{}(x) -> y 2x6"},

		{"concat", 13, mat, nil, node("Concat: x, x -> y", attrI("axis", -1)), "Concat{Axis:1}(x, x) -> y 2x12"},
		{"split 11", 11, mat, nil, node("Split: x -> y, z", attrI("axis", 1), attrIs("split", 2, 4)), "Split{Axis:1 Sizes:[2 4]}(x) -> y 2x2, z 2x4"},
		{"split 13", 13, mat, []*TensorProto{longs("n", 1, 5)}, node("Split: x, n -> y, z", attrI("axis", 1)), "Split{Axis:1 Sizes:[1 5]}(x) -> y 2x1, z 2x5"},
		{"split equal", 13, mat, nil, node("Split: x -> y, z"), "Split{Axis:0 Sizes:[1 1]}(x) -> y 1x6, z 1x6"},
		{"split 18 uneven", 18, value("x", 2, 7), nil, node("Split: x -> y, z, u", attrI("axis", -1), attrI("num_outputs", 3)), "Split{Axis:1 Sizes:[3 3 1]}(x) -> y 2x3, z 2x3, u 2x1"},
		{"slice 9", 9, mat, nil, node("Slice: x -> y", attrIs("starts", 1), attrIs("ends", -1), attrIs("axes", 1)), "Slice{Start:[0 1] Step:[1 1] Size:[2 4]}(x) -> y 2x4"},
		{"slice 10", 10, mat, []*TensorProto{longs("s", -1), longs("e", -1<<63), longs("a", -1), longs("t", -2)}, node("Slice: x, s, e, a, t -> y"),
			"Slice{Start:[0 5] Step:[1 -2] Size:[2 3]}(x) -> y 2x3"},
		{"slice clamped", 10, mat, []*TensorProto{longs("s", -100, 1), longs("e", 1, 1<<63-1), longs("t", 1<<62, 3)}, node("Slice: x, s, e, _, t -> y"),
			"Slice{Start:[0 1] Step:[3 3] Size:[1 2]}(x) -> y 1x2"},
		{"pad 10", 10, img, nil, node("Pad: x -> y", attrIs("pads", 0, 0, 1, 2, 0, 0, 3, -1), attrF("value", 5)), "Pad{Before:[0 0 1 2] After:[0 0 3 -1] Mode:constant Value:5}(x) -> y 1x4x10x7"},
		{"pad 13", 13, mat, []*TensorProto{longs("p", 0, 1, 0, 2), some("v", 3)}, node("Pad: x, p, v -> y"), "Pad{Before:[0 1] After:[0 2] Mode:constant Value:3}(x) -> y 2x9"},
		{"pad 18", 18, img, []*TensorProto{longs("p", 1, 2, 3, 4), longs("a", -1, 2)}, node("Pad: x, p, _, a -> y", attrS("mode", "reflect")),
			"Pad{Before:[0 0 2 1] After:[0 0 4 3] Mode:reflect Value:0}(x) -> y 1x4x12x10"},
		{"pad edge", 11, mat, []*TensorProto{longs("p", 0, 1, 0, 0)}, node("Pad: x, p -> y", attrS("mode", "edge")), "Pad{Before:[0 1] After:[0 0] Mode:edge Value:0}(x) -> y 2x7"},
		{"flatten", 13, img, nil, node("Flatten: x -> y"), "Reshape{Shape:1x144}(x) -> y 1x144"},
		{"flatten all", 13, img, nil, node("Flatten: x -> y", attrI("axis", 4)), "Reshape{Shape:144x1}(x) -> y 144x1"},
		{"flatten negative", 13, img, nil, node("Flatten: x -> y", attrI("axis", -1)), "Reshape{Shape:24x6}(x) -> y 24x6"},
		{"reshape", 13, img, []*TensorProto{longs("s", 0, -1, 9)}, node("Reshape: x, s -> y"), "Reshape{Shape:1x16x9}(x) -> y 1x16x9"},
		{"squeeze 11", 11, img, nil, node("Squeeze: x -> y", attrIs("axes", -4)), "Reshape{Shape:4x6x6}(x) -> y 4x6x6"},
		{"squeeze all", 13, img, nil, node("Squeeze: x -> y"), "Reshape{Shape:4x6x6}(x) -> y 4x6x6"},
		{"unsqueeze 11", 11, mat, nil, node("Unsqueeze: x -> y", attrIs("axes", 3, 0)), "Reshape{Shape:1x2x6x1}(x) -> y 1x2x6x1"},
		{"unsqueeze 13", 13, mat, []*TensorProto{longs("a", -1)}, node("Unsqueeze: x, a -> y"), "Reshape{Shape:2x6x1}(x) -> y 2x6x1"},
		{"transpose", 13, img, nil, node("Transpose: x -> y", attrIs("perm", 0, 2, 3, 1)), "Transpose{Perm:[0 2 3 1]}(x) -> y 1x6x6x4"},
		{"transpose all", 13, mat, nil, node("Transpose: x -> y"), "Transpose{Perm:[1 0]}(x) -> y 6x2"},
		{"depthtospace", 13, img, nil, node("DepthToSpace: x -> y", attrI("blocksize", 2), attrS("mode", "CRD")), "DepthToSpace{Block:2 CRD:true}(x) -> y 1x1x12x12"},
		{"gather", 13, mat, []*TensorProto{longs("i", -1, 0)}, node("Gather: x, i -> y", attrI("axis", 1)), "Gather{Axis:1 Index:[5 0] IndexShape:2}(x) -> y 2x2"},
	} {
		m := model(c.opset, c.x, c.inits, c.node)
		g, err := ImportBytes(m.Marshal(), "", Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := ops(g); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestUnsupportedForms checks that forms of supported operators that are not
// read say what is wrong.
func TestUnsupportedForms(t *testing.T) {
	img, mat := value("x", 1, 4, 6, 6), value("x", 2, 6)
	w := ramp("w", 4, 4, 3, 3)
	bn := []*TensorProto{ramp("s", 4), ramp("b", 4), ramp("m", 4), ramp("v", 4)}
	for _, c := range []struct {
		opset int64
		x     *ValueInfoProto
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{13, value("x", 1, 4, 6, 6, 6, 6), []*TensorProto{ramp("w", 4, 4, 3, 3, 3, 3)}, node("Conv: x, w -> y"), "only one, two or three axes of space"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrI("group", 3)), "groups 3 does not divide"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrI("group", 0)), "groups 0"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrIs("strides", 0, 1)), "stride 0"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrIs("strides", 0, 1), attrS("auto_pad", "SAME_UPPER")), "want positive"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrIs("strides", 1)), "want 2 numbers"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrIs("dilations", 1<<40, 1)), "out of range"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrIs("dilations", 9, 1)), "larger than the padded input"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrIs("kernel_shape", 2, 2)), "do not fit the kernel 2x2"},
		{13, img, []*TensorProto{w}, node("Conv: x, w -> y", attrS("auto_pad", "BOTH")), `auto_pad "BOTH"`},
		{13, img, []*TensorProto{ramp("w", 4, 4, 3)}, node("Conv: x, w -> y"), "the weights have 3 axes, the input 4"},
		{13, mat, []*TensorProto{ramp("w", 5, 3)}, node("Gemm: x, w -> y"), "inner extents 6 and 5 differ"},
		{15, img, bn, node("BatchNormalization: x, s, b, m, v -> y", attrI("training_mode", 1)), "evaluation mode"},
		{8, img, bn, node("BatchNormalization: x, s, b, m, v -> y", attrI("spatial", 0)), "only means per channel"},
		{9, img, bn, node("BatchNormalization: x, s, b, m, v -> y, z"), `result 1, "z", is not supported`},
		{13, value("x", 1, 2, 4, 4, 4, 4), nil, node("MaxPool: x -> y", attrIs("kernel_shape", 2, 2, 2, 2)), "only one, two or three axes of space"},
		{13, img, nil, node("MaxPool: x -> y"), "kernel_shape is missing"},
		{13, mat, nil, node("MaxPool: x -> y", attrIs("kernel_shape", 2)), "only one, two or three axes of space"},
		{13, mat, nil, node("GlobalAveragePool: x -> y"), "has no axes of space"},
		{13, mat, nil, node("Sum: x, _, x -> y"), "operand 1 is missing"},
		{13, img, nil, node("DepthToSpace: x -> y", attrI("blocksize", 2), attrS("mode", "odd")), `mode "odd"`},
		{13, mat, nil, node("Clip: x, x -> y"), `limit "x" has the shape 2x6, want a scalar`},
		{13, mat, []*TensorProto{some("lo", 1, 2)}, node("Clip: x, lo -> y"), "min has 2 elements, want one"},
		{13, mat, []*TensorProto{NewTensor("t", boolTensor(true))}, node("Dropout: x, _, t -> y"), "evaluation mode"},
		{13, mat, nil, node("Cast: x -> y", attrI("to", int64(TypeString))), "casts to string"},
		{13, mat, []*TensorProto{longs("i", 6)}, node("Gather: x, i -> y", attrI("axis", 1)), "index 6 leaves axis 1"},
		{13, mat, []*TensorProto{longs("s", 5, -1)}, node("Reshape: x, s -> y"), "does not divide the 12 elements"},
		{13, mat, []*TensorProto{longs("s", -1, -1)}, node("Reshape: x, s -> y"), "-1 twice"},
		{13, mat, []*TensorProto{longs("s", 1, 1, 0)}, node("Reshape: x, s -> y"), "0 keeps an axis that 2x6 does not have"},
		{13, mat, []*TensorProto{longs("s", 5)}, node("Reshape: x, s -> y"), "has 5 elements, the operand 2x6 has 12"},
		{14, mat, []*TensorProto{longs("s", 0, 6)}, node("Reshape: x, s -> y", attrI("allowzero", 1)), "has 0 elements"},
		{13, mat, []*TensorProto{longs("s", -7)}, node("Reshape: x, s -> y"), "-7 is no extent"},
		{13, mat, []*TensorProto{longs("s", 1<<40, 1<<40)}, node("Reshape: x, s -> y"), "no extent"},
		{13, mat, nil, node("Reshape: x, x -> y"), `shape ("x") is computed while the model runs`},
		{13, mat, []*TensorProto{some("s", 12)}, node("Reshape: x, s -> y"), `shape ("s") is f32, want integers`},
		{13, mat, []*TensorProto{longs("a", 1)}, node("Squeeze: x, a -> y"), "axis 1 of 2x6 is not 1"},
		{13, mat, nil, node("Unsqueeze: x -> y"), "axes are missing"},
		{13, mat, []*TensorProto{longs("a", 0, 0)}, node("Unsqueeze: x, a -> y"), "name axis 0 twice"},
		{13, mat, []*TensorProto{longs("s", 0), longs("e", 1), longs("t", 0)}, node("Slice: x, s, e, _, t -> y"), "0 is no step"},
		{13, mat, []*TensorProto{longs("s", 0), longs("e", 1, 2)}, node("Slice: x, s, e -> y"), "differ in length"},
		{13, mat, []*TensorProto{longs("s", 3), longs("e", 3)}, node("Slice: x, s, e -> y"), "the result would be empty"},
		{18, mat, nil, node("Split: x -> y, z, u, v", attrI("axis", 1)), "the result would be empty: 2x0"},
		{13, mat, nil, node("Split: x -> y, z, u"), "does not part into 3 equal parts"},
		{13, mat, []*TensorProto{longs("n", 1, 2)}, node("Split: x, n -> y, z", attrI("axis", 1)), "do not add up to 6"},
		{13, mat, []*TensorProto{longs("n", 1, 5)}, node("Split: x, n -> y", attrI("axis", 1)), "do not fit 1 results"},
		{11, mat, []*TensorProto{longs("p", 0, 1)}, node("Pad: x, p -> y"), "want 4 numbers"},
		{19, mat, []*TensorProto{longs("p", 0, 1, 0, 1)}, node("Pad: x, p -> y", attrS("mode", "odd")), `mode "odd" is not supported`},
		{13, mat, []*TensorProto{longs("p", 0, 9, 0, 9)}, node("Pad: x, p -> y", attrS("mode", "reflect")), "needs a larger extent"},
		{13, mat, nil, node("Transpose: x -> y", attrIs("perm", 0, 0)), "is no permutation"},
		{13, img, nil, node("DepthToSpace: x -> y", attrI("blocksize", 0)), "blocksize 0"},
		{13, mat, nil, node("Concat: x, _, x -> y", attrI("axis", 0)), "operand 1 is missing"},
		{13, mat, nil, node("Softmax: x -> y", attrI("axis", 2)), "axis 2 of a 2-dimensional operand"},
		{13, mat, nil, node("Not: x -> y"), "input of f32, want bool"},
		{13, mat, nil, node("Constant: -> y", attrS("value_string", "s")), "has none of the attributes"},
		{13, mat, []*TensorProto{longs("i", 1)}, node("Add: x, i -> y"), "operands of types f32 and i64"},
	} {
		_, err := ImportBytes(model(c.opset, c.x, c.inits, c.node).Marshal(), "", Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `node "`) || !strings.Contains(err.Error(), c.node.OpType+"(") {
			t.Errorf("%s of opset %d: error %v, want the node and %q", c.node.OpType, c.opset, err, c.want)
		}
	}
}
