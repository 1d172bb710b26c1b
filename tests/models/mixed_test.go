package models

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// mixed is what stays fp32 of a network, and the nodes that this must mean.
type mixed struct {
	exclude quant.Exclude
	smart   bool
	fp32    string
}

// mixes has one for every way to say it.
var mixes = map[string]mixed{
	"mobilenetv2":      {quant.Exclude{Names: []string{"n1_Conv", "n99_Conv"}}, false, "n1_Conv n99_Conv n100_Flatten"},
	"vww":              {quant.Exclude{Names: []string{"n4_Relu", "n57_Gemm"}}, false, "n3_Conv n57_Gemm n58_Softmax"},
	"resnet20":         {quant.Exclude{Match: []string{"n6?_BatchNorm*", "n1_"}}, false, "n1_Conv n60_Conv n64_Conv n67_Conv n71_GlobalAveragePool n72_Flatten"},
	"mobilenetv1-0.75": {quant.Exclude{Match: []string{"n[1-9]_Conv", "n8?_*"}}, false, "n1_Conv n4_Conv n7_Conv n79_Conv n82_GlobalAveragePool n83_Conv n84_Flatten n85_Softmax"},
	"squeezenet1.1": {quant.Exclude{Operators: []string{"Concat"}}, false,
		"n10_Concat n17_Concat n18_MaxPool n25_Concat n32_Concat n33_MaxPool n40_Concat n47_Concat n54_Concat n61_Concat"},
	"dscnn-kws": {quant.Exclude{}, true, "n22_Softmax"},
	"resnet8":   {quant.Exclude{Operators: []string{"Gemm"}}, true, "n20_GlobalAveragePool n21_Flatten n22_Gemm n23_Softmax"},
	"face-slim-320": {quant.Exclude{}, true, "Transpose_233 Reshape_243 Transpose_247 Reshape_257 Transpose_279 Reshape_289 Transpose_293 Reshape_303 " +
		"Transpose_319 Reshape_329 Transpose_333 Reshape_343 Transpose_351 Reshape_361 Transpose_363 Reshape_373 Concat_374 Concat_375 Softmax_scores " +
		"Slice_377 Mul_379 Mul_381 Add_383 Slice_384 Mul_386 Exp_387 Mul_389 Div_394 Sub_395 Div_399 Add_400 Concat_boxes"},
}

// options are those of the network's YAML file for a mixed package in dir, calibrated
// on ten inputs.
func (m mixed) options(t *testing.T, n network, dir string) ingot.Options {
	t.Helper()
	o := options(t, n, dir)
	beside := t.TempDir()
	o.Calibration, o.Cache = writeArray(t, n, beside, 10), filepath.Join(beside, "cache.json")
	o.Floor, o.Exclude, o.Smart = ingot.Floor{}, m.exclude, m.smart
	return o
}

// TestMixed builds networks of which a part stays fp32. The others must be int8, and the
// package must pass its own test on every instruction set that the machine has.
func TestMixed(t *testing.T) {
	each(t, func(t *testing.T, n network) {
		m, ok := mixes[n.name]
		if !ok {
			t.Skip("is not mixed here")
		}
		dir := newModule(t)
		o := m.options(t, n, dir)
		r, err := ingot.Build(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d nodes int8, %d fp32: %s", r.Int8, r.FP32, r.Accuracy)
		var kept []string
		for _, n := range r.Quant.Nodes {
			if !n.Int8 {
				kept = append(kept, n.Name)
			}
		}
		if got := strings.Join(kept, " "); got != m.fp32 {
			t.Errorf("fp32 are %s, want %s", got, m.fp32)
		}
		if r.Accuracy.MeanCosine < 0.98 {
			t.Errorf("accuracy is %s", r.Accuracy)
		}
		checkTypes(t, n, o, kept)
		out := goTool(t, dir, "test", "-v", "./"+filepath.Base(r.Output))
		for _, isa := range append(available(), required()...) {
			if !strings.Contains(out, "--- PASS: TestKnown/"+isa+"/3 ") {
				t.Errorf("the package's test did not run on %s:\n%s", isa, out)
			}
		}
	})
}

// checkTypes holds the mixed graph against what the report says: a node is fp32 where it
// is listed, by its operator and by the type of its result, and all others are not.
func checkTypes(t *testing.T, n network, o ingot.Options, kept []string) {
	t.Helper()
	q, _, err := ingot.Quantize(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	real, _ := n.graph(t)
	for _, want := range real.Nodes {
		i := slices.IndexFunc(q.Nodes, func(n *ir.Node) bool { return n.Name == want.Name })
		if i < 0 {
			t.Errorf("%s is gone", want.Name)
			continue
		}
		got := q.Nodes[i]
		same := got.Op.Kind() == want.Op.Kind()
		stays := slices.Contains(kept, want.Name)
		if (got.Out[0].Type == ir.F32) != stays || stays && !same {
			t.Errorf("%s (%s) is %s and gives %s", want.Name, want.Op.Kind(), got.Op.Kind(), got.Out[0].Type)
		}
	}
}

// TestMixedBits takes the int8 part out of MobileNet v2 between a first convolution and a last
// layer of fp32: from what the first one gives of a picture, the interpreter, the
// executor and the compiled package must make the same bits.
func TestMixedBits(t *testing.T) {
	n := networks[slices.IndexFunc(networks, func(n network) bool { return n.name == "mobilenetv2" })]
	q, _, err := ingot.Quantize(t.Context(), mixes[n.name].options(t, n, t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	part := int8Part(t, q)
	x, _, err := n.inputs(t, testSplit).at(0)
	if err != nil {
		t.Fatal(err)
	}
	var in *ir.Tensor
	_, err = executor(t, q).Run([]*ir.Tensor{x}, func(p exec.Point, x *ir.Tensor) {
		if !p.BeforeAct && p.Value.Name == part.Inputs[0].Name {
			in = ir.Floats(x.Shape, slices.Clone(x.F32))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := interp.Run(part, []*ir.Tensor{in})
	if err != nil {
		t.Fatal(err)
	}
	got, err := executor(t, part).Run([]*ir.Tensor{in}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got[0].F32, want[0].F32) {
		t.Errorf("the executor and the interpreter differ: %s", firstDifference(got[0].F32, want[0].F32))
	}
	p, err := plan.Build(part, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, isa := range available() {
		t.Setenv("INGOT_ISA", isa)
		if got, err = compile(t, part, p).run(in); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[0].F32, want[0].F32) {
			t.Errorf("the package on %s and the interpreter differ: %s", isa, firstDifference(got[0].F32, want[0].F32))
		}
	}
}

// int8Part returns the graph from the only quantization of q to the only dequantization.
func int8Part(t *testing.T, q *ir.Graph) *ir.Graph {
	t.Helper()
	at := func(kind string) int {
		return slices.IndexFunc(q.Nodes, func(n *ir.Node) bool { return n.Op.Kind() == kind })
	}
	first, last := at("Quantize"), at("Dequantize")
	part := &ir.Graph{Name: "int8 part", Nodes: slices.Clone(q.Nodes[first : last+1]), Outputs: q.Nodes[last].Out}
	border := *part.Nodes[0]
	border.In = []*ir.Value{{Name: border.In[0].Name, Type: ir.F32, Shape: border.In[0].Shape}}
	part.Nodes[0], part.Inputs, border.Out[0].Def = &border, border.In, &border
	if err := ir.Verify(part); err != nil {
		t.Fatal(err)
	}
	return part
}
