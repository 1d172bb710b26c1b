package bench

import (
	"fmt"

	"github.com/ingot-go/ingot/internal/runner"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// Outputs returns what a variant gives for samples; nil if the session has no such one.
func (s *Session) Outputs(variant string, samples [][]*ir.Tensor) ([][]*ir.Tensor, error) {
	for _, r := range s.Rows {
		if r.Variant == variant {
			return outputs(r.program, samples)
		}
	}
	return nil, nil
}

func outputs(p *runner.Program, samples [][]*ir.Tensor) ([][]*ir.Tensor, error) {
	var all [][]*ir.Tensor
	for _, in := range samples {
		out, err := p.Run(in)
		if err != nil {
			return nil, err
		}
		all = append(all, out)
	}
	return all, nil
}

// Compare runs all variants on samples and compares the outputs with want. A variant
// is run on its first instruction set and number of threads: results are the same to the bit on all.
func (s *Session) Compare(samples [][]*ir.Tensor, want [][]*ir.Tensor) error {
	done := map[string]*quant.Accuracy{}
	for _, r := range s.Rows {
		if done[r.Variant] == nil {
			got, err := outputs(r.program, samples)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", r.Variant, r.ISA, err)
			}
			done[r.Variant] = quant.CompareOutputs(want, got)
		}
		r.Accuracy = done[r.Variant]
	}
	return nil
}
