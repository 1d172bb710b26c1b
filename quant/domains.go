package quant

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

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
		if view := r.atEdge(n); view != "" {
			r.why[n], why = view, view
		}
		for _, v := range n.Out {
			form[v] = inByte
			if why != "" && !r.viewsInput(n) {
				form[v] = inReal
			}
		}
	}
	if r.opts.Smart {
		r.keepSmart()
	}
	for _, n := range slices.Backward(r.src.Nodes) {
		if r.stacks(n) {
			r.stacked[n.Out[0]] = true
		}
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
	if r.given != nil && isLayer(n) && n.In[1].Quant == nil {
		return "its weights are real numbers in the model"
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
	if !r.isDepthwise(n) {
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

// isDepthwise reports whether a node is an Affine that becomes a depthwise convolution:
// int8, with a factor a channel of one image.
func (r *rewriter) isDepthwise(n *ir.Node) bool {
	op, ok := n.Op.(ir.Affine)
	return ok && r.why[n] == "" && len(n.In[0].Shape) == 4 && n.In[0].Shape[0] == 1 && len(op.Mul)+len(op.Add) > 2 && !r.atHead(n)
}

// stacks reports whether a node is a Concat whose operands keep their own scales, since
// everything that reads the result has factors for each channel. Readers come first.
func (r *rewriter) stacks(n *ir.Node) bool {
	op, ok := n.Op.(ir.Concat)
	if !ok || op.Axis != 1 || r.why[n] != "" || r.src.IsOutput(n.Out[0]) {
		return false
	}
	return !slices.ContainsFunc(r.readers[n.Out[0]], func(m *ir.Node) bool { return !r.isDepthwise(m) && !r.stacked[m.Out[0]] })
}

// viewsInput reports whether a node gives an input of the graph that has channels last the
// order that kernels know: as float32 it is a view, whose pixels what reads it quantizes.
func (r *rewriter) viewsInput(n *ir.Node) bool {
	t, ok := n.Op.(ir.Transpose)
	return ok && n.In[0].Type == ir.F32 && slices.Contains(r.src.Inputs, n.In[0]) && slices.Equal(t.Perm, []int{0, 3, 1, 2})
}

// atEdge says why a Transpose between images that have channels last and an input or an
// output of the graph is fp32; it is empty for others.
func (r *rewriter) atEdge(n *ir.Node) string {
	if r.viewsInput(n) {
		return "a view of the input"
	}
	t, ok := n.Op.(ir.Transpose)
	if v := n.Out[0]; ok && slices.Equal(t.Perm, []int{0, 2, 3, 1}) && r.src.IsOutput(v) && len(r.readers[v]) == 0 {
		return "a view of what is written out"
	}
	return ""
}

// atHead reports whether a node is the only reader of a graph input, transposed or not, so
// that an Affine is part of the input's quantization.
func (r *rewriter) atHead(n *ir.Node) bool {
	v := n.In[0]
	if v.Def != nil && r.viewsInput(v.Def) && r.soleReader(v) == n {
		return true
	}
	return slices.Contains(r.src.Inputs, v) && r.soleReader(v) == n
}
