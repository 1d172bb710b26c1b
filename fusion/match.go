package fusion

import (
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// producer returns the node that computes v, and its operator, if that is a T.
func producer[T ir.Op](v *ir.Value) (n *ir.Node, op T, ok bool) {
	if v == nil || v.Def == nil {
		return nil, op, false
	}
	op, ok = v.Def.Op.(T)
	return v.Def, op, ok
}

// sole is producer, but only of a value that nothing else reads.
func sole[T ir.Op](e *edit, v *ir.Value) (n *ir.Node, op T, ok bool) {
	if n, op, ok = producer[T](v); ok && e.only(v) == nil {
		return nil, op, false
	}
	return n, op, ok
}

// operand returns operand i of n, nil if it is absent.
func operand(n *ir.Node, i int) *ir.Value {
	if i < len(n.In) {
		return n.In[i]
	}
	return nil
}

// constOrNil reports whether v is absent or a constant.
func constOrNil(v *ir.Value) bool { return v == nil || v.IsConst() }

// at returns factor c of a list that has one element, or one a channel.
func at(list []float32, c int) float64 {
	if len(list) == 1 {
		c = 0
	}
	return float64(list[c])
}

// all reports whether every element of list is v.
func all(list []float32, v float32) bool {
	return !slices.ContainsFunc(list, func(x float32) bool { return x != v })
}

// near reports whether a is b but for the rounding of a spelled-out constant.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-5*max(math.Abs(b), 1e-3) }

func finite(list []float32) bool {
	return !slices.ContainsFunc(list, func(x float32) bool { return math.IsInf(float64(x), 0) || x != x })
}

// factors returns the constant c as one factor for the whole of x, or one for each
// index of x's axis 1, provided that c broadcasts to x's shape and varies along
// no other axis.
func factors(c *ir.Value, x ir.Shape) ([]float32, bool) {
	if !c.IsConst() || c.Type != ir.F32 || len(c.Const.F32) == 0 {
		return nil, false
	}
	if s, err := ir.Broadcast(c.Shape, x); err != nil || !s.Equal(x) {
		return nil, false
	}
	data := c.Const.F32
	if all(data, data[0]) {
		return data[:1], true
	}
	for i, d := range c.Shape {
		if axis := i + len(x) - len(c.Shape); d != 1 && axis != 1 {
			return nil, false
		}
	}
	return data, true
}

// epilogue returns what a convolution or fully connected layer does last.
func epilogue(op ir.Op) (ir.Epilogue, bool) {
	switch o := op.(type) {
	case ir.Conv:
		return o.Epilogue, true
	case ir.FC:
		return o.Epilogue, true
	}
	return ir.Epilogue{}, false
}

// withEpilogue returns op, a Conv or an FC, with another epilogue.
func withEpilogue(op ir.Op, e ir.Epilogue) ir.Op {
	switch o := op.(type) {
	case ir.Conv:
		o.Epilogue = e
		return o
	case ir.FC:
		o.Epilogue = e
		return o
	}
	return op
}

// layer returns the Conv or FC that computes v, if nothing else reads v.
func (e *edit) layer(v *ir.Value) (*ir.Node, ir.Epilogue, bool) {
	if v.Def == nil || e.only(v) == nil {
		return nil, ir.Epilogue{}, false
	}
	ep, ok := epilogue(v.Def.Op)
	return v.Def, ep, ok
}
