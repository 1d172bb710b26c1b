package qdq

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// ramp makes a constant or an input whose elements rise from lo to hi.
func ramp(lo, hi float32, shape ...int) *ir.Tensor {
	t := ir.NewTensor(ir.F32, shape)
	for i := range t.F32 {
		t.F32[i] = lo + (hi-lo)*float32(i*7%len(t.F32))/float32(len(t.F32))
	}
	return t
}

// maker adds nodes to a graph.
type maker struct {
	t *testing.T
	g *ir.Graph
}

func (m maker) node(name string, op ir.Op, in ...*ir.Value) []*ir.Value {
	m.t.Helper()
	n, err := m.g.Add(name, op, in...)
	if err != nil {
		m.t.Fatal(err)
	}
	return n.Out
}

func newMaker(t *testing.T, shape ...int) (maker, *ir.Value) {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: shape}
	return maker{t, &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}}, x
}

// TestForms checks that every operator of float32 that is written is read back as the same
// function.
func TestForms(t *testing.T) {
	constant := func(name string, shape ...int) *ir.Value { return ir.Const(name, ramp(-1, 2, shape...)) }
	window := ir.Window{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 0, 1, 1}}
	inf := float32(math.Inf(1))
	type form struct {
		op ir.Op
		in []*ir.Value // behind the input
	}
	forms := []form{
		{op: ir.Conv{Window: window, Groups: 2, Epilogue: ir.Epilogue{Act: ir.Act{Kind: ir.Silu}}}, in: []*ir.Value{constant("w", 4, 2, 3, 2)}},
		{op: ir.BatchNorm{Epsilon: 0.1}, in: []*ir.Value{constant("s", 4), constant("b", 4), constant("m", 4), ir.Const("v", ramp(1, 2, 4))}},
		{op: ir.Affine{Mul: []float32{1, 2, 3, 4}, Add: []float32{0.5}}},
		{op: ir.Affine{Mul: []float32{1}, Add: []float32{0}}},
		{op: ir.PRelu{}, in: []*ir.Value{constant("slope", 4, 1, 1)}},
		{op: ir.Binary{Fn: ir.Div, Act: ir.Act{Kind: ir.Tanh}}, in: []*ir.Value{ir.Const("d", ramp(1, 2, 1, 4, 1, 1))}},
		{op: ir.MaxPool{Window: window, Ceil: true}}, {op: ir.AvgPool{Window: window, CountPad: true}}, {op: ir.AvgPool{Window: window, Ceil: true}},
		{op: ir.GlobalAvgPool{}}, {op: ir.GlobalMaxPool{}}, {op: ir.Reduce{Axes: []int{1, 3}, Keep: true}}, {op: ir.Reduce{Axes: []int{0}}},
		{op: ir.Softmax{Axis: 2}}, {op: ir.Identity{}}, {op: ir.Concat{Axis: 2}, in: []*ir.Value{constant("more", 1, 4, 1, 6)}},
		{op: ir.Split{Axis: 1, Sizes: []int{1, 3}}}, {op: ir.Gather{Axis: 1, Index: []int{3, 0}, IndexShape: ir.Shape{2}}},
		{op: ir.Slice{Start: []int{0, 3, 5, 1}, Step: []int{1, -1, -2, 2}, Size: []int{1, 4, 3, 2}}},
		{op: ir.Pad{Before: []int{0, 0, 1, -1}, After: []int{0, 0, 2, 0}, Value: 3}}, {op: ir.Pad{Before: []int{0, 0, 1, 2}, After: []int{0, 0, 2, 0}, Mode: ir.PadReflect}},
		{op: ir.Reshape{Shape: ir.Shape{2, 72}}}, {op: ir.Transpose{Perm: []int{0, 2, 3, 1}}}, {op: ir.ChannelShuffle{Groups: 2}},
		{op: ir.DepthToSpace{Block: 2}}, {op: ir.DepthToSpace{Block: 2, CRD: true}},
		{op: ir.ResizeNearest{Y: []int{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, X: []int{0, 1, 2, 3, 4, 5}}},
		{op: ir.ResizeNearest{Y: []int{0, 0, 2, 5}, X: []int{1, 3}}}, {op: ir.MatMul{}, in: []*ir.Value{constant("k", 6, 3)}},
	}
	for _, a := range []ir.Act{{}, {Kind: ir.Relu}, {Kind: ir.Clip, A: -1, B: 1}, {Kind: ir.Clip, A: -inf, B: 1}, {Kind: ir.Clip, A: -0.5, B: inf},
		{Kind: ir.LeakyRelu, A: 0.2}, {Kind: ir.Sigmoid}, {Kind: ir.HardSigmoid, A: 0.3, B: 0.4}, {Kind: ir.HardSwish}, {Kind: ir.Elu, A: 0.5}, {Kind: ir.Exp}} {
		forms = append(forms, form{op: ir.Unary{Act: a}})
	}
	for kind := range functions {
		a, b := float32(0.7), float32(0.3)
		if kind == ir.ActNone || kind < ir.Swish { // above, with the parameters that they have
			continue
		}
		forms = append(forms, form{op: ir.Unary{Act: ir.Act{Kind: kind, A: a, B: b}}})
	}
	longs := func(name string, v ...int64) *ir.Value {
		return ir.Const(name, &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v})
	}
	rows := ir.NewTensor(ir.I64, ir.Shape{1, 4, 2, 6})
	other := constant("other", 1, 4, 6, 6)
	forms = append(forms,
		form{op: ir.Unary{Act: ir.Act{Kind: ir.Power, A: 3}}},
		form{op: ir.Compare{Fn: ir.Less}, in: []*ir.Value{other}}, form{op: ir.Expand{Shape: ir.Shape{2, 4, 6, 6}}}, form{op: ir.SpaceToDepth{Block: 2}},
		form{op: ir.ConvTranspose{Window: window, OutPad: [2]int{1, 0}, Groups: 2}, in: []*ir.Value{constant("w", 4, 3, 3, 2), constant("b", 6)}},
		form{op: ir.Reduce{Fn: ir.ReduceSum, Axes: []int{1}}}, form{op: ir.Reduce{Fn: ir.ReduceMax, Axes: []int{2, 3}, Keep: true}},
		form{op: ir.Softmax{Axis: 1, Fn: ir.SoftmaxLog}}, form{op: ir.Softmax{Axis: 3, Fn: ir.SoftmaxHard}},
		form{op: ir.ArgMax{Axis: 1, Last: true}}, form{op: ir.ArgMax{Axis: 2, Min: true, Keep: true}}, form{op: ir.TopK{Axis: 3, K: 2, Smallest: true}},
		form{op: ir.CumSum{Axis: 2, Exclusive: true}}, form{op: ir.LRN{Size: 3, Alpha: 0.1, Beta: 0.5, Bias: 1}},
		form{op: ir.GatherAt{Axis: 2}, in: []*ir.Value{longs("at", 3, 0)}}, form{op: ir.GatherElements{Axis: 2}, in: []*ir.Value{ir.Const("at", rows)}},
		form{op: ir.ScatterElements{Axis: 2, Fn: ir.ScatterAdd}, in: []*ir.Value{ir.Const("at", rows), constant("updates", 1, 4, 2, 6)}},
	)
	places := ir.NewTensor(ir.I64, ir.Shape{1, 4, 6, 6})
	for i := range places.I64 {
		places.I64[i] = int64(i)
	}
	byteZero := ir.Const("z", &ir.Tensor{Type: ir.S8, Shape: ir.Shape{}, S8: []int8{3}})
	forms = append(forms,
		form{op: ir.GridSample{Mode: ir.SampleCubic, Edge: ir.EdgeReflect, AlignCorners: true}, in: []*ir.Value{constant("grid", 1, 2, 3, 2)}}, form{op: ir.GridSample{}, in: []*ir.Value{constant("grid", 1, 2, 3, 2)}},
		form{op: ir.RoiAlign{Height: 2, Width: 3, Samples: 2, Scale: 0.5, Max: true, HalfPixel: true}, in: []*ir.Value{ir.Const("boxes", ramp(0, 12, 2, 4)), longs("image", 0, 0)}},
		form{op: ir.RoiAlign{Height: 2, Width: 1, Scale: 1}, in: []*ir.Value{ir.Const("boxes", ramp(0, 5, 1, 4)), longs("image", 0)}},
		form{op: ir.Normalize{Axes: []int{3}, Epsilon: 0.1, Stats: true}, in: []*ir.Value{constant("scale", 6)}},
		form{op: ir.Normalize{Axes: []int{2, 3}, Epsilon: 0.1}, in: []*ir.Value{constant("scale", 6, 6), constant("bias", 6, 6)}},
		form{op: ir.Normalize{Axes: []int{2, 3}, Epsilon: 0.2}, in: []*ir.Value{constant("scale", 4, 1, 1), constant("bias", 4, 1, 1)}},
		form{op: ir.OneHot{Axis: 2, Depth: 3}, in: []*ir.Value{constant("values", 2)}},
		form{op: ir.LpPool{Window: window, P: 3}}, form{op: ir.ArgMaxPool{Window: window, Ceil: true, ColumnMajor: true}},
		form{op: ir.MaxUnpool{Shape: ir.Shape{1, 4, 9, 8}}, in: []*ir.Value{ir.Const("at", places)}},
		form{op: ir.FakeQuant{Scale: []float32{0.1, 0.2, 0.3, 0.4}, Zero: []int{1, 2, 3, 4}, Axis: 1}}, form{op: ir.QuantizeLinear{To: ir.S8}, in: []*ir.Value{ir.Const("s", ir.Floats(ir.Shape{}, []float32{0.1})), byteZero}},
		form{op: ir.QuantizeLinear{To: ir.U8}, in: []*ir.Value{ir.Const("s", ir.Floats(ir.Shape{}, []float32{0.1}))}}, form{op: ir.DynamicQuantizeLinear{}},
	)
	for _, f := range forms {
		m, x := newMaker(t, 1, 4, 6, 6)
		m.g.Outputs = m.node("n", f.op, append([]*ir.Value{x}, f.in...)...)
		checkReadBack(t, m.g, 1e-6)
	}
	// Several nodes in ONNX, which round between them.
	forms = []form{
		{op: ir.Normalize{Axes: []int{1, 3}, Epsilon: 0.1}, in: []*ir.Value{constant("scale", 4, 1, 1), constant("bias", 6)}},
		{op: ir.Normalize{Axes: []int{3}, Epsilon: 0.1, NoMean: true}},
	}
	for _, kind := range []ir.ActKind{ir.Swish, ir.Mish, ir.Gelu, ir.GeluTanh} {
		forms = append(forms, form{op: ir.Unary{Act: ir.Act{Kind: kind, A: 0.6}}})
	}
	for _, f := range forms {
		m, x := newMaker(t, 1, 4, 6, 6)
		m.g.Outputs = m.node("n", f.op, append([]*ir.Value{x}, f.in...)...)
		checkReadBack(t, m.g, 1e-5)
	}
	for _, size := range []int{11, 12} {
		g, err := onnx.ImportBytes(resizeModel(size).Marshal(), "", onnx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		checkReadBack(t, g, 1e-6)
	}
	m, x := newMaker(t, 2, 5)
	a := m.node("gemm", ir.Gemm{Alpha: 2, Beta: 3, TransB: true}, x, constant("w", 4, 5), constant("b", 1, 4))[0]
	b := m.node("residual", ir.FC{Epilogue: ir.Epilogue{Pre: ir.Act{Kind: ir.Relu}, Act: ir.Act{Kind: ir.Relu}}}, a, constant("v", 3, 4), nil, constant("r", 2, 3))[0]
	m.g.Outputs = m.node("fc", ir.FC{}, b, constant("u", 3, 3), constant("c", 3))
	checkReadBack(t, m.g, 1e-6)
}

