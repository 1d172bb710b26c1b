package graphview

import (
	"fmt"

	"github.com/ingot-go/ingot/internal/graphview/layout"
	"github.com/ingot-go/ingot/ir"
)

// box is a node, an input or an output as it is drawn.
type box struct {
	id, class, label string // label is for a pointer that rests on it
	lines            []textLine
}

// edge is a value on its way to a reader.
type edge struct {
	from, to int
	residual bool
	label    string
}

// count is an entry of the legend.
type count struct {
	Class, Name string
	N           int
}

// scene is a graph as it is drawn, without places.
type scene struct {
	title    string
	facts    []string
	legend   []count
	boxes    []box
	edges    []edge
	details  []details // of each box
	residual bool      // there are residual edges
	plan     layout.Drawing
	sizes    []layout.Box
}

// newScene describes and places everything.
func newScene(title string, g *ir.Graph) *scene {
	s := &scene{title: shorten(clean(title), 80)}
	s.count(g)
	def := map[*ir.Value]int{}
	for i, v := range g.Inputs {
		def[v] = s.terminal("input", i, v)
	}
	var lines []layout.Edge
	nets, read := map[*ir.Value]int{}, map[[2]int]bool{}
	connect := func(v *ir.Value, to int, residual bool) {
		from, ok := def[v]
		if _, seen := nets[v]; !seen {
			nets[v] = len(nets)
		}
		if !ok || read[[2]int{nets[v], to}] {
			return
		}
		read[[2]int{nets[v], to}] = true
		s.edges = append(s.edges, edge{from, to, residual, clean(v.Name) + ": " + typeText(v)})
		lines = append(lines, layout.Edge{From: from, To: to, Net: nets[v]})
	}
	for i, n := range g.Nodes {
		at := s.add(nodeBox(fmt.Sprintf("n%d", i), n), nodeDetails(n), ir.MACs(n)+1)
		for k, v := range n.In {
			if v != nil && !v.IsConst() {
				connect(v, at, k == residualOperand(n))
			}
		}
		for _, v := range n.Out {
			def[v] = at
		}
	}
	for i, v := range g.Outputs {
		if at := s.terminal("output", i, v); !v.IsConst() {
			connect(v, at, false)
		}
	}
	s.plan = layout.Layered(s.sizes, lines)
	s.markSkips(g)
	return s
}

// residualOperand is the position of the operand that a layer's epilogue adds.
func residualOperand(n *ir.Node) int {
	switch n.Op.(type) {
	case ir.Conv, ir.FC, ir.QConv, ir.QFC:
		return 3
	}
	return -1
}

// markSkips marks the operands of sums that come from further up than the layer above:
// the residual edges of a graph that isn't fused.
func (s *scene) markSkips(g *ir.Graph) {
	for i := range s.edges {
		e := &s.edges[i]
		if k := e.to - len(g.Inputs); k >= 0 && k < len(g.Nodes) && isSum(g.Nodes[k].Op) && s.plan.Layer[e.to] > s.plan.Layer[e.from]+1 {
			e.residual = true
		}
		s.residual = s.residual || e.residual
	}
}

func isSum(op ir.Op) bool {
	b, ok := op.(ir.Binary)
	_, q := op.(ir.QAdd)
	return q || ok && b.Fn == ir.Add
}

// add adds a box, sized for its text, and returns its index.
func (s *scene) add(b box, d details, weight int64) int {
	w, h := measure(b.lines)
	d.ID = b.id
	s.boxes, s.details = append(s.boxes, b), append(s.details, d)
	s.sizes = append(s.sizes, layout.Box{W: w, H: h, Weight: weight})
	return len(s.boxes) - 1
}

// terminal adds the box of an input or output.
func (s *scene) terminal(kind string, i int, v *ir.Value) int {
	b := box{id: fmt.Sprintf("%s%d", kind, i), class: "terminal", label: kind + " " + shorten(clean(v.Name), 300), lines: []textLine{
		{class: "op", text: shorten(clean(v.Name), titleRunes)},
		{class: "shape", text: shorten(kind+", "+typeText(v), lineRunes)},
	}}
	return s.add(b, details{Name: shorten(clean(v.Name), longest), Kind: kind, Sections: []section{{"Value", valueRows(v)}}}, 1)
}

// count fills in the facts and the legend.
func (s *scene) count(g *ir.Graph) {
	s.legend = []count{{Class: "int8", Name: "int8"}, {Class: "fp32", Name: "fp32"},
		{Class: "border", Name: "border: quantize, dequantize"}, {Class: "move", Name: "data movement"}}
	for _, n := range g.Nodes {
		for i := range s.legend {
			if s.legend[i].Class == class(n) {
				s.legend[i].N++
			}
		}
	}
	s.facts = []string{fmt.Sprintf("%d nodes, %s MACs, %s parameters", len(g.Nodes), human(g.MACs()), human(g.Params()))}
	for _, v := range g.Inputs {
		s.facts = append(s.facts, "input "+shorten(clean(v.Name), lineRunes)+": "+typeText(v))
	}
	for _, v := range g.Outputs {
		s.facts = append(s.facts, "output "+shorten(clean(v.Name), lineRunes)+": "+typeText(v))
	}
}
