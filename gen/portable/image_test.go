package portable

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func readPNG(t *testing.T, name string) image.Image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return img
}

// pixels of img as dense bytes, by the interface that all images have.
func slowPixels(img image.Image, channels int) []uint8 {
	var out []uint8
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			if channels == 3 {
				out = append(out, c.R, c.G, c.B)
				continue
			}
			y := 19595*float64(c.R) + 38470*float64(c.G) + 7471*float64(c.B)
			out = append(out, uint8(math.Round(y/65536)))
		}
	}
	return out
}

func run(t *testing.T, s ImageSpec, img image.Image) []uint8 {
	t.Helper()
	dst := make([]uint8, s.Size())
	if err := s.Pixels(img, dst); err != nil {
		t.Fatal(err)
	}
	return dst
}

// The pictures of testdata are Pillow's: SOURCE-MODE-WxH.png is what
// SOURCE.png becomes.
func TestPillowVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/*-*-*.png")
	if err != nil || len(files) < 18 {
		t.Fatalf("%d vectors, error %v", len(files), err)
	}
	for _, file := range files {
		parts := strings.Split(strings.TrimSuffix(filepath.Base(file), ".png"), "-")
		t.Run(strings.Join(parts, " "), func(t *testing.T) {
			s := ImageSpec{Channels: 3}
			if _, err := fmt.Sscanf(parts[2], "%dx%d", &s.Width, &s.Height); err != nil {
				t.Fatal(err)
			}
			switch mode := parts[1]; {
			case mode == "stretch":
				s.Stretch = true
			case mode == "luma":
			default:
				if _, err := fmt.Sscanf(mode, "crop%d", &s.Resize); err != nil {
					t.Fatal(err)
				}
			}
			want := readPNG(t, file)
			if _, ok := want.(*image.Gray); ok {
				s.Channels = 1
			}
			got := run(t, s, readPNG(t, "testdata/"+parts[0]+".png"))
			worst, differ := distance(got, slowPixels(want, s.Channels))
			if worst > 1 || differ > 1+len(got)/200 {
				t.Errorf("largest difference %d, %d of %d bytes differ", worst, differ, len(got))
			}
		})
	}
}

func distance(a, b []uint8) (worst, differ int) {
	if len(a) != len(b) {
		return 256, len(a)
	}
	for i, v := range a {
		d := max(v, b[i]) - min(v, b[i])
		worst = max(worst, int(d))
		if d > 0 {
			differ++
		}
	}
	return worst, differ
}

// plain hides the type of an image, so that only At is left.
type plain struct{ image.Image }

func noise(r *rand.Rand, p []uint8) {
	for i := range p {
		p[i] = uint8(r.Uint32())
	}
}

// sources holds one image of each kind, noise, with bounds that do not begin at zero.
func sources() map[string]image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	b := image.Rect(3, 5, 24, 18)
	sub := image.Rect(4, 7, 23, 18)
	all := map[string]image.Image{}
	rgba := image.NewRGBA(b)
	noise(r, rgba.Pix)
	for i := range rgba.Pix {
		rgba.Pix[i] = min(rgba.Pix[i], rgba.Pix[i|3]) // premultiplied
	}
	nrgba := image.NewNRGBA(b)
	noise(r, nrgba.Pix)
	nrgba.Pix[3], nrgba.Pix[7] = 0, 255
	grey := image.NewGray(b)
	noise(r, grey.Pix)
	deep := image.NewNRGBA64(b)
	noise(r, deep.Pix)
	pal := color.Palette{color.Black, color.NRGBA{200, 10, 99, 128}, color.Gray{77}, color.YCbCr{90, 40, 200}}
	paletted := image.NewPaletted(b, pal)
	for i := range paletted.Pix {
		paletted.Pix[i] = uint8(r.IntN(len(pal)))
	}
	cmyk := image.NewCMYK(b)
	noise(r, cmyk.Pix)
	all["RGBA"], all["NRGBA"], all["Gray"], all["NRGBA64"] = rgba.SubImage(sub), nrgba, grey.SubImage(sub), deep
	all["Paletted"], all["CMYK"], all["At only"] = paletted.SubImage(sub), cmyk, plain{nrgba}
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, left := range []int{0, 3, -5} {
			m := image.NewYCbCr(image.Rect(left, 1, left+19, 14), ratio)
			noise(r, m.Y)
			noise(r, m.Cb)
			noise(r, m.Cr)
			all[fmt.Sprintf("%s from %d", ratio, left)] = m.SubImage(image.Rect(left+1, 2, left+18, 14))
		}
	}
	return all
}

func TestReadersEqualGeneric(t *testing.T) {
	for name, img := range sources() {
		for _, channels := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s %d", name, channels), func(t *testing.T) {
				b := img.Bounds()
				s := ImageSpec{Width: b.Dx(), Height: b.Dy(), Channels: channels}
				if got := run(t, s, img); !slices.Equal(got, slowPixels(img, channels)) {
					t.Error("pixels differ from those of At")
				}
				// Cut and scaled, the columns that are read begin elsewhere.
				s = ImageSpec{Width: 9, Height: 9, Channels: channels, Resize: 10}
				if !slices.Equal(run(t, s, img), run(t, s, plain{img})) {
					t.Error("scaled pixels differ from those of At")
				}
			})
		}
	}
}

func TestScaledAndCrop(t *testing.T) {
	for _, c := range []struct {
		w, h, shorter int
		wantW, wantH  int
		cropW, cropH  int
		wantX, wantY  int
	}{
		{500, 375, 256, 341, 256, 224, 224, 58, 16}, // 341.33; 117/2 = 58.5 to the even 58
		{375, 500, 256, 256, 341, 224, 224, 16, 58},
		{256, 256, 256, 256, 256, 224, 224, 16, 16},
		{640, 427, 232, 347, 232, 224, 224, 62, 4}, // 123/2 = 61.5 to the even 62
		{1, 1, 5, 5, 5, 4, 4, 0, 0},                // 0.5 to 0
		{10, 3, 7, 23, 7, 4, 4, 10, 2},             // 9.5 to 10, 1.5 to 2
		{224, 500, 224, 224, 500, 224, 224, 0, 138},
	} {
		f := imageFormat[uint8]{width: c.cropW, height: c.cropH, channels: 3, shorter: c.shorter}
		w, h, err := f.scaled(c.w, c.h)
		if err != nil || w != c.wantW || h != c.wantH {
			t.Errorf("%dx%d: scaled to %dx%d, %v; want %dx%d", c.w, c.h, w, h, err, c.wantW, c.wantH)
		}
		if x, y := cropOffset(w, c.cropW), cropOffset(h, c.cropH); x != c.wantX || y != c.wantY {
			t.Errorf("%dx%d: cut at %d,%d, want %d,%d", c.w, c.h, x, y, c.wantX, c.wantY)
		}
	}
}

func TestConstantStaysConstant(t *testing.T) {
	want := []uint8{255, 1, 131}
	for _, size := range []image.Point{{1, 1}, {1, 900}, {3, 2}, {37, 53}, {4001, 3}, {1 << 16, 2}} {
		img := image.NewRGBA(image.Rectangle{Max: size})
		draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{want[0], want[1], want[2], 255}), image.Point{}, draw.Src)
		for _, to := range []image.Point{{1, 1}, {2, 3}, {31, 7}, {224, 192}} {
			got := run(t, ImageSpec{Width: to.X, Height: to.Y, Channels: 3, Stretch: true}, img)
			for i, v := range got {
				if v != want[i%3] {
					t.Fatalf("%v to %v: byte %d is %d, want %d", size, to, i, v, want[i%3])
				}
			}
		}
	}
}

// The weights of each output add up exactly, and outputs use sources in order.
func TestFilterWeights(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {1, 50}, {50, 1}, {7, 5}, {5, 7}, {1000, 3}, {1 << 16, 3}, {3, 1 << 16}} {
		var a imageAxis
		a.filter(c[0], c[1], 0, c[1])
		for i := range c[1] {
			n := a.end[i] - a.start[i]
			sum := uint32(0)
			for _, w := range a.weight[i*a.taps:][:n] {
				sum += w
			}
			if sum != 1<<weightBits || n < 1 || n > a.taps || a.start[i] < 0 || a.end[i] > c[0] || i > 0 && a.start[i] < a.start[i-1] {
				t.Fatalf("%d to %d, output %d: sources %d to %d, at most %d, weights add up to %d", c[0], c[1], i, a.start[i], a.end[i], a.taps, sum)
			}
		}
	}
}

// A generated package's call: pitches, a table, the order BGR, memory that
// one picture leaves behind for the next, and no allocation.
func TestLoad(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	table := new([3][256]uint8)
	for c := range table {
		noise(r, table[c][:])
	}
	f := imageFormat[uint8]{width: 6, height: 5, channels: 3, stretch: true, bgr: true, rowPitch: 6*4 + 3, pixelPitch: 4, channelPitch: 1, table: table}
	dst := make([]uint8, 5*27)
	scratch := new(imageScratch)
	first := image.NewRGBA(image.Rect(0, 0, 90, 40))
	noise(r, first.Pix)
	for name, img := range sources() {
		for _, m := range []image.Image{first, img} {
			for i := range dst {
				dst[i] = 0xaa
			}
			if err := f.load(dst, m, scratch); err != nil {
				t.Fatal(err)
			}
		}
		rgb := run(t, ImageSpec{Width: 6, Height: 5, Channels: 3, Stretch: true}, img)
		for i, v := range dst {
			y, x, c := i/27, i%27/4, i%27%4
			want := uint8(0xaa)
			if x < 6 && c < 3 {
				want = table[c][rgb[(y*6+x)*3+2-c]]
			}
			if v != want {
				t.Fatalf("%s: row %d, pixel %d, byte %d is %#x, want %#x", name, y, x, c, v, want)
			}
		}
		if _, ok := img.(plain); ok {
			continue // At makes a color.Color
		}
		if n := testing.AllocsPerRun(5, func() { _ = f.load(dst, img, scratch) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// A package's call where the input is float32, in planes.
func TestLoadFloats(t *testing.T) {
	table := new([3][256]float32)
	for c := range table {
		for v := range table[c] {
			table[c][v] = float32(1000*c) - float32(v)/7
		}
	}
	const width, height = 6, 5
	f := imageFormat[float32]{width: width, height: height, channels: 3, stretch: true, rowPitch: width, pixelPitch: 1, channelPitch: width * height, table: table}
	dst, scratch := make([]float32, 3*width*height), new(imageScratch)
	for name, img := range sources() {
		if err := f.load(dst, img, scratch); err != nil {
			t.Fatal(err)
		}
		rgb := run(t, ImageSpec{Width: width, Height: height, Channels: 3, Stretch: true}, img)
		for i, v := range rgb {
			if got, want := dst[i%3*width*height+i/3], table[i%3][v]; got != want {
				t.Fatalf("%s: pixel %d, channel %d is %v, want %v", name, i/3, i%3, got, want)
			}
		}
	}
	if err := f.load(dst[1:], image.NewGray(image.Rect(0, 0, 9, 9)), scratch); err == nil {
		t.Error("wrote to an array that is too short")
	}
}

func TestErrors(t *testing.T) {
	ok := ImageSpec{Width: 4, Height: 4, Channels: 3}
	with := func(change func(*ImageSpec)) ImageSpec {
		s := ok
		change(&s)
		return s
	}
	small := image.NewGray(image.Rect(0, 0, 4, 4))
	for _, c := range []struct {
		spec ImageSpec
		img  image.Image
		dst  int
		want string
	}{
		{ok, image.NewGray(image.Rect(0, 0, 0, 4)), 48, "0x4 pixels is empty"},
		{ok, image.NewGray(image.Rect(0, 0, 5, 4)), 48, "takes 4x4 and no resize"},
		{ok, small, 47, "has 47 elements, want 48"},
		{with(func(s *ImageSpec) { s.Stretch = true }), image.White, 48, "not supported"},
		{with(func(s *ImageSpec) { s.Channels = 4 }), small, 64, "4 channels"},
		{with(func(s *ImageSpec) { s.Width = 0 }), small, 48, "0x4"},
		{with(func(s *ImageSpec) { s.Resize = 3 }), small, 48, "shorter side to 3"},
		{with(func(s *ImageSpec) { s.Resize, s.Stretch = 4, true }), small, 48, "exclude"},
		{with(func(s *ImageSpec) { s.BGR, s.Channels = true, 1 }), small, 16, "BGR"},
		{ImageSpec{Width: 8, Height: 4, Channels: 3, Resize: 4}, small, 96, "scaled to 4x4"},
	} {
		err := c.spec.Pixels(c.img, make([]uint8, c.dst))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q in it", c.spec, err, c.want)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	m := image.NewYCbCr(image.Rect(0, 0, 1280, 960), image.YCbCrSubsampleRatio420)
	noise(rand.New(rand.NewPCG(5, 6)), m.Y)
	f := imageFormat[uint8]{width: 224, height: 224, channels: 3, shorter: 256, rowPitch: 672, pixelPitch: 3, channelPitch: 1, table: new([3][256]uint8)}
	dst, scratch := make([]uint8, 224*672), new(imageScratch)
	for b.Loop() {
		if err := f.load(dst, m, scratch); err != nil {
			b.Fatal(err)
		}
	}
}
