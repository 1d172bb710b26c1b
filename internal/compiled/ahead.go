package compiled

import (
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// Ahead returns a source of the same samples that lets the executor begin with each
// before it is asked to run it.
func (e *Executor) Ahead(src quant.Source) quant.Source { return &ahead{Source: src, e: e} }

// ahead has read one sample more than it has given away.
type ahead struct {
	quant.Source
	e    *Executor
	read bool // whether next and err hold something
	next []*ir.Tensor
	err  error
}

// Next implements quant.Source.
func (a *ahead) Next() ([]*ir.Tensor, error) {
	if !a.read {
		a.fetch()
	}
	in, err := a.next, a.err
	if err == nil {
		a.fetch()
	}
	return in, err
}

// fetch reads a sample and starts it.
func (a *ahead) fetch() {
	a.read = true
	if a.next, a.err = a.Source.Next(); a.err == nil {
		a.err = a.e.start(a.next)
	}
}

// Reset implements quant.Source.
func (a *ahead) Reset() error {
	a.read = false
	return a.Source.Reset()
}
