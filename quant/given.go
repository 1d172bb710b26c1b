package quant

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// This file is for models that bring their quantization parameters along: a FakeQuant
// says what a value's bytes stand for, and a constant's Quant what weights it was made of.

// HasParameters reports whether a graph says itself in what steps its values are rounded, so
// that Quantize needs no calibration.
func HasParameters(g *ir.Graph) bool {
	return slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool { return givenBy(n) != nil || outsideBytes(n) != nil })
}

// givenBy returns the parameters that a FakeQuant gives to a whole tensor, else nil.
func givenBy(n *ir.Node) *ir.Quant {
	op, ok := n.Op.(ir.FakeQuant)
	if !ok || len(op.Scale) != 1 {
		return nil
	}
	return ir.PerTensor(op.Scale[0], int32(op.Zero[0]))
}

// outsideBytes returns the parameters of a QuantizeLinear or DequantizeLinear that stands alone, as
// where the graph's inputs or outputs are bytes; nil for other nodes and for several or computed scales.
func outsideBytes(n *ir.Node) *ir.Quant {
	var t ir.DType
	switch op := n.Op.(type) {
	case ir.QuantizeLinear:
		t = op.To
	case ir.DequantizeLinear:
		t = n.In[0].Type
	}
	if t != ir.U8 && t != ir.S8 || !n.In[1].IsConst() || n.In[1].Const.Elems() != 1 || !(n.In[1].Const.F32[0] > tiny) || !finite(n.In[1].Const.F32[0]) {
		return nil
	}
	zero := int32(0)
	if len(n.In) > 2 && n.In[2] != nil {
		switch z := n.In[2].Const; {
		case z == nil:
			return nil
		case t == ir.U8:
			zero = int32(z.U8[0])
		default:
			zero = int32(z.S8[0])
		}
	}
	if t == ir.S8 {
		zero += 128
	}
	return ir.PerTensor(n.In[1].Const.F32[0], zero)
}

// findOutside gives values that bytes outside the graph stand for their parameters. The
// node itself stays as it is, and what int8 makes of its real numbers is the bytes again.
func (r *rewriter) findOutside() {
	for _, n := range r.src.Nodes {
		q := outsideBytes(n)
		if q == nil {
			continue
		}
		if _, in := n.Op.(ir.DequantizeLinear); in {
			r.given[n.Out[0]], r.exact[n.Out[0]] = q, true
		} else if v := n.In[0]; !v.IsConst() && r.given[v] == nil && r.soleReader(v) == n {
			r.given[v] = q
		}
	}
}

// findGiven finds the values whose parameters the model gives: what a FakeQuant gives
// and what only it reads, and what elements are moved from or to without rounding.
func (r *rewriter) findGiven() {
	r.given, r.exact = map[*ir.Value]*ir.Quant{}, map[*ir.Value]bool{}
	for _, n := range r.src.Nodes {
		if q := givenBy(n); q != nil {
			r.given[n.Out[0]], r.exact[n.Out[0]] = q, true
		}
	}
	r.findOutside()
	for _, n := range slices.Backward(r.src.Nodes) {
		q := r.given[n.Out[0]]
		if q == nil || givenBy(n) == nil && (r.excluded[n] != "" || !r.movesAs(n, q)) {
			continue
		}
		for _, v := range n.In {
			if !v.IsConst() && r.given[v] == nil && r.soleReader(v) == n {
				r.given[v] = q
			}
		}
	}
	for _, n := range r.src.Nodes {
		if r.given[n.Out[0]] != nil || r.excluded[n] != "" {
			continue
		}
		if q := r.kept(n); q != nil {
			for _, v := range n.Out {
				r.given[v], r.exact[v] = q, true
			}
		}
	}
}

// kept returns the parameters of a node's results if these are its operands' bytes: what is
// moved, or scaled.
func (r *rewriter) kept(n *ir.Node) *ir.Quant {
	q := r.given[n.In[0]]
	if q == nil || slices.ContainsFunc(n.In, func(v *ir.Value) bool { return !r.exact[v] || !same(r.given[v], q) }) {
		return nil
	}
	if op, ok := n.Op.(ir.Affine); ok && isPointwise(n) {
		return scaled(op, q)
	}
	if !r.movesAs(n, q) {
		return nil
	}
	return q
}

// movesAs reports whether a node moves elements of which some results have the parameters q and
// none has others, and adds none that q can't stand for.
func (r *rewriter) movesAs(n *ir.Node, q *ir.Quant) bool {
	if pad, ok := n.Op.(ir.Pad); ok && pad.Mode == ir.PadConstant {
		v := float64(pad.Value)
		if !(math.Abs(toReal(q, int(toByte(q, v)))-v) < 1e-4*float64(q.Scale[0])) {
			return false
		}
	}
	return moves(n) && !slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return r.given[v] != nil && !same(r.given[v], q) })
}

// chooseGiven decides which nodes become int8: those that can and of whose operands
// and results the model gives the parameters.
func (r *rewriter) chooseGiven() {
	r.stackGiven()
	r.ahead = r.int8Ahead()
	form := map[*ir.Value]domain{}
	for _, n := range r.src.Nodes {
		ahead := slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return r.ahead[v] })
		why := r.barrier(n, true)
		if why == "" {
			why = r.missing(n)
		}
		if why == "" {
			why = r.ungiven(n)
		}
		if why == "" && !isLayer(n) && givenBy(n) == nil {
			why = notWorth(n, form, ahead)
		}
		if view := r.atEdge(n); view != "" {
			why = view
		}
		r.why[n] = why
		for _, v := range n.Out {
			form[v] = inByte
			if why != "" && !r.viewsInput(n) {
				form[v] = inReal
			}
		}
	}
	r.compose()
}

