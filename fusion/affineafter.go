package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// affineIntoPrevious folds an Affine into the weights and the bias of the Conv or
// FC whose sum of products it reads.
func affineIntoPrevious(e *edit, n *ir.Node) (bool, error) {
	a, ok := n.Op.(ir.Affine)
	if !ok {
		return false, nil
	}
	l, ep, ok := e.layer(n.In[0])
	if !ok || !ep.Act.IsNone() || operand(l, 3) != nil || !l.In[1].IsConst() || !constOrNil(operand(l, 2)) {
		return false, nil
	}
	w, b := l.In[1].Const, operand(l, 2)
	m := w.Shape[0]
	per := w.Shape.Elems() / max(m, 1)
	w2, b2 := ir.NewTensor(ir.F32, w.Shape), ir.NewTensor(ir.F32, ir.Shape{m})
	for c := range m {
		mul := at(a.Mul, c)
		for i := c * per; i < (c+1)*per; i++ {
			w2.F32[i] = float32(float64(w.F32[i]) * mul)
		}
		b2.F32[c] = float32(at(a.Add, c))
		if b != nil {
			b2.F32[c] = float32(float64(float64(b.Const.F32[c])*mul) + at(a.Add, c))
		}
	}
	in := e.withWeights(l, w2, b2)
	in[1].Quant = scaledQuant(l.In[1].Quant, a.Mul, m)
	return true, e.fuse(l, n, l.Op, in)
}

// scaledQuant returns the parameters of weights whose m rows are multiplied by factors: the
// integers stay where these are positive. It is nil where they don't, or there were no parameters.
func scaledQuant(q *ir.Quant, mul []float32, m int) *ir.Quant {
	if q == nil || len(q.Scale) > 1 && q.Axis != 0 {
		return nil
	}
	all := &ir.Quant{}
	for c := range m {
		p := q.At(c)
		s := float32(float64(p.Scale[0]) * at(mul, c))
		if !(s > 1e-30) || s-s != 0 {
			return nil
		}
		all.Scale, all.Zero = append(all.Scale, s), append(all.Zero, p.Zero[0])
	}
	return all
}

// withWeights returns the operands of a Conv or FC with other weights and another
// bias. The constants that it reads now are left alone: others may share them.
func (e *edit) withWeights(l *ir.Node, w, b *ir.Tensor) []*ir.Value {
	in := []*ir.Value{l.In[0], e.recast(l.In[1], w), nil, operand(l, 3)}
	if old := operand(l, 2); old != nil {
		in[2] = e.recast(old, b)
	} else {
		in[2] = ir.Const(e.FreshName(l.Name+".bias"), b)
	}
	return in
}
