package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// transposeIntoFC drops a Transpose that only reorders what a fully connected
// layer flattens, as networks with channels-last images have it, and reorders the columns
// of the weights instead.
func transposeIntoFC(e *edit, n *ir.Node) (bool, error) {
	if _, ok := n.Op.(ir.FC); !ok || !n.In[1].IsConst() {
		return false, nil
	}
	flat, _, ok := sole[ir.Reshape](e, n.In[0])
	if !ok {
		return false, nil
	}
	t, o, ok := sole[ir.Transpose](e, flat.In[0])
	if !ok || o.Perm[0] != 0 || t.In[0].Shape[0] != n.In[0].Shape[0] {
		return false, nil
	}
	from := transposed(t.In[0].Shape[1:], o.Perm[1:])
	w := n.In[1].Const
	w2 := ir.NewTensor(ir.F32, w.Shape)
	for row := 0; row < len(w.F32); row += len(from) {
		for i, j := range from {
			w2.F32[row+j] = w.F32[row+i]
		}
	}
	in := slices.Clone(n.In)
	in[1] = e.recast(n.In[1], w2)
	if q := n.In[1].Quant; q != nil && (len(q.Scale) == 1 || q.Axis == 0) {
		in[1].Quant = q // that of the rows
	}
	flat.In[0] = t.In[0]
	return true, e.fuse(n, n, n.Op, in, t)
}

// transposed returns for each element of an image of shape s, the axes permuted,
// where it was before. perm counts the axes of s from 1.
func transposed(s ir.Shape, perm []int) []int {
	index := []int{0}
	for _, p := range perm {
		stride := s[p:].Elems()
		var next []int
		for _, base := range index {
			for i := range s[p-1] {
				next = append(next, base+i*stride)
			}
		}
		index = next
	}
	return index
}
