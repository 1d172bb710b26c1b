// Package models takes every real network through the whole compiler and
// measures what int8 costs it.
//
// By default the small networks run on a part of their inputs; -long runs all of
// them on all inputs, and with -table prints the tables of docs/accuracy.md.
package models

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
)

var (
	long     = flag.Bool("long", false, "every network, on all of its inputs")
	table    = flag.Bool("table", false, "print the tables of docs/accuracy.md")
	only     = flag.String("model", "*", "only the networks whose name matches this pattern")
	mixedToo = flag.Bool("mixed", false, "compare int8 with mixed precision instead of with weights of 7 bits")
	limit    = flag.Int("inputs", 0, "at most that many test inputs of a network; 0 for those that -long takes")
)

// network is a trained network with inputs to calibrate and to test it on.
type network struct {
	name   string
	path   string // of the ONNX file, below the data folder; of garments below examples
	small  bool   // quick enough for every test run
	inputs func(t *testing.T, split string) set
	most   int // test inputs that -long takes of a slow network; 0 for all
	// The least that int8 must reach, whatever the mode and the bits: top-1 agreement of
	// classifiers, else the mean cosine of the outputs.
	classifier bool
	floor      float64
	// minmax is the floor of that mode where it is another: a residual stream that nothing
	// normalizes has outliers, which entropy cuts off.
	minmax float64
	peak   float64 // of the first output's range, for PSNR; 0 where it says nothing
}

// The inputs of a network are calibration inputs or test inputs.
const (
	calibSplit = "calib"
	testSplit  = "test"
)

var imagenetMean, imagenetStd = []float32{0.485, 0.456, 0.406}, []float32{0.229, 0.224, 0.225}

// pixels are pictures of a size as numbers from 0 to 1.
func pixels(width, height, channels int) calibdata.Spec {
	s := calibdata.Spec{Scale: 1.0 / 255}
	s.Width, s.Height, s.Channels = width, height, channels
	return s
}

// standard are pictures as torchvision's networks take them.
func standard(s calibdata.Spec) calibdata.Spec {
	s.Mean, s.Std = imagenetMean, imagenetStd
	return s
}

// centred are pictures as numbers from -1 to 1.
func centred(s calibdata.Spec) calibdata.Spec {
	s.Scale, s.Mean = 1/127.5, []float32{1}
	return s
}

// shorter are pictures scaled until the shorter side has n pixels, and then cut.
func shorter(s calibdata.Spec, n int) calibdata.Spec {
	s.Resize = n
	return s
}

// faces are pictures as the face detector takes them.
func faces() calibdata.Spec {
	s := pixels(320, 240, 3)
	s.Scale, s.Mean, s.Std, s.Stretch = 1, []float32{127}, []float32{128}, true
	return s
}

// bytes are pictures as numbers from 0 to 255.
func bytes(s calibdata.Spec) calibdata.Spec {
	s.Scale = 1
	return s
}

// The floors of classifiers: 97 % of the inputs for residual networks, 93 % for others.
const (
	residual = 0.97
	other    = 0.93
)

// networks is every network.
var networks = []network{
	{name: "garments", path: "garments/garments.onnx", small: true,
		inputs: garments, classifier: true, floor: residual},
	{name: "resnet8", path: "models/mlperf-tiny/resnet8-cifar10.onnx", small: true,
		inputs: cifar(bytes(pixels(32, 32, 3)), 1), classifier: true, floor: residual},
	{name: "resnet20", path: "models/cifar10/resnet20-cifar10.onnx", small: true,
		inputs: cifar(standard(pixels(32, 32, 3)), 1), classifier: true, floor: residual},
	{name: "resnet56", path: "models/cifar10/resnet56-cifar10.onnx",
		inputs: cifar(standard(pixels(32, 32, 3)), 1), classifier: true, floor: residual},
	{name: "resnet50v2-stage3", path: "models/cifar10/resnet50v2-stage3-224-cifar10.onnx", most: 250,
		inputs: cifar(standard(pixels(32, 32, 3)), 7), classifier: true, floor: residual, minmax: 0.9}, // all 1,000 inputs: 96.2 %
	{name: "mobilenetv1-0.75", path: "models/imagenet/mobilenetv1-0.75-224.onnx",
		inputs: imagenet(centred(shorter(pixels(224, 224, 3), 256))), classifier: true, floor: other},
	{name: "mobilenetv2", path: "models/imagenet/mobilenetv2-1.0-224.onnx",
		inputs: imagenet(centred(shorter(pixels(224, 224, 3), 256))), classifier: true, floor: other},
	{name: "squeezenet1.1", path: "models/imagenet/squeezenet1.1.onnx",
		inputs: imagenet(standard(shorter(pixels(224, 224, 3), 256))), classifier: true, floor: other},
	{name: "vww", path: "models/mlperf-tiny/mobilenetv1-0.25-96-vww.onnx", small: true,
		inputs: unlabelled(imagenet(shorter(pixels(96, 96, 3), 110))), classifier: true, floor: other},
	{name: "dscnn-kws", path: "models/mlperf-tiny/dscnn-kws.onnx", small: true,
		inputs: keywords, classifier: true, floor: other},
	{name: "mnist-8", path: "models/mnist/mnist-8.onnx", small: true,
		inputs: digits, classifier: true, floor: other},
	{name: "super-resolution", path: "models/super-resolution/super-resolution-224.onnx", most: 20,
		inputs: unlabelled(imagenet(shorter(pixels(224, 224, 1), 256))), floor: 0.998, peak: 1},
	{name: "face-slim-320", path: "models/face/face-slim-320.onnx",
		inputs: unlabelled(imagenet(faces())), floor: 0.999, peak: 1},
}

// data returns the folder of networks and inputs that INGOT_DATA names, or
// skips the test; where INGOT_REQUIRE_DATA is 1 it fails.
func data(t *testing.T) string {
	t.Helper()
	root := os.Getenv("INGOT_DATA")
	if root == "" {
		if os.Getenv("INGOT_REQUIRE_DATA") == "1" {
			t.Fatal("INGOT_DATA is not set and INGOT_REQUIRE_DATA is 1")
		}
		t.Skip("INGOT_DATA is not set: the folder with networks and pictures")
	}
	return root
}

// file returns the path of the network's ONNX file.
func (n network) file(t *testing.T) string {
	t.Helper()
	if n.name == "garments" {
		return filepath.Join("../../examples", n.path)
	}
	return filepath.Join(data(t), n.path)
}

// graph returns the fused network and its executor.
func (n network) graph(t *testing.T) (*ir.Graph, exec.Executor) {
	t.Helper()
	g, _, err := ingot.Fuse(n.file(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	return g, executor(t, g)
}

func executor(t *testing.T, g *ir.Graph) exec.Executor {
	t.Helper()
	e, err := exec.New(g, runtime.GOMAXPROCS(0))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// each runs f for every network that the flags choose.
func each(t *testing.T, f func(t *testing.T, n network)) {
	for _, n := range networks {
		match, err := filepath.Match(*only, n.name)
		if err != nil {
			t.Fatal(err)
		}
		if match && (n.small || *long) {
			t.Run(n.name, func(t *testing.T) { f(t, n) })
		}
	}
}
