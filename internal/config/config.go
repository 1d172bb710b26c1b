// Package config reads the YAML file that says how to build a model, ingot.yaml
// by custom. Keys that it does not know are errors.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// file is the YAML file. Paths are relative to its folder.
type file struct {
	Model       string            `yaml:"model"`
	Package     string            `yaml:"package"`
	Output      string            `yaml:"output"`
	ISA         []string          `yaml:"isa"`
	Shapes      map[string]string `yaml:"shapes"`
	Input       *input            `yaml:"input"`
	Labels      labels            `yaml:"labels"`
	Batch       *int              `yaml:"batch"`
	Calibration calibration       `yaml:"calibration"`
	Accuracy    accuracy          `yaml:"accuracy"`
	WeightBits  weightBits        `yaml:"weight_bits"`
	Precision   string            `yaml:"precision"`
	Exclude     exclude           `yaml:"exclude"`
	Quantize    string            `yaml:"quantize"`
}

// input says how a picture becomes the model's input.
type input struct {
	Layout string   `yaml:"layout"`
	Colour string   `yaml:"colour"`
	Resize resize   `yaml:"resize"`
	Scale  fraction `yaml:"scale"`
	Mean   numbers  `yaml:"mean"`
	Std    numbers  `yaml:"std"`
}

type calibration struct {
	Images string `yaml:"images"`
	Array  string `yaml:"array"`
	Mode   string `yaml:"mode"`
	Cache  string `yaml:"cache"`
}

type accuracy struct {
	Agreement float64 `yaml:"agreement"`
	Cosine    float64 `yaml:"cosine"`
}

type weightBits struct {
	Default int         `yaml:"default"`
	Layers  []layerBits `yaml:"layers"`
}

type layerBits struct {
	Name string `yaml:"name"`
	Bits int    `yaml:"bits"`
}

// exclude says what stays fp32.
type exclude struct {
	Names     []string `yaml:"names"`
	Match     []string `yaml:"match"`
	Operators []string `yaml:"operators"`
}

// Read returns the options that a YAML file describes. Errors name the file, the
// key and what to write.
func Read(path string) (ingot.Options, error) {
	data, err := readSmall(path)
	if err != nil {
		return ingot.Options{}, err
	}
	if err := checkNesting(data); err != nil {
		return ingot.Options{}, fmt.Errorf("%s: %w", path, err)
	}
	var f file
	err = yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f)
	switch {
	case errors.Is(err, io.EOF):
		return ingot.Options{}, fmt.Errorf("%s: the file is empty: want at least model: NAME.onnx", path)
	case err != nil:
		return ingot.Options{}, fmt.Errorf("%s: %s", path, short(yaml.FormatError(err, false, true)))
	}
	o, err := f.options(filepath.Dir(path))
	if err != nil {
		return o, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// options checks the file and turns it into options.
func (f *file) options(dir string) (o ingot.Options, err error) {
	in := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(dir, filepath.FromSlash(p))
	}
	if f.Model == "" {
		return o, errors.New("model: want the ONNX file, as in model: resnet.onnx")
	}
	o = ingot.Options{Model: in(f.Model), Package: f.Package, Output: in(f.Output), Cache: in(f.Calibration.Cache)}
	if o.Package == "" && o.Output == "" {
		o.Package = ingot.PackageName(strings.TrimSuffix(f.Model, filepath.Ext(f.Model)))
	}
	if o.Output == "" {
		o.Output = in(o.Package)
	}
	for _, step := range []func(*ingot.Options) error{f.isas, f.shapes, f.batch, f.image, f.bits, f.precision, f.floor, f.data(in)} {
		if err := step(&o); err != nil {
			return o, err
		}
	}
	o.Labels, err = f.Labels.load(in)
	return o, err
}

