package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// write puts a configuration and a file of labels into a folder.
func write(t *testing.T, text string) (path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "ingot.yaml")
	for name, data := range map[string]string{path: text, filepath.Join(dir, "names.txt"): "cat\r\nhot dog\n", filepath.Join(dir, "hole.txt"): "cat\n\ndog\n"} {
		if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestRead(t *testing.T) {
	path := write(t, `
model: net.onnx
package: net
output: ../gen/net
isa: [avx2]
shapes: {image: 1x3x224x224}
input:
  layout: NHWC
  colour: bgr
  resize: 256
  scale: 1/255
  mean: [0.485, 0.456, 0.406]
  std: 0.5
labels: names.txt
batch: 4
calibration:
  images: pictures
  mode: naive
  cache: /ranges.json
accuracy: {agreement: 0.9, cosine: 0.99}
weight_bits:
  default: 8
  layers:
    - {name: "stage1*", bits: 7}
precision: mixed
exclude: {names: [conv1, fc], match: ["stage4*"], operators: [Add]}
quantize: smart
`)
	dir := filepath.Dir(path)
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	want := ingot.Options{
		Model: filepath.Join(dir, "net.onnx"), Package: "net", Output: filepath.Join(filepath.Dir(dir), "gen", "net"),
		ISAs: []spec.ISA{spec.AVX2}, Shapes: map[string]ir.Shape{"image": {1, 3, 224, 224}},
		Image: &ingot.Image{Layout: "NHWC", Colour: "bgr", Resize: 256, Scale: 1.0 / 255,
			Mean: []float32{0.485, 0.456, 0.406}, Std: []float32{0.5}},
		Labels: []string{"cat", "hot dog"}, Batch: 4,
		Calibration: filepath.Join(dir, "pictures"), Mode: quant.MinMax, Cache: "/ranges.json",
		Floor:      ingot.Floor{Agreement: 0.9, Cosine: 0.99},
		WeightBits: []quant.Bits{{Pattern: "*", Bits: 8}, {Pattern: "stage1*", Bits: 7}},
		Precision:  ingot.Mixed, Smart: true,
		Exclude: quant.Exclude{Names: []string{"conv1", "fc"}, Match: []string{"stage4*"}, Operators: []string{"Add"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestDefaults(t *testing.T) {
	path := write(t, "model: sub/Res-Net18.onnx\nlabels: [a, b]\ninput: {resize: stretch}\n")
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if got.Package != "resnet18" || got.Output != filepath.Join(dir, "resnet18") || got.Model != filepath.Join(dir, "sub", "Res-Net18.onnx") {
		t.Errorf("package %q, output %q, model %q", got.Package, got.Output, got.Model)
	}
	if !reflect.DeepEqual(got.Labels, []string{"a", "b"}) || !got.Image.Stretch || got.Mode != "" || got.Calibration != "" {
		t.Errorf("got %+v, image %+v", got, got.Image)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "want at least model"},
		{"no model", "package: net\n", "model: want the ONNX file"},
		{"unknown key", "model: a.onnx\ncalibation:\n  images: x\n", `[2:1] unknown field "calibation"`},
		{"unknown nested key", "model: a.onnx\ninput:\n  color: rgb\n", `[3:3] unknown field "color"`},
		{"repeated key", "model: a.onnx\nmodel: b.onnx\n", "[2:1]"},
		{"not YAML", "model: [a.onnx\n", "[1:8]"},
		{"wrong type", "model: a.onnx\naccuracy: high\n", "[2:11]"},
		{"isa", "model: a.onnx\nisa: [sse2]\n", `isa: unknown instruction set "sse2": want avx2 or avx512vnni`},
		{"shape", "model: a.onnx\nshapes: {image: 1x3x0}\n", `shapes: image: shape "1x3x0": want positive numbers`},
		{"layout", "model: a.onnx\ninput: {layout: CHW}\n", "want NCHW or NHWC"},
		{"colour", "model: a.onnx\ninput: {colour: gray}\n", "want rgb, bgr or grey"},
		{"resize", "model: a.onnx\ninput: {resize: big}\n", `resize "big": want the length`},
		{"scale", "model: a.onnx\ninput: {scale: 1/0}\n", `scale "1/0": want a positive number`},
		{"mean", "model: a.onnx\ninput: {mean: [a]}\n", "want a number, or a list"},
		{"batch", "model: a.onnx\nbatch: 0\n", "batch: 0: want the images that a run takes"},
		{"labels", "model: a.onnx\nlabels: {a: b}\n", "labels: want a file"},
		{"labels file", "model: a.onnx\nlabels: none.txt\n", "none.txt"},
		{"empty label", "model: a.onnx\nlabels: hole.txt\n", "hole.txt: line 2 is empty"},
		{"images and array", "model: a.onnx\ncalibration: {images: a, array: b.npy}\n", "not both"},
		{"mode", "model: a.onnx\ncalibration: {mode: percentile}\n", "want minmax or entropy"},
		{"floor", "model: a.onnx\naccuracy: {agreement: 97}\n", "from 0 to 1"},
		{"bits", "model: a.onnx\nweight_bits: {default: 4}\n", "want 7 or 8"},
		{"layer", "model: a.onnx\nweight_bits: {layers: [{bits: 7}]}\n", "each wants a name"},
		{"precision", "model: a.onnx\nprecision: fp16\n", `precision "fp16": want int8, fp32 or mixed`},
		{"quantize", "model: a.onnx\nquantize: none\n", `quantize "none": want full or smart`},
		{"exclude", "model: a.onnx\nexclude: {layers: [a]}\n", `unknown field "layers"`},
		{"exclude list", "model: a.onnx\nexclude: [a]\n", "[2:10]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.text)
			_, err := Read(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
