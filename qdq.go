package ingot

import (
	"context"
	"fmt"

	"github.com/ingot-go/ingot/onnx/qdq"
)

// QDQ quantizes a model as Quantize does and returns the int8 or mixed graph as an ONNX
// file for other runtimes: operators of float32 between pairs of QuantizeLinear and
// DequantizeLinear, with our scales, zero points, weights and biases. See package
// onnx/qdq for its form.
func QDQ(ctx context.Context, o Options) ([]byte, *Report, error) {
	b := newBuild(ctx, o)
	defer b.close()
	if err := b.run(b.check, b.wantInt8, b.fuse, b.openData, b.lower, b.compare, b.wholeBatch); err != nil {
		return nil, nil, err
	}
	m, err := qdq.Model(b.graph, b.report.Quant, Version)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.o.Model, err)
	}
	return m.Marshal(), b.report, nil
}
