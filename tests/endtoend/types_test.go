package endtoend

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/onnx"
)

// typed makes a model of bytes, as TensorFlow exports them: a picture of 1x8x8x1, cast and
// turned, a convolution, its largest numbers as truth values, bytes and int64.
func typed() []byte {
	return tiny(func(g *onnx.GraphProto) {
		bytes := value("x", 1, 8, 8, 1)
		bytes.ElemType = onnx.TypeUint8
		scale := value("shift", 2)
		scale.ElemType = onnx.TypeInt32
		g.Inputs = []*onnx.ValueInfoProto{bytes, scale}
		attr := func(n *onnx.NodeProto, a ...*onnx.AttributeProto) *onnx.NodeProto {
			n.Attributes = a
			return n
		}
		to := func(t onnx.DataType) *onnx.AttributeProto {
			return &onnx.AttributeProto{Name: "to", Type: onnx.AttrInt, I: int64(t)}
		}
		g.Nodes = []*onnx.NodeProto{
			attr(node("Cast", "real", "x"), to(onnx.TypeFloat)),
			attr(node("Transpose", "planes", "real"), &onnx.AttributeProto{Name: "perm", Type: onnx.AttrInts, Ints: []int64{0, 3, 1, 2}}),
			node("Conv", "conv", "planes", "w"),
			node("Softplus", "soft", "conv"),
			node("Greater", "mask", "soft", "limit"),
			attr(node("Cast", "count", "soft"), to(onnx.TypeInt64)),
			node("Add", "moved", "shift", "shift"),
			attr(node("Cast", "byte", "moved"), to(onnx.TypeInt8)),
		}
		g.Initializers = append(g.Initializers, &onnx.TensorProto{Name: "limit", DataType: onnx.TypeFloat, FloatData: []float32{100}})
		g.Outputs = nil
		for _, name := range []string{"soft", "mask", "count", "byte"} {
			g.Outputs = append(g.Outputs, value(name, 1))
		}
	})
}

// Packages take and give the types of the model, pass their own tests, and run on arrays of them.
func TestTypes(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	m := bytes.Replace(typed(), nil, nil, 0)
	write(t, filepath.Join(module, "typed.onnx"), m)
	var pixels, shift bytes.Buffer
	if err := npy.Write(&pixels, []int{1, 8, 8, 1}, make([]uint8, 64)); err != nil {
		t.Fatal(err)
	}
	if err := npy.Write(&shift, []int{2}, []int32{5, -70}); err != nil {
		t.Fatal(err)
	}
	archive(t, filepath.Join(module, "in.npz"), map[string][]byte{"x": pixels.Bytes(), "shift": shift.Bytes()})
	for _, args := range [][]string{{"-precision", "fp32"}, {"-calib", "in.npz"}} {
		out := must(t, module, append(append([]string{"build"}, args...), "-o", "net", "-pkg", "net", "typed.onnx")...)
		if !strings.Contains(out, "in plain Go: ") {
			t.Errorf("the report does not say what runs in plain Go:\n%s", out)
		}
		model, err := os.ReadFile(filepath.Join(module, "net", "model.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"[64]uint8", "[2]int32", "[72]float32", "[72]bool", "[72]int64", "[2]int8"} {
			if !strings.Contains(string(model), want) {
				t.Errorf("model.go lacks %q", want)
			}
		}
		gocmd(t, module, nil, "vet", "./net")
		gocmd(t, module, nil, "test", "-count=1", "./net")
	}
	must(t, module, "run", "-o", "out.npz", "net", "in.npz")
	a, err := npy.OpenArchive(filepath.Join(module, "out.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	r, err := a.Open("byte")
	if err != nil {
		t.Fatal(err)
	}
	var got [2]int8
	if err := npy.ReadIntegers(r, got[:]); err != nil || got != [2]int8{10, 116} {
		t.Errorf("got %v, %v, want 10 and -140 as a byte", got, err)
	}
	if text := must(t, module, "run", "net", "in.npz"); !strings.Contains(text, "mask 1x2x6x6: lowest 0") {
		t.Errorf("run prints\n%s", text)
	}
}

// A picture goes into an input of bytes as it is; factors for it are refused.
func TestPictureOfBytes(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(module, "bytes.onnx"), tiny(func(g *onnx.GraphProto) {
		g.Inputs[0] = value("x", 1, 8, 8, 1)
		g.Inputs[0].ElemType = onnx.TypeUint8
		cast, turn := node("Cast", "real", "x"), node("Transpose", "planes", "real")
		cast.Attributes = []*onnx.AttributeProto{{Name: "to", Type: onnx.AttrInt, I: int64(onnx.TypeFloat)}}
		turn.Attributes = []*onnx.AttributeProto{{Name: "perm", Type: onnx.AttrInts, Ints: []int64{0, 3, 1, 2}}}
		g.Nodes = append([]*onnx.NodeProto{cast, turn}, g.Nodes...)
		g.Nodes[2].Inputs[0] = "planes"
	}))
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.SetGray(i%8, i/8, color.Gray{uint8(4 * i)})
	}
	var b, array bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(module, "calib", "a.png"), b.Bytes())
	write(t, filepath.Join(module, "calib", "b.png"), b.Bytes())
	if err := npy.Write(&array, []int{1, 8, 8, 1}, img.Pix); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(module, "a.npy"), array.Bytes())
	out := must(t, module, "build", "-calib", "calib", "-o", "net", "-pkg", "net", "bytes.onnx")
	if !strings.Contains(out, "bytes as they are") {
		t.Errorf("the report says of pictures\n%s", out)
	}
	gocmd(t, module, nil, "test", "-count=1", "./net")
	must(t, module, "run", "-o", "picture.npy", "net", "calib/a.png")
	must(t, module, "run", "-o", "array.npy", "net", "a.npy")
	_, want := load(t, filepath.Join(module, "array.npy"), "")
	if _, got := load(t, filepath.Join(module, "picture.npy"), ""); len(got) != 72 || got[0] != want[0] || got[71] != want[71] {
		t.Errorf("the picture gives %v, its bytes %v", got, want)
	}
	write(t, filepath.Join(module, "bad.yaml"), []byte("model: bytes.onnx\noutput: net\nprecision: fp32\ninput:\n  mean: [0.5]\n"))
	if r := ingot(t, module, "build", "bad.yaml"); r.status == 0 || !strings.Contains(r.stderr, "takes the picture's bytes as they are: leave out") {
		t.Errorf("status %d, %s", r.status, r.stderr)
	}
}

// archive writes an .npz.
func archive(t *testing.T, path string, arrays map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range arrays {
		w, err := z.Create(name + ".npy")
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}
