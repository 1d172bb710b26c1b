package bench

import (
	"fmt"

	"github.com/ingot-go/ingot/internal/runner"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// Accuracy is how close a variant's outputs are to what they should be.
type Accuracy struct {
	Samples    int
	Classifier bool    // the first output is one row of scores
	Agree      int     // samples whose highest score of the first output is the same
	Cosine     float64 // mean over samples and outputs
}

// Outputs returns what a variant gives for samples; nil if the session has no such one.
func (s *Session) Outputs(variant string, samples [][]*ir.Tensor) ([][][]float32, error) {
	for _, r := range s.Rows {
		if r.Variant == variant {
			return outputs(r.program, samples)
		}
	}
	return nil, nil
}

func outputs(p *runner.Program, samples [][]*ir.Tensor) ([][][]float32, error) {
	var all [][][]float32
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
// is run on its first instruction set: results are the same to the bit on all.
func (s *Session) Compare(samples [][]*ir.Tensor, want [][][]float32) error {
	done := map[string]*Accuracy{}
	for _, r := range s.Rows {
		if done[r.Variant] == nil {
			got, err := outputs(r.program, samples)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", r.Variant, r.ISA, err)
			}
			done[r.Variant] = compare(r.program.OutputShapes, want, got)
		}
		r.Accuracy = done[r.Variant]
	}
	return nil
}

// compare compares outputs of these shapes.
func compare(shapes []ir.Shape, want, got [][][]float32) *Accuracy {
	first := shapes[0]
	a := &Accuracy{Samples: len(want), Classifier: len(first) >= 2 && first[1] > 1 && first[1] == first.Elems()}
	for i := range want {
		for j := range want[i] {
			a.Cosine += quant.Cosine(want[i][j], got[i][j]) / float64(len(want)*len(want[i]))
		}
		if largest(want[i][0]) == largest(got[i][0]) {
			a.Agree++
		}
	}
	return a
}

// largest returns the index of the first of the largest elements.
func largest(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
