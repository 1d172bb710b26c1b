package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/onnx"
)

// A package for three images passes its own test, whose results are those of one image, and
// takes three pictures.
func TestBatch(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	must(t, module, "build", "-batch", "3", "-o", "net", "-pkg", "net", filepath.Join(root, "examples/garments/garments.yaml"))
	// A picture is then written to an array, not to the result of a quantization.
	must(t, module, "build", "-batch", "3", "-precision", "fp32", "-o", "float", filepath.Join(root, "examples/garments/garments.yaml"))
	gocmd(t, module, nil, "vet", "./float")
	one, err1 := os.ReadFile(filepath.Join(garments(t), "net", "model_test.go"))
	three, err2 := os.ReadFile(filepath.Join(module, "net", "model_test.go"))
	model, err3 := os.ReadFile(filepath.Join(module, "net", "model.go"))
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	_, list, _ := strings.Cut(string(one), "var known")
	if list, _, _ = strings.Cut(list, "\n}"); !strings.Contains(string(three), list) {
		t.Errorf("the known results are not those of one image:\n%s", list)
	}
	for _, want := range []string{"type Input [2352]float32", "{3, 1, 28, 28}", "type Output [30]float32", "{3, 10}"} {
		if !strings.Contains(string(model), want) {
			t.Errorf("model.go lacks %q", want)
		}
	}
	data, err := os.ReadFile(filepath.Join("testdata", "batch_test.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(module, "net", "batch_test.go"), data)
	gocmd(t, module, nil, "vet", "./net")
	gocmd(t, module, nil, "test", "-count=1", "./net")
	if _, err := exec.LookPath("gcc"); err == nil {
		gocmd(t, module, []string{"CGO_ENABLED=1"}, "test", "-race", "-count=1", "-run", "TestPictures|TestKnown/.*/[23]", "./net")
	}
	if out := must(t, module, "bench", "-threads", "1,2", "-isa", "go", "-count", "1", "net"); !strings.Contains(out, "threads") {
		t.Errorf("no column of threads:\n%s", out)
	}
}

// pair makes the model of tiny one of two images.
func pair(g *onnx.GraphProto) {
	g.Inputs, g.Outputs = []*onnx.ValueInfoProto{value("x", 2, 1, 8, 8)}, []*onnx.ValueInfoProto{value("y", 2, 2, 6, 6)}
}

// A model of two images gives the package that its form of one image gives with a batch of two, and
// an exported model of two images. One whose images differ is computed as it is.
func TestModelBatch(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	samples(t, filepath.Join(module, "in.npy"), 0.5)
	write(t, filepath.Join(module, "a", "net.onnx"), tiny())
	write(t, filepath.Join(module, "b", "net.onnx"), tiny(pair))
	write(t, filepath.Join(module, "mean.onnx"), tiny(pair, func(g *onnx.GraphProto) {
		mean := node("Mean", "y", "relu", "conv")
		g.Nodes[1] = node("ReduceMean", "relu", "conv")
		g.Nodes[1].Attributes = []*onnx.AttributeProto{{Name: "axes", Type: onnx.AttrInts, Ints: []int64{0}}}
		g.Nodes = append(g.Nodes, mean)
	}))
	must(t, module, "build", "-batch", "2", "-calib", "in.npy", "-o", "a/net", "a/net.onnx")
	out := must(t, module, "build", "-calib", "in.npy", "-o", "b/net", "b/net.onnx")
	if want := "2 images a run, each computed by itself; the model takes 2"; !strings.Contains(out, want) {
		t.Errorf("%s\nlacks %q", out, want)
	}
	for _, name := range []string{"model.go", "model_test.go"} {
		a, b := packageFile(t, filepath.Join(module, "a", "net", name)), packageFile(t, filepath.Join(module, "b", "net", name))
		if a != b {
			t.Errorf("%s differs:\n%s\n%s", name, a, b)
		}
	}
	gocmd(t, module, nil, "test", "-count=1", "./b/net")
	must(t, module, "quantize", "-calib", "in.npy", "-o", "q.onnx", "b/net.onnx")
	if out := must(t, module, "inspect", "q.onnx"); !strings.Contains(out, "2x1x8x8") {
		t.Errorf("the exported model does not take two images:\n%s", out)
	}
	out = must(t, module, "build", "-precision", "fp32", "-o", "mean", "mean.onnx")
	if strings.Contains(out, "each computed by itself") {
		t.Errorf("a mean over the batch is computed image by image:\n%s", out)
	}
	gocmd(t, module, nil, "test", "-count=1", "./mean")
	if got := packageFile(t, filepath.Join(module, "mean", "model.go")); !strings.Contains(got, "type Input [128]float32") {
		t.Errorf("the package does not take both images:\n%s", got)
	}
}

// packageFile returns a file without what it says of its model's bytes.
func packageFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile("[0-9a-f]{64}").ReplaceAllString(string(data), "HASH")
}

// Batches that are out of bounds, by themselves or with the model's.
func TestBadBatch(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	samples(t, filepath.Join(module, "in.npy"), 0.5)
	write(t, filepath.Join(module, "one.onnx"), tiny())
	write(t, filepath.Join(module, "two.onnx"), tiny(pair))
	for _, c := range []struct{ batch, model, want string }{
		{"-1", "one.onnx", "-batch -1: want at least 1"},
		{"5000", "one.onnx", "batch of 5000: want from 1 to 1024 images"},
		{"600", "two.onnx", "batch of 1200, 2 of them by the model: want from 1 to 1024 images"},
	} {
		r := ingot(t, module, "build", "-batch", c.batch, "-calib", "in.npy", c.model)
		if r.status == 0 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("-batch %s %s: status %d, %s, want %q", c.batch, c.model, r.status, r.stderr, c.want)
		}
	}
}