// stackGiven finds the results of a Concat whose channels keep the scales of its operands, since all
// that reads them are layers of one weight a channel, which have a factor for each anyhow.
func (r *rewriter) stackGiven() {
	for _, n := range r.src.Nodes {
		op, ok := n.Op.(ir.Concat)
		if ok && op.Axis == 1 && r.given[n.Out[0]] == nil && !slices.ContainsFunc(n.In, func(v *ir.Value) bool { return !r.exact[v] && !r.stacked[v] }) {
			r.stacked[n.Out[0]] = true
		}
	}
	for _, n := range slices.Backward(r.src.Nodes) {
		if v := n.Out[0]; r.stacked[v] && !r.readByChannel(v) {
			delete(r.stacked, v)
		}
	}
	for _, n := range r.src.Nodes {
		if v := n.Out[0]; r.stacked[v] {
			r.given[v], r.exact[v] = r.stack(n), true
		}
	}
}

// readByChannel reports whether only layers of one weight a channel read a value, or what stacks it.
func (r *rewriter) readByChannel(v *ir.Value) bool {
	return !r.src.IsOutput(v) && !slices.ContainsFunc(r.readers[v], func(m *ir.Node) bool {
		if r.stacked[m.Out[0]] {
			return false
		}
		op, ok := m.Op.(ir.Conv)
		return !ok || m.In[0] != v || op.Groups != v.Shape[1] || op.Groups != m.Out[0].Shape[1] ||
			op.Kernel != [2]int{1, 1} || op.Pad != [4]int{} || r.barrier(m, true) != "" || r.given[m.Out[0]] == nil
	})
}

// ungiven says which of a node's values the model has no parameters for.
func (r *rewriter) ungiven(n *ir.Node) string {
	if givenBy(n) != nil {
		return ""
	}
	if !slices.ContainsFunc(n.In, func(v *ir.Value) bool { return v != nil && !v.IsConst() }) {
		return "all operands are constant"
	}
	_, head := n.Op.(ir.Affine)
	head = head && r.atHead(n)
	for _, v := range n.In {
		if v != nil && !v.IsConst() && r.given[v] == nil && !head {
			return fmt.Sprintf("the model has no quantization parameters for its operand %q", v.Name)
		}
	}
	for _, v := range n.Out {
		if r.given[v] == nil {
			return fmt.Sprintf("the model has no quantization parameters for its result %q", v.Name)
		}
	}
	return ""
}

// fakeQuant lets the bytes of its operand stand for the result. They are the operand's own
// where only the FakeQuant reads them.
func (r *rewriter) fakeQuant(n *ir.Node) error {
	v := n.In[0]
	if v.Def != nil && r.merged[v.Def] { // the tables behind it have what it does
		return nil
	}
	q := r.quant(n.Out[0])
	x, err := (*ir.Value)(nil), error(nil)
	if r.given[v] != nil {
		x, err = r.bytesAs(v, q)
	} else {
		x, err = r.fromFloat(v, q)
	}
	r.u8[n.Out[0]] = x
	return err
}

// constantQuant returns the parameters of a constant that is no weight: those of the model,
// else what fits its range.
func (r *rewriter) constantQuant(v *ir.Value) *ir.Quant {
	if q := v.Quant; q != nil && len(q.Scale) == 1 {
		return ir.PerTensor(q.Scale[0], q.Zero[0]+128)
	}
	return params(r.rangeOf(v))
}

// integersOf returns the integers that the model has for a layer; nil where it has none, or
// sums of them might not fit in 32 bits. Weights are those that w follows from by q; the bias, which
// the model has in the same units, is rounded to them.
func integersOf(w, b *ir.Tensor, q, in *ir.Quant) *layer {
	m := w.Shape[0]
	if q == nil || len(q.Scale) > 1 && q.Axis != 0 {
		return nil
	}
	l := &layer{w: ir.NewTensor(ir.S8, w.Shape)}
	if b != nil {
		l.b = ir.NewTensor(ir.S32, ir.Shape{m})
	}
	k := len(w.F32) / max(m, 1)
	for c := range m {
		p := q.At(c)
		l.scale, l.zero = append(l.scale, p.Scale[0]), append(l.zero, p.Zero[0])
		rest := make([]int16, k) // less the zero point
		for i, v := range w.F32[c*k:][:k] {
			rest[i] = int16(math.RoundToEven(float64(v) / float64(p.Scale[0])))
			l.w.S8[c*k+i] = int8(int32(rest[i]) + p.Zero[0])
		}
		bias := 0.0
		if b != nil {
			bias = wholeBias(float64(b.F32[c]) / (float64(in.At(c).Scale[0]) * float64(p.Scale[0])))
		}
		if lo, hi := accBounds(rest, bias, in.At(c)); !(lo >= -accLimit && hi <= accLimit) {
			return nil
		}
		if b != nil {
			l.b.S32[c] = int32(bias)
		}
	}
	return l
}

// argument returns the range of a curved activation's argument in which the result changes as a
// byte, for models that have no parameters for it.
func argument(a ir.Act, out *ir.Quant) span {
	f := actFunc(a)
	s := span{-1, 1}
	for s.hi < 1<<20 && (toByte(out, f(s.lo)) != toByte(out, f(2*s.lo)) || toByte(out, f(s.hi)) != toByte(out, f(2*s.hi))) {
		s = span{2 * s.lo, 2 * s.hi}
	}
	for {
		t := active(s, a, out)
		if t.width() > s.width()/2 {
			return t
		}
		s = t
	}
}
