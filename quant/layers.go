package quant

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
)

func actFunc(a ir.Act) func(float64) float64 { return exec.ActFunc(a) }

// work is a layer on its way into the int8 graph.
type work struct {
	node     *ir.Node  // names it
	result   *ir.Value // of the source
	names    [2]string // of the constants
	w, b     *ir.Tensor
	quant    *ir.Quant // the weights' parameters, if the model has some
	mean     []float32 // of the input's channels, or nil
	residual *ir.Value // of the source, or nil
	pre, act ir.Act
	point    string // calibrated range before a curved act
	op       func(ir.Requant) ir.Op
}

// layer rewrites a convolution or a fully connected layer.
func (r *rewriter) layer(n *ir.Node, rep *NodeReport) error {
	w := work{node: n, result: n.Out[0], point: n.Out[0].Name + before, w: n.In[1].Const, mean: r.means[n.In[0].Name]}
	w.names[0], w.names[1], w.quant = n.In[1].Name, n.Name+"/bias", n.In[1].Quant
	if len(n.In) > 2 && n.In[2] != nil {
		w.b, w.names[1] = n.In[2].Const, n.In[2].Name
	}
	if len(n.In) > 3 {
		w.residual = n.In[3]
	}
	switch op := n.Op.(type) {
	case ir.Conv:
		w.pre, w.act = op.Pre, op.Act
		w.op = func(q ir.Requant) ir.Op { return ir.QConv{Window: op.Window, Groups: op.Groups, Requant: q} }
	case ir.FC:
		w.pre, w.act = op.Pre, op.Act
		w.op = func(q ir.Requant) ir.Op { return ir.QFC{Requant: q} }
	}
	return r.emitLayer(w, rep)
}

// affine rewrites x*mul+add: at the graph's input into its quantization, with
// one factor to a table, with a factor a channel to a depthwise convolution that
// also takes up an activation behind it.
func (r *rewriter) affine(n *ir.Node, op ir.Affine, rep *NodeReport) error {
	per := func(l []float32, c int) float32 { return l[min(c, len(l)-1)] }
	apply := func(c int, x float64) float64 {
		return float64(x*float64(per(op.Mul, c))) + float64(per(op.Add, c))
	}
	channels := max(len(op.Mul), len(op.Add))
	switch {
	case r.atHead(n):
		rep.Why = "part of the input's quantization"
		return r.headAffine(n, op)
	case channels == 1:
		return r.unary(n, n.Out[0], func(x float64) float64 { return apply(0, x) })
	case !r.isDepthwise(n):
		return r.tables(n, channels, apply)
	}
	c := n.In[0].Shape[1]
	w := work{node: n, result: n.Out[0], names: [2]string{n.Name + "/weights", n.Name + "/bias"}}
	w.w, w.b = ir.NewTensor(ir.F32, ir.Shape{c, 1, 1, 1}), ir.NewTensor(ir.F32, ir.Shape{c})
	for i := range c {
		w.w.F32[i], w.b.F32[i] = per(op.Mul, i), per(op.Add, i)
	}
	if u := r.follower(n); u != nil {
		w.result, w.act, w.point = u.Out[0], u.Op.(ir.Unary).Act, n.Out[0].Name
	}
	w.op = func(q ir.Requant) ir.Op {
		one := [2]int{1, 1}
		return ir.QConv{Window: ir.Window{Kernel: one, Stride: one, Dilation: one}, Groups: c, Requant: q}
	}
	rep.Why = "as a depthwise 1x1 convolution"
	return r.emitLayer(w, rep)
}

// headAffine quantizes a graph input with the factors in the quantizer's own.
func (r *rewriter) headAffine(n *ir.Node, op ir.Affine) error {
	q := r.quant(n.Out[0])
	o := ir.Quantize{Zero: uint8(q.Zero[0])}
	for _, m := range op.Mul {
		o.Mul = append(o.Mul, ratio(float64(m), q.Scale[0]))
	}
	for _, a := range op.Add {
		o.Add = append(o.Add, ratio(float64(a), q.Scale[0]))
	}
	x, err := r.float(n.In[0])
	if err != nil {
		return err
	}
	return r.emit(n, n.Out[0], o, x)
}

// emitLayer quantizes weights and bias and adds the layer.
func (r *rewriter) emitLayer(w work, rep *NodeReport) error {
	x, err := r.bytes(w.node.In[0])
	if err != nil {
		return err
	}
	s, err := r.stageOf(w.result, w.act, w.point)
	if err != nil {
		return err
	}
	rep.Bits = r.opts.bits(w.node.Name)
	l, err := r.integers(w, x.Quant, rep)
	if err != nil {
		return err
	}
	if l.rescaled > 0 {
		r.report.Notes = append(r.report.Notes, fmt.Sprintf("%s: weights of %d channels have fewer than %d bits, so that every sum fits in 32 bits", w.node.Name, l.rescaled, rep.Bits))
	}
	q := ir.Requant{Zero: s.zero(), Lo: s.lo, Hi: s.hi, Table: s.table}
	for c, sw := range l.scale {
		q.Mul = append(q.Mul, ratio(float64(x.Quant.At(c).Scale[0])*float64(sw), s.pre.Scale[0]))
	}
	in := []*ir.Value{x, r.weights(w.names[0], l), nil, nil}
	if l.b != nil {
		in[2] = ir.Const(r.values.own(w.names[1]), l.b)
	}
	if w.residual != nil {
		if in[3], err = r.bytes(w.residual); err != nil {
			return err
		}
		q.SumMul = ratio(float64(in[3].Scale()), s.pre.Scale[0])
		q.Pre, q.PreLo, q.PreHi = preLimits(w.pre, s.pre.Scale[0])
	}
	return r.ends(w.node, w.result, w.act, s, w.op(q), trim(in)...)
}

// integers returns the weights and the bias of a layer: those that the model has, unless the
// options want fewer bits, else they are quantized here.
func (r *rewriter) integers(w work, in *ir.Quant, rep *NodeReport) (*layer, error) {
	if rep.Bits == 8 {
		if l := integersOf(w.w, w.b, w.quant, in); l != nil {
			return l, nil
		}
	}
	if _, affine := w.node.Op.(ir.Affine); r.given != nil && !affine {
		rep.Why = "its weights are quantized here, not as in the model"
		r.report.Notes = append(r.report.Notes, w.node.Name+": "+rep.Why)
	}
	return quantizeLayer(w.w, w.b, in, w.mean, rep.Bits)
}

// weights makes the constant of a layer's weights.
func (r *rewriter) weights(name string, l *layer) *ir.Value {
	v := ir.Const(r.values.own(name), l.w)
	v.Quant = &ir.Quant{Scale: l.scale, Zero: l.zero}
	return v
}

// trim drops absent operands at the end.
func trim(in []*ir.Value) []*ir.Value {
	for in[len(in)-1] == nil {
		in = in[:len(in)-1]
	}
	return in
}
