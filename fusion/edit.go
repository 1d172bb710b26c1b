package fusion

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// rule tries to rewrite the graph around n and reports whether it did.
type rule func(e *edit, n *ir.Node) (bool, error)

// edit is a graph in the middle of a rule's walk.
type edit struct {
	*ir.Graph
	readers map[*ir.Value][]*ir.Node // in graph order, a node once for each operand position
	live    map[*ir.Node]bool
	known   []known     // the nodes that readers and live were made of
	outputs []*ir.Value // and the outputs
}

// each returns the rewrite that offers every node to r, again and again until
// r has nothing left to do. What nobody reads after a change is removed, so a
// rule need only redirect readers.
func each(r rule) func(*ir.Graph) (int, error) {
	return func(g *ir.Graph) (int, error) {
		e := &edit{Graph: g}
		e.refresh()
		bound, changes := 64+32*len(g.Nodes), 0
		for settled := false; !settled; {
			settled = true
			for _, n := range slices.Clone(g.Nodes) {
				for e.live[n] {
					changed, err := r(e, n)
					if err != nil {
						return changes, err
					}
					if !changed {
						break
					}
					settled = false
					if changes++; changes > bound {
						return changes, fmt.Errorf("still finds something to rewrite after %d changes, the last at node %q", bound, n.Name)
					}
					e.refresh()
				}
			}
		}
		return changes, nil
	}
}

// only returns the one node that reads v, at one operand; nil if there are
// none or several readers or v is an output of the graph.
func (e *edit) only(v *ir.Value) *ir.Node {
	if r := e.readers[v]; len(r) == 1 && !e.IsOutput(v) {
		return r[0]
	}
	return nil
}

// fuse puts one node in the place of several: it is called as main is, sits
// where last sits and has last's results, names and all. parts are the other
// nodes that it stands for; they vanish if nobody else reads them.
func (e *edit) fuse(main, last *ir.Node, op ir.Op, in []*ir.Value, parts ...*ir.Node) error {
	n, err := ir.NewNode(main.Name, op, slices.Clone(in)...)
	if err != nil {
		return err
	}
	for i, v := range last.Out {
		if i >= len(n.Out) || v.Type != n.Out[i].Type || !v.Shape.Equal(n.Out[i].Shape) {
			return fmt.Errorf("node %q: %s would not give %s %s, what %q gives", n.Name, op.Kind(), v.Type, v.Shape, last.Name)
		}
	}
	n.From = e.origin(append(parts, main, last)...)
	e.put(n, last)
	return nil
}

// put makes n the node that computes old's results, in old's position.
func (e *edit) put(n, old *ir.Node) {
	n.Out = old.Out
	for _, v := range n.Out {
		v.Def = n
	}
	e.Nodes[slices.Index(e.Nodes, old)] = n
}

// mostOrigins is how many source nodes are kept of one that stands for more, which in networks
// are some ten: a chain of thousands must not take their square.
const mostOrigins = 256

// origin returns the source nodes that the parts stand for, in graph order,
// each once, at most mostOrigins. Nil parts count for nothing.
func (e *edit) origin(parts ...*ir.Node) []string {
	var from []string
	seen := map[string]bool{}
	for _, n := range e.Nodes {
		if !slices.Contains(parts, n) {
			continue
		}
		for _, name := range n.From {
			if !seen[name] && len(from) < mostOrigins {
				seen[name] = true
				from = append(from, name)
			}
		}
	}
	return from
}

// bypass makes n's readers read its first operand instead. It refuses, and
// returns false, where an output of the graph would lose its name.
func (e *edit) bypass(n *ir.Node) bool {
	x, v := n.In[0], n.Out[0]
	if e.IsOutput(v) {
		if x.Def == nil || e.IsOutput(x) {
			return false
		}
		x.Name = v.Name
	}
	if x.Def != nil {
		x.Def.From = e.origin(x.Def, n)
	}
	e.Replace(v, x)
	return true
}

// insert puts a new node with one result before another and returns its result.
func (e *edit) insert(before *ir.Node, name string, op ir.Op, in ...*ir.Value) (*ir.Value, error) {
	n, err := ir.NewNode(e.FreshName(name), op, in...)
	if err != nil {
		return nil, err
	}
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, before), n)
	return n.Out[0], nil
}

// recast returns t as the constant that takes old's place at its reader: under
// old's name if nobody else reads old, which itself stays as it is.
func (e *edit) recast(old *ir.Value, t *ir.Tensor) *ir.Value {
	name := old.Name
	if len(e.readers[old]) > 1 || e.IsOutput(old) {
		name = e.FreshName(name)
	}
	return ir.Const(name, t)
}
