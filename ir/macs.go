package ir

// MACs returns the multiply-accumulates that a node's definition takes, padding
// included: those of convolutions, fully connected layers and matrix products; the others have none.
func MACs(n *Node) int64 {
	if len(n.In) < 2 || len(n.Out) == 0 {
		return 0
	}
	terms := 0 // of each element of the result
	switch o := n.Op.(type) {
	case Conv, QConv:
		terms = n.In[1].Shape[1:].Elems()
	case ConvTranspose:
		return int64(n.In[0].Shape.Elems()) * int64(n.In[1].Shape[1:].Elems())
	case FC, QFC:
		terms = n.In[1].Shape[1]
	case Gemm:
		terms = n.In[0].Shape[1]
		if o.TransA {
			terms = n.In[0].Shape[0]
		}
	case MatMul:
		a := n.In[0].Shape
		terms = a[len(a)-1]
	}
	return int64(n.Out[0].Shape.Elems()) * int64(terms)
}

// Params returns the elements of the constants that a node reads.
func Params(n *Node) int64 {
	total := int64(0)
	for _, v := range n.In {
		if v.IsConst() {
			total += int64(v.Const.Elems())
		}
	}
	return total
}

// MACs returns the sum over all nodes.
func (g *Graph) MACs() int64 {
	total := int64(0)
	for _, n := range g.Nodes {
		total += MACs(n)
	}
	return total
}

// Params returns the elements of all constants, each counted once.
func (g *Graph) Params() int64 {
	total := int64(0)
	for _, v := range g.Values() {
		if v.IsConst() {
			total += int64(v.Const.Elems())
		}
	}
	return total
}
