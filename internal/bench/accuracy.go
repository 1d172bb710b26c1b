package bench

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/internal/runner"
	"github.com/ingot-go/ingot/ir"
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
			a.Cosine += cosine(want[i][j], got[i][j]) / float64(len(want)*len(want[i]))
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

// cosine returns the cosine of the angle between two vectors: 1 if both are zero.
func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	switch {
	case aa == 0 && bb == 0:
		return 1
	case aa == 0 || bb == 0:
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
