package fusion_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
)

// models returns the folder of real networks, or skips the test.
func models(t *testing.T) string {
	t.Helper()
	root := os.Getenv("INGOT_DATA")
	if root == "" {
		if os.Getenv("INGOT_REQUIRE_DATA") == "1" {
			t.Fatal("INGOT_DATA is not set, and INGOT_REQUIRE_DATA wants it")
		}
		t.Skip("INGOT_DATA is not set: no real networks to fuse")
	}
	return filepath.Join(root, "models")
}

// census counts the operators of a graph, as in "3 Conv, 1 FC".
func census(g *ir.Graph) string {
	count := map[string]int{}
	for _, n := range g.Nodes {
		count[n.Op.Kind()]++
	}
	var list []string
	for kind, n := range count {
		list = append(list, fmt.Sprintf("%d %s", n, kind))
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(a[strings.Index(a, " "):], b[strings.Index(b, " "):]) })
	return strings.Join(list, ", ")
}

func fuse(t *testing.T, g *ir.Graph) []pass.Report {
	t.Helper()
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	reports, err := p.Run(g)
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

func randomInputs(g *ir.Graph) []*ir.Tensor {
	rng := rand.New(rand.NewPCG(3, 4))
	var in []*ir.Tensor
	for _, v := range g.Inputs {
		x := ir.NewTensor(ir.F32, v.Shape)
		for i := range x.F32 {
			x.F32[i] = float32(rng.NormFloat64())
		}
		in = append(in, x)
	}
	return in
}

// run returns every activation by its name.
func run(t *testing.T, g *ir.Graph, in []*ir.Tensor) map[string]*ir.Tensor {
	t.Helper()
	e, err := exec.New(g, 2)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]*ir.Tensor{}
	_, err = e.Run(in, func(p exec.Point, x *ir.Tensor) {
		if !p.BeforeAct {
			values[p.Value.Name] = ir.Floats(x.Shape.Clone(), slices.Clone(x.F32))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// text writes down all that fusing again must not change.
func text(g *ir.Graph) string {
	var b bytes.Buffer
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "%s %s %+v", n.Name, n.From, n.Op)
		for _, v := range append(slices.Clone(n.In), n.Out...) {
			if v != nil {
				fmt.Fprintf(&b, " %s %s", v.Name, v.Shape)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestRealNetworks fuses trained networks: what is left of them, that every tensor
// left is that of its name in the source, and that fusing again changes nothing.
func TestRealNetworks(t *testing.T) {
	dir := models(t)
	for _, c := range []struct{ path, want string }{
		{"cifar10/resnet20-cifar10.onnx", "19 Conv, 1 FC, 1 GlobalAvgPool, 2 Pad, 1 Reshape, 2 Slice"},
		{"cifar10/resnet56-cifar10.onnx", "55 Conv, 1 FC, 1 GlobalAvgPool, 2 Pad, 1 Reshape, 2 Slice"},
		{"cifar10/resnet50v2-stage3-224-cifar10.onnx", "15 Affine, 43 Conv, 1 FC, 1 GlobalAvgPool, 1 MaxPool, 1 Reshape, 14 Unary"},
		{"garments/garments.onnx", "1 Affine, 15 Conv, 1 FC, 1 GlobalAvgPool, 1 Reshape"},
		{"imagenet/mobilenetv1-0.75-224.onnx", "28 Conv, 1 GlobalAvgPool, 1 Reshape, 1 Softmax"},
		{"imagenet/mobilenetv2-1.0-224.onnx", "53 Conv, 1 GlobalAvgPool, 1 Reshape"},
		{"imagenet/squeezenet1.1.onnx", "8 Concat, 26 Conv, 1 GlobalAvgPool, 3 MaxPool, 1 Reshape"},
		{"mlperf-tiny/dscnn-kws.onnx", "9 Conv, 1 FC, 1 GlobalAvgPool, 1 Reshape, 1 Softmax"},
		{"mlperf-tiny/mobilenetv1-0.25-96-vww.onnx", "27 Conv, 1 FC, 1 GlobalAvgPool, 1 Reshape, 1 Softmax"},
		{"mlperf-tiny/resnet8-cifar10.onnx", "9 Conv, 1 FC, 1 GlobalAvgPool, 1 Reshape, 1 Softmax"},
		{"mnist/mnist-8.onnx", "2 Conv, 1 FC, 2 MaxPool, 1 Reshape"},
		{"super-resolution/super-resolution-224.onnx", "4 Conv, 1 DepthToSpace"},
		{"face/face-slim-320.onnx", "4 Affine, 5 Binary, 3 Concat, 42 Conv, 8 Reshape, 2 Slice, 1 Softmax, 8 Transpose, 1 Unary"},
	} {
		t.Run(c.path, func(t *testing.T) {
			g, err := onnx.Import(filepath.Join(dir, c.path), onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			in := randomInputs(g)
			names, before := outputs(g), run(t, g, in)
			fuse(t, g)
			if got := census(g); got != c.want {
				t.Errorf("left are %s, want %s", got, c.want)
			}
			if got := outputs(g); !slices.Equal(got, names) {
				t.Errorf("outputs are %q, were %q", got, names)
			}
			for name, y := range run(t, g, in) {
				compare(t, name, y, before[name])
			}
			was := text(g)
			for _, r := range fuse(t, g) {
				if r.Changes != 0 {
					t.Errorf("fusing again: %s makes %d changes", r.Name, r.Changes)
				}
			}
			if text(g) != was {
				t.Error("fusing again changes the graph")
			}
		})
	}
}

func outputs(g *ir.Graph) []string {
	var names []string
	for _, v := range g.Outputs {
		names = append(names, v.Name)
	}
	return names
}

// compare wants got to be the tensor of that name in the source, within 1e-4 of
// its largest element.
func compare(t *testing.T, name string, got, want *ir.Tensor) {
	t.Helper()
	if want == nil || !got.Shape.Equal(want.Shape) {
		t.Errorf("%q, %s, is no tensor of the source model", name, got.Shape)
		return
	}
	largest, worst := 0.0, 0.0
	for i, v := range want.F32 {
		largest = max(largest, math.Abs(float64(v)))
		worst = max(worst, math.Abs(float64(v)-float64(got.F32[i])))
	}
	if !(worst <= 1e-4*largest) || largest == 0 {
		t.Errorf("%q differs by %g, its largest element is %g", name, worst, largest)
	}
}
