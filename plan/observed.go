package plan

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Tap is a value of a Program made by Observed: where its elements lie when the
// program has run.
type Tap struct {
	Value     *ir.Value // of the graph that Observed was given
	BeforeAct bool      // what the value's activation was applied to
	Off       int       // in the arena
	Dims      ir.Shape
	Strides   []int // bytes, by axis
}

// Observed plans a graph of float32 so that every value outlives the run, and
// returns where they are, in the graph's order: inputs, then the results of each
// node, before them what a curved activation of its epilogue is applied to.
func Observed(g *ir.Graph) (*Program, []Tap, error) {
	c, taps := spread(g)
	if err := singleImages(c, true); err != nil {
		return nil, nil, fmt.Errorf("planning the images of a batch: %w", err)
	}
	p := newPlanner(c, Options{})
	p.keep = true
	prog, err := p.build()
	if err != nil {
		return nil, nil, err
	}
	for i := range taps {
		t := &taps[i]
		l := p.places[t.value]
		if l == nil {
			return nil, nil, fmt.Errorf("value %q lies nowhere", t.value.Name)
		}
		t.Off, t.Dims, t.Strides = l.at(), l.dims, l.strides
	}
	all := make([]Tap, len(taps))
	for i, t := range taps {
		all[i] = t.Tap
	}
	return prog, all, nil
}

// placeAll gives all values places where they must outlive the run.
func (p *planner) placeAll() error {
	if !p.keep {
		return nil
	}
	values := slices.Clone(p.g.Inputs)
	for _, n := range p.g.Nodes {
		values = append(values, n.Out...)
	}
	for _, v := range values {
		if _, err := p.find(v); err != nil {
			return fmt.Errorf("planning value %q: %w", v.Name, err)
		}
	}
	return nil
}

// tapOf is a tap with its value in the planned graph.
type tapOf struct {
	Tap
	value *ir.Value
}

// spread copies a graph with curved activations as nodes of their own, and lists its
// values. Constants are shared.
func spread(g *ir.Graph) (*ir.Graph, []tapOf) {
	c := &ir.Graph{Name: g.Name}
	var taps []tapOf
	to := map[*ir.Value]*ir.Value{}
	for _, v := range g.Inputs {
		to[v] = &ir.Value{Name: v.Name, Type: v.Type, Shape: v.Shape}
		c.Inputs = append(c.Inputs, to[v])
		taps = append(taps, tapOf{Tap{Value: v}, to[v]})
	}
	for _, n := range g.Nodes {
		m := &ir.Node{Name: n.Name, Op: n.Op, From: n.From}
		for _, v := range n.In {
			if v != nil && !v.IsConst() {
				v = to[v]
			}
			m.In = append(m.In, v)
		}
		var act ir.Act
		m.Op, act = withoutCurve(n.Op)
		c.Nodes = append(c.Nodes, m)
		for _, v := range n.Out {
			w := &ir.Value{Name: v.Name, Type: v.Type, Shape: v.Shape, Def: m}
			m.Out = append(m.Out, w)
			to[v] = w
			if !act.IsNone() {
				taps = append(taps, tapOf{Tap{Value: v, BeforeAct: true}, w})
				w.Name += "/before"
				curve := &ir.Node{Name: n.Name + "/act", Op: ir.Unary{Act: act}, In: []*ir.Value{w}, From: n.From}
				to[v] = &ir.Value{Name: v.Name, Type: v.Type, Shape: v.Shape, Def: curve}
				curve.Out = []*ir.Value{to[v]}
				c.Nodes = append(c.Nodes, curve)
			}
			taps = append(taps, tapOf{Tap{Value: v}, to[v]})
		}
	}
	for _, v := range g.Outputs {
		if to[v] == nil { // a constant
			to[v] = v
		}
		c.Outputs = append(c.Outputs, to[v])
	}
	return c, taps
}

// withoutCurve takes the activation out of an operator whose epilogue ends in one
// that is no clamp.
func withoutCurve(op ir.Op) (ir.Op, ir.Act) {
	curved := func(a *ir.Act) ir.Act {
		act := *a
		if _, _, clamps := act.IsClamp(); clamps {
			return ir.Act{}
		}
		*a = ir.Act{}
		return act
	}
	switch op := op.(type) {
	case ir.Conv:
		act := curved(&op.Act)
		return op, act
	case ir.FC:
		act := curved(&op.Act)
		return op, act
	case ir.Binary:
		act := curved(&op.Act)
		return op, act
	}
	return op, ir.Act{}
}
