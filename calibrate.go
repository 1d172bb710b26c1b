package ingot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// openData opens the calibration inputs and holds some back for the accuracy line.
func (b *build) openData() error {
	if err := b.chooseImage(); err != nil {
		return err
	}
	if b.o.Calibration == "" || b.o.Precision == FP32 {
		return nil
	}
	s := calibdata.Spec{}
	if b.spec != nil {
		s = *b.spec
	}
	src, err := calibdata.Open(b.o.Calibration, b.real.Inputs, s)
	if err != nil {
		return fmt.Errorf("calibration: %w", err)
	}
	b.data = src
	all := checked{src, b.ctx, b.o.Calibration, b.real.Inputs}
	if quant.HasParameters(b.real) {
		b.test = all
		return nil
	}
	b.calib, b.test = quant.HoldOut(all)
	return nil
}

// checked is a source that ends with an error when its context does, and at a
// number that is not finite.
type checked struct {
	quant.Source
	ctx  context.Context
	name string
	in   []*ir.Value
}

// Next implements quant.Source.
func (s checked) Next() ([]*ir.Tensor, error) {
	if err := stopped(s.ctx); err != nil {
		return nil, err
	}
	sample, err := s.Source.Next()
	for i, t := range sample {
		for j, v := range t.F32 {
			if v-v != 0 {
				return nil, fmt.Errorf("%s: input %q holds %v at element %d: want finite numbers", s.name, s.in[i].Name, v, j)
			}
		}
	}
	return sample, err
}

// ranges reads the cache, or calibrates and writes it. A model that is quantized already needs neither.
func (b *build) ranges() error {
	if quant.HasParameters(b.real) {
		b.report.Given, b.report.Ranges = true, "the model's own quantization parameters, nothing is calibrated"
		return nil
	}
	found, err := b.loadCache()
	if err != nil || found {
		return err
	}
	if b.calib == nil {
		return errors.New("int8 needs calibration inputs: ask for precision fp32, or give a folder of pictures, an .npy or an .npz with -calib, or in a YAML file under calibration")
	}
	mode := b.o.Mode
	if mode == "" {
		mode = quant.Entropy
	}
	e, err := b.calibrationExecutor()
	if err != nil {
		return err
	}
	defer e.close()
	b.calibration, err = quant.Calibrate(b.real, e, e.src, quant.CalibrateOptions{Mode: mode, Executor: e.name, Progress: b.progress("calibrating")})
	if err != nil {
		return fmt.Errorf("calibrating on %s: %w", b.o.Calibration, err)
	}
	b.report.Ranges = fmt.Sprintf("%d inputs of %s, %s%s", b.calib.Len(), b.o.Calibration, mode, e.note)
	return b.saveCache()
}

// loadCache reads the cache if there is one.
func (b *build) loadCache() (found bool, err error) {
	if b.o.Cache == "" {
		return false, nil
	}
	f, err := os.Open(b.o.Cache)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("calibration cache: %w", err)
	}
	defer f.Close()
	c, err := quant.Load(f)
	if err != nil {
		return false, fmt.Errorf("%s: %w", b.o.Cache, err)
	}
	if b.o.Mode != "" && b.o.Mode != c.Mode {
		return false, fmt.Errorf("%s: calibration cache made with mode %s, and %s is asked for: delete it to calibrate again", b.o.Cache, c.Mode, b.o.Mode)
	}
	b.calibration = c
	b.report.Ranges = fmt.Sprintf("%s (%d inputs, %s)", b.o.Cache, c.Samples, c.Mode)
	return true, nil
}

// saveCache writes the cache.
func (b *build) saveCache() error {
	if b.o.Cache == "" {
		return nil
	}
	if err := replaceFile(b.o.Cache, b.calibration.Save); err != nil {
		return fmt.Errorf("calibration cache: %w", err)
	}
	return nil
}

// replaceFile writes a file beside its place and moves it there.
func replaceFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "ingot_new_")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
