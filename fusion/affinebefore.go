package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// affineIntoNext folds an Affine into the weights and the bias of the Conv or FC
// that reads it. A padded Conv would see the shift in its border, where the source
// has zeros, so it takes factors only.
func affineIntoNext(e *edit, n *ir.Node) (bool, error) {
	if _, ok := epilogue(n.Op); !ok || !n.In[1].IsConst() || !constOrNil(operand(n, 2)) {
		return false, nil
	}
	var flat *ir.Node
	source := n.In[0]
	if _, isFC := n.Op.(ir.FC); isFC {
		if r, _, ok := sole[ir.Reshape](e, source); ok && len(r.In[0].Shape) > 0 && r.In[0].Shape[0] == source.Shape[0] {
			flat, source = r, r.In[0]
		}
	}
	m, a, ok := sole[ir.Affine](e, source)
	if !ok {
		return false, nil
	}
	if n.In[1].Shape.Elems() == 0 || n.In[1].Quant != nil { // factors of inputs would change the model's integers
		return false, nil
	}
	if c, isConv := n.Op.(ir.Conv); isConv && c.Pad != [4]int{} && !all(a.Add, 0) {
		return false, nil
	}
	w, b := scaleInputs(n, a, source.Shape)
	in := e.withWeights(n, w, b)
	if flat != nil {
		flat.In[0] = m.In[0]
	} else {
		in[0] = m.In[0]
	}
	return true, e.fuse(n, n, n.Op, in, m)
}

// scaleInputs returns the weights and the bias of layer n for an input x, of the
// given shape, in the place of a(x).
func scaleInputs(n *ir.Node, a ir.Affine, x ir.Shape) (w, b *ir.Tensor) {
	old, oldB := n.In[1].Const, operand(n, 2)
	m, ins := old.Shape[0], old.Shape[1]
	per := 1 // weights that meet one input channel
	perGroup := m
	if c, ok := n.Op.(ir.Conv); ok {
		per, perGroup = c.Kernel[0]*c.Kernel[1], m/c.Groups
	} else if len(x) > 2 {
		per = x[2:].Elems()
		ins /= per
	}
	w, b = ir.NewTensor(ir.F32, old.Shape), ir.NewTensor(ir.F32, ir.Shape{m})
	for o, i := 0, 0; o < m; o++ {
		shift := 0.0
		if oldB != nil {
			shift = float64(oldB.Const.F32[o])
		}
		for c := range ins {
			channel := o/perGroup*ins + c
			mul, add := at(a.Mul, channel), at(a.Add, channel)
			for range per {
				v := float64(old.F32[i])
				w.F32[i] = float32(v * mul)
				shift += float64(v * add)
				i++
			}
		}
		b.F32[o] = float32(shift)
	}
	return w, b
}