func (f *file) isas(o *ingot.Options) error {
	for _, name := range f.ISA {
		isa, err := spec.ParseISA(name)
		if err != nil {
			return fmt.Errorf("isa: %w", err)
		}
		o.ISAs = append(o.ISAs, isa)
	}
	return nil
}

func (f *file) batch(o *ingot.Options) error {
	if f.Batch == nil {
		return nil
	}
	if o.Batch = *f.Batch; o.Batch < 1 {
		return fmt.Errorf("batch: %d: want the images that a run takes, 1 or more", o.Batch)
	}
	return nil
}

func (f *file) shapes(o *ingot.Options) error {
	for name, text := range f.Shapes {
		s, err := ParseShape(text)
		if err != nil {
			return fmt.Errorf("shapes: %s: %w", name, err)
		}
		if o.Shapes == nil {
			o.Shapes = map[string]ir.Shape{}
		}
		o.Shapes[name] = s
	}
	return nil
}

func (f *file) image(o *ingot.Options) error {
	if f.Input == nil {
		return nil
	}
	i := f.Input
	if i.Layout != "" && i.Layout != "NCHW" && i.Layout != "NHWC" {
		return fmt.Errorf("input: layout %q: want NCHW or NHWC", i.Layout)
	}
	if i.Colour != "" && i.Colour != "rgb" && i.Colour != "bgr" && i.Colour != "grey" {
		return fmt.Errorf("input: colour %q: want rgb, bgr or grey", i.Colour)
	}
	o.Image = &ingot.Image{
		Layout: i.Layout, Colour: i.Colour, Resize: i.Resize.shorter, Stretch: i.Resize.stretch,
		Scale: float32(i.Scale), Mean: i.Mean, Std: i.Std,
	}
	return nil
}

func (f *file) bits(o *ingot.Options) error {
	if d := f.WeightBits.Default; d != 0 {
		o.WeightBits = append(o.WeightBits, quant.Bits{Pattern: "*", Bits: d})
	}
	for _, l := range f.WeightBits.Layers {
		if l.Name == "" {
			return errors.New("weight_bits: layers: each wants a name, in which * stands for any characters, and bits, as in {name: conv1, bits: 7}")
		}
		o.WeightBits = append(o.WeightBits, quant.Bits{Pattern: l.Name, Bits: l.Bits})
	}
	for _, b := range o.WeightBits {
		if b.Bits != 7 && b.Bits != 8 {
			return fmt.Errorf("weight_bits: %d for %q: want 7 or 8", b.Bits, b.Pattern)
		}
	}
	return nil
}

func (f *file) precision(o *ingot.Options) (err error) {
	if f.Precision != "" {
		if o.Precision, err = ParsePrecision(f.Precision); err != nil {
			return err
		}
	}
	if f.Quantize != "" {
		if o.Smart, err = ParseQuantize(f.Quantize); err != nil {
			return err
		}
	}
	o.Exclude = quant.Exclude(f.Exclude)
	return nil
}

func (f *file) floor(o *ingot.Options) error {
	o.Floor = ingot.Floor(f.Accuracy)
	for _, v := range []struct {
		key   string
		value float64
	}{{"agreement", f.Accuracy.Agreement}, {"cosine", f.Accuracy.Cosine}} {
		if !(v.value >= 0 && v.value <= 1) {
			return fmt.Errorf("accuracy: %s %g: want a number from 0 to 1", v.key, v.value)
		}
	}
	return nil
}

// data returns the step that reads the calibration part.
func (f *file) data(in func(string) string) func(*ingot.Options) error {
	return func(o *ingot.Options) (err error) {
		c := f.Calibration
		if c.Images != "" && c.Array != "" {
			return errors.New("calibration: want images (a folder) or array (an .npy or .npz file), not both")
		}
		o.Calibration = in(c.Images + c.Array)
		if c.Mode != "" {
			if o.Mode, err = ParseMode(c.Mode); err != nil {
				return fmt.Errorf("calibration: %w", err)
			}
		}
		return nil
	}
}
