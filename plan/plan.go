// Package plan turns a graph of int8, of float32 or of both into a Program: where every tensor lies in
// memory, which kernel computes every node and with which tile, the packed
// weights, and the order of the calls.
//
// A value's place is a view: a buffer with an offset and a stride for each
// axis. Reshapes, transpositions, slices, splits and most concatenations are
// views and cost nothing; a copy is planned only where a kernel can't read one.
package plan

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// Program is what package gen writes out and what portable.Bind runs.
type Program struct {
	Inputs, Outputs []Port
	Steps           []portable.Step
	Info            []Info // one for each step
	Weights         []byte
	Arena           int                        // bytes of activations
	Kernels         [spec.NumISA][]spec.Kernel // by name; steps have indices into them
	// Image says that the first step quantizes the only input, an image, so that a
	// picture can be written to that step's result instead.
	Image   bool
	PlainGo []PlainGo      // operators without a kernel, the most frequent first
	Batch   portable.Batch // how it runs on several images at a time; its zero value is one
}

// Port is an input or an output of the program, in row-major order.
type Port struct {
	Name  string
	Type  ir.DType
	Shape ir.Shape
}

// Info says what a step does, for comments, listings and benchmarks.
type Info struct {
	Name  string   // node that it stands for
	Text  string   // operator, shapes, quantization
	From  []string // nodes of the source model
	MACs  int64    // products of the layer's formula
	Bytes int64    // of activations and weights that it reads and writes once

	Weights int64 // of those the bytes of weights

	Choices []Choice // tiles, one for each instruction set
}

// Options say how to plan. The zero value is what most want.
type Options struct {
	Tuning Tuning // measured tiles
}

// Build plans a graph of int8, of float32 or of both.
func Build(g *ir.Graph, o Options) (*Program, error) {
	if needsSingleImages(g) {
		g = ir.Clone(g)
		if err := singleImages(g, false); err != nil {
			return nil, fmt.Errorf("planning the images of a batch: %w", err)
		}
	}
	return newPlanner(g, o).build()
}

func newPlanner(g *ir.Graph, o Options) *planner {
	return &planner{
		tuning:   o.Tuning,
		g:        g,
		prog:     &Program{},
		imageAt:  -1,
		places:   map[*ir.Value]*place{},
		inside:   map[*ir.Value]slot{},
		halos:    map[*ir.Value][4]int{},
		kernels:  map[spec.Kernel]bool{},
		absorbed: map[*ir.Node]bool{},
		packed:   map[[sha256.Size]byte]int{},
		readers:  g.Readers(),
	}
}

func (p *planner) build() (*Program, error) {
	g := p.g
	for _, v := range g.Inputs {
		p.prog.Inputs = append(p.prog.Inputs, Port{v.Name, v.Type, v.Shape})
	}
	for _, v := range g.Outputs {
		p.prog.Outputs = append(p.prog.Outputs, Port{v.Name, v.Type, v.Shape})
	}
	p.nestConcats()
	p.findHalos()
	for _, n := range g.Nodes {
		if err := p.node(n); err != nil {
			return nil, fmt.Errorf("planning node %q (%s): %w", n.Name, n.Op.Kind(), err)
		}
	}
	if err := p.placeAll(); err != nil {
		return nil, err
	}
	for i, v := range g.Outputs {
		if err := p.output(i, v); err != nil {
			return nil, fmt.Errorf("planning output %q: %w", v.Name, err)
		}
	}
	p.finish()
	return p.prog, nil
}

type planner struct {
	g        *ir.Graph
	prog     *Program
	readers  map[*ir.Value][]*ir.Node
	places   map[*ir.Value]*place
	inside   map[*ir.Value]slot   // values that a concatenation holds
	halos    map[*ir.Value][4]int // border that readers of a value need, by the value that owns the buffer
	buffers  []*buffer
	pending  []pending
	keep     bool // every value gets a place that outlives the run
	imageAt  int  // pending quantization of an image that is the only input, or -1
	kernels  map[spec.Kernel]bool
	absorbed map[*ir.Node]bool // borders and concatenations that are part of another node's step
	tuning   Tuning
	choices  []Choice // of the next step
	ids      map[spec.Kernel]int
	packed   map[[sha256.Size]byte]int // where constants lie, by their hash
}

