package endtoend

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/onnx"
)

// value declares a float32 value of a graph.
func value(name string, dims ...int64) *onnx.ValueInfoProto {
	v := &onnx.ValueInfoProto{Name: name, ElemType: onnx.TypeFloat, HasShape: true}
	for _, d := range dims {
		v.Dims = append(v.Dims, onnx.Dim{Value: d, HasValue: true})
	}
	return v
}

// node is a node of one result, which has its name.
func node(op, name string, inputs ...string) *onnx.NodeProto {
	return &onnx.NodeProto{OpType: op, Name: name, Inputs: inputs, Outputs: []string{name}}
}

// tiny is a good model: a convolution of a 1x1x8x8 image, and Relu. Edits make it bad.
func tiny(edits ...func(*onnx.GraphProto)) []byte {
	w := &onnx.TensorProto{Name: "w", Dims: []int64{2, 1, 3, 3}, DataType: onnx.TypeFloat, FloatData: make([]float32, 18)}
	for i := range w.FloatData {
		w.FloatData[i] = float32(i%5) - 2
	}
	g := &onnx.GraphProto{
		Name:   "tiny",
		Inputs: []*onnx.ValueInfoProto{value("x", 1, 1, 8, 8)}, Outputs: []*onnx.ValueInfoProto{value("y", 1, 2, 6, 6)},
		Nodes:        []*onnx.NodeProto{node("Conv", "conv", "x", "w"), node("Relu", "y", "conv")},
		Initializers: []*onnx.TensorProto{w},
	}
	for _, e := range edits {
		e(g)
	}
	m := onnx.ModelProto{IRVersion: 8, Graph: g, OpsetImport: []onnx.OperatorSetID{{Version: 13}}}
	return m.Marshal()
}

