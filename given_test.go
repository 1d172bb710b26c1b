package ingot

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// quantizedFile writes a convolution between pairs of QuantizeLinear and DequantizeLinear.
func quantizedFile(t *testing.T) string {
	t.Helper()
	scalar := func(name string, v float32) *onnx.TensorProto {
		return onnx.NewTensor(name, ir.Floats(ir.Shape{}, []float32{v}))
	}
	w := &ir.Tensor{Type: ir.S8, Shape: ir.Shape{4, 3, 3, 3}, S8: make([]int8, 108)}
	for i := range w.S8 {
		w.S8[i] = int8(i*37%255 - 127)
	}
	g := &onnx.GraphProto{
		Initializers: []*onnx.TensorProto{scalar("sx", 0.02), scalar("sw", 0.01), scalar("sy", 0.1), onnx.NewTensor("w", w),
			onnx.NewTensor("zero", &ir.Tensor{Type: ir.U8, U8: []uint8{128}})},
		Nodes: []*onnx.NodeProto{
			{OpType: "QuantizeLinear", Inputs: []string{"x", "sx", "zero"}, Outputs: []string{"xq"}},
			{OpType: "DequantizeLinear", Inputs: []string{"xq", "sx", "zero"}, Outputs: []string{"xd"}},
			{OpType: "DequantizeLinear", Inputs: []string{"w", "sw"}, Outputs: []string{"wd"}},
			{OpType: "Conv", Name: "conv", Inputs: []string{"xd", "wd"}, Outputs: []string{"c"}},
			{OpType: "QuantizeLinear", Inputs: []string{"c", "sy", "zero"}, Outputs: []string{"cq"}},
			{OpType: "DequantizeLinear", Inputs: []string{"cq", "sy", "zero"}, Outputs: []string{"y"}},
		},
		Outputs: []*onnx.ValueInfoProto{{Name: "y", ElemType: onnx.TypeFloat}},
	}
	in := &onnx.ValueInfoProto{Name: "x", ElemType: onnx.TypeFloat, HasShape: true}
	for _, d := range []int64{1, 3, 9, 8} {
		in.Dims = append(in.Dims, onnx.Dim{Value: d, HasValue: true})
	}
	g.Inputs = append(g.Inputs, in)
	m := &onnx.ModelProto{IRVersion: 8, Graph: g, OpsetImport: []onnx.OperatorSetID{{Version: 13}}}
	path := filepath.Join(t.TempDir(), "quantized.onnx")
	if err := os.WriteFile(path, m.Marshal(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGiven builds a model that is quantized already, in all precisions.
func TestGiven(t *testing.T) {
	o := Options{Model: quantizedFile(t), Output: filepath.Join(t.TempDir(), "net")}
	for _, c := range []struct {
		precision   Precision
		exclude     quant.Exclude
		int8s, fp32 int
	}{
		{"", quant.Exclude{}, 1, 0},
		{Mixed, quant.Exclude{Names: []string{"conv"}}, 0, 1},
		{FP32, quant.Exclude{}, 0, 3}, // both roundings and the convolution
	} {
		o.Precision, o.Exclude = c.precision, c.exclude
		_, r, err := Files(context.Background(), o)
		if err != nil {
			t.Errorf("%q: %v", c.precision, err)
			continue
		}
		if r.Int8 != c.int8s || r.FP32 != c.fp32 || r.Given != (c.precision != FP32) {
			t.Errorf("%q: %d nodes int8, %d fp32, want %d and %d: %s", c.precision, r.Int8, r.FP32, c.int8s, c.fp32, r.Ranges)
		}
	}
	o.Precision, o.Smart = Mixed, true
	if _, _, err := Files(context.Background(), o); err == nil || !strings.Contains(err.Error(), "leave out quantize smart") {
		t.Errorf("quantize smart: %v", err)
	}
}