// pending is a step whose addresses are not known yet.
type pending struct {
	info          Info
	reads, writes []*buffer
	make          func() portable.Step
	border        bool // fills a border
}

// step plans one step. It reads and writes the buffers of the places.
func (p *planner) step(n *ir.Node, text string, reads, writes []*place, build func() portable.Step) {
	s := pending{info: Info{Name: n.Name, Text: text, From: n.From, Choices: p.choices}, make: build}
	p.choices = nil
	for _, l := range reads {
		if l != nil && l.buf != nil {
			s.reads = append(s.reads, l.buf)
			s.info.Bytes += int64(l.dims.Elems() * l.elem)
		}
	}
	for _, l := range writes {
		s.writes = append(s.writes, l.buf)
		s.info.Bytes += int64(l.dims.Elems() * l.elem)
		p.fillHalo(n, l.buf)
	}
	p.pending = append(p.pending, s)
}

// describe is a step's text: the operator's form, then shapes.
func describe(form string, n *ir.Node) string {
	var in []string
	for _, v := range n.In {
		if v != nil && !v.IsConst() {
			in = append(in, v.Shape.String())
		}
	}
	var out []string
	for _, v := range n.Out {
		s := v.Shape.String()
		if q := v.Quant; q != nil && len(q.Scale) == 1 {
			s += fmt.Sprintf(" (scale %.4g, zero point %d)", v.Scale(), v.Zero())
		}
		out = append(out, s)
	}
	return fmt.Sprintf("%s, %s to %s", form, strings.Join(in, " and "), strings.Join(out, " and "))
}

// finish lays out the arena, numbers the kernels and makes the steps.
func (p *planner) finish() {
	p.sortPlain()
	p.imageFirst()
	p.lifetimes()
	p.prog.Arena = allocate(p.buffers)
	p.numberKernels()
	for i, s := range p.pending {
		step := s.make()
		if h, ok := step.(portable.Halo); ok {
			h.Early = p.early(i)
			step = h
		}
		p.prog.Steps = append(p.prog.Steps, step)
		p.prog.Info = append(p.prog.Info, s.info)
	}
}

// early reports whether a step that fills a border can do so while the next that is none
// runs: whether that one does not read it.
func (p *planner) early(border int) bool {
	for _, s := range p.pending[border+1:] {
		if !s.border {
			return !slices.Contains(s.reads, p.pending[border].writes[0])
		}
	}
	return false
}

// imageFirst puts the quantization of the only input at the start, where it is
// preceded by nothing but the filling of borders.
func (p *planner) imageFirst() {
	at := p.imageAt
	if at < 0 || slices.ContainsFunc(p.pending[:at], func(s pending) bool { return !s.border }) {
		return
	}
	s := p.pending[at]
	p.pending = slices.Insert(slices.Delete(p.pending, at, at+1), 0, s)
	p.prog.Image = true
}

// use registers a kernel and returns it.
func (p *planner) use(k spec.Kernel) spec.Kernel {
	p.kernels[k] = true
	return k
}

// useBoth registers a kernel of both instruction sets.
func (p *planner) useBoth(k spec.Kernel) {
	for k.ISA = range spec.NumISA {
		p.use(k)
	}
}

// both returns the indices of a kernel of both instruction sets.
func (p *planner) both(k spec.Kernel) (ids [2]int) {
	for k.ISA = range spec.NumISA {
		ids[k.ISA] = p.ids[k]
	}
	return ids
}

func (p *planner) numberKernels() {
	p.ids = map[spec.Kernel]int{}
	for k := range p.kernels {
		p.prog.Kernels[k.ISA] = append(p.prog.Kernels[k.ISA], k)
	}
	for _, list := range p.prog.Kernels {
		slices.SortFunc(list, func(a, b spec.Kernel) int { return strings.Compare(a.Name(), b.Name()) })
		for i, k := range list {
			p.ids[k] = i
		}
	}
}

// weights appends data to the weights on a cache line and returns where; what is there
// already, as what the images of a batch share, is not repeated.
func (p *planner) weights(data []byte) int {
	hash := sha256.Sum256(data)
	if at, ok := p.packed[hash]; ok {
		return at
	}
	for len(p.prog.Weights)%64 != 0 {
		p.prog.Weights = append(p.prog.Weights, 0)
	}
	at := len(p.prog.Weights)
	p.prog.Weights = append(p.prog.Weights, data...)
	p.packed[hash] = at
	return at
}