// resizeModel resizes rows and columns with linear weights.
func resizeModel(size int) *onnx.ModelProto {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 4, 6, 6}}
	in, _ := declared(x)
	out, _ := declared(&ir.Value{Name: "y", Type: ir.F32, Shape: ir.Shape{1, 4, size, 5}})
	w := newWriter(&ir.Graph{Inputs: []*ir.Value{x}})
	w.out.Inputs, w.out.Outputs = []*onnx.ValueInfoProto{in}, []*onnx.ValueInfoProto{out}
	w.add("Resize", "r", []string{"x", "", "", w.ints("sizes", 1, 4, size, 5)}, []string{"y"},
		text("mode", "linear"), text("coordinate_transformation_mode", "align_corners"))
	return w.model("")
}

// checkReadBack compares a graph of float32 with what is read of its file, to a bound in units of the
// largest element.
func checkReadBack(t *testing.T, g *ir.Graph, bound float64) {
	t.Helper()
	f, err := Model(g, &quant.Report{}, "")
	if err != nil {
		t.Error(err)
		return
	}
	back, err := onnx.ImportBytes(f.Marshal(), "", onnx.Options{})
	if err != nil {
		t.Errorf("%v\n%s", err, g)
		return
	}
	in := []*ir.Tensor{ramp(-3, 3, g.Inputs[0].Shape...)}
	want, err := interp.Run(g, in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := interp.Run(back, in)
	if err != nil {
		t.Errorf("%v\n%s", err, back)
		return
	}
	for i, w := range want {
		if g.Outputs[i].Name != back.Outputs[i].Name || !w.Shape.Equal(got[i].Shape) {
			t.Errorf("output %q %s, want %q %s", back.Outputs[i].Name, got[i].Shape, g.Outputs[i].Name, w.Shape)
			continue
		}
		if w.Type != ir.F32 {
			if !bytes.Equal(got[i].Bytes(), w.Bytes()) {
				t.Errorf("is %v, want %v\n%s%s", got[i], w, g, back)
			}
			continue
		}
		for j, v := range w.F32 {
			if x := got[i].F32[j]; x == v || x != x && v != v { // infinite, or outside of what a function is defined for
				continue
			}
			if d := float64(got[i].F32[j] - v); !(math.Abs(d) <= bound*max(math.Abs(float64(v)), largest(w.F32, bound))) {
				t.Errorf("element %d is %v, want %v\n%s%s", j, got[i].F32[j], v, g, back)
				break
			}
		}
	}
}

// largest is the largest magnitude where a bound is for results of several roundings, else 0.
func largest(v []float32, bound float64) (most float64) {
	for _, x := range v {
		if bound > 1e-6 && !math.IsNaN(float64(x)) {
			most = max(most, math.Abs(float64(x)))
		}
	}
	return most
}

// TestPairs checks the nodes of a small int8 network: a curved activation in an epilogue, a residual
// sum between two clamps, and a layer that stays fp32.
func TestPairs(t *testing.T) {
	m, x := newMaker(t, 1, 2, 4, 4)
	one := [2]int{1, 1}
	window := ir.Window{Kernel: one, Stride: one, Dilation: one}
	w := func(name string) *ir.Value { return ir.Const(name, ramp(-1, 1, 2, 2, 1, 1)) }
	a := m.node("a", ir.Conv{Window: window, Groups: 1, Epilogue: ir.Epilogue{Act: ir.Act{Kind: ir.Sigmoid}}}, x, w("wa"), ir.Const("ba", ramp(0, 1, 2)))[0]
	b := m.node("b", ir.Conv{Window: window, Groups: 1, Epilogue: ir.Epilogue{Pre: ir.Act{Kind: ir.Relu}, Act: ir.Act{Kind: ir.Clip, B: 6}}}, a, w("wb"), nil, a)[0]
	m.g.Outputs = m.node("c", ir.Conv{Window: window, Groups: 1}, b, w("wc"))
	ex, err := exec.New(m.g, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := quant.Calibrate(m.g, ex, quant.NewSamples([]*ir.Tensor{ramp(-2, 2, 1, 2, 4, 4)}), quant.CalibrateOptions{Mode: quant.MinMax})
	if err != nil {
		t.Fatal(err)
	}
	q, report, err := quant.Quantize(m.g, c, quant.Options{Exclude: quant.Exclude{Names: []string{"c"}}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Model(q, report, "")
	if err != nil {
		t.Fatal(err)
	}
	short := strings.NewReplacer("_DequantizeLinear_Output", ".real", "_QuantizeLinear_Output", ".bytes", "_QuantizeLinear_Input", ".given", "_scale", ".s", "_zero_point", ".z")
	var got []string
	for _, n := range f.Graph.Nodes {
		line := short.Replace(fmt.Sprintf("%s %s = %s(%s)", n.Name, strings.Join(n.Outputs, " "), n.OpType, strings.Join(n.Inputs, " ")))
		for _, a := range n.Attributes {
			if a.Name == "axis" {
				line += fmt.Sprintf(" axis %d", a.I)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"x/int8 x/int8.bytes = QuantizeLinear(x x/int8.s x/int8.z)",
		"x/int8_DequantizeLinear x/int8.real = DequantizeLinear(x/int8.bytes x/int8.s x/int8.z)",
		"wa_DequantizeLinear wa.real = DequantizeLinear(wa_quantized wa.s wa.z) axis 0",
		"ba_DequantizeLinear ba.real = DequantizeLinear(ba_quantized ba_quantized.s) axis 0",
		"a a/before.given = Conv(x/int8.real wa.real ba.real)",
		"a/before_QuantizeLinear a/before.bytes = QuantizeLinear(a/before.given a/before.s a/before.z)",
		"a/before_DequantizeLinear a/before.real = DequantizeLinear(a/before.bytes a/before.s a/before.z)",
		"a/act a.given = Sigmoid(a/before.real)",
		"a_QuantizeLinear a.bytes = QuantizeLinear(a.given a.s a.z)",
		"a_DequantizeLinear a = DequantizeLinear(a.bytes a.s a.z)",
		"wb_DequantizeLinear wb.real = DequantizeLinear(wb_quantized wb.s wb.z) axis 0",
		"b/bias_DequantizeLinear b/bias.real = DequantizeLinear(b/bias_quantized b/bias_quantized.s) axis 0",
		"b b_output = Conv(a wb.real b/bias.real)",
		"b/pre b/pre_output = Relu(b_output)",
		"b/sum b/sum_output = Add(b/pre_output a)",
		"b/act b.given = Clip(b/sum_output b/act/min b/act/max)",
		"b_QuantizeLinear b.bytes = QuantizeLinear(b.given b.s b.z)",
		"b_DequantizeLinear b = DequantizeLinear(b.bytes b.s b.z)",
		"c c = Conv(b wc)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("nodes are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestNoForm checks that all that can't be written is named.
func TestNoForm(t *testing.T) {
	m, x := newMaker(t, 1, 2, 8, 8)
	w := ir.Window{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Dilation: [2]int{2, 2}}
	a := m.node("first", ir.AvgPool{Window: w}, x)[0]
	m.g.Outputs = m.node("second", ir.AvgPool{Window: w}, a)
	_, err := Model(m.g, &quant.Report{}, "")
	if err == nil || !strings.Contains(err.Error(), `"first"`) || !strings.Contains(err.Error(), `"second"`) || !strings.Contains(err.Error(), "opset 19") {
		t.Errorf("got %v, want both nodes and what is missing", err)
	}
}
