package ingot

import (
	"context"
	"errors"
	"io"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// Samples returns the fused graph of a model, for one image, at most n of the inputs that builds
// hold back from calibration, none if the options have no calibration inputs, and how
// many images a run of the package takes.
func Samples(ctx context.Context, o Options, n int) (g *ir.Graph, samples [][]*ir.Tensor, images int, err error) {
	o.Precision, o.Exclude, o.Unfused = Int8, quant.Exclude{}, false // calibration inputs are opened for these
	b := newBuild(ctx, o)
	defer b.close()
	if err := b.run(b.check, b.fuse, b.openData); err != nil {
		return nil, nil, 0, err
	}
	if b.test == nil {
		return b.real, nil, b.o.Batch, nil
	}
	for range n {
		in, err := b.test.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, 0, err
		}
		samples = append(samples, in)
	}
	return b.real, samples, b.o.Batch, nil
}
