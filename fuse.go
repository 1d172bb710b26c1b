package ingot

import (
	"fmt"
	"runtime"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/quant"
)

// fuse imports and fuses the model. A model of several images that are computed alike becomes one
// of a single image with a batch of as many: they share calibration, and weights are read for all at once.
func (b *build) fuse() error {
	g, err := Import(b.o.Model, b.o.Shapes)
	if err != nil {
		return err
	}
	if one, images := fusion.Unbatch(g); images > 1 && images <= maxBatch {
		g, b.report.Batch = one, images
		if b.o.Batch *= images; b.o.Batch > maxBatch {
			return fmt.Errorf("%s: batch of %d, %d of them by the model: want from 1 to %d images; fix the model's batch at less with -shape", b.o.Model, b.o.Batch, images, maxBatch)
		}
	}
	b.report.Passes, err = runPasses(b.o.Model, g, b.passes())
	if err != nil {
		return err
	}
	b.real, b.report.MACs, b.report.Images = g, g.MACs(), b.o.Batch
	if b.runReal, err = exec.New(b.real, runtime.GOMAXPROCS(0)); err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	return nil
}

func (b *build) passes() []pass.Pass {
	if b.o.Unfused {
		return fusion.Unfused(interp.Eval)
	}
	return fusion.Passes(interp.Eval)
}

// wholeBatch makes the quantized graph of one image that of all that the model takes.
func (b *build) wholeBatch() error {
	if b.report.Batch <= 1 {
		return nil
	}
	g, _, err := Fuse(b.o.Model, b.o.Shapes)
	if err != nil {
		return err
	}
	b.real = g
	if b.calibration != nil { // the ranges are those of the values' names
		whole := *b.calibration
		whole.Model = quant.Hash(g)
		b.calibration = &whole
	}
	return b.quantize()
}

// rewrite imports a model and runs passes on it.
func rewrite(model string, shapes map[string]ir.Shape, passes []pass.Pass) (*ir.Graph, []pass.Report, error) {
	g, err := Import(model, shapes)
	if err != nil {
		return nil, nil, err
	}
	reports, err := runPasses(model, g, passes)
	return g, reports, err
}

func runPasses(model string, g *ir.Graph, passes []pass.Pass) ([]pass.Report, error) {
	p := pass.Pipeline{Passes: passes}
	reports, err := p.Run(g)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", model, err)
	}
	return reports, nil
}
