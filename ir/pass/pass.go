// Package pass runs named rewrites over a graph, in an order whose constraints
// are written down, and verifies the graph after each.
package pass

import (
	"fmt"
	"time"

	"github.com/ingot-go/ingot/ir"
)

// Pass is one rewrite of a graph.
type Pass struct {
	Name string
	// Run changes the graph in place and returns how many changes it made. It
	// leaves no dangling reference; results that nobody reads may stay.
	Run func(g *ir.Graph) (changes int, err error)
	// After names the passes that must run before this one.
	After []Order
}

// Order is a constraint: the pass that has it runs after Pass, because of Reason.
type Order struct {
	Pass   string
	Reason string
}

// Report tells what one pass did.
type Report struct {
	Name     string
	Changes  int
	Duration time.Duration // of the pass itself, without verification and dump
}

// Pipeline is a list of passes that run in its order.
type Pipeline struct {
	Passes []Pass
	// Dump, if set, sees the graph after every pass, before it is verified, so
	// that a broken graph can be looked at.
	Dump func(name string, g *ir.Graph)
}

// Check verifies that names are unique and that every constraint names an
// earlier pass and has a reason.
func (p *Pipeline) Check() error {
	position := map[string]int{}
	for i, s := range p.Passes {
		if s.Name == "" || s.Run == nil {
			return fmt.Errorf("pass %d (%q) lacks a name or a function", i, s.Name)
		}
		if _, ok := position[s.Name]; ok {
			return fmt.Errorf("pass %q is listed twice", s.Name)
		}
		position[s.Name] = i
	}
	for i, s := range p.Passes {
		for _, o := range s.After {
			before, ok := position[o.Pass]
			switch {
			case o.Reason == "":
				return fmt.Errorf("pass %q must run after %q for no reason", s.Name, o.Pass)
			case !ok:
				return fmt.Errorf("pass %q must run after %q, which is not in the list", s.Name, o.Pass)
			case before >= i:
				return fmt.Errorf("pass %q must run after %q: %s", s.Name, o.Pass, o.Reason)
			}
		}
	}
	return nil
}

// Run verifies g, then runs every pass on it and verifies it again. An error names
// the pass that failed or that broke the graph. The reports are of the passes
// that ran, the failed one included.
func (p *Pipeline) Run(g *ir.Graph) ([]Report, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if err := ir.Verify(g); err != nil {
		return nil, fmt.Errorf("before the first pass: %w", err)
	}
	var reports []Report
	for _, s := range p.Passes {
		start := time.Now()
		changes, err := s.Run(g)
		reports = append(reports, Report{s.Name, changes, time.Since(start)})
		if err != nil {
			return reports, fmt.Errorf("pass %q: %w", s.Name, err)
		}
		if p.Dump != nil {
			p.Dump(s.Name, g)
		}
		if err := ir.Verify(g); err != nil {
			return reports, fmt.Errorf("pass %q broke the graph: %w", s.Name, err)
		}
	}
	return reports, nil
}
