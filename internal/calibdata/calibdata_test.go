package calibdata

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
)

func input(name string, s ...int) *ir.Value {
	return &ir.Value{Name: name, Type: ir.F32, Shape: s}
}

// tiny is an image spec of 3x2 RGB pixels.
func tiny() Spec {
	return Spec{ImageSpec: portable.ImageSpec{Width: 3, Height: 2, Channels: 3}, Scale: 1.0 / 255,
		Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.229, 0.224, 0.225}}
}

// picture is 3x2 pixels whose bytes are base, base+1 and so on.
func picture(base uint8) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		v := base + uint8(3*i)
		m.SetRGBA(i%3, i/3, color.RGBA{v, v + 1, v + 2, 255})
	}
	return m
}

func encode(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	err := png.Encode(&b, m)
	if ext := filepath.Ext(path); ext != ".png" {
		b.Reset()
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 100})
	}
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, b.Bytes())
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestNormalize(t *testing.T) {
	s := tiny()
	for _, c := range []struct {
		spec    Spec
		channel int
		v       uint8
		want    float64
	}{
		{s, 0, 0, -0.485 / 0.229},
		{s, 2, 255, (1 - 0.406) / 0.225},
		{s, 1, 100, (100.0/255 - 0.456) / 0.224},
		{Spec{Scale: 1}, 2, 255, 255},
		{Spec{Scale: 1, Mean: []float32{127}, Std: []float32{128}}, 1, 7, -120.0 / 128},
		{Spec{Scale: 1 / 127.5, Mean: []float32{1}}, 0, 255, 1},
	} {
		if got := float64(c.spec.Normalize(c.channel, c.v)); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("byte %d of channel %d: %v, want %v", c.v, c.channel, got, c.want)
		}
	}
	// Each step is rounded to float32, on every machine; the bits are those that numpy computes.
	if got, want := math.Float32bits(s.Normalize(0, 37)), uint32(0xbfbdfd27); got != want {
		t.Errorf("byte 37: bits %#x, want %#x", got, want)
	}
}

