package models

import (
	"fmt"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/plan"
)

// proofs are the products of a network by what AVX2 does with them, and those of
// depthwise layers, whose weights prove as a whole that VPMADDUBSW can't saturate.
type proofs struct {
	dense                      float64
	bundled                    [5]float64 // as plan.Bundled has them
	depthwise, depthwiseProved float64
}

func proofsOf(p *plan.Program) proofs {
	var r proofs
	for i, s := range p.Steps {
		macs := float64(p.Info[i].MACs)
		switch d := s.(type) {
		case portable.Dense:
			r.dense += macs
			for form, share := range plan.Bundled(d, p.Weights) {
				r.bundled[form] += macs * share
			}
		case portable.Depthwise:
			r.depthwise += macs
			if !p.Kernels[spec.AVX2][d.Kernel[spec.AVX2]].Exact {
				r.depthwiseProved += macs
			}
		}
	}
	return r
}

// String is the share of the products of dense layers in bundles of four and two steps, of
// two of which half of the channels are signed, and in single steps that are not, and of
// depthwise layers that are proved.
func (r proofs) String() string {
	s := fmt.Sprintf("%.0f + %.0f + %.0f + %.0f %%", 100*r.bundled[0]/r.dense, 100*r.bundled[1]/r.dense,
		100*r.bundled[2]/r.dense, 100*r.bundled[3]/r.dense)
	if r.depthwise > 0 {
		s += fmt.Sprintf(", depthwise %.1f %%", 100*r.depthwiseProved/r.depthwise)
	}
	return s
}
