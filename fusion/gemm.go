package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// gemmToFC makes a fully connected layer of a Gemm whose B is constant. Alpha and
// the transposition of B go into the weights, Beta and C into the bias where C is
// constant and the same for every row; else C is the residual operand.
func gemmToFC(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Gemm)
	if !ok || !n.In[1].IsConst() {
		return false, nil
	}
	bias, residual, ok := e.gemmC(n, o)
	if !ok {
		return false, nil
	}
	x := n.In[0]
	if o.TransA {
		t, err := e.insert(n, n.Name+".rows", ir.Transpose{Perm: []int{1, 0}}, x)
		if err != nil {
			return false, err
		}
		x = t
	}
	w := e.recast(n.In[1], rows(n.In[1].Const, o.TransB, float64(o.Alpha)))
	if o.Alpha == 1 {
		w.Quant = rowQuant(n.In[1], o.TransB)
	}
	return true, e.fuse(n, n, ir.FC{}, []*ir.Value{x, w, bias, residual})
}

// gemmC says what becomes of operand C; not ok if an FC can't express it.
func (e *edit) gemmC(n *ir.Node, o ir.Gemm) (bias, residual *ir.Value, ok bool) {
	c, out := operand(n, 2), n.Out[0].Shape
	switch {
	case c == nil || o.Beta == 0:
		return nil, nil, true
	case !c.IsConst():
		return nil, c, o.Beta == 1 && c.Shape.Equal(out)
	case len(c.Shape) == 2 && c.Shape[0] > 1: // varies by row
		return nil, nil, false
	}
	b := ir.NewTensor(ir.F32, ir.Shape{out[1]})
	for i := range b.F32 {
		b.F32[i] = float32(float64(o.Beta) * at(c.Const.F32, i))
	}
	return e.recast(c, b), nil, true
}

// rowQuant returns the parameters of a constant matrix as the weights of an FC, whose
// rows are b's own or its columns; nil where b has none.
func rowQuant(b *ir.Value, isRows bool) *ir.Quant {
	if b.Quant == nil || isRows {
		return b.Quant
	}
	return b.Quant.Moved(ir.Transpose{Perm: []int{1, 0}}, b.Shape, ir.Shape{b.Shape[1], b.Shape[0]})
}

// rows returns a constant matrix as the weights of an FC, one row for each result:
// b itself if its columns run along the inputs already, else its transpose, times alpha.
func rows(b *ir.Tensor, isRows bool, alpha float64) *ir.Tensor {
	if isRows {
		w := ir.NewTensor(ir.F32, b.Shape)
		for i, v := range b.F32 {
			w.F32[i] = float32(alpha * float64(v))
		}
		return w
	}
	k, m := b.Shape[0], b.Shape[1]
	w := ir.NewTensor(ir.F32, ir.Shape{m, k})
	for i := range k {
		for j := range m {
			w.F32[j*k+i] = float32(alpha * float64(b.F32[i*m+j]))
		}
	}
	return w
}
