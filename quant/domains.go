package quant

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// joinLimit is the share of a Concat's joined range from which an operand takes the
// joined scale itself: it loses at most one of its eight bits.
const joinLimit = 0.5

// domain says in which form a value is computed.
type domain uint8

const (
	given  domain = iota // a graph input: either form costs the same
	inByte               // u8
	inReal               // f32
)

// chooseDomains decides which nodes become int8, and says why others don't.
func (r *rewriter) chooseDomains() {
	r.ahead = r.int8Ahead()
	form := map[*ir.Value]domain{}
	for _, n := range r.src.Nodes {
		ahead := slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return r.ahead[v] })
		why := r.barrier(n, ahead)
		if why == "" && !isLayer(n) {
			why = notWorth(n, form, ahead)
		}
		if why == "" {
			why = r.missing(n)
		}
		r.why[n] = why
		for _, v := range n.Out {
			form[v] = inByte
			if why != "" {
				form[v] = inReal
			}
		}
	}
	if r.opts.Smart {
		r.keepSmart()
	}
	for _, n := range r.src.Nodes {
		if u := r.follower(n); u != nil {
			r.merged[u] = true
		}
	}
}

// barrier says why a node is fp32 whatever its neighbours are.
func (r *rewriter) barrier(n *ir.Node, ahead bool) string {
	if why := r.excluded[n]; why != "" {
		return why
	}
	return obstacle(n, ahead)
}

// int8Ahead tells for every value whether an int8 layer depends on it, by nodes that can
// all be int8.
func (r *rewriter) int8Ahead() map[*ir.Value]bool {
	follows := map[*ir.Value]bool{}
	for _, n := range slices.Backward(r.src.Nodes) {
		ahead := slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return follows[v] })
		if r.barrier(n, ahead) != "" || !ahead && !isLayer(n) {
			continue
		}
		for _, v := range n.In {
			follows[v] = true
		}
	}
	return follows
}

// notWorth says why a node that could be int8 is better off in fp32.
func notWorth(n *ir.Node, form map[*ir.Value]domain, ahead bool) string {
	variable, bytes, reals := 0, 0, 0
	for _, v := range n.In {
		if v == nil || v.IsConst() {
			continue
		}
		variable++
		switch form[v] {
		case inByte:
			bytes++
		case inReal:
			reals++
		}
	}
	switch {
	case variable == 0:
		return "all operands are constant"
	case bytes == variable:
		return ""
	case reals == variable:
		return "its operands are fp32"
	case !ahead:
		return "not all of its operands are int8, and no int8 convolution or fully connected layer follows"
	}
	return ""
}

// missing is for operands that are empty: there is nothing to quantize.
func (r *rewriter) missing(n *ir.Node) string {
	for _, v := range n.In {
		if v != nil && v.Shape.Elems() == 0 {
			return fmt.Sprintf("%q is empty", v.Name)
		}
	}
	return ""
}

// follower returns the activation that an Affine of a factor a channel takes up: its
// only reader, if both are int8.
func (r *rewriter) follower(n *ir.Node) *ir.Node {
	op, ok := n.Op.(ir.Affine)
	if !ok || r.why[n] != "" || len(n.In[0].Shape) != 4 || len(op.Mul)+len(op.Add) == 2 || r.atHead(n) {
		return nil
	}
	u := r.soleReader(n.Out[0])
	if u == nil || r.why[u] != "" {
		return nil
	}
	if _, ok := u.Op.(ir.Unary); !ok {
		return nil
	}
	return u
}

// atHead reports whether a node is the only reader of a graph input, so that an
// Affine is part of the input's quantization.
func (r *rewriter) atHead(n *ir.Node) bool {
	v := n.In[0]
	return slices.Contains(r.src.Inputs, v) && r.soleReader(v) == n
}

// chooseRanges gives every f32 value of the source its range.
func (r *rewriter) chooseRanges() error {
	for _, v := range r.src.Inputs {
		if v.Type != ir.F32 {
			continue
		}
		if err := r.observed(v); err != nil {
			return err
		}
	}
	for _, n := range r.src.Nodes {
		if n.Out[0].Type != ir.F32 {
			continue
		}
		for _, v := range n.Out {
			if !moves(n) {
				if err := r.observed(v); err != nil {
					return err
				}
				continue
			}
			r.ranges[v] = r.moved(n)
		}
		if _, ok := n.Op.(ir.Concat); ok && r.why[n] == "" {
			r.join(n)
		}
	}
	return nil
}

// observed takes a value's range from the calibration.
func (r *rewriter) observed(v *ir.Value) error {
	p, ok := r.seen[v.Name]
	if !ok {
		return fmt.Errorf("the calibration has no point %q: put it back or calibrate again", v.Name)
	}
	r.ranges[v] = clip(p)
	return nil
}

// moved returns the range of a node that moves elements.
func (r *rewriter) moved(n *ir.Node) span {
	s := r.rangeOf(n.In[0])
	for _, v := range n.In[1:] {
		s = s.union(r.rangeOf(v))
	}
	if op, ok := n.Op.(ir.Pad); ok && op.Mode == ir.PadConstant && finite(op.Value) {
		s = s.union(span{float64(op.Value), float64(op.Value)})
	}
	return s
}

// rangeOf returns the range of a value or of a constant's data.
func (r *rewriter) rangeOf(v *ir.Value) span {
	if !v.IsConst() {
		return r.ranges[v]
	}
	var s span
	for _, f := range v.Const.F32 {
		s = s.union(span{float64(f), float64(f)})
	}
	return s
}

// join gives the operands of a Concat its range where they lose little by it.
func (r *rewriter) join(n *ir.Node) {
	joined := r.ranges[n.Out[0]]
	for _, v := range n.In {
		if v.IsConst() || r.ranges[v].width() < joinLimit*joined.width() {
			continue
		}
		if chain, ok := r.ownChain(v); ok {
			for _, c := range chain {
				r.ranges[c] = joined
			}
		}
	}
}

// ownChain returns v and the values that it is moved from, back to the one that
// arithmetic or the graph's input gives. It fails if anything else reads one of them.
func (r *rewriter) ownChain(v *ir.Value) ([]*ir.Value, bool) {
	var chain []*ir.Value
	for {
		if r.soleReader(v) == nil {
			return nil, false
		}
		chain = append(chain, v)
		d := v.Def
		if d == nil || r.why[d] != "" || !moves(d) {
			return chain, true
		}
		if len(d.In) != 1 || len(d.Out) != 1 || d.In[0].IsConst() || r.ranges[d.In[0]] != r.ranges[v] {
			return nil, false
		}
		v = d.In[0]
	}
}

// quant returns the u8 parameters of a value of the source.
func (r *rewriter) quant(v *ir.Value) *ir.Quant {
	if r.quants[v] == nil {
		r.quants[v] = params(r.rangeOf(v))
	}
	return r.quants[v]
}
