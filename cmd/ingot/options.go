package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/internal/config"
	"github.com/ingot-go/ingot/ir"
)

// modelFlags are the flags of commands that read a model or a configuration.
type modelFlags struct {
	shapes    shapes
	isas      isas
	calib     string
	mode      string
	precision precision
}

// shapes collects -shape flags.
type shapes map[string]ir.Shape

// String implements flag.Value.
func (s shapes) String() string { return "" }

// Set implements flag.Value.
func (s shapes) Set(text string) error {
	i := strings.LastIndexByte(text, '=')
	if i < 1 {
		return fmt.Errorf("want INPUT=SHAPE, as in input=1x3x224x224")
	}
	shape, err := config.ParseShape(text[i+1:])
	if err == nil {
		s[text[:i]] = shape
	}
	return err
}

// isas is the -isa flag: names joined by commas.
type isas []spec.ISA

// String implements flag.Value.
func (l *isas) String() string { return "" }

// Set implements flag.Value.
func (l *isas) Set(text string) error {
	*l = nil
	for _, name := range strings.Split(text, ",") {
		isa, err := spec.ParseISA(name)
		if err != nil {
			return err
		}
		*l = append(*l, isa)
	}
	return nil
}

// add declares the flags that build and inspect share.
func (m *modelFlags) add(c *call) {
	m.shapes = shapes{}
	c.flags.Var(m.shapes, "shape", "fix the shape of an input with dynamic dimensions, `INPUT=SHAPE`, as in input=1x3x224x224; may be repeated")
	c.flags.StringVar(&m.calib, "calib", "", "calibration inputs, `PATH`: a folder of .png and .jpg pictures, an .npy array or an .npz archive")
	c.flags.StringVar(&m.mode, "calib-mode", "", "how ranges are chosen, `MODE`: minmax (all that was seen) or entropy (the default)")
	m.precision.add(c)
}

// options reads the model or the configuration that path names; flags override it.
func (m *modelFlags) options(path string) (o ingot.Options, err error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		if o, err = config.Read(path); err != nil {
			return o, err
		}
	case ".onnx":
		o.Model = path
		o.Package = ingot.PackageName(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
		o.Output = o.Package
	default:
		return o, usage("%s: want a model that ends in .onnx, or a configuration that ends in .yaml", path)
	}
	for name, s := range m.shapes {
		if o.Shapes == nil {
			o.Shapes = map[string]ir.Shape{}
		}
		o.Shapes[name] = s
	}
	if len(m.isas) > 0 {
		o.ISAs = m.isas
	}
	if m.calib != "" {
		o.Calibration = m.calib
	}
	if m.mode != "" {
		if o.Mode, err = config.ParseMode(m.mode); err != nil {
			return o, usage("-calib-mode: %v", err)
		}
	}
	return o, m.precision.set(&o)
}
