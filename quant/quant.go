// Package quant turns an fp32 graph into an int8 graph: Calibrate observes the
// ranges of activations on sample inputs, Quantize rewrites the graph with
// scales chosen from them, and Compare says what was lost.
//
// Everything here is deterministic: the same graph and samples give the same
// calibration and the same int8 graph on every machine.
package quant

import (
	"fmt"
	"io"

	"github.com/ingot-go/ingot/ir"
)

// Source gives sample inputs, one at a time, as often as it is reset.
type Source interface {
	// Next returns one sample, a tensor for each input of the graph, or io.EOF
	// after the last. The tensors are valid until the next call.
	Next() ([]*ir.Tensor, error)
	// Reset goes back to the first sample.
	Reset() error
	// Len returns the number of samples.
	Len() int
}

// Samples is a Source of inputs that are in memory.
type Samples struct {
	list [][]*ir.Tensor
	next int
}

// NewSamples returns a Source of the given samples.
func NewSamples(list ...[]*ir.Tensor) *Samples { return &Samples{list: list} }

// Next implements Source.
func (s *Samples) Next() ([]*ir.Tensor, error) {
	if s.next >= len(s.list) {
		return nil, io.EOF
	}
	s.next++
	return s.list[s.next-1], nil
}

// Reset implements Source.
func (s *Samples) Reset() error {
	s.next = 0
	return nil
}

// Len implements Source.
func (s *Samples) Len() int { return len(s.list) }

// holdEvery is the share of samples that HoldOut keeps for the test: one in ten.
const holdEvery = 10

// HoldOut divides a source in two, which take turns in reading it: every tenth
// sample (the 10th, 20th, ...) is held back for the accuracy test, the others are for
// calibration. Of fewer than ten samples the last is held back; a single sample
// serves both.
func HoldOut(src Source) (calib, test Source) {
	n := src.Len()
	every := max(1, min(holdEvery, n))
	held := func(i int) bool { return i%every == every-1 }
	if n <= 1 {
		return &part{src: src, keep: func(int) bool { return true }, n: n}, &part{src: src, keep: held, n: n}
	}
	test = &part{src: src, keep: held, n: n / every}
	return &part{src: src, keep: func(i int) bool { return !held(i) }, n: n - n/every}, test
}

// part is the samples of a source that keep accepts by number.
type part struct {
	src  Source
	keep func(i int) bool
	n    int
	next int
}

// Next implements Source.
func (p *part) Next() ([]*ir.Tensor, error) {
	if p.next == 0 {
		if err := p.src.Reset(); err != nil {
			return nil, err
		}
	}
	for {
		in, err := p.src.Next()
		if err != nil {
			return nil, err
		}
		p.next++
		if p.keep(p.next - 1) {
			return in, nil
		}
	}
}

// Reset implements Source.
func (p *part) Reset() error {
	p.next = 0
	return p.src.Reset()
}

// Len implements Source.
func (p *part) Len() int { return p.n }

// each runs f on every sample of a source, from the first.
func each(src Source, f func(i int, in []*ir.Tensor) error) error {
	if err := src.Reset(); err != nil {
		return err
	}
	for i := 0; ; i++ {
		in, err := src.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
		if err := f(i, in); err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
	}
}
