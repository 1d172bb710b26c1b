package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// known is a node with its operands, as they were when readers were counted.
type known struct {
	node *ir.Node
	in   []*ir.Value
}

// refresh drops dead nodes and learns anew who reads what. A change is most often of a few
// nodes side by side, so only what lies between the first and the last node that differ is
// counted again: counting all would make fusion quadratic in the nodes of the graph.
func (e *edit) refresh() {
	if e.live == nil {
		e.live, e.readers = map[*ir.Node]bool{}, map[*ir.Value][]*ir.Node{}
		e.RemoveDead()
	}
	front, back := e.unchanged()
	old, now := e.known[front:len(e.known)-back], e.Nodes[front:len(e.Nodes)-back]
	touched := map[*ir.Value][]*ir.Node{} // with its readers between front and back
	for _, k := range old {
		delete(e.live, k.node)
		for _, v := range k.in {
			touched[v] = nil
		}
	}
	fresh := make([]known, len(now))
	for i, n := range now {
		fresh[i] = known{n, slices.Clone(n.In)}
		e.live[n] = true
		for _, v := range n.In {
			touched[v] = append(touched[v], n)
		}
	}
	gone := map[*ir.Node]bool{}
	for _, k := range old {
		gone[k.node] = true
	}
	var idle []*ir.Node // nodes that may be dead now
	for v, middle := range touched {
		if v != nil && e.recount(v, e.Nodes[:front], gone, middle) == 0 {
			idle = append(idle, v.Def)
		}
	}
	idle = append(idle, now...)
	if !slices.Equal(e.outputs, e.Outputs) {
		for _, v := range e.outputs {
			idle = append(idle, v.Def)
		}
		e.outputs = slices.Clone(e.Outputs)
	}
	e.known = slices.Replace(e.known, front, len(e.known)-back, fresh...)
	e.bury(idle)
}

// unchanged returns how many nodes at the start and at the end are as they were.
func (e *edit) unchanged() (front, back int) {
	same := func(k known, n *ir.Node) bool { return k.node == n && slices.Equal(k.in, n.In) }
	most := min(len(e.known), len(e.Nodes))
	for front < most && same(e.known[front], e.Nodes[front]) {
		front++
	}
	for back < most-front && same(e.known[len(e.known)-1-back], e.Nodes[len(e.Nodes)-1-back]) {
		back++
	}
	return front, back
}

// recount sets the readers of v, given those among the nodes that changed, and returns how
// many there are. gone are the nodes that were there before; first those before them.
func (e *edit) recount(v *ir.Value, first []*ir.Node, gone map[*ir.Node]bool, middle []*ir.Node) int {
	before, k := e.readers[v], 0
	for i := 0; i < len(first) && k < len(before); i++ {
		for k < len(before) && before[k] == first[i] {
			k++
		}
	}
	all := append(slices.Clone(before[:k]), middle...)
	for _, n := range before[k:] {
		if !gone[n] {
			all = append(all, n)
		}
	}
	if e.readers[v] = all; len(all) == 0 {
		delete(e.readers, v)
	}
	return len(all)
}

// bury removes those of the nodes whose results nobody reads, and what only they read.
func (e *edit) bury(idle []*ir.Node) {
	for len(idle) > 0 {
		n := idle[len(idle)-1]
		idle = idle[:len(idle)-1]
		if !e.live[n] || slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return len(e.readers[v]) > 0 || e.IsOutput(v) }) {
			continue
		}
		at := slices.Index(e.Nodes, n)
		e.Nodes, e.known = slices.Delete(e.Nodes, at, at+1), slices.Delete(e.known, at, at+1)
		delete(e.live, n)
		for _, v := range n.In {
			if v == nil {
				continue
			}
			left := slices.DeleteFunc(e.readers[v], func(m *ir.Node) bool { return m == n })
			if e.readers[v] = left; len(left) == 0 {
				delete(e.readers, v)
			}
			idle = append(idle, v.Def)
		}
	}
}
