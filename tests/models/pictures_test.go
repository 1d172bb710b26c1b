package models

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
	"github.com/ingot-go/ingot/quant"
)

// pictureProgram is a test inside of a generated package: a picture gives what the array of
// its normalised pixels gives, and leaves no garbage behind. LAYOUT is the index of channel c of pixel i.
const pictureProgram = `package net

import (
	"image"
	"math"
	"testing"
)

func TestPicture(t *testing.T) {
	img, in, want, got := image.NewRGBA(image.Rect(0, 0, 9, 8)), new(Input), new(Output), new(Output)
	for i := range 8 * 9 {
		for c := range 3 {
			img.Pix[4*i+c] = uint8(i*37 + c*101)
			in[LAYOUT] = (float32(float32(img.Pix[4*i+c])*(1.0/255)) - float32(0.25*float32(c))) / 0.5
		}
		img.Pix[4*i+3] = 255
	}
	for _, l := range levels() {
		m := newOn(l)
		ws := m.NewWorkspace(1)
		m.Run(ws, in, want)
		if err := m.RunImage(ws, img, got); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%s: output %d of the picture is %v, of the array %v", l.name, i, got[i], want[i])
			}
		}
		if n := testing.AllocsPerRun(2, func() { _ = m.RunImage(ws, img, got) }); n != 0 {
			t.Errorf("%s: %v allocations", l.name, n)
		}
		if err := m.RunImage(ws, image.NewGray(image.Rect(0, 0, 8, 9)), got); err == nil {
			t.Errorf("%s: takes a picture of the wrong size", l.name)
		}
	}
}
`

// TestPictures gives pictures to packages of every precision and both layouts.
func TestPictures(t *testing.T) {
	for _, layout := range []calibdata.Layout{calibdata.NCHW, calibdata.NHWC} {
		s := calibdata.Spec{Layout: layout, Scale: 1.0 / 255, Mean: []float32{0, 0.25, 0.5}, Std: []float32{0.5}}
		s.Width, s.Height, s.Channels = 9, 8, 3
		real := twoLayers(t, layout)
		x := ir.NewTensor(ir.F32, s.Shape())
		for i := range x.F32 {
			x.F32[i] = float32(i%11)/4 - 1
		}
		c, err := quant.Calibrate(real, executor(t, real), quant.NewSamples([]*ir.Tensor{x}), quant.CalibrateOptions{Mode: quant.MinMax})
		if err != nil {
			t.Fatal(err)
		}
		graphs := map[string]*ir.Graph{"fp32": real}
		for name, x := range map[string]quant.Exclude{"int8": {}, "mixed": {Names: []string{"first"}}} {
			if graphs[name], _, err = quant.Quantize(real, c, quant.Options{Exclude: x}); err != nil {
				t.Fatal(err)
			}
		}
		for name, g := range graphs {
			t.Run(fmt.Sprint(name, " ", layout), func(t *testing.T) { checkPicture(t, g, s) })
		}
	}
}

// twoLayers is a network of two convolutions on 8x9 pixels.
func twoLayers(t *testing.T, layout calibdata.Layout) *ir.Graph {
	w := &weaver{t: t, r: rand.New(rand.NewPCG(5, 4)), g: &ir.Graph{Name: "pictures"}}
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 3, 8, 9}}
	w.g.Inputs = []*ir.Value{x}
	if layout == calibdata.NHWC {
		x.Shape = ir.Shape{1, 8, 9, 3}
		x = w.add(ir.Transpose{Perm: []int{0, 3, 1, 2}}, x)
	}
	op := ir.Conv{Groups: 1, Window: ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}}
	for i, name := range []string{"first", "second"} {
		n, err := w.g.Add(name, op, x, w.constant(0.2, 3+i, 3, 3, 3))
		if err != nil {
			t.Fatal(err)
		}
		x = n.Out[0]
	}
	w.g.Outputs = []*ir.Value{x}
	return w.g
}

// checkPicture runs pictureProgram in the package of a graph.
func checkPicture(t *testing.T, g *ir.Graph, s calibdata.Spec) {
	p, err := plan.Build(g, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := gen.Files(p, gen.Options{Package: "net", Model: g.Name, ISAs: []spec.ISA{spec.AVX2, spec.AVX512VNNI},
		Image: &gen.Image{Width: s.Width, Height: s.Height, Channels: s.Channels, ChannelsLast: s.Layout == calibdata.NHWC, Normalize: s.Normalize}})
	if err != nil {
		t.Fatal(err)
	}
	index := "c*8*9+i"
	if s.Layout == calibdata.NHWC {
		index = "3*i+c"
	}
	files["pictures_test.go"] = []byte(strings.ReplaceAll(pictureProgram, "LAYOUT", index))
	dir := newModule(t)
	for name, text := range files {
		write(t, filepath.Join(dir, "net", name), string(text))
	}
	goTool(t, dir, "test", "-run", "TestPicture", "./net")
}
