package endtoend

import (
	"os"
	"os/exec"
	"path/filepath"
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

// Batches that can't be: out of bounds, or beside one of the model's own.
func TestBadBatch(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	samples(t, filepath.Join(module, "in.npy"), 0.5)
	write(t, filepath.Join(module, "one.onnx"), tiny())
	write(t, filepath.Join(module, "two.onnx"), tiny(func(g *onnx.GraphProto) {
		g.Inputs, g.Outputs = []*onnx.ValueInfoProto{value("x", 2, 1, 8, 8)}, []*onnx.ValueInfoProto{value("y", 2, 2, 6, 6)}
	}))
	for _, c := range []struct{ batch, model, want string }{
		{"-1", "one.onnx", "-batch -1: want at least 1"},
		{"5000", "one.onnx", "batch of 5000: want from 1 to 1024 images"},
		{"2", "two.onnx", "batch of 2: fix the batch at 1"},
	} {
		r := ingot(t, module, "build", "-batch", c.batch, "-calib", "in.npy", c.model)
		if r.status == 0 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("-batch %s %s: status %d, %s, want %q", c.batch, c.model, r.status, r.stderr, c.want)
		}
	}
}
