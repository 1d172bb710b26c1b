package endtoend

import (
	"bytes"
	"image"
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/internal/npy"
)

// load reads an array of an .npz, or an .npy with an empty name.
func load(t *testing.T, path, name string) (shape []int, data []float32) {
	t.Helper()
	var r *npy.Reader
	var err error
	if name == "" {
		r, err = npy.Open(path)
	} else {
		a, e := npy.OpenArchive(path)
		if e != nil {
			t.Fatal(e)
		}
		defer a.Close()
		r, err = a.Open(name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 1
	for _, d := range r.Shape() {
		n *= d
	}
	data = make([]float32, n)
	if err := r.Read(data); err != nil {
		t.Fatal(err)
	}
	return r.Shape(), data
}

// Pictures and arrays of the same pixels give the same outputs, on every
// instruction set, and the right classes.
func TestRun(t *testing.T) {
	module := garments(t)
	dir := t.TempDir()
	pictures := []string{"0000_ankle-boot.png", "0001_pullover.png", "0002_trouser.png"}
	var pixels []float32
	args := []string{"run", "-o", filepath.Join(dir, "pictures.npz"), "net"}
	for i, p := range pictures {
		pictures[i] = filepath.Join(root, "examples/garments/test", p)
		args = append(args, pictures[i])
		f, err := os.Open(pictures[i])
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		for _, v := range img.(*image.Gray).Pix {
			pixels = append(pixels, float32(v)*(1.0/255))
		}
	}
	must(t, module, args...)
	shape, want := load(t, filepath.Join(dir, "pictures.npz"), "logits")
	if !slices.Equal(shape, []int{3, 10}) {
		t.Fatalf("outputs of shape %v, want [3 10]", shape)
	}
	var b bytes.Buffer
	if err := npy.Write(&b, []int{3, 1, 28, 28}, pixels); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "in.npy"), b.Bytes())
	for _, isa := range []string{"", "go"} {
		out := filepath.Join(dir, "out"+isa+".npy")
		args := []string{"run", "-o", out, "net", filepath.Join(dir, "in.npy")}
		if isa != "" {
			args = slices.Insert(args, 1, "-isa", isa)
		}
		must(t, module, args...)
		if shape, got := load(t, out, ""); !slices.Equal(shape, []int{3, 10}) || !slices.Equal(got, want) {
			t.Errorf("isa %q: array %v %v, pictures %v", isa, shape, got, want)
		}
	}
	text := must(t, module, "run", "-top", "1", "net", pictures[0], filepath.Join(dir, "in.npy"))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 8 || !strings.HasSuffix(lines[1], "Ankle boot") || !strings.HasSuffix(lines[5], "Pullover") || !strings.HasSuffix(lines[7], "Trouser") {
		t.Errorf("classes:\n%s", text)
	}
	if entries, err := os.ReadDir(module); err != nil || len(entries) != 3 {
		t.Errorf("the module has %v, want go.mod, go.sum and net (%v)", entries, err)
	}
}

func TestRunBadInput(t *testing.T) {
	module := garments(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "text.jpg"), []byte("a text"))
	write(t, filepath.Join(dir, "text.npy"), []byte("a text"))
	pictureFile(t, filepath.Join(dir, "big.png"), 40, 30)
	var b bytes.Buffer
	if err := npy.Write(&b, []int{2, 5}, make([]float32, 10)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "shape.npy"), b.Bytes())
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"net", filepath.Join(dir, "none.png")}, "none.png"},
		{[]string{"net", filepath.Join(dir, "text.jpg")}, "not a PNG or JPEG"},
		{[]string{"net", filepath.Join(dir, "text.npy")}, "text.npy"},
		{[]string{"net", filepath.Join(dir, "big.png")}, "28x28"},
		{[]string{"net", filepath.Join(dir, "shape.npy")}, "1x1x28x28"},
		{[]string{"nowhere", filepath.Join(dir, "big.png")}, "nowhere"},
		{[]string{".", filepath.Join(dir, "big.png")}, "ingot generated"},
		{[]string{"-isa", "sse", "net", filepath.Join(dir, "big.png")}, "sse"},
		{[]string{"-o", filepath.Join(dir, "none/out.npz"), "net", filepath.Join(root, "examples/garments/test/0000_ankle-boot.png")}, "none"},
	} {
		r := ingot(t, module, append([]string{"run"}, c.args...)...)
		if r.status != 1 || !strings.Contains(r.stderr, c.want) || strings.Contains(r.stderr, "goroutine ") {
			t.Errorf("run %v: status %d, %q; want 1, %q", c.args, r.status, r.stderr, c.want)
		}
	}
}
