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
		largest, worst := 0.0, 0.0
		for j, v := range w.F32 {
			largest = max(largest, math.Abs(float64(v)))
			if j < len(got[i].F32) {
				worst = max(worst, math.Abs(float64(v)-float64(got[i].F32[j])))
			}
		}
		if err := (tolerance{1e-5, 2e-6 * largest}).compare(got[i], w); err != nil {
			t.Errorf("%s: output %d: %v", by, i, err)
		}
		t.Logf("%s: output %d differs by at most %.1e of its largest element", by, i, worst/largest)
	}
}

// light are ONNX's networks whose weights ConstantOfShape makes; the input is
// 0, 1/n, 2/n and so on.
var light = []struct {
	name string
	long bool
}{
	{name: "resnet50"}, {name: "shufflenet"}, {name: "squeezenet"}, {name: "densenet121"}, {name: "inception_v2"},
	{name: "vgg19", long: true},
	{name: "bvlc_alexnet"}, {name: "inception_v1"}, {name: "zfnet512"},
}

// TestLight imports ONNX's light networks and compares their outputs.
func TestLight(t *testing.T) {
	root := data(t, "conformance", "onnx-light")
	for _, m := range light {
		t.Run(m.name, func(t *testing.T) {
			base := filepath.Join(root, "light_"+m.name)
			g, err := onnx.Import(base+".onnx", onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if m.long && !*long {
				return // imported at least
			}
			want, err := readTensor(base + "_output_0.pb")
			if err != nil {
				t.Fatal(err)
			}
			got, err := execute(g, []*ir.Tensor{ramp(g.Inputs[0].Shape)})
			checkOutputs(t, "exec", got, []*ir.Tensor{want}, err)
		})
	}
}

// ramp returns the input that ONNX's runner of backend tests makes.
func ramp(s ir.Shape) *ir.Tensor {
	v := make([]float32, s.Elems())
	for i := range v {
		v[i] = float32(float64(i) / float64(len(v)))
	}
	return ir.Floats(s, v)
}
