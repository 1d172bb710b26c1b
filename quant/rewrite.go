package quant

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// node rewrites one node of the source.
func (r *rewriter) node(n *ir.Node) error {
	rep := NodeReport{Name: n.Name, Op: n.Op.Kind(), Int8: r.why[n] == "", Why: r.why[n]}
	var err error
	switch {
	case !rep.Int8:
		err = r.keep(n)
	case r.merged[n] && r.given != nil:
		rep.Why = "part of a table behind it"
	case r.composed[n].f != nil:
		err = r.tableOf(n)
	case r.merged[n]:
		rep.Why = "part of the Affine before it"
	default:
		err = r.integer(n, &rep)
	}
	if givenBy(n) == nil {
		r.report.Nodes = append(r.report.Nodes, rep)
	}
	return err
}

// keep copies a node that stays fp32.
func (r *rewriter) keep(n *ir.Node) error {
	in := make([]*ir.Value, len(n.In))
	for i, v := range n.In {
		if v != nil {
			f, err := r.float(v)
			if err != nil {
				return err
			}
			in[i] = f
		}
	}
	c, err := r.dst.Add(r.nodes.own(n.Name), n.Op, in...)
	if err != nil {
		return err
	}
	c.From = n.From
	for i, v := range n.Out {
		c.Out[i].Name = r.values.own(v.Name)
		r.f32[v] = c.Out[i]
	}
	return nil
}

// float returns the f32 form (or whatever type it has) of a value.
func (r *rewriter) float(v *ir.Value) (*ir.Value, error) {
	if f := r.f32[v]; f != nil {
		return f, nil
	}
	if v.IsConst() {
		r.f32[v] = ir.Const(r.values.own(v.Name), v.Const)
		return r.f32[v], nil
	}
	x := r.u8[v]
	name := v.Name + "/float"
	d, err := r.dst.Add(r.nodes.fresh(name), ir.Dequantize{Scale: x.Scale()}, x)
	if err != nil {
		return nil, err
	}
	if r.src.IsOutput(v) {
		d.Out[0].Name = r.values.own(v.Name)
	} else {
		d.Out[0].Name = r.values.fresh(name)
	}
	r.f32[v] = d.Out[0]
	return d.Out[0], nil
}

// bytes returns the u8 form of a value with parameters of its own.
func (r *rewriter) bytes(v *ir.Value) (*ir.Value, error) {
	if x := r.u8[v]; x != nil {
		return x, nil
	}
	x, err := r.fromFloat(v, r.quant(v))
	r.u8[v] = x
	return x, err
}

// bytesAs returns the u8 form of a value with the given parameters.
func (r *rewriter) bytesAs(v *ir.Value, q *ir.Quant) (*ir.Value, error) {
	if same(r.quant(v), q) {
		return r.bytes(v)
	}
	x := r.u8[v]
	if x == nil {
		return r.fromFloat(v, q)
	}
	for _, y := range r.requantized[x] {
		if same(y.Quant, q) {
			return y, nil
		}
	}
	name := v.Name + "/requantized"
	n, err := r.dst.Add(r.nodes.fresh(name), ir.QTable{Table: table(x.Quant, q, identity)}, x)
	if err != nil {
		return nil, err
	}
	r.requantized[x] = append(r.requantized[x], r.made(n.Out[0], name, q))
	return n.Out[0], nil
}

func identity(x float64) float64 { return x }

func same(a, b *ir.Quant) bool { return a.Scale[0] == b.Scale[0] && a.Zero[0] == b.Zero[0] }

// made names a new value that no value of the source stands for.
func (r *rewriter) made(v *ir.Value, base string, q *ir.Quant) *ir.Value {
	v.Name, v.Quant = r.values.fresh(base), q
	return v
}

// fromFloat quantizes a constant at once, and a value that is f32 by a node.
func (r *rewriter) fromFloat(v *ir.Value, q *ir.Quant) (*ir.Value, error) {
	name := v.Name + "/int8"
	if v.IsConst() {
		t := ir.NewTensor(ir.U8, v.Shape)
		for i, f := range v.Const.F32 {
			if !finite(f) {
				return nil, fmt.Errorf("constant %q has %g at element %d: want finite numbers", v.Name, f, i)
			}
			t.U8[i] = toByte(q, float64(f))
		}
		c := ir.Const(r.values.fresh(name), t)
		c.Quant = q
		return c, nil
	}
	op := ir.Quantize{Mul: []float32{float32(1 / float64(q.Scale[0]))}, Add: []float32{0}, Zero: uint8(q.Zero[0])}
	n, err := r.dst.Add(r.nodes.fresh(name), op, r.f32[v])
	if err != nil {
		return nil, err
	}
	return r.made(n.Out[0], name, q), nil
}