func TestImageFolder(t *testing.T) {
	dir := t.TempDir()
	encode(t, filepath.Join(dir, "b.png"), picture(50))
	encode(t, filepath.Join(dir, "a.PNG.png"), picture(10))
	encode(t, filepath.Join(dir, "c.JPEG"), image.NewGray(image.Rect(0, 0, 3, 2)))
	put(t, filepath.Join(dir, "labels.csv"), []byte("a.png,3"))
	put(t, filepath.Join(dir, "._b.png"), []byte("a file manager's"))
	if err := os.Mkdir(filepath.Join(dir, "d.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, layout := range []Layout{NCHW, NHWC} {
		for _, bgr := range []bool{false, true} {
			s := tiny()
			s.Layout, s.BGR = layout, bgr
			src, err := Open(dir, []*ir.Value{input("x", s.Shape()...)}, s)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			if src.Len() != 3 {
				t.Fatalf("%d images, want 3", src.Len())
			}
			for range 2 { // the second time after Reset
				for _, base := range []uint8{10, 50} {
					in, err := src.Next()
					if err != nil || len(in) != 1 || !in[0].Shape.Equal(s.Shape()) {
						t.Fatalf("%v, %v", in, err)
					}
					checkPicture(t, s, in[0].F32, base)
				}
				if in, err := src.Next(); err != nil || in[0].F32[0] != s.Normalize(0, 0) {
					t.Errorf("grey JPEG: %v, %v", in, err)
				}
				if _, err := src.Next(); err != io.EOF {
					t.Errorf("behind the end: %v", err)
				}
				if err := src.Reset(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// checkPicture compares got with picture(base), layout and order of channels as in s.
func checkPicture(t *testing.T, s Spec, got []float32, base uint8) {
	t.Helper()
	for y := range 2 {
		for x := range 3 {
			for c := range 3 {
				colour := c
				if s.BGR {
					colour = 2 - c
				}
				want := s.Normalize(c, base+uint8(3*(3*y+x)+colour))
				i := (c*2+y)*3 + x
				if s.Layout == NHWC {
					i = (y*3+x)*3 + c
				}
				if got[i] != want {
					t.Errorf("%s bgr %t, picture %d, pixel %d,%d, channel %d: %v, want %v", s.Layout, s.BGR, base, x, y, c, got[i], want)
				}
			}
		}
	}
}

// hugePNG is the start of a PNG of 100,000 x 100,000 pixels.
func hugePNG() []byte {
	head := []byte("IHDR\x00\x01\x86\xa0\x00\x01\x86\xa0\x08\x02\x00\x00\x00")
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
}

func TestBadImages(t *testing.T) {
	var whole bytes.Buffer
	if err := jpeg.Encode(&whole, picture(3), nil); err != nil {
		t.Fatal(err)
	}
	larger := bytes.Buffer{}
	if err := png.Encode(&larger, image.NewGray(image.Rect(0, 0, 4, 2))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"text.jpg", "neither a PNG nor a JPEG", []byte("this is a text file\n")},
		{"empty.png", "neither a PNG nor a JPEG", nil},
		{"cut.jpg", "damaged image", whole.Bytes()[:whole.Len()-30]},
		{"head.jpg", "damaged image", whole.Bytes()[:15]},
		{"bomb.png", "100000x100000 pixels, want at most 64 megapixels", hugePNG()},
		{"size.png", "image is 4x2 pixels, the network takes 3x2", larger.Bytes()},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.name)
		put(t, path, c.data)
		src, err := Open(dir, []*ir.Value{input("x", 1, 3, 2, 3)}, tiny())
		if err != nil {
			t.Fatal(err)
		}
		_, err = src.Next()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q and the path in it", c.name, err, c.want)
		}
	}
}

func array(t *testing.T, shape ...int) (path string, data []float32) {
	t.Helper()
	data = make([]float32, ir.Shape(shape).Elems())
	for i := range data {
		data[i] = float32(i) * 0.5
	}
	var b bytes.Buffer
	if err := npy.Write(&b, shape, data); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "a.npy")
	put(t, path, b.Bytes())
	return path, data
}

func TestArray(t *testing.T) {
	for _, c := range []struct {
		array, input ir.Shape
		samples      int
	}{
		{ir.Shape{5, 2, 3}, ir.Shape{1, 2, 3}, 5},
		{ir.Shape{1, 2, 3}, ir.Shape{1, 2, 3}, 1},
		{ir.Shape{2, 3}, ir.Shape{1, 2, 3}, 1},
		{ir.Shape{5, 1, 2, 3}, ir.Shape{1, 2, 3}, 5},
		{ir.Shape{6, 2, 3}, ir.Shape{2, 2, 3}, 3},
		{ir.Shape{7}, ir.Shape{1}, 7},
	} {
		path, data := array(t, c.array...)
		src, err := Open(path, []*ir.Value{input("x", c.input...)}, Spec{})
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		for range 2 {
			var got []float32
			for range src.Len() {
				in, err := src.Next()
				if err != nil || !in[0].Shape.Equal(c.input) {
					t.Fatalf("%v: %v, %v", c.array, in, err)
				}
				got = append(got, in[0].F32...)
			}
			if _, err := src.Next(); src.Len() != c.samples || !slices.Equal(got, data) || err != io.EOF {
				t.Errorf("%v of %v: %d samples, want %d; %v; %v", c.array, c.input, src.Len(), c.samples, got, err)
			}
			if err := src.Reset(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func archive(t *testing.T, shapes map[string][]int, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		data := make([]float32, ir.Shape(shapes[name]).Elems())
		for i := range data {
			data[i] = float32(i + len(name))
		}
		if err := npy.Write(w, shapes[name], data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.npz")
	put(t, path, b.Bytes())
	return path
}

func TestArchive(t *testing.T) {
	shapes := map[string][]int{"image": {3, 2, 2}, "age": {3, 1}, "labels": {9}, "short": {2, 1}}
	in := []*ir.Value{input("age", 1, 1), input("image", 1, 2, 2)}
	path := archive(t, shapes, "image", "labels", "age", "short")
	src, err := Open(path, in, Spec{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for range 2 {
		for i := range 3 {
			x, err := src.Next()
			if err != nil || len(x) != 2 {
				t.Fatalf("%v, %v", x, err)
			}
			n := float32(4 * i)
			if x[0].F32[0] != float32(i+3) || !slices.Equal(x[1].F32, []float32{n + 5, n + 6, n + 7, n + 8}) {
				t.Errorf("sample %d: %v, %v", i, x[0].F32, x[1].F32)
			}
		}
		if _, err := src.Next(); err != io.EOF {
			t.Errorf("behind the end: %v", err)
		}
		if err := src.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	in[0].Name = "short"
	if _, err := Open(path, in, Spec{}); err == nil || !strings.Contains(err.Error(), `2 samples of input "short", 3 of "image"`) {
		t.Errorf("different lengths: %v", err)
	}
	in[0].Name = "weight"
	if _, err := Open(path, in, Spec{}); err == nil || !strings.Contains(err.Error(), `no array is named "weight", there are ["image"`) {
		t.Errorf("missing input: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	x := []*ir.Value{input("x", 1, 3, 2, 3)}
	two := []*ir.Value{x[0], input("y", 1)}
	with := func(change func(*Spec)) Spec {
		s := tiny()
		change(&s)
		return s
	}
	empty := t.TempDir()
	put(t, filepath.Join(empty, "notes.txt"), nil)
	text := filepath.Join(empty, "notes.txt")
	fake := filepath.Join(t.TempDir(), "fake.npy")
	put(t, fake, []byte("1 2 3"))
	good, _ := array(t, 1, 3, 2, 3)
	other, _ := array(t, 4, 3, 2, 4)
	none, _ := array(t, 0, 3, 2, 3)
	for _, c := range []struct {
		path string
		in   []*ir.Value
		spec Spec
		want string
	}{
		{empty, x, tiny(), "no image in this folder"},
		{filepath.Join(empty, "missing"), x, tiny(), "no such file"},
		{text, x, tiny(), "want a folder of images, an .npy or an .npz"},
		{fake, x, tiny(), "magic"},
		{other, x, tiny(), "4x3x2x4 does not hold inputs \"x\" of shape 1x3x2x3"},
		{none, x, tiny(), "holds no sample"},
		{good, two, tiny(), "use an .npz"},
		{empty, two, tiny(), "use an .npz"},
		{good, []*ir.Value{{Name: "x", Type: ir.I64, Shape: ir.Shape{1, 3, 2, 3}}}, tiny(), "holds real numbers, the input \"x\" takes int64"},
		{empty, []*ir.Value{input("x", 1, 3, 4, 4)}, tiny(), "images make NCHW inputs of shape 1x3x2x3, the model's input \"x\" is 1x3x4x4"},
		{empty, x, with(func(s *Spec) { s.Scale = 0 }), "scale 0"},
		{empty, x, with(func(s *Spec) { s.Scale = float32(math.NaN()) }), "scale NaN"},
		{empty, x, with(func(s *Spec) { s.Mean = s.Mean[:2] }), "mean has 2 numbers"},
		{empty, x, with(func(s *Spec) { s.Std = []float32{1, 0, 1} }), "std 0 of channel 1"},
		{empty, x, with(func(s *Spec) { s.Mean = []float32{float32(math.Inf(1))} }), "mean +Inf"},
		{empty, x, with(func(s *Spec) { s.Channels = 2 }), "2 channels"},
	} {
		src, err := Open(c.path, c.in, c.spec)
		if err == nil {
			src.Close()
			t.Errorf("%s: no error, want %q", c.path, c.want)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.path, err, c.want)
		}
	}
}
