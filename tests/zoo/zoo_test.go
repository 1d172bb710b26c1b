package main

import (
	"bytes"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/onnx"
)

// published are the sizes that torchvision's documentation gives: parameters, and giga
// multiply-accumulates of a picture.
var published = map[string]struct {
	parameters int
	gmacs      float64
}{
	"densenet121":        {7978856, 2.834},
	"efficientnet_b0":    {5288548, 0.386},
	"googlenet":          {6624904, 1.498},
	"mobilenet_v2":       {3504872, 0.301},
	"mobilenet_v3_small": {2542856, 0.057},
	"resnet18":           {11689512, 1.814},
	"resnet50":           {25557032, 4.089},
	"shufflenet_v2_x1_0": {2278604, 0.145},
	"squeezenet1_1":      {1235496, 0.349},
}

func TestSizes(t *testing.T) {
	for name, build := range networks {
		want, ok := published[name]
		if !ok && name != "sampleblock" {
			t.Errorf("%s has no published sizes here", name)
		}
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := build()
			g := read(t, n)
			var macs int64
			for _, node := range g.Nodes {
				macs += ir.MACs(node)
			}
			if got := float64(macs) / 1e9; math.Abs(got-want.gmacs) > 0.0006 {
				t.Errorf("%.4f GMAC, want %.3f", got, want.gmacs)
			}
			if got := parameters(n); got != want.parameters {
				t.Errorf("%d parameters, want %d", got, want.parameters)
			}
			if got := g.Outputs[0].Shape; !got.Equal(ir.Shape{1, classes}) {
				t.Errorf("output is %s", got)
			}
		})
	}
}

// read imports a network, which infers shapes.
func read(t *testing.T, n *net) *ir.Graph {
	t.Helper()
	g, err := onnx.ImportBytes(n.model().Marshal(), "", onnx.Options{})
	if err == nil {
		err = ir.Verify(g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// parameters counts what training would change.
func parameters(n *net) int {
	all := 0
	for _, p := range n.graph.Initializers {
		if !strings.HasSuffix(p.Name, ".weight") && !strings.HasSuffix(p.Name, ".bias") {
			continue
		}
		size := 1
		for _, d := range p.Dims {
			size *= int(d)
		}
		all += size
	}
	return all
}

// Scores have a size that a softmax can do with, and depend on the class and on the picture.
func TestSane(t *testing.T) {
	for _, name := range []string{"efficientnet_b0", "mobilenet_v3_small", "shufflenet_v2_x1_0", "squeezenet1_1"} {
		n, err := build(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := exec.New(read(t, n), runtime.NumCPU())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "inputs.npy")
		if err := n.writeInputs(path); err != nil {
			t.Fatal(err)
		}
		pictures, err := npy.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer pictures.Close()
		var scores [2][]float32
		for i := range scores {
			x := ir.NewTensor(ir.F32, n.size)
			if err := pictures.Read(x.F32); err != nil {
				t.Fatal(err)
			}
			out, err := e.Run([]*ir.Tensor{x}, nil)
			if err != nil {
				t.Fatal(err)
			}
			scores[i] = out[0].F32
		}
		difference := make([]float32, classes)
		for i := range difference {
			difference[i] = scores[0][i] - scores[1][i]
		}
		_, spread := statistics(scores[0])
		_, change := statistics(difference)
		t.Logf("%s: variance %.3f over classes, %.3f of the difference between two pictures", name, spread, change)
		if !(spread > 0.1 && spread < 10) || !(change > 1e-3*spread && change < 4*spread) {
			t.Errorf("%s: variance %g over classes, %g of the difference between two pictures", name, spread, change)
		}
	}
}

// A name stands for the same bytes.
func TestSame(t *testing.T) {
	var files [2][]byte
	for i := range files {
		n, err := build("mobilenet_v3_small")
		if err != nil {
			t.Fatal(err)
		}
		files[i] = n.model().Marshal()
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two calls give different files")
	}
}

// The largest weight of a channel is as many deviations as in trained networks.
func TestLargest(t *testing.T) {
	n, err := build("squeezenet1_1")
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range read(t, n).Nodes {
		if _, ok := node.Op.(ir.Conv); !ok {
			continue
		}
		w := node.In[1].Const
		each := w.Shape[1:].Elems()
		for c := range w.Shape[0] {
			channel := w.F32[c*each : (c+1)*each]
			most := 0.0
			for _, v := range channel {
				most = max(most, math.Abs(float64(v)))
			}
			if _, v := statistics(channel); most/math.Sqrt(v) < 2 || most/math.Sqrt(v) > 4.5 {
				t.Fatalf("%s: channel %d has a weight of %.2f deviations", node.Name, c, most/math.Sqrt(v))
			}
		}
	}
}
