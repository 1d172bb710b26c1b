package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/internal/bench"
	"github.com/ingot-go/ingot/internal/gotool"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/quant"
)

// variants are what -compare knows.
var variants = []string{"unfused", "fp32", "int8", "mixed"}

// variantList reads the -compare flag. Left out, it is fp32 and the precision of the
// options.
func variantList(text string, o ingot.Options) ([]string, error) {
	if text == "" {
		switch {
		case o.Precision == ingot.FP32:
			return []string{"fp32"}, nil
		case o.Precision == ingot.Mixed || !o.Exclude.Empty() || o.Smart:
			return []string{"fp32", "mixed"}, nil
		}
		return []string{"fp32", "int8"}, nil
	}
	list := strings.Split(text, ",")
	for i, v := range list {
		if !slices.Contains(variants, v) || slices.Contains(list[:i], v) {
			return nil, usage("-compare %s: want a list of %s, each once", text, strings.Join(variants, ", "))
		}
	}
	return list, nil
}

// variant returns the options of a variant of what o describes.
func variant(name string, o ingot.Options) ingot.Options {
	o.Package, o.Labels, o.Floor = name, nil, ingot.Floor{}
	if name != "mixed" {
		o.Exclude, o.Smart = quant.Exclude{}, false
	}
	switch name {
	case "unfused", "fp32":
		o.Precision, o.Unfused, o.WeightBits = ingot.FP32, name == "unfused", nil
	default:
		o.Precision = ingot.Precision(name)
	}
	return o
}

// buildVariant compiles a variant into a folder of a temporary module.
func buildVariant(c *call, m *gotool.Module, name string, o ingot.Options, p *progress) (gotool.Folder, error) {
	o = variant(name, o)
	o.Progress = func(stage string, done, total int) { p.set(name+": "+stage, done, total) }
	// The ranges serve all variants. The user's own cache is read, and not written.
	if _, err := os.Stat(o.Cache); o.Cache == "" || errors.Is(err, fs.ErrNotExist) {
		o.Cache = filepath.Join(m.Path, "calibration.json")
	}
	files, _, err := ingot.Files(c, o)
	if err == nil {
		err = m.Write(name, files)
	}
	if err != nil {
		return gotool.Folder{}, fmt.Errorf("variant %s: %w", name, err)
	}
	return m.Sub(name), nil
}

// How many inputs outputs are compared on.
const (
	maxSamples = 32
	madeUp     = 8 // where there are no calibration inputs
)

// samples are inputs that outputs are compared on, and what they are.
type samples struct {
	g     *ir.Graph // fp32
	list  [][]*ir.Tensor
	batch int // how often a run takes each
	text  string
}

// findSamples returns inputs that were held back from calibration, or makes some up.
func findSamples(c *call, o ingot.Options) (*samples, error) {
	g, list, images, err := ingot.Samples(c, variant("int8", o), maxSamples)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return &samples{g, list, images, fmt.Sprintf("%d inputs of %s that were held back from calibration", len(list), o.Calibration)}, nil
	}
	for i := range uint64(madeUp) {
		list = append(list, noise(g, i))
	}
	return &samples{g, list, images, fmt.Sprintf("%d made-up inputs", len(list))}, nil
}

// compare compares what the variants give with what fp32 does.
func (x *samples) compare(s *bench.Session) error {
	list := x.inputs()
	want, err := s.Outputs("fp32", list)
	if err == nil && want == nil {
		want, err = x.reference()
	}
	if err != nil {
		return err
	}
	return s.Compare(list, want)
}

// inputs are those of the runs.
func (x *samples) inputs() [][]*ir.Tensor {
	var all [][]*ir.Tensor
	for _, in := range x.list {
		var whole []*ir.Tensor
		for _, t := range in {
			whole = append(whole, repeated(t, x.batch))
		}
		all = append(all, whole)
	}
	return all
}

// repeated returns a tensor n times, one behind the other along the first axis, or along a new one
// where that is no batch of one.
func repeated(t *ir.Tensor, n int) *ir.Tensor {
	s := t.Shape.Clone()
	if n > 1 && (len(s) == 0 || s[0] != 1) {
		s = append(ir.Shape{1}, s...)
	}
	if n > 1 {
		s[0] = n
	}
	return &ir.Tensor{Type: t.Type, Shape: s, F32: slices.Repeat(t.F32, n), U8: slices.Repeat(t.U8, n),
		S8: slices.Repeat(t.S8, n), S32: slices.Repeat(t.S32, n), I64: slices.Repeat(t.I64, n)}
}

// noise makes up an input.
func noise(g *ir.Graph, seed uint64) []*ir.Tensor {
	var in []*ir.Tensor
	for i, v := range g.Inputs {
		in = append(in, bench.NoiseOf(v.Type, v.Shape, seed*uint64(len(g.Inputs))+uint64(i)))
	}
	return in
}

// reference runs the fp32 graph, where no variant does.
func (x *samples) reference() ([][]*ir.Tensor, error) {
	run, err := exec.New(x.g, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	var all [][]*ir.Tensor
	for _, in := range x.list {
		out, err := run.Run(in, nil)
		if err != nil {
			return nil, err
		}
		for i, t := range out {
			out[i] = repeated(t, x.batch)
		}
		all = append(all, out)
	}
	return all, nil
}
