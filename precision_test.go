package ingot

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// garments is the example's network with its ranges.
var garments = Options{Model: "examples/garments/garments.onnx", Cache: "examples/garments/calibration.json"}

func TestSettlePrecision(t *testing.T) {
	x := quant.Exclude{Operators: []string{"FC"}}
	for _, c := range []struct {
		o    Options
		want Precision
		err  string
	}{
		{Options{}, Int8, ""},
		{Options{Smart: true}, Int8, ""},
		{Options{Exclude: x}, Mixed, ""},
		{Options{Exclude: x, Precision: Mixed, Smart: true}, Mixed, ""},
		{Options{Precision: Mixed, Smart: true}, Mixed, ""},
		{Options{Precision: FP32, Unfused: true}, FP32, ""},
		{Options{Precision: FP32, Floor: Floor{Cosine: 1}, Calibration: "images"}, FP32, ""},
		{Options{Precision: "fp16"}, "", `"fp16": want int8, fp32 or mixed`},
		{Options{Precision: Int8, Exclude: x}, "", "say mixed"},
		{Options{Precision: Mixed}, "", "what stays fp32"},
		{Options{Precision: FP32, Exclude: x}, "", "say mixed"},
		{Options{Precision: FP32, Smart: true}, "", "quantize smart"},
		{Options{Precision: FP32, WeightBits: []quant.Bits{{Pattern: "*", Bits: 7}}}, "", "weight bits"},
		{Options{Precision: FP32, Floor: Floor{Agreement: 1}}, "", "accuracy floor"},
		{Options{Unfused: true}, "", "say precision fp32 instead of int8"},
		{Options{Unfused: true, Exclude: x}, "", "instead of mixed"},
	} {
		o := c.o
		err := o.settlePrecision()
		if c.err == "" && (err != nil || o.Precision != c.want) {
			t.Errorf("%+v: precision %s, error %v, want %s", c.o, o.Precision, err, c.want)
		}
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%+v: error %v, want it to say %s", c.o, err, c.err)
		}
	}
}

func TestQuantizeMixed(t *testing.T) {
	o := garments
	o.Exclude.Operators = []string{"FC"}
	g, r, err := Quantize(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Precision != Mixed || r.Int8 != 18 || r.FP32 != 1 {
		t.Errorf("%s: %d nodes int8, %d fp32; want mixed, 18 and 1", r.Precision, r.Int8, r.FP32)
	}
	if !slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return n.Op.Kind() == "FC" }) {
		t.Error("no FC is left")
	}
	o.Precision, o.Exclude = FP32, quant.Exclude{}
	if _, _, err := Quantize(context.Background(), o); err == nil || !strings.Contains(err.Error(), "quantizes nothing") {
		t.Errorf("int8 of fp32: %v", err)
	}
}

// TestPrecisions compiles the example in all precisions.
func TestPrecisions(t *testing.T) {
	for _, c := range []struct {
		o           Options
		int8s, fp32 int
		graph       string // what of it is fp32
	}{
		{Options{Cache: garments.Cache}, 19, 0, "none"},
		{Options{Cache: garments.Cache, Exclude: quant.Exclude{Operators: []string{"FC"}}}, 18, 1, "fully connected"},
		{Options{Cache: garments.Cache, Exclude: quant.Exclude{Match: []string{"/stem*"}}}, 17, 2, "head and first layer"},
		{Options{Precision: FP32}, 0, 19, "all"},
		{Options{Precision: FP32, Unfused: true}, 0, 54, "unfused"},
	} {
		o := c.o
		o.Model, o.Output = garments.Model, filepath.Join(t.TempDir(), "net")
		files, r, err := Files(context.Background(), o)
		if err != nil {
			t.Errorf("%s: %v", c.graph, err)
			continue
		}
		if r.Int8 != c.int8s || r.FP32 != c.fp32 || r.Accuracy != nil || (r.Quant == nil) != (c.int8s == 0) {
			t.Errorf("%s: %d nodes int8, %d fp32, want %d and %d", c.graph, r.Int8, r.FP32, c.int8s, c.fp32)
		}
		if files["model.go"] == nil {
			t.Errorf("%s: no model.go", c.graph)
		}
	}
}

// A program whose output is wrong is found.
func TestPlausible(t *testing.T) {
	g := &ir.Graph{Outputs: []*ir.Value{{Name: "scores", Type: ir.F32}}}
	b := &build{graph: g, calibration: &quant.Calibration{Points: []quant.Range{{Name: "scores", Min: -2, Max: 5}}}}
	floats := func(v ...float32) []*ir.Tensor { return []*ir.Tensor{ir.Floats(ir.Shape{len(v)}, v)} }
	want := floats(1, -3, 100)
	for _, c := range []struct {
		got []float32
		ok  bool
	}{{[]float32{1.009, -3, 100}, true}, {[]float32{1.02, -3, 100}, false}} {
		if err := b.plausible(floats(c.got...), want); (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), `internal: the program's output "scores"`) {
			t.Errorf("%v: %v", c.got, err)
		}
	}
	g.Inputs = []*ir.Value{{Name: "bytes", Type: ir.U8, Quant: ir.PerTensor(1, 0)}}
	for _, c := range []struct {
		got []float32
		ok  bool
	}{{[]float32{2, -5, 99}, true}, {[]float32{100, -3, 1}, false}} {
		if err := b.plausible(floats(c.got...), want); (err == nil) != c.ok {
			t.Errorf("%v in mixed precision: %v", c.got, err)
		}
	}
	for _, c := range []struct {
		got float32
		ok  bool
	}{{-0.04, true}, {-0.2, false}} { // near 0, where a cosine says nothing
		if err := b.plausible(floats(c.got), floats(0.05)); (err == nil) != c.ok {
			t.Errorf("%v in mixed precision, want 0.05: %v", c.got, err)
		}
	}
}
