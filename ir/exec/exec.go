// Package exec runs fp32 and int8 graphs fast enough to calibrate networks on
// hundreds of images: packed matrix products in plain Go, several workers.
//
// Memory is planned once, in New: values whose lifetimes don't overlap share a
// buffer, weights are packed once, and a Run allocates its results only. Every
// product is rounded to float32 before it is added, and the order of additions
// depends on the graph alone, so that results are the same to the bit on every
// machine and for any number of workers. int8 results are bit-identical to
// those of package interp, which also runs the operators that have no fast form here.
package exec

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Point names what an observer is shown: a value, or what a node's epilogue
// had before it applied a curved activation (neither none nor a clamp).
type Point struct {
	Value     *ir.Value
	BeforeAct bool
}

// String returns the value's name, followed by /before for a BeforeAct point.
func (p Point) String() string {
	if p.BeforeAct {
		return p.Value.Name + "/before"
	}
	return p.Value.Name
}

// Executor runs one graph.
type Executor interface {
	// Run computes the graph's outputs from its inputs. observe, if not nil, is
	// called for every input and every node's results in the graph's order; the
	// tensor is valid during the call only. The results belong to the caller.
	// One Executor serves one Run at a time.
	Run(in []*ir.Tensor, observe func(Point, *ir.Tensor)) ([]*ir.Tensor, error)
}

// report shows a BeforeAct point to the observer of the current run.
type report func()

// step is one node made ready to run.
type step struct {
	node *ir.Node
	out  []*ir.Tensor
	run  func(report)
}

type executor struct {
	g       *ir.Graph
	tensors map[*ir.Value]*ir.Tensor
	steps   []step
	pool    *pool
	err     error // of the current run
}

// New prepares a graph to be run by the given number of goroutines, at least
// one. It fails for a combination of types that it doesn't know.
func New(g *ir.Graph, workers int) (Executor, error) {
	e := &executor{g: g, pool: newPool(workers)}
	e.tensors = layout(g)
	for _, n := range g.Nodes {
		s, err := e.prepare(n)
		if err != nil {
			return nil, fmt.Errorf("exec: node %q (%s): %w", n.Name, n.Op.Kind(), err)
		}
		e.steps = append(e.steps, s)
	}
	e.pool.reserve()
	return e, nil
}

func (e *executor) prepare(n *ir.Node) (step, error) {
	s := step{node: n}
	c := &call{pool: e.pool, node: n, fail: func(err error) { e.err = err }}
	for _, v := range n.In {
		c.in = append(c.in, e.tensors[v]) // nil for an absent operand
	}
	for _, v := range n.Out {
		s.out = append(s.out, e.tensors[v])
	}
	c.out = s.out
	run, err := c.build()
	s.run = run
	return s, err
}

func (e *executor) Run(in []*ir.Tensor, observe func(Point, *ir.Tensor)) ([]*ir.Tensor, error) {
	if err := e.bind(in); err != nil {
		return nil, err
	}
	if observe == nil {
		observe = func(Point, *ir.Tensor) {}
	}
	for _, v := range e.g.Inputs {
		observe(Point{Value: v}, e.tensors[v])
	}
	e.err = nil
	for _, s := range e.steps {
		s.run(func() { observe(Point{Value: s.node.Out[0], BeforeAct: true}, s.out[0]) })
		for i, v := range s.node.Out {
			observe(Point{Value: v}, s.out[i])
		}
		if e.err != nil {
			return nil, fmt.Errorf("exec: %w", e.err)
		}
	}
	var out []*ir.Tensor
	for _, v := range e.g.Outputs {
		out = append(out, clone(e.tensors[v]))
	}
	return out, nil
}

// bind copies the inputs to where the steps read them.
func (e *executor) bind(in []*ir.Tensor) error {
	if len(in) != len(e.g.Inputs) {
		return fmt.Errorf("exec: graph %q has %d inputs, was given %d", e.g.Name, len(e.g.Inputs), len(in))
	}
	for i, v := range e.g.Inputs {
		if in[i] == nil || in[i].Type != v.Type || !in[i].Shape.Equal(v.Shape) {
			return fmt.Errorf("exec: input %q wants %s %s, was given %s", v.Name, v.Type, v.Shape, describe(in[i]))
		}
		copyTensor(e.tensors[v], in[i])
	}
	return nil
}

func describe(t *ir.Tensor) string {
	if t == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s %s", t.Type, t.Shape)
}

func copyTensor(dst, src *ir.Tensor) {
	copy(dst.F32, src.F32)
	copy(dst.U8, src.U8)
	copy(dst.S8, src.S8)
	copy(dst.S32, src.S32)
	copy(dst.I64, src.I64)
}

func clone(t *ir.Tensor) *ir.Tensor {
	return &ir.Tensor{Type: t.Type, Shape: t.Shape.Clone(), F32: slices.Clone(t.F32), U8: slices.Clone(t.U8),
		S8: slices.Clone(t.S8), S32: slices.Clone(t.S32), I64: slices.Clone(t.I64)}
}
