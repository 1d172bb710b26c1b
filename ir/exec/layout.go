package exec

import "github.com/ingot-go/ingot/ir"

// slot is a buffer that several values use one after the other.
type slot struct {
	t     ir.DType
	elems int
	free  bool
	mem   *ir.Tensor
}

// isAlias reports whether a node's result is its operand's memory.
func isAlias(n *ir.Node) bool {
	switch n.Op.(type) {
	case ir.Identity, ir.Reshape:
		return true
	}
	return false
}

// layout gives every value its memory. A slot is free again after the last
// reader of its value; graph inputs and outputs keep theirs.
func layout(g *ir.Graph) map[*ir.Value]*ir.Tensor {
	root := roots(g)
	last := lastUse(g, root)
	var slots []*slot
	at := map[*ir.Value]*slot{}
	for _, v := range g.Inputs {
		at[v] = take(&slots, v)
	}
	for i, n := range g.Nodes {
		if isAlias(n) {
			continue
		}
		for _, v := range n.Out {
			at[v] = take(&slots, v)
		}
		for _, v := range ends(n, i, last, root) {
			if s := at[v]; s != nil {
				s.free = true
			}
		}
	}
	for _, s := range slots {
		s.mem = ir.NewTensor(s.t, ir.Shape{s.elems})
	}
	tensors := map[*ir.Value]*ir.Tensor{}
	for _, v := range g.Values() {
		if r := root[v]; r.Const != nil {
			tensors[v] = view(r.Const, v)
		} else {
			tensors[v] = view(at[r].mem, v)
		}
	}
	return tensors
}

// roots maps every value to the one whose memory it is.
func roots(g *ir.Graph) map[*ir.Value]*ir.Value {
	root := map[*ir.Value]*ir.Value{}
	for _, v := range g.Values() {
		root[v] = v
	}
	for _, n := range g.Nodes {
		if isAlias(n) {
			root[n.Out[0]] = root[n.In[0]]
		}
	}
	return root
}

// lastUse returns the index of the node after which a root is not needed:
// len(g.Nodes) for inputs and outputs, which are never given away.
func lastUse(g *ir.Graph, root map[*ir.Value]*ir.Value) map[*ir.Value]int {
	last := map[*ir.Value]int{}
	for i, n := range g.Nodes {
		for _, v := range n.Out {
			last[root[v]] = i
		}
		for _, v := range n.In {
			if v != nil {
				last[root[v]] = i
			}
		}
	}
	for _, v := range g.Outputs {
		last[root[v]] = len(g.Nodes)
	}
	for _, v := range g.Inputs {
		last[v] = len(g.Nodes)
	}
	return last
}

// ends lists the roots that node i is the last to touch.
func ends(n *ir.Node, i int, last map[*ir.Value]int, root map[*ir.Value]*ir.Value) []*ir.Value {
	var e []*ir.Value
	for _, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
		if v != nil && last[root[v]] == i {
			e = append(e, root[v])
		}
	}
	return e
}

// take returns the smallest free slot that is large enough, or the largest one
// made larger, or a new one.
func take(slots *[]*slot, v *ir.Value) *slot {
	var best *slot
	need := v.Shape.Elems()
	for _, s := range *slots {
		if !s.free || s.t != v.Type {
			continue
		}
		switch {
		case best == nil,
			s.elems >= need && (best.elems < need || s.elems < best.elems),
			s.elems < need && s.elems > best.elems:
			best = s
		}
	}
	if best == nil {
		best = &slot{t: v.Type}
		*slots = append(*slots, best)
	}
	best.elems = max(best.elems, need)
	best.free = false
	return best
}

// view returns v's shape on the memory of m.
func view(m *ir.Tensor, v *ir.Value) *ir.Tensor {
	n := v.Shape.Elems()
	t := &ir.Tensor{Type: m.Type, Shape: v.Shape}
	switch m.Type {
	case ir.F32:
		t.F32 = m.F32[:n:n]
	case ir.U8, ir.Bool:
		t.U8 = m.U8[:n:n]
	case ir.S8:
		t.S8 = m.S8[:n:n]
	case ir.S32:
		t.S32 = m.S32[:n:n]
	case ir.I64:
		t.I64 = m.I64[:n:n]
	}
	return t
}
