package quant_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/quant"
)

// noise returns n inputs of a network, of random numbers from -1 to 1.
func noise(g *ir.Graph, n int) *quant.Samples {
	rng := rand.New(rand.NewPCG(7, 8))
	var list [][]*ir.Tensor
	for range n {
		var in []*ir.Tensor
		for _, v := range g.Inputs {
			x := ir.NewTensor(ir.F32, v.Shape)
			for i := range x.F32 {
				x.F32[i] = 2*rng.Float32() - 1
			}
			in = append(in, x)
		}
		list = append(list, in)
	}
	return quant.NewSamples(list...)
}

// mixed is a way of quantizing a real network: fp32 are the nodes that stay so, * all.
type mixed struct {
	o    quant.Options
	fp32 string
}

func exclude(x quant.Exclude) quant.Options { return quant.Options{Exclude: x} }

// TestRealMixed excludes parts of real networks.
func TestRealMixed(t *testing.T) {
	root := data(t)
	for _, c := range []struct {
		path   string
		cosine float64
		cases  []mixed
	}{
		{"cifar10/resnet20-cifar10.onnx", 0.99, []mixed{
			{exclude(quant.Exclude{Names: []string{"n1_Conv"}}), "n1_Conv"},
			{exclude(quant.Exclude{Names: []string{"n9_Add", "n73_Gemm"}}), "n7_Conv n73_Gemm"},
			{exclude(quant.Exclude{Match: []string{"n2[58]_Conv", "n6?_Add"}}), "n25_Conv n28_Conv n60_Conv n67_Conv n71_GlobalAveragePool n72_Flatten"},
			{exclude(quant.Exclude{Operators: []string{"Gemm", "Slice"}}), "n30_Slice n31_Pad n53_Slice n54_Pad n73_Gemm"},
			{quant.Options{Exclude: quant.Exclude{Operators: []string{"FC", "Pad"}}, Smart: true},
				"n30_Slice n31_Pad n53_Slice n54_Pad n71_GlobalAveragePool n72_Flatten n73_Gemm"},
			{exclude(quant.Exclude{Match: []string{"*"}}), "*"},
		}},
		{"mlperf-tiny/dscnn-kws.onnx", 0.98, []mixed{
			{quant.Options{Smart: true}, "n22_Softmax"},
			{quant.Options{Smart: true, Exclude: quant.Exclude{Operators: []string{"MatMul"}}}, "n19_GlobalAveragePool n20_Flatten n21_Gemm n22_Softmax"},
		}},
		{"face/face-slim-320.onnx", 0.99, []mixed{
			{exclude(quant.Exclude{Match: []string{"Conv_19"}}), "Conv_191 Conv_194 Conv_197 Softmax_scores Mul_381 Add_383 Exp_387 Mul_389 Div_394 " +
				"Sub_395 Div_399 Add_400 Concat_boxes"},
		}},
	} {
		g := fused(t, filepath.Join(root, "models", c.path))
		original, err := exec.New(g, 2)
		if err != nil {
			t.Fatal(err)
		}
		cal, err := quant.Calibrate(g, original, noise(g, 4), quant.CalibrateOptions{Mode: quant.MinMax})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range c.cases {
			checkMixed(t, g, original, cal, m, c.cosine)
		}
	}
}

// checkMixed quantizes a network, looks at what stayed fp32, and runs it.
func checkMixed(t *testing.T, g *ir.Graph, original exec.Executor, c *quant.Calibration, m mixed, cosine float64) {
	t.Helper()
	q, rep, err := quant.Quantize(g, c, m.o)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, n := range rep.Nodes {
		if !n.Int8 {
			kept = append(kept, n.Name)
		}
	}
	if got := strings.Join(kept, " "); m.fp32 != "*" && got != m.fp32 {
		t.Errorf("%s, %+v: fp32 are %s, want %s\n%s", g.Name, m.o, got, m.fp32, rep)
	}
	i, f := rep.Counts()
	for _, n := range q.Nodes {
		layer := strings.HasSuffix(n.Op.Kind(), "Conv") || strings.HasSuffix(n.Op.Kind(), "FC")
		if integer := n.Out[0].Type == ir.U8; layer && integer == slices.Contains(kept, n.Name) || m.fp32 == "*" && integer {
			t.Errorf("%s, %+v: %s (%s) gives %s", g.Name, m.o, n.Name, n.Op.Kind(), n.Out[0].Type)
		}
	}
	quantized, err := exec.New(q, 2)
	if err != nil {
		t.Fatal(err)
	}
	a, err := quant.Compare(original, quantized, noise(g, 2))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s, %+v: %d int8, %d fp32: %s", g.Name, m.o, i, f, a)
	if a.MeanCosine < cosine || i == 0 && a.MinCosine < 1-1e-6 {
		t.Errorf("%s, %+v: %s", g.Name, m.o, a)
	}
	in, err := noise(g, 1).Next()
	if err != nil {
		t.Fatal(err)
	}
	quant.CheckMixed(t, q, in)
}
