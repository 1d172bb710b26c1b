package endtoend

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/onnx"
)

// nhwc is a model whose input is 1x6x8x3, height and width before the channels.
func nhwc() []byte {
	return tiny(func(g *onnx.GraphProto) {
		g.Inputs[0], g.Outputs[0] = value("x", 1, 6, 8, 3), value("y", 1, 2, 4, 6)
		w := g.Initializers[0]
		w.Dims, w.FloatData = []int64{2, 3, 3, 3}, make([]float32, 54)
		for i := range w.FloatData {
			w.FloatData[i] = float32(i%7) - 3
		}
		first := node("Transpose", "t", "x")
		first.Attributes = []*onnx.AttributeProto{{Name: "perm", Type: onnx.AttrInts, Ints: []int64{0, 3, 1, 2}}}
		g.Nodes[0].Inputs[0] = "t"
		g.Nodes = append([]*onnx.NodeProto{first}, g.Nodes...)
	})
}

// A picture gives what an array of its pixels gives where the model has its channels
// last, and in blue, green, red.
func TestPictureLayout(t *testing.T) {
	dir := t.TempDir()
	if err := newModule(dir); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "model.onnx"), nhwc())
	rng := rand.New(rand.NewPCG(1, 2))
	var pixels []float32
	for i := range 4 {
		img := image.NewNRGBA(image.Rect(0, 0, 8, 6))
		pixels = pixels[:0]
		for y := range 6 {
			for x := range 8 {
				c := color.NRGBA{uint8(rng.Uint32()), uint8(rng.Uint32()), uint8(rng.Uint32()), 255}
				img.SetNRGBA(x, y, c)
				for _, v := range []uint8{c.B, c.G, c.R} {
					pixels = append(pixels, (float32(v)-100)/50)
				}
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "pictures", fmt.Sprintf("%d.png", i)), b.Bytes())
	}
	var b bytes.Buffer
	if err := npy.Write(&b, []int{1, 6, 8, 3}, pixels); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "in.npy"), b.Bytes())
	write(t, filepath.Join(dir, "net.yaml"), []byte("model: model.onnx\noutput: net\n"+
		"input: {layout: NHWC, colour: bgr, resize: none, scale: 1, mean: 100, std: [50, 50, 50]}\ncalibration: {images: pictures}\n"))
	must(t, dir, "build", "net.yaml")
	gocmd(t, dir, nil, "test", "./net")
	must(t, dir, "run", "-o", "array.npy", "net", "in.npy")
	must(t, dir, "run", "-o", "picture.npy", "net", "pictures/3.png")
	_, want := load(t, filepath.Join(dir, "array.npy"), "")
	if _, got := load(t, filepath.Join(dir, "picture.npy"), ""); !slices.Equal(got, want) {
		t.Errorf("the picture gives %v\nits pixels %v", got, want)
	}
}
