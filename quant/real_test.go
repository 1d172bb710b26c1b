package quant_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// data returns the folder of real networks and images, or skips the test.
func data(t *testing.T) string {
	t.Helper()
	root := os.Getenv("INGOT_DATA")
	if root == "" {
		if os.Getenv("INGOT_REQUIRE_DATA") == "1" {
			t.Fatal("INGOT_DATA is not set, and INGOT_REQUIRE_DATA wants it")
		}
		t.Skip("INGOT_DATA is not set: no real network to quantize")
	}
	return root
}

// fused imports and fuses a network.
func fused(t *testing.T, path string) *ir.Graph {
	t.Helper()
	g, err := onnx.Import(path, onnx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
	if _, err := p.Run(g); err != nil {
		t.Fatal(err)
	}
	return g
}

// every reads every n-th image of a folder.
func every(t *testing.T, dir string, n int, s calibdata.Spec) *quant.Samples {
	t.Helper()
	files, err := calibdata.ImageFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]*ir.Tensor
	for i := 0; i < len(files); i += n {
		x, err := calibdata.LoadImage(files[i], s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, []*ir.Tensor{x})
	}
	return quant.NewSamples(list...)
}

// TestRealNetwork quantizes ResNet-20 in every mode and checks it on images that
// calibration did not see.
func TestRealNetwork(t *testing.T) {
	root := data(t)
	g := fused(t, filepath.Join(root, "models/cifar10/resnet20-cifar10.onnx"))
	spec := calibdata.Spec{
		ImageSpec: portable.ImageSpec{Width: 32, Height: 32, Channels: 3}, Scale: 1.0 / 255,
		Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225},
	}
	images := filepath.Join(root, "images/cifar10-dev")
	calib, test := every(t, filepath.Join(images, "calib"), 10, spec), every(t, filepath.Join(images, "test"), 20, spec)
	original, err := exec.New(g, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []quant.Mode{quant.MinMax, quant.Entropy} {
		c, err := quant.Calibrate(g, original, calib, quant.CalibrateOptions{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		for _, bits := range []int{8, 7} {
			q, rep, err := quant.Quantize(g, c, quant.Options{WeightBits: []quant.Bits{{Pattern: "*", Bits: bits}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, floats := rep.Counts(); floats != 0 {
				t.Errorf("%s, %d bits: %s", mode, bits, rep)
			}
			quantized, err := exec.New(q, 2)
			if err != nil {
				t.Fatal(err)
			}
			a, err := quant.Compare(original, quantized, test)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, %d bits: %s", mode, bits, a)
			if a.Top1() < 0.94 || a.MeanCosine < 0.998 || a.Layers[0].SNR < 20 {
				t.Errorf("%s, %d bits: %s", mode, bits, a)
			}
		}
	}
}