// emit adds the int8 form of n, whose result v is.
func (r *rewriter) emit(n *ir.Node, v *ir.Value, op ir.Op, in ...*ir.Value) error {
	c, err := r.dst.Add(r.nodes.own(n.Name), op, in...)
	if err != nil {
		return err
	}
	c.From = n.From
	r.report.Real[c] = Real{Node: n, Act: actOf(n)}
	r.result(c.Out[0], v)
	return nil
}

// ends emits an int8 operator with the end s, which is the activation a.
func (r *rewriter) ends(n *ir.Node, v *ir.Value, a ir.Act, s stage, op ir.Op, in ...*ir.Value) error {
	if err := r.emit(n, v, op, in...); err != nil {
		return err
	}
	real := Real{Node: n, Act: a}
	if s.table != nil {
		real.Act, real.Tables = ir.Act{}, []Rounded{{Quant: s.pre, Op: ir.Unary{Act: a}}}
	}
	r.report.Real[r.u8[v].Def] = real
	return nil
}

// result makes x the u8 form of v.
func (r *rewriter) result(x, v *ir.Value) {
	if r.src.IsOutput(v) {
		x.Name = r.values.fresh(v.Name + "/int8")
	} else {
		x.Name = r.values.own(v.Name)
	}
	x.Quant = r.quant(v)
	r.u8[v] = x
}

// integer rewrites a node that becomes int8.
func (r *rewriter) integer(n *ir.Node, rep *NodeReport) error {
	switch op := n.Op.(type) {
	case ir.FakeQuant:
		return r.fakeQuant(n)
	case ir.Conv, ir.FC:
		return r.layer(n, rep)
	case ir.Affine:
		return r.affine(n, op, rep)
	case ir.Binary:
		return r.binary(n, op)
	case ir.Unary:
		return r.unary(n, n.Out[0], actFunc(op.Act))
	case ir.PRelu:
		return r.prelu(n)
	case ir.AvgPool:
		return r.avgPool(n, op)
	case ir.GlobalAvgPool:
		return r.globalAvgPool(n)
	case ir.Reduce:
		if op.Fn == ir.ReduceMean {
			return r.globalAvgPool(n)
		}
	}
	return r.move(n)
}

// move rewrites a node that moves elements: the same operator on bytes.
func (r *rewriter) move(n *ir.Node) error {
	var in []*ir.Value
	for _, v := range n.In {
		q := r.quant(n.Out[0])
		if r.stacked[n.Out[0]] {
			q = r.quant(v)
		}
		x, err := r.bytesAs(v, q)
		if err != nil {
			return err
		}
		in = append(in, x)
	}
	op := n.Op
	if o, ok := op.(ir.Resample); ok {
		op = o.ForBytes()
	}
	c, err := r.dst.Add(r.nodes.own(n.Name), op, in...)
	if err != nil {
		return err
	}
	c.From = n.From
	for i, v := range n.Out {
		r.result(c.Out[i], v)
	}
	return nil
}

// unary rewrites an elementwise function of operand 0 to a table.
func (r *rewriter) unary(n *ir.Node, v *ir.Value, f func(float64) float64) error {
	x, err := r.bytes(n.In[0])
	if err != nil {
		return err
	}
	return r.emit(n, v, ir.QTable{Table: table(x.Quant, r.quant(v), f)}, x)
}

// tableOf rewrites a node to a table of a value before it.
func (r *rewriter) tableOf(n *ir.Node) error {
	c := r.composed[n]
	x, err := r.bytes(c.of)
	if err != nil {
		return err
	}
	if err := r.emit(n, n.Out[0], ir.QTable{Table: table(x.Quant, r.quant(n.Out[0]), c.f)}, x); err != nil {
		return err
	}
	r.report.Real[r.u8[n.Out[0]].Def] = Real{Node: n, Several: c.of != n.In[0] || len(n.In) > 1}
	return nil
}

// tables rewrites a function for each channel to a table for each.
func (r *rewriter) tables(n *ir.Node, channels int, f func(c int, x float64) float64) error {
	x, err := r.bytes(n.In[0])
	if err != nil {
		return err
	}
	var t []uint8
	for c := range channels {
		t = append(t, table(x.Quant, r.quant(n.Out[0]), func(v float64) float64 { return f(c, v) })...)
	}
	return r.emit(n, n.Out[0], ir.QTable{Table: t}, x)
}

