package ir

import "slices"

// Clone returns a copy of g whose nodes, values and quantization parameters are
// its own. Operators and the data of constants, which nobody changes in place, are shared.
func Clone(g *Graph) *Graph {
	copies := map[*Value]*Value{}
	value := func(v *Value) *Value {
		if v == nil {
			return nil
		}
		if copies[v] == nil {
			c := *v
			c.Shape, c.Def = v.Shape.Clone(), nil
			if q := v.Quant; q != nil {
				c.Quant = &Quant{Scale: slices.Clone(q.Scale), Zero: slices.Clone(q.Zero), Axis: q.Axis}
			}
			copies[v] = &c
		}
		return copies[v]
	}
	values := func(vs []*Value) []*Value {
		if vs == nil {
			return nil
		}
		out := make([]*Value, len(vs))
		for i, v := range vs {
			out[i] = value(v)
		}
		return out
	}
	c := &Graph{Name: g.Name, Inputs: values(g.Inputs)}
	for _, n := range g.Nodes {
		m := &Node{Name: n.Name, Op: n.Op, In: values(n.In), Out: values(n.Out), From: slices.Clone(n.From)}
		for i, v := range n.Out {
			if v.Def == n {
				m.Out[i].Def = m
			}
		}
		c.Nodes = append(c.Nodes, m)
	}
	c.Outputs = values(g.Outputs)
	return c
}
