package onnx

import (
	"math"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestReductionsAndPositions checks the operators that reduce, normalize and index.
func TestReductionsAndPositions(t *testing.T) {
	img, mat := value("x", 1, 4, 6, 6), value("x", 2, 6)
	factors := []*TensorProto{ramp("s", 4), ramp("b", 4)}
	const reshapes = "Reshape{Shape:1x2x2x6x6}(x) -> y/groups 1x2x2x6x6\n%s(y/groups, y/scale, y/bias) -> y/normalized 1x2x2x6x6\nReshape{Shape:1x4x6x6}(y/normalized) -> y 1x4x6x6"
	norm := func(axes string) string { return "Normalize{Axes:" + axes + " Epsilon:1e-05 NoMean:false Stats:false}" }
	for _, c := range []struct {
		name  string
		opset int64
		x     *ValueInfoProto
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{"maximum over space", 13, img, nil, node("ReduceMax: x -> y", attrIs("axes", 2, 3)), "GlobalMaxPool{}(x) -> y 1x4x1x1"},
		{"sum 11", 11, mat, nil, node("ReduceSum: x -> y", attrIs("axes", -1), attrI("keepdims", 0)), "Reduce{Fn:Sum Axes:[1] Keep:false}(x) -> y 2"},
		{"sum 13", 13, mat, []*TensorProto{longs("a", 0)}, node("ReduceSum: x, a -> y"), "Reduce{Fn:Sum Axes:[0] Keep:true}(x) -> y 1x6"},
		{"norm over none", 18, mat, nil, node("ReduceL2: x -> y", attrI("noop_with_empty_axes", 1)), "Reduce{Fn:L2 Axes:[] Keep:true}(x) -> y 2x6"},
		{"argmin", 13, mat, nil, node("ArgMin: x -> y", attrI("axis", -1), attrI("select_last_index", 1), attrI("keepdims", 0)), "ArgMax{Axis:1 Min:true Last:true Keep:false}(x) -> y 2"},
		{"topk 9", 9, mat, nil, node("TopK: x -> y, z", attrI("k", 3)), "TopK{Axis:1 K:3 Smallest:false}(x) -> y 2x3, z 2x3"},
		{"topk 11", 11, mat, []*TensorProto{longs("k", 2)}, node("TopK: x, k -> y, _", attrI("largest", 0), attrI("axis", 0)), "TopK{Axis:0 K:2 Smallest:true}(x) -> y 2x6, y.1 2x6"},
		{"cumsum", 13, mat, []*TensorProto{longs("a", -1)}, node("CumSum: x, a -> y", attrI("reverse", 1)), "CumSum{Axis:1 Exclusive:false Reverse:true}(x) -> y 2x6"},
		{"logsoftmax", 13, mat, nil, node("LogSoftmax: x -> y"), "Softmax{Axis:1 Fn:Log}(x) -> y 2x6"},
		{"instance norm", 13, img, factors, node("InstanceNormalization: x, s, b -> y"), norm("[2 3]") + "(x, y/scale, y/bias) -> y 1x4x6x6"},
		{"standardized weights", 17, img, append([]*TensorProto{ramp("w", 1, 4, 9)}, factors...), node("BatchNormalization: w, s, b, s, b -> y, _, _", attrI("training_mode", 1)),
			norm("[0 2]") + "(w, y/scale, y/bias) -> y 1x4x9"},
		{"layer norm", 17, mat, []*TensorProto{ramp("s", 6)}, node("LayerNormalization: x, s -> y"), norm("[1]") + "(x, s) -> y 2x6"},
		{"group norm 21", 21, img, factors, node("GroupNormalization: x, s, b -> y", attrI("num_groups", 2)), strings.Replace(reshapes, "%s", norm("[2 3 4]"), 1)},
		{"group norm 18", 18, img, []*TensorProto{ramp("s", 2), ramp("b", 2)}, node("GroupNormalization: x, s, b -> y", attrI("num_groups", 2)), strings.Replace(reshapes, "%s", norm("[2 3 4]"), 1)},
		{"lrn", 13, img, nil, node("LRN: x -> y", attrI("size", 5)), "LRN{Size:5 Alpha:0.0001 Beta:0.75 Bias:1}(x) -> y 1x4x6x6"},
		{"lp pool", 13, img, nil, node("LpPool: x -> y", attrIs("kernel_shape", 2, 2), attrI("p", 3)), "LpPool{Window:{Kernel:[2 2] Stride:[1 1] Dilation:[1 1] Pad:[0 0 0 0]} Ceil:false P:3}(x) -> y 1x4x5x5"},
		{"global lp pool", 13, img, nil, node("GlobalLpPool: x -> y", attrI("p", 1)), "Reduce{Fn:L1 Axes:[2 3] Keep:true}(x) -> y 1x4x1x1"},
		{"gather elements", 13, mat, []*TensorProto{NewTensor("i", &ir.Tensor{Type: ir.I64, Shape: ir.Shape{1, 2}, I64: []int64{0, -1}})},
			node("GatherElements: x, i -> y", attrI("axis", 1)), "GatherElements{Axis:1}(x, i) -> y 1x2"},
		{"gather nd", 13, mat, []*TensorProto{longs("i", 1, 2)}, node("GatherND: x, i -> y"), "GatherND{Batch:0}(x, i) -> y scalar"},
		{"scatter 16", 16, mat, []*TensorProto{longs("i", 1), ramp("u", 6)}, node("ScatterND: x, i, u -> y", attrS("reduction", "mul")), "ScatterND{Fn:Mul}(x, i, u) -> y 2x6"},
		{"compress", 13, mat, []*TensorProto{NewTensor("c", boolTensor(false, true))}, node("Compress: x, c -> y", attrI("axis", 1)), "Gather{Axis:1 Index:[1] IndexShape:1}(x) -> y 2x1"},
		{"one hot of reals", 13, mat, []*TensorProto{some("d", 3), some("v", 0, 1)}, node("OneHot: x, d, v -> y", attrI("axis", 0)), "OneHot{Axis:0 Depth:3}(x, v) -> y 3x2x6"},
		{"reversed sequences", 13, value("x", 2, 3), []*TensorProto{longs("n", 2, 3)}, node("ReverseSequence: x, n -> y", attrI("batch_axis", 0), attrI("time_axis", 1)),
			"Slice{Start:[0 0] Step:[1 1] Size:[1 3]}(x) -> y/row 1x3\nGather{Axis:1 Index:[1 0 2] IndexShape:3}(y/row) -> y/reversed 1x3\n" +
				"Slice{Start:[1 0] Step:[1 1] Size:[1 3]}(x) -> y/row_1 1x3\nGather{Axis:1 Index:[2 1 0] IndexShape:3}(y/row_1) -> y/reversed_1 1x3\n" +
				"Concat{Axis:0}(y/reversed, y/reversed_1) -> y 2x3"},
		{"suppression", 13, value("x", 1, 3, 4), []*TensorProto{ramp("s", 1, 2, 3), longs("m", 2)}, node("NonMaxSuppression: x, s, m -> y", attrI("center_point_box", 1)),
			"NonMaxSuppression{Most:2 IoU:0 Score:-Inf Center:true}(x, s) -> y 4x3"},
	} {
		g, err := ImportBytes(model(c.opset, c.x, c.inits, c.node).Marshal(), "", Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got := ops(g); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestBadReductionsAndPositions checks what their errors say.
func TestBadReductionsAndPositions(t *testing.T) {
	img, mat := value("x", 1, 4, 6, 6), value("x", 2, 6)
	factors := []*TensorProto{ramp("s", 4), ramp("b", 4)}
	for _, c := range []struct {
		opset int64
		x     *ValueInfoProto
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{13, mat, nil, node("ReduceSum: x, x -> y"), `axes ("x") is computed`},
		{11, mat, nil, node("ReduceSum: x -> y", attrIs("axes", 2)), "axis 2 of a 2-dimensional"},
		{13, mat, nil, node("ArgMax: x -> y", attrI("axis", 3)), "axis 3"},
		{13, mat, []*TensorProto{longs("k", 7)}, node("TopK: x, k -> y, z"), "K is 7 of 6"},
		{13, mat, []*TensorProto{longs("k", 1, 2)}, node("TopK: x, k -> y, z"), "want one positive number"},
		{13, mat, []*TensorProto{longs("a", 1, 0)}, node("CumSum: x, a -> y"), "axis has 2 elements"},
		{13, mat, factors, node("InstanceNormalization: x, s, b -> y"), "no axes of space"},
		{13, img, []*TensorProto{ramp("s", 3), ramp("b", 4)}, node("InstanceNormalization: x, s, b -> y"), "scale 3: want 4"},
		{17, img, []*TensorProto{ramp("w", 4), ramp("s", 4)}, node("BatchNormalization: w, s, s, s, s -> y", attrI("training_mode", 1)), "no channels"},
		{21, img, factors, node("GroupNormalization: x, s, b -> y", attrI("num_groups", 3)), "does not divide the 4 channels"},
		{18, img, factors, node("GroupNormalization: x, s, b -> y", attrI("num_groups", 2)), "scale 4: want 2"},
		{13, img, nil, node("LRN: x -> y"), "Size is 0"},
		{13, img, nil, node("LpPool: x -> y", attrIs("kernel_shape", 2, 2), attrI("p", 0)), "P is 0"},
		{13, mat, nil, node("LpNormalization: x -> y", attrI("p", 3)), "only 1 and 2"},
		{16, mat, []*TensorProto{longs("i", 1), ramp("u", 6)}, node("ScatterND: x, i, u -> y", attrS("reduction", "mean")), `reduction "mean"`},
		{13, mat, []*TensorProto{longs("i", 1), ramp("u", 5)}, node("ScatterND: x, i, u -> y"), "updates 5, want 6"},
		{13, mat, []*TensorProto{longs("n", 1)}, node("ReverseSequence: x, n -> y"), "1 lengths for axis 1"},
		{13, mat, []*TensorProto{longs("n", 1, 7)}, node("ReverseSequence: x, n -> y", attrI("batch_axis", 0), attrI("time_axis", 1)), "length 7 of 6"},
		{13, mat, nil, node("NonZero: x -> y"), "only constants are supported"},
		{13, mat, []*TensorProto{ramp("s", 1, 2, 3), longs("m", 2)}, node("NonMaxSuppression: x, s, m -> y"), "want [B,N,4] and [B,C,N]"},
		{13, value("x", 1, 3, 4), []*TensorProto{ramp("s", 1, 2, 3)}, node("NonMaxSuppression: x, s -> y"), "nothing is selected"},
	} {
		_, err := ImportBytes(model(c.opset, c.x, c.inits, c.node).Marshal(), "", Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.node.OpType+"(") {
			t.Errorf("%s of opset %d: error %v, want the node and %q", c.node.OpType, c.opset, err, c.want)
		}
	}
}

// TestFoldedReductions computes constants that shape arithmetic has.
func TestFoldedReductions(t *testing.T) {
	m := model(13, value("x", 2, 6), nil, node("Shape: x -> s"), node("ReduceProd: s -> n", attrI("keepdims", 0)),
		node("Unsqueeze: n, zero -> shape"), node("Reshape: x, shape -> y"))
	m.Graph.Initializers = append(m.Graph.Initializers, longs("zero", 0))
	if got := ops(mustImport(t, m)); got != "Reshape{Shape:12}(x) -> y 12" {
		t.Errorf("got %s", got)
	}
	for _, c := range []struct {
		fn   ir.ReduceKind
		want int64
	}{{ir.ReduceSum, 12}, {ir.ReduceMean, 4}, {ir.ReduceMax, 7}, {ir.ReduceMin, 2}, {ir.ReduceProd, 42}} {
		total := int64(math.MinInt64)
		for i, v := range []int64{2, 7, 3} {
			total, _ = reduceInt(c.fn, total, v, i == 0)
		}
		if c.fn == ir.ReduceMean {
			total /= 3
		}
		if total != c.want {
			t.Errorf("%s is %d, want %d", c.fn, total, c.want)
		}
	}
}
