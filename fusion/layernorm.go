package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// meanOf returns what v is the mean of, and the axes, provided that they are kept.
func meanOf(v *ir.Value) (n *ir.Node, axes []int, ok bool) {
	if n, o, ok := producer[ir.Reduce](v); ok {
		return n, o.Axes, o.Fn == ir.ReduceMean && o.Keep
	}
	n, _, ok = producer[ir.GlobalAvgPool](v)
	return n, []int{2, 3}, ok
}

// centred returns the node of x minus its mean that computes v, that of the mean, and the axes.
func centred(v *ir.Value) (diff, mean *ir.Node, axes []int, ok bool) {
	diff, o, ok := producer[ir.Binary](v)
	if !ok || o.Fn != ir.Sub || !o.Act.IsNone() {
		return nil, nil, nil, false
	}
	mean, axes, ok = meanOf(diff.In[1])
	return diff, mean, axes, ok && mean.In[0] == diff.In[0]
}

// squared returns what v is the square of, spelled as a power or as a product.
func squared(v *ir.Value) (n *ir.Node, x *ir.Value, ok bool) {
	if n, o, ok := producer[ir.Unary](v); ok {
		return n, n.In[0], o.Act.Kind == ir.Power && o.Act.A == 2
	}
	n, o, ok := producer[ir.Binary](v)
	if !ok || !o.Act.IsNone() {
		return nil, nil, false
	}
	two := n.In[1].IsConst() && n.In[1].Shape.Elems() == 1 && n.In[1].Const.F32[0] == 2
	return n, n.In[0], o.Fn == ir.Mul && n.In[0] == n.In[1] || o.Fn == ir.Pow && two
}

// recognizeLayerNorm makes a Normalize of (x-mean(x)) / sqrt(mean((x-mean(x))^2) + epsilon), which
// is how LayerNormalization and InstanceNormalization are spelled out.
func recognizeLayerNorm(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Binary)
	if !ok || o.Fn != ir.Div || !o.Act.IsNone() {
		return false, nil
	}
	diff, mean, axes, ok := centred(n.In[0])
	if !ok {
		return false, nil
	}
	root, r, ok := producer[ir.Unary](n.In[1])
	if !ok || r.Act.Kind != ir.Sqrt {
		return false, nil
	}
	shift := root.In[0].Def
	mul, epsilon, ok := scalar(shift)
	if !ok || mul != 1 || epsilon < 0 {
		return false, nil
	}
	variance, over, ok := meanOf(shift.In[0])
	if !ok || !slices.Equal(over, axes) {
		return false, nil
	}
	square, d, ok := squared(variance.In[0])
	if !ok {
		return false, nil
	}
	// Exporters compute the difference once, or once more for the square.
	again, _, others, ok := centred(d)
	if !ok || again.In[0] != diff.In[0] || !slices.Equal(others, axes) {
		return false, nil
	}
	op := ir.Normalize{Axes: axes, Epsilon: float32(epsilon)}
	return true, e.fuse(n, n, op, []*ir.Value{diff.In[0]}, diff, mean, again, square, variance, shift, root)
}

// factorsIntoNormalize makes the constant that a Normalize without factors is multiplied by its
// scale, and what is added behind that its bias.
func factorsIntoNormalize(e *edit, n *ir.Node) (bool, error) {
	for _, x := range n.In {
		norm, op, ok := sole[ir.Normalize](e, x)
		if !ok || op.Stats {
			continue
		}
		scale, bias := operand(norm, 1), operand(norm, 2)
		switch o := n.Op.(type) {
		case ir.Affine:
			mul, add := !all(o.Mul, 1), !all(o.Add, 0)
			if bias != nil || mul && scale != nil || len(x.Shape) < 2 {
				return false, nil
			}
			if mul {
				scale = e.alongChannels(n.Name+".scale", o.Mul, x.Shape)
			}
			if add {
				bias = e.alongChannels(n.Name+".bias", o.Add, x.Shape)
			}
		case ir.Binary:
			k := n.In[0]
			if k == x {
				k = n.In[1]
			}
			if !k.IsConst() || !o.Act.IsNone() || !n.Out[0].Shape.Equal(x.Shape) {
				return false, nil
			}
			switch {
			case o.Fn == ir.Mul && scale == nil && bias == nil:
				scale = k
			case o.Fn == ir.Add && bias == nil:
				bias = k
			default:
				return false, nil
			}
		default:
			return false, nil
		}
		return true, e.fuse(norm, n, op, []*ir.Value{norm.In[0], scale, bias}, norm)
	}
	return false, nil
}

// alongChannels makes a constant of one factor, or one a channel, that broadcasts to a shape.
func (e *edit) alongChannels(name string, list []float32, s ir.Shape) *ir.Value {
	shape := slices.Repeat(ir.Shape{1}, len(s)-1)
	shape[0] = len(list)
	return ir.Const(e.FreshName(name), ir.Floats(shape, list))
}
