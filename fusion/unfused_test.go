package fusion_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
)

// computing returns the nodes that do more than to rename a tensor and are not constant.
func computing(g *ir.Graph) (list []*ir.Node) {
	constant := map[*ir.Value]bool{nil: true}
	for _, n := range g.Nodes {
		folds := true
		for _, v := range n.In {
			folds = folds && (constant[v] || v.IsConst())
		}
		for _, v := range n.Out {
			constant[v] = folds
		}
		switch n.Op.(type) {
		case ir.Identity, ir.Cast, ir.Reshape:
		default:
			if !folds {
				list = append(list, n)
			}
		}
	}
	return list
}

// TestUnfused wants a node for every computing node of trained networks, that stands
// for that one and gives what it gave.
func TestUnfused(t *testing.T) {
	dir := models(t)
	for _, path := range []string{
		"cifar10/resnet20-cifar10.onnx", "garments/garments.onnx", "imagenet/squeezenet1.1.onnx",
		"mlperf-tiny/dscnn-kws.onnx", "mlperf-tiny/mobilenetv1-0.25-96-vww.onnx", "mlperf-tiny/resnet8-cifar10.onnx",
		"mnist/mnist-8.onnx", "face/face-slim-320.onnx",
	} {
		t.Run(path, func(t *testing.T) {
			g, err := onnx.Import(filepath.Join(dir, path), onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			in, source := randomInputs(g), computing(g)
			names, before := outputs(g), run(t, g, in)
			p := pass.Pipeline{Passes: fusion.Unfused(interp.Eval)}
			if _, err := p.Run(g); err != nil {
				t.Fatal(err)
			}
			left := computing(g)
			if len(left) != len(source) {
				t.Fatalf("%d computing nodes of %d are left: %s", len(left), len(source), census(g))
			}
			for i, n := range left {
				if !slices.Contains(n.From, source[i].From[0]) {
					t.Errorf("node %d stands for %q, want %q", i, n.From, source[i].From)
				}
				switch n.Op.(type) {
				case ir.BatchNorm, ir.Gemm, ir.MatMul, ir.Reduce:
					t.Errorf("%s %q has stayed", n.Op.Kind(), n.Name)
				}
			}
			if got := outputs(g); !slices.Equal(got, names) {
				t.Errorf("outputs are %q, were %q", got, names)
			}
			after := run(t, g, in)
			for _, name := range names {
				largest, worst := 0.0, 0.0
				for i, v := range before[name].F32 {
					largest = max(largest, math.Abs(float64(v)))
					worst = max(worst, math.Abs(float64(v)-float64(after[name].F32[i])))
				}
				if !(worst <= 1e-5*largest) || largest == 0 {
					t.Errorf("%q differs by %g, its largest element is %g", name, worst, largest)
				}
			}
		})
	}
}
