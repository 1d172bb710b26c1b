package plan

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// PlainGo is an operator that has no kernel of its own, with the number of its nodes.
type PlainGo struct {
	Name  string // of a function its own, else the operator's
	Nodes int
}

// String returns the name, and the number where it is above 1.
func (p PlainGo) String() string {
	if p.Nodes == 1 {
		return p.Name
	}
	return fmt.Sprintf("%s (%d)", p.Name, p.Nodes)
}

// countPlain counts a node that runs in plain Go, or the function of one that ends in it.
func (p *planner) countPlain(n *ir.Node, act ir.Act) {
	name := n.Op.Kind()
	switch op := n.Op.(type) {
	case ir.Binary:
		name = op.Fn.String()
	case ir.Compare:
		name = op.Fn.String()
	case ir.Logic:
		name = op.Fn.String()
	}
	if !act.IsNone() {
		name = act.Kind.String()
	}
	i := slices.IndexFunc(p.prog.PlainGo, func(g PlainGo) bool { return g.Name == name })
	if i < 0 {
		i = len(p.prog.PlainGo)
		p.prog.PlainGo = append(p.prog.PlainGo, PlainGo{Name: name})
	}
	p.prog.PlainGo[i].Nodes++
}

// sortPlain puts the most frequent operators first.
func (p *planner) sortPlain() {
	slices.SortStableFunc(p.prog.PlainGo, func(a, b PlainGo) int {
		return cmp.Or(cmp.Compare(b.Nodes, a.Nodes), cmp.Compare(a.Name, b.Name))
	})
}

// curve returns the function of an activation that has no kernel, and counts it.
func (p *planner) curve(a ir.Act) portable.Curve {
	p.countPlain(&ir.Node{Op: ir.Unary{Act: a}}, a)
	return curveOf(a)
}
