package ingot

import (
	"errors"
	"fmt"

	"github.com/ingot-go/ingot/quant"
)

// Precision says which arithmetic a package has.
type Precision string

// The precisions.
const (
	Int8  Precision = "int8"  // all that has an int8 form
	FP32  Precision = "fp32"  // nothing is quantized; needs no calibration
	Mixed Precision = "mixed" // int8 but for what the options exclude
)

// settlePrecision fills in the precision and fails for options that contradict it.
func (o *Options) settlePrecision() error {
	if o.Precision == "" {
		o.Precision = Int8
		if !o.Exclude.Empty() {
			o.Precision = Mixed
		}
	}
	switch excluding := !o.Exclude.Empty(); {
	case o.Precision == FP32:
		if err := o.checkFP32(); err != nil {
			return err
		}
	case o.Precision != Int8 && o.Precision != Mixed:
		return fmt.Errorf("precision %q: want int8, fp32 or mixed", o.Precision)
	case o.Precision == Int8 && excluding:
		return errors.New("precision int8 excludes nothing: say mixed, or leave out what is excluded")
	case o.Precision == Mixed && !excluding && !o.Smart:
		return errors.New("precision mixed wants to know what stays fp32: exclude names, matches or operators, or quantize smart")
	}
	if o.Unfused && o.Precision != FP32 {
		return fmt.Errorf("without fusion there is fp32 only, for comparison: say precision fp32 instead of %s, or fuse", o.Precision)
	}
	return nil
}

// checkFP32 fails for options that are about int8.
func (o *Options) checkFP32() error {
	const quantizesNothing = "precision fp32 quantizes nothing: "
	switch {
	case !o.Exclude.Empty():
		return errors.New(quantizesNothing + "say mixed, or leave out what is excluded")
	case o.Smart:
		return errors.New(quantizesNothing + "leave out quantize smart")
	case len(o.WeightBits) > 0:
		return errors.New(quantizesNothing + "leave out the weight bits")
	case o.Floor != Floor{} && o.Calibration == "":
		return errors.New(quantizesNothing + "without calibration inputs, leave out the accuracy floor")
	}
	return nil
}

// wantInt8 fails where there is nothing to quantize.
func (b *build) wantInt8() error {
	if b.o.Precision == FP32 {
		return errors.New("precision fp32 quantizes nothing: look at the fused graph")
	}
	return nil
}

// lower makes the graph of the precision that is asked for.
func (b *build) lower() error {
	if b.o.Precision == FP32 {
		b.graph, b.report.FP32 = b.real, len(b.real.Nodes)
		return nil
	}
	return b.run(b.ranges, b.quantize)
}

func (b *build) quantize() (err error) {
	b.graph, b.report.Quant, err = quant.Quantize(b.real, b.calibration,
		quant.Options{WeightBits: b.o.WeightBits, Exclude: b.o.Exclude, Smart: b.o.Smart})
	if err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	b.report.Int8, b.report.FP32 = b.report.Quant.Counts()
	return nil
}
