package conformance

import (
	"flag"
	"math"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/onnx"
)

var long = flag.Bool("long", false, "run the large models through the interpreter too, and vgg19")

// models are the float models whose outputs were recorded with another runtime.
var models = []struct {
	file  string
	small bool // quick enough for the interpreter
}{
	{"mnist/mnist-8", true},
	{"mlperf-tiny/resnet8-cifar10", true},
	{"mlperf-tiny/dscnn-kws", true},
	{"mlperf-tiny/mobilenetv1-0.25-96-vww", true},
	{"cifar10/resnet20-cifar10", true},
	{"cifar10/resnet56-cifar10", false},
	{"cifar10/resnet50v2-stage3-224-cifar10", false},
	{"imagenet/mobilenetv1-0.75-224", false},
	{"imagenet/mobilenetv2-1.0-224", false},
	{"imagenet/squeezenet1.1", false},
	{"super-resolution/super-resolution-224", false},
	{"face/face-slim-320", false},
}

// TestModels compares whole models with their recorded outputs: the small ones
// by the interpreter, all by the executor.
func TestModels(t *testing.T) {
	root := data(t)
	for _, m := range models {
		t.Run(filepath.Base(m.file), func(t *testing.T) {
			g, err := onnx.Import(filepath.Join(root, "models", m.file+".onnx"), onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			sets, _ := filepath.Glob(filepath.Join(root, "reference", "vectors", filepath.Base(m.file), "test_data_set_*"))
			if len(sets) == 0 {
				t.Fatal("no recorded outputs")
			}
			for _, set := range sets {
				in, want := recorded(t, set)
				if m.small || *long {
					got, err := interp.Run(g, in)
					checkOutputs(t, "interp", got, want, err)
				}
				got, err := execute(g, in)
				checkOutputs(t, "exec", got, want, err)
			}
		})
	}
}

// recorded reads the inputs and outputs of a data set.
func recorded(t *testing.T, dir string) (in, out []*ir.Tensor) {
	t.Helper()
	for pattern, list := range map[string]*[]*ir.Tensor{"input_*.pb": &in, "output_*.pb": &out} {
		files, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, f := range files {
			x, err := readTensor(f)
			if err != nil {
				t.Fatal(err)
			}
			*list = append(*list, x)
		}
	}
	if len(in) == 0 || len(out) == 0 {
		t.Fatalf("%s: %d inputs and %d outputs", dir, len(in), len(out))
	}
	return in, out
}

func execute(g *ir.Graph, in []*ir.Tensor) ([]*ir.Tensor, error) {
	e, err := exec.New(g, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	return e.Run(in, nil)
}

// checkOutputs allows 1e-5 of each element plus 2e-6 of the largest, whose rounding
// errors the small elements share. The promise is 1e-4; both executors do better.
func checkOutputs(t *testing.T, by string, got, want []*ir.Tensor, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", by, err)
		return
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d outputs, want %d", by, len(got), len(want))
		return
	}
	for i, w := range want {
		worst, err := compareOutput(got[i], w)
		if err != nil {
			t.Errorf("%s: output %d: %v", by, i, err)
		}
		t.Logf("%s: output %d differs by at most %.1e of its largest element", by, i, worst)
	}
}

// compareOutput also returns the largest difference, in units of the largest element.
func compareOutput(got, want *ir.Tensor) (float64, error) {
	largest, worst := 0.0, 0.0
	for j, v := range want.F32 {
		largest = max(largest, math.Abs(float64(v)))
		if j < len(got.F32) {
			worst = max(worst, math.Abs(float64(v)-float64(got.F32[j])))
		}
	}
	return worst / largest, (tolerance{1e-5, 2e-6 * largest}).compare(got, want)
}
