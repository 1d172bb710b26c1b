package quant

import (
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Models that are quantized already spell activations out in operators whose intermediate
// values they round too, or not at all. Whatever follows from the bytes of one value,
// element by element, is one table of 256 bytes, which has all of these roundings in it.

// function is how a value follows from one that bytes hold exactly.
type function struct {
	of *ir.Value
	f  func(float64) float64
}

// maxFunctions bounds the ways in which a value is expressed.
const maxFunctions = 8

// compose makes tables of chains of elementwise nodes, and counts what they pass over as part of them.
func (r *rewriter) compose() {
	of := map[*ir.Value][]function{}
	for _, v := range r.src.Inputs {
		of[v] = r.itself(v)
	}
	for _, n := range r.src.Nodes {
		list := r.follows(n, of)
		if isPointwise(n) && r.given[n.Out[0]] != nil && len(list) > 0 {
			r.composed[n] = list[0]
			r.why[n] = ""
		}
		for _, v := range n.Out {
			of[v] = append(r.itself(v), list...)
			of[v] = of[v][:min(len(of[v]), maxFunctions)]
		}
	}
	read := map[*ir.Value]bool{}
	for _, c := range r.composed {
		read[c.of] = true
	}
	for _, n := range slices.Backward(r.src.Nodes) {
		if r.why[n] != "" && isPointwise(n) && r.excluded[n] == "" && r.passedOver(n.Out[0], read) {
			r.why[n], r.merged[n] = "", true
		}
	}
}

// passedOver reports whether all that reads a value takes it up in a table; read are the values
// that tables read.
func (r *rewriter) passedOver(v *ir.Value, read map[*ir.Value]bool) bool {
	return !r.src.IsOutput(v) && !read[v] && len(r.readers[v]) > 0 && !slices.ContainsFunc(r.readers[v], func(m *ir.Node) bool {
		if givenBy(m) != nil { // it rounds what the table behind it has rounded
			return !r.passedOver(m.Out[0], read)
		}
		return !r.merged[m] && r.composed[m].f == nil
	})
}

// itself is a value as a function of its own bytes.
func (r *rewriter) itself(v *ir.Value) []function {
	if !r.exact[v] {
		return nil
	}
	return []function{{v, identity}}
}

// isPointwise reports whether a node is an elementwise function of what is not constant of it.
func isPointwise(n *ir.Node) bool {
	switch op := n.Op.(type) {
	case ir.Unary:
		return true
	case ir.Affine:
		return max(len(op.Mul), len(op.Add)) == 1
	case ir.Binary:
		return !n.In[0].IsConst() && !n.In[1].IsConst() && n.In[0].Type == ir.F32
	}
	return false
}

// follows returns how a node's result follows from values before it.
func (r *rewriter) follows(n *ir.Node, of map[*ir.Value][]function) []function {
	if r.excluded[n] != "" {
		return nil
	}
	var g func(float64) float64
	switch op := n.Op.(type) {
	case ir.Unary:
		g = actFunc(op.Act)
	case ir.Affine:
		if !isPointwise(n) {
			return nil
		}
		mul, add := float64(op.Mul[0]), float64(op.Add[0])
		g = func(x float64) float64 { return float64(x*mul) + add }
	case ir.FakeQuant:
		q := givenBy(n)
		if q == nil {
			return nil
		}
		g = func(x float64) float64 { return toReal(q, int(toByte(q, x))) }
	case ir.Binary:
		return pairs(op, of[n.In[0]], of[n.In[1]])
	default:
		return nil
	}
	var list []function
	for _, p := range of[n.In[0]] {
		list = append(list, function{p.of, func(x float64) float64 { return g(p.f(x)) }})
	}
	return list
}

// pairs returns a function of two variables that follow from the same value.
func pairs(op ir.Binary, a, b []function) []function {
	act := func(x float64) float64 { return x }
	if !op.Act.IsNone() {
		act = actFunc(op.Act)
	}
	var list []function
	for _, p := range a {
		for _, q := range b {
			if p.of == q.of {
				list = append(list, function{p.of, func(x float64) float64 { return act(binaryOf(op.Fn, p.f(x), q.f(x))) }})
			}
		}
	}
	return list
}

// binaryOf computes a function of two variables.
func binaryOf(fn ir.BinaryKind, a, b float64) float64 {
	switch fn {
	case ir.Add:
		return a + b
	case ir.Sub:
		return a - b
	case ir.Mul:
		return float64(a * b)
	case ir.Div:
		return a / b
	}
	return math.NaN()
}

// scaled returns the parameters of an exact value times a positive factor plus a
// whole number of steps, which the same bytes stand for; nil where they don't.
func scaled(op ir.Affine, q *ir.Quant) *ir.Quant {
	scale := float32(float64(q.Scale[0]) * float64(op.Mul[0]))
	if !(scale > tiny) || !finite(scale) {
		return nil
	}
	steps := float64(op.Add[0]) / float64(scale)
	zero := math.RoundToEven(float64(q.Zero[0]) - steps)
	if zero < 0 || zero > 255 || math.Abs(float64(q.Zero[0])-steps-zero) > 1e-4 {
		return nil
	}
	return ir.PerTensor(scale, int32(zero))
}