// samples writes an .npy of eight inputs of tiny; the last number is v.
func samples(t *testing.T, path string, v float32) {
	t.Helper()
	x := make([]float32, 8*64)
	for i := range x {
		x[i] = float32(i%17)/8 - 1
	}
	x[len(x)-1] = v
	var b bytes.Buffer
	if err := npy.Write(&b, []int{8, 1, 8, 8}, x); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// badInput is something that must not compile. Its model is bad, or its flags,
// which replace -calib good.npy, or files that it needs.
type badInput struct {
	name  string
	model []byte
	flags []string
	files map[string]string
	want  []string // in the message
}

func badInputs(t *testing.T) []badInput {
	garments, err := os.ReadFile(filepath.Join(root, "examples/garments/garments.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	unsupported := func(g *onnx.GraphProto) {
		for i := range 30 {
			name := fmt.Sprintf("gru%d", i)
			g.Nodes = append(g.Nodes, node("GRU", name, g.Nodes[len(g.Nodes)-1].Name))
		}
		g.Outputs[0].Name = "gru29"
	}
	return []badInput{
		{name: "truncated", model: garments[:len(garments)/2], want: []string{"model.onnx"}},
		{name: "text", model: []byte("this is not a model\n"), want: []string{"model.onnx"}},
		{name: "empty", model: []byte{}, want: []string{"model.onnx"}},
		{name: "another protobuf", model: anotherProto(), want: []string{"model.onnx"}},
		{name: "cycle", model: tiny(func(g *onnx.GraphProto) {
			g.Nodes[0].Inputs[0], g.Nodes[1].Outputs = "y", []string{"y"}
		}), want: []string{"model.onnx", "conv", "cycle"}},
		{name: "missing initializer", model: tiny(func(g *onnx.GraphProto) { g.Initializers = nil }), want: []string{"conv", `"w"`}},
		{name: "shape mismatch", model: tiny(func(g *onnx.GraphProto) { g.Initializers[0].Dims = []int64{1, 2, 3, 3} }), want: []string{"conv", "1x2x3x3"}},
		{name: "too few weights", model: tiny(func(g *onnx.GraphProto) { g.Initializers[0].Dims = []int64{4, 1, 3, 3} }), want: []string{`"w"`}},
		{name: "NaN weight", model: tiny(func(g *onnx.GraphProto) { g.Initializers[0].FloatData[7] = float32(math.NaN()) }), want: []string{"conv", "NaN"}},
		{name: "unsupported operators", model: tiny(unsupported), want: []string{"30 problems", `node "gru0": GRU`, `node "gru19"`, "10 more", "outside ingot's scope"}},
		{name: "dynamic shape", model: tiny(func(g *onnx.GraphProto) { g.Inputs[0].Dims[2] = onnx.Dim{Param: "height"} }), want: []string{`"x"`, "-shape"}},
		{name: "no calibration", flags: []string{}, want: []string{"-calib"}},
		{name: "calibration is not there", flags: []string{"-calib", "nowhere"}, want: []string{"nowhere"}},
		{name: "empty folder", flags: []string{"-calib", "folder"}, files: map[string]string{"folder/readme.txt": "none"}, want: []string{"folder", ".png"}},
		{name: "text called jpg", flags: []string{"-calib", "folder"}, files: map[string]string{"folder/a.jpg": "a text"}, want: []string{"a.jpg", "neither a PNG nor a JPEG"}},
		{name: "NaN in calibration", flags: []string{"-calib", "nan.npy"}, want: []string{"NaN", "sample"}},
		{name: "wrong array", flags: []string{"-calib", "wrong.npy"}, files: map[string]string{"wrong.npy": "\x93NUMPY\x01\x00"}, want: []string{"wrong.npy"}},
		{name: "read-only output", flags: []string{"-calib", "good.npy", "-o", "go.mod/net"}, want: []string{"output folder"}},
		{name: "no module", flags: []string{"-calib", "good.npy", "-o", filepath.Join(t.TempDir(), "net")}, want: []string{"go mod init"}},
		{name: "no requirement", flags: []string{"-calib", "good.npy", "-o", "bare/net"}, files: map[string]string{
			"bare/go.mod": "module example.com/bare\n\ngo 1.26.0\n"}, want: []string{"go get golang.org/x/sys"}},
		{name: "bad package name", flags: []string{"-calib", "good.npy", "-pkg", "my-net"}, want: []string{`"my-net"`, "identifier"}},
		{name: "label count", flags: []string{"config.yaml"}, files: map[string]string{
			"config.yaml": "model: model.onnx\noutput: net\nlabels: [a, b]\ncalibration: {array: good.npy}\n"}, want: []string{"2 labels"}},
		{name: "below the floor", flags: []string{"config.yaml"}, files: map[string]string{
			"config.yaml": "model: model.onnx\noutput: net\ncalibration: {array: good.npy}\naccuracy: {cosine: 1}\n"}, want: []string{"below the floor"}},
		{name: "bad configuration", flags: []string{"config.yaml"}, files: map[string]string{
			"config.yaml": "model: model.onnx\ncalibrate: x\n"}, want: []string{"config.yaml", "[2:1]", `"calibrate"`}},
		{name: "exclusion of nothing", flags: []string{"-calib", "good.npy", "-exclude", "cnov"}, want: []string{"exclude", `"cnov"`, `"conv"`}},
		{name: "exclusion from int8", flags: []string{"-calib", "good.npy", "-precision", "int8", "-exclude-op", "Conv"}, want: []string{"say mixed"}},
		{name: "exclusion from fp32", flags: []string{"-precision", "fp32", "-exclude-match", "c*"}, want: []string{"quantizes nothing"}},
		{name: "unfused int8", flags: []string{"-calib", "good.npy", "-fuse=false"}, want: []string{"precision fp32"}},
		{name: "foreign cache", flags: []string{"config.yaml"}, files: map[string]string{
			"config.yaml": "model: model.onnx\noutput: net\ncalibration: {cache: cache.json}\n",
			"cache.json":  `{"mode": "minmax", "samples": 1, "model": "sha256:00", "points": []}`}, want: []string{"another model", "delete"}},
	}
}

// Bad input gives a clear error and status 1, and leaves the package that was there alone.
func TestBadInput(t *testing.T) {
	module, pkg := copyPackage(t)
	samples(t, filepath.Join(module, "good.npy"), 0)
	samples(t, filepath.Join(module, "nan.npy"), float32(math.NaN()))
	before := hash(t, pkg)
	for _, b := range badInputs(t) {
		t.Run(b.name, func(t *testing.T) {
			model := b.model
			if model == nil {
				model = tiny()
			}
			write(t, filepath.Join(module, "model.onnx"), model)
			for name, text := range b.files {
				os.RemoveAll(filepath.Join(module, filepath.Dir(name), "folder"))
				write(t, filepath.Join(module, name), []byte(text))
			}
			args := []string{"build"}
			switch {
			case b.flags == nil:
				args = append(args, "-o", "net", "-calib", "good.npy", "model.onnx")
			case len(b.flags) == 1:
				args = append(args, b.flags...)
			default:
				args = append(append(append(args, "-o", "net"), b.flags...), "model.onnx")
			}
			r := ingot(t, module, args...)
			if r.status != 1 {
				t.Errorf("status %d, want 1\n%s%s", r.status, r.stdout, r.stderr)
			}
			for _, want := range b.want {
				if !strings.Contains(r.stderr, want) {
					t.Errorf("the message lacks %q: %s", want, r.stderr)
				}
			}
			if strings.Contains(r.stderr, "goroutine ") || strings.Count(r.stderr, "\n") > 25 {
				t.Errorf("not a message for people:\n%s", r.stderr)
			}
			if hash(t, pkg) != before {
				t.Error("the package that was there has changed")
			}
			checkNoLeftovers(t, module)
			t.Log(r.stderr)
		})
	}
}

// checkNoLeftovers fails where a build has left a temporary folder.
func checkNoLeftovers(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "ingot_*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// An interrupt in the middle of a build ends it, with the old package in place.
func TestInterrupt(t *testing.T) {
	module, pkg := copyPackage(t)
	write(t, filepath.Join(module, "model.onnx"), tiny())
	var b bytes.Buffer
	const n = 300_000 // calibration takes far longer than the test waits
	if err := npy.Write(&b, []int{n, 1, 8, 8}, make([]float32, n*64)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(module, "many.npy"), b.Bytes())
	before := hash(t, pkg)
	c := exec.CommandContext(t.Context(), command, "build", "-o", "net", "-calib", "many.npy", "model.onnx")
	c.Dir = module
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	start := time.Now()
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := c.Wait()
	if c.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("status %d (%v), message %q: want 1 and interrupted", c.ProcessState.ExitCode(), err, stderr.String())
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	if hash(t, pkg) != before {
		t.Error("the package that was there has changed")
	}
	checkNoLeftovers(t, module)
}

// Mistakes in the command line give status 2 and say what is wanted.
func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "Usage:"},
		{[]string{"compile"}, `no command "compile"`},
		{[]string{"build"}, "want one model"},
		{[]string{"build", "-fast", "m.onnx"}, "-fast"},
		{[]string{"build", "m.onnx", "-o", "x"}, "flags first"},
		{[]string{"build", "m.tflite"}, "ends in .onnx"},
		{[]string{"build", "-isa", "sse", "m.onnx"}, "avx2 or avx512vnni"},
		{[]string{"build", "-shape", "x:1x3", "m.onnx"}, "INPUT=SHAPE"},
		{[]string{"build", "-calib-mode", "best", "m.onnx"}, "minmax or entropy"},
		{[]string{"build", "-precision", "half", "m.onnx"}, "int8, fp32 or mixed"},
		{[]string{"inspect", "-quantize", "none", "m.onnx"}, "full or smart"},
		{[]string{"inspect", "-fused", "-quantized", "m.onnx"}, "exclude"},
		{[]string{"quantize", "m.onnx"}, "ends in .onnx"},
		{[]string{"run", "net"}, "at least one input"},
		{[]string{"run", "net", "a.gif"}, ".png"},
		{[]string{"run", "-o", "out.txt", "net", "a.png"}, ".npz"},
		{[]string{"bench"}, "a model"},
		{[]string{"bench", "-compare", "fp32,fp32", "m.onnx"}, "each once"},
		{[]string{"bench", "-compare", "int4", "m.onnx"}, "unfused, fp32, int8, mixed"},
		{[]string{"bench", "-isa", "sse", "m.onnx"}, "avx512vnni"},
		{[]string{"bench", "-plot", "times.png", "m.onnx"}, ".svg"},
		{[]string{"bench", "-ort", "lib.so", "."}, "ONNX"},
		{[]string{"bench", "nowhere"}, "nowhere"},
		{[]string{"version", "x"}, "no argument"},
	} {
		r := ingot(t, t.TempDir(), c.args...)
		if r.status != 2 || !strings.Contains(r.stderr, c.want) || r.stdout != "" {
			t.Errorf("ingot %s: status %d, %q; want 2, %q", strings.Join(c.args, " "), r.status, r.stderr, c.want)
		}
	}
	for _, args := range [][]string{{"help"}, {"-h"}, {"help", "build"}, {"build", "-h"}, {"run", "-h"}, {"bench", "-h"}, {"inspect", "-h"}, {"quantize", "-h"}, {"version"}} {
		if r := ingot(t, t.TempDir(), args...); r.status != 0 || r.stdout == "" || r.stderr != "" {
			t.Errorf("ingot %s: %+v, want text on the standard output", strings.Join(args, " "), r)
		}
	}
}

// pictureFile writes a grey PNG of the given size.
func pictureFile(t *testing.T, path string, width, height int) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

// anotherProto is a message that is not a model: a tensor.
func anotherProto() []byte {
	t := onnx.TensorProto{Name: "t", Dims: []int64{2}, DataType: onnx.TypeFloat, FloatData: []float32{1, 2}}
	return t.Marshal()
}
