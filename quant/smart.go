package quant

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// keepSmart turns nodes that are no layers back to fp32 until all that are left stand
// between int8 neighbours, as Quantize says. Every turn leaves fewer int8 nodes, so that it ends.
func (r *rewriter) keepSmart() {
	for changed := true; changed; {
		changed = false
		for _, n := range r.src.Nodes {
			if r.why[n] != "" || isLayer(n) {
				continue
			}
			r.why[n] = r.notBetween(n)
			changed = changed || r.why[n] != ""
		}
	}
}

// notBetween says which neighbour of a node isn't int8.
func (r *rewriter) notBetween(n *ir.Node) string {
	for _, v := range n.In {
		if v != nil && !v.IsConst() && !r.allInt8(v) {
			return "smart: not all of its operands are int8"
		}
	}
	int8Reader := func(v *ir.Value) bool { return slices.ContainsFunc(r.readers[v], r.isInt8) }
	if !slices.ContainsFunc(n.Out, int8Reader) {
		return "smart: no int8 node reads its result"
	}
	return ""
}

func (r *rewriter) isInt8(n *ir.Node) bool { return r.why[n] == "" }

// allInt8 reports whether a value is made by an int8 node; an input of the graph, whether
// int8 nodes are all that reads it.
func (r *rewriter) allInt8(v *ir.Value) bool {
	if v.Def != nil {
		return r.isInt8(v.Def)
	}
	return !slices.ContainsFunc(r.readers[v], func(n *ir.Node) bool { return !r.isInt8(n) }) && !r.src.IsOutput(v)
}
