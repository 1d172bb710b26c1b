package quant

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// joinLimit is the share of a joined range from which a value takes the joined scale
// itself: it loses at most one of its eight bits.
const joinLimit = 0.5

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
		for _, v := range n.Out {
			if v.Type != ir.F32 {
				continue
			}
			if !moves(n) {
				if err := r.observed(v); err != nil {
					return err
				}
				continue
			}
			r.ranges[v] = r.moved(n)
		}
	}
	r.joinAll()
	for _, n := range r.src.Nodes {
		if _, ok := n.Op.(ir.Concat); ok && r.sharesScale(n) {
			r.join(n)
		}
	}
	return nil
}

// sharesScale reports whether a node's operands and results have one scale.
func (r *rewriter) sharesScale(n *ir.Node) bool {
	return r.why[n] == "" && moves(n) && !r.stacked[n.Out[0]]
}

// joinAll gives values that elements are moved between, by however many nodes, one range
// where none of them loses much by it. So nothing is requantized in a chain of blocks that each
// hand on some channels as they are and join others to them, as those of ShuffleNet do.
func (r *rewriter) joinAll() {
	group := map[*ir.Value][]*ir.Value{}
	for _, n := range r.src.Nodes {
		if !r.sharesScale(n) {
			continue
		}
		var all []*ir.Value
		for _, v := range slices.Concat(n.In, n.Out) {
			switch {
			case v.IsConst() || slices.Contains(all, v):
			case group[v] != nil:
				all = append(all, group[v]...)
			default:
				all = append(all, v)
			}
		}
		for _, v := range all {
			group[v] = all
		}
	}
	for _, all := range group {
		joined := r.ranges[all[0]]
		for _, v := range all {
			joined = joined.union(r.ranges[v])
		}
		if slices.ContainsFunc(all, func(v *ir.Value) bool { return r.ranges[v].width() < joinLimit*joined.width() }) {
			continue
		}
		for _, v := range all {
			r.ranges[v] = joined
		}
	}
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
	switch {
	case r.quants[v] != nil:
	case r.given[v] != nil:
		r.quants[v] = r.given[v]
	case v.IsConst():
		r.quants[v] = r.constantQuant(v)
	case r.stacked[v]:
		r.quants[v] = r.stack(v.Def)
	default:
		r.quants[v] = params(r.rangeOf(v))
	}
	return r.quants[v]
}

// stack returns the parameters of a Concat's operands, for each channel unless they are the same.
func (r *rewriter) stack(n *ir.Node) *ir.Quant {
	first := r.quant(n.In[0])
	if !slices.ContainsFunc(n.In, func(v *ir.Value) bool { return !reflect.DeepEqual(r.quant(v), first) }) {
		return first
	}
	all := &ir.Quant{Axis: 1}
	for _, v := range n.In {
		for c := range v.Shape[1] {
			q := r.quant(v).At(c)
			all.Scale, all.Zero = append(all.Scale, q.Scale[0]), append(all.Zero, q.Zero[0])
		}
	}
	return all
}