func (r *rewriter) prelu(n *ir.Node) error {
	slope := n.In[1].Const.F32
	for c, v := range slope {
		if !finite(v) {
			return fmt.Errorf("slope %g of channel %d: must be finite", v, c)
		}
	}
	return r.tables(n, len(slope), func(c int, x float64) float64 {
		if x < 0 {
			return float64(x * float64(slope[c]))
		}
		return x
	})
}

func (r *rewriter) avgPool(n *ir.Node, op ir.AvgPool) error {
	x, err := r.bytes(n.In[0])
	if err != nil {
		return err
	}
	q := r.quant(n.Out[0])
	o := ir.QAvgPool{Window: op.Window, Ceil: op.Ceil, CountPad: op.CountPad, Zero: uint8(q.Zero[0]), Hi: 255}
	for i := range op.Kernel[0] * op.Kernel[1] {
		o.Mul = append(o.Mul, float32(float64(x.Scale())/(float64(q.Scale[0])*float64(i+1))))
	}
	return r.emit(n, n.Out[0], o, x)
}

// globalAvgPool also rewrites means over space that drop the axes.
func (r *rewriter) globalAvgPool(n *ir.Node) error {
	x, err := r.bytes(n.In[0])
	if err != nil {
		return err
	}
	v := n.Out[0]
	q, s := r.quant(v), x.Shape
	op := ir.QGlobalAvgPool{Mul: float32(float64(x.Scale()) / (float64(q.Scale[0]) * float64(s[2]*s[3]))), Zero: uint8(q.Zero[0]), Hi: 255}
	if len(v.Shape) == 4 {
		return r.emit(n, v, op, x)
	}
	name := n.Name + "/pool"
	p, err := r.dst.Add(r.nodes.fresh(name), op, x)
	if err != nil {
		return err
	}
	return r.emit(n, v, ir.Reshape{Shape: v.Shape.Clone()}, r.made(p.Out[0], name, q))
}

// stage is the end of an int8 operator with an activation: the parameters that
// the sum is rounded to, the limits, and the table of a curved activation.
type stage struct {
	pre    *ir.Quant
	lo, hi uint8
	table  []uint8
}

// stageOf returns the end of an operator whose result is v. point names the
// calibrated range before a curved activation.
func (r *rewriter) stageOf(v *ir.Value, a ir.Act, point string) (stage, error) {
	q := r.quant(v)
	if !isCurved(a) {
		lo, hi := limits(a, q)
		return stage{pre: q, lo: lo, hi: hi}, nil
	}
	if r.given != nil {
		pre := params(argument(a, q))
		return stage{pre: pre, hi: 255, table: table(pre, q, actFunc(a))}, nil
	}
	p, ok := r.seen[point]
	if !ok {
		return stage{}, fmt.Errorf("the calibration has no point %q: put it back or calibrate again", point)
	}
	pre := params(active(clip(p), a, q))
	return stage{pre: pre, hi: 255, table: table(pre, q, actFunc(a))}, nil
}

func (s stage) zero() uint8 { return uint8(s.pre.Zero[0]) }

// ratio returns a/b rounded once to float32.
func ratio(a float64, b float32) float32 { return float32(a / float64(b)) }

// binary rewrites a sum, a difference or a product.
func (r *rewriter) binary(n *ir.Node, op ir.Binary) error {
	v := n.Out[0]
	a, err := r.bytes(n.In[0])
	if err != nil {
		return err
	}
	b, err := r.bytes(n.In[1])
	if err != nil {
		return err
	}
	s, err := r.stageOf(v, op.Act, v.Name+before)
	if err != nil {
		return err
	}
	sa, sb, sy := float64(a.Scale()), float64(b.Scale()), s.pre.Scale[0]
	switch op.Fn {
	case ir.Mul:
		return r.ends(n, v, op.Act, s, ir.QMul{Mul: ratio(float64(sa*sb), sy), Zero: s.zero(), Lo: s.lo, Hi: s.hi, Table: s.table}, a, b)
	case ir.Sub:
		sb = -sb
	}
	return r.ends(n, v, op.Act, s, ir.QAdd{MulA: ratio(sa, sy), MulB: ratio(sb, sy), Zero: s.zero(), Lo: s.lo, Hi: s.hi, Table: s.table}, a, b)
}

// preLimits returns the limits of a clamp before the residual sum, in units of
// the scale that the sum is rounded to.
func preLimits(a ir.Act, scale float32) (on bool, lo, hi float32) {
	l, h, ok := a.IsClamp()
	if !ok {
		return false, 0, 0
	}
	in := func(v float32) float32 {
		if math.IsInf(float64(v), 0) {
			return v
		}
		return ratio(float64(v), scale)
	}
	return true, in(l), in(h)
}
