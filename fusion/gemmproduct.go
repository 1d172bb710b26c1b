package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// gemmToMatMul spells out a Gemm that is no fully connected layer: B is computed, or C differs from row
// to row or has a factor. What is left is Transposes, a MatMul, factors and a sum.
func gemmToMatMul(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Gemm)
	if !ok {
		return false, nil
	}
	if _, _, expressible := e.gemmC(n, o); n.In[1].IsConst() && expressible {
		return false, nil // gemmToFC's
	}
	var failed error
	insert := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		if failed != nil {
			return nil
		}
		v, err := e.insert(n, n.Name+name, op, in...)
		failed = err
		return v
	}
	times := func(name string, v *ir.Value, factor float32) *ir.Value {
		if factor == 1 {
			return v
		}
		return insert(name, ir.Affine{Mul: []float32{factor}, Add: []float32{0}}, v)
	}
	a, b := n.In[0], n.In[1]
	if o.TransA {
		a = insert(".a", ir.Transpose{Perm: []int{1, 0}}, a)
	}
	if o.TransB {
		b = insert(".b", ir.Transpose{Perm: []int{1, 0}}, b)
	}
	c := operand(n, 2)
	if c == nil || o.Beta == 0 {
		last := ir.Op(ir.MatMul{})
		in := []*ir.Value{a, b}
		if o.Alpha != 1 {
			last, in = ir.Affine{Mul: []float32{o.Alpha}, Add: []float32{0}}, []*ir.Value{insert(".product", ir.MatMul{}, a, b)}
		}
		if failed != nil {
			return false, failed
		}
		return true, e.fuse(n, n, last, in)
	}
	product := times(".alpha", insert(".product", ir.MatMul{}, a, b), o.Alpha)
	c = times(".beta", c, o.Beta)
	if failed != nil {
		return false, failed
	}
	return true, e.fuse(n, n, ir.Binary{Fn: ir.Add}, []*ir.Value{product, c})
}
