package models

import (
	"fmt"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/plan"
)

// proofs are the products of a network whose weights prove that AVX2's VPMADDUBSW
// can't saturate.
type proofs struct {
	dense, denseProved         float64 // in blocks of 16 channels by 4 inputs
	depthwise, depthwiseProved float64 // in whole layers
}

func proofsOf(p *plan.Program) proofs {
	var r proofs
	for i, s := range p.Steps {
		macs := float64(p.Info[i].MACs)
		switch d := s.(type) {
		case portable.Dense:
			r.dense += macs
			r.denseProved += macs * provedBlocks(d, p.Weights)
		case portable.Depthwise:
			r.depthwise += macs
			if !p.Kernels[spec.AVX2][d.Kernel[spec.AVX2]].Exact {
				r.depthwiseProved += macs
			}
		}
	}
	return r
}

// provedBlocks is the share of a layer's blocks that have their bit set.
func provedBlocks(d portable.Dense, weights []byte) float64 {
	if d.Proof < 0 {
		return 1
	}
	n := d.Groups * ((d.Y.C/d.Groups + 15) / 16) * d.KH * d.Runs * ((d.RunLen + 3) / 4)
	proved := 0
	for bit := range n {
		proved += int(weights[d.Proof+bit/8] >> (bit % 8) & 1)
	}
	return float64(proved) / float64(n)
}

// String is the share of the products of dense and of depthwise layers.
func (r proofs) String() string {
	s := fmt.Sprintf("%.1f %%", 100*r.denseProved/r.dense)
	if r.depthwise > 0 {
		s += fmt.Sprintf(", depthwise %.1f %%", 100*r.depthwiseProved/r.depthwise)
	}
	return s
}
