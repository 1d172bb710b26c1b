package quant

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// foldTables makes tables part of what gives the bytes that only they read: of the epilogue of an
// int8 operator, or of the table before.
func (r *rewriter) foldTables() {
	readers := r.dst.Readers()
	r.dst.Nodes = slices.DeleteFunc(r.dst.Nodes, func(n *ir.Node) bool {
		op, ok := n.Op.(ir.QTable)
		x := n.In[0]
		if !ok || len(op.Table) != 256 || x.Def == nil || len(readers[x]) != 1 || r.dst.IsOutput(x) {
			return false
		}
		joined := withTable(x.Def.Op, op.Table)
		if joined == nil {
			return false
		}
		r.foldTable(x.Def, n, joined)
		readers[x] = readers[n.Out[0]]
		return true
	})
}

// foldTable gives p, whose result only the table n reads, the operator that computes both.
func (r *rewriter) foldTable(p, n *ir.Node, joined ir.Op) {
	real, rest := r.report.Real[p], r.report.Real[n]
	x, y := p.Out[0], n.Out[0]
	first := Rounded{Quant: x.Quant, Op: ir.Identity{}, Several: rest.Several}
	if rest.Node != nil {
		first.Op = rest.Node.Op
	}
	real.Tables = slices.Concat(real.Tables, []Rounded{first}, rest.Tables)
	r.report.Real[p] = real
	delete(r.report.Real, n)
	if rest.Node != nil { // else the same numbers
		x.Name = y.Name
	}
	p.Op, x.Quant = joined, y.Quant
	for _, from := range n.From {
		if !slices.Contains(p.From, from) {
			p.From = append(slices.Clone(p.From), from)
		}
	}
	r.dst.Replace(y, x)
}

// withTable returns an int8 operator with a table of its result; nil for those that have no epilogue.
func withTable(op ir.Op, table []uint8) ir.Op {
	switch o := op.(type) {
	case ir.QConv:
		o.Table, o.Lo, o.Hi = behind(o.Table, table, o.Lo, o.Hi), 0, 255
		return o
	case ir.QFC:
		o.Table, o.Lo, o.Hi = behind(o.Table, table, o.Lo, o.Hi), 0, 255
		return o
	case ir.QAdd:
		o.Table, o.Lo, o.Hi = behind(o.Table, table, o.Lo, o.Hi), 0, 255
		return o
	case ir.QMul:
		o.Table, o.Lo, o.Hi = behind(o.Table, table, o.Lo, o.Hi), 0, 255
		return o
	case ir.QTable:
		o.Table = behind(o.Table, table, 0, 255)
		return o
	}
	return nil
}

// behind returns the table of limits, of a first table unless it is empty, and of a second.
func behind(first, second []uint8, lo, hi uint8) []uint8 {
	t := make([]uint8, max(256, len(first)))
	for i := range t {
		b := min(max(uint8(i), lo), hi)
		if len(first) > 0 {
			b = first[i&^255|int(b)]
		}
		t[i] = second[b]
	}
	return t
}
