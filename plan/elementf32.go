package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// functions has the kernels' function for those of the graph that are no limits.
var functions = map[ir.ActKind]spec.Function{
	ir.LeakyRelu: spec.LeakyRelu, ir.Sigmoid: spec.Sigmoid, ir.Tanh: spec.Tanh, ir.HardSigmoid: spec.HardSigmoid,
	ir.HardSwish: spec.HardSwish, ir.Elu: spec.Elu, ir.Exp: spec.Exp, ir.Silu: spec.Silu,
	ir.Swish: spec.Swish, ir.Selu: spec.Selu, ir.Celu: spec.Celu, ir.Softplus: spec.Softplus, ir.Softsign: spec.Softsign,
	ir.Mish: spec.Mish, ir.Gelu: spec.Gelu, ir.GeluTanh: spec.GeluTanh, ir.Erf: spec.Erf, ir.Abs: spec.Abs, ir.Neg: spec.Neg,
	ir.Reciprocal: spec.Reciprocal, ir.Sqrt: spec.Sqrt, ir.Floor: spec.Floor, ir.Ceil: spec.Ceil, ir.Round: spec.Round,
}

// activation returns what makes the activation a, with sum the residual operand
// behind it, then limits, which are a Relu, a Clip or none.
func (p *planner) activation(a ir.Act, sum bool, limits ir.Act) func() portable.Activation {
	if _, _, clamps := a.IsClamp(); clamps && !sum {
		a, limits = ir.Act{}, a
	}
	s := portable.Activation{A: a.A, B: a.B, Sum: sum}
	k := spec.Kernel{Family: spec.UnaryF32, Sum: sum}
	s.Lo, s.Hi, s.Clamp = limits.IsClamp()
	k.Clamp = s.Clamp
	switch fn, ok := functions[a.Kind]; {
	case ok && a.Kind < ir.Swish:
		k.Fn, s.Fn = fn, portable.Function(a.Kind)
	case ok && (a.Kind != ir.Celu || a.A > 0):
		k.Fn, s.Curve = fn, curveF32(a)
	case a.Kind >= ir.Swish:
		s.Curve, s.Plain = p.curve(a), true
		return func() portable.Activation { return s }
	}
	p.useBoth(k)
	return func() portable.Activation {
		s.Kernel = p.both(k)
		return s
	}
}

// after divides the activation of an elementwise step into limits, which its kernel
// applies, and what follows.
func (p *planner) after(a ir.Act) (lo, hi float32, clamp bool, then func() []portable.Activation) {
	lo, hi, clamp = a.IsClamp()
	if clamp || a.IsNone() {
		return lo, hi, clamp, func() []portable.Activation { return nil }
	}
	f := p.activation(a, false, ir.Act{})
	return 0, 0, false, func() []portable.Activation { return []portable.Activation{f()} }
}

// unaryF32 plans a function of one variable.
func (p *planner) unaryF32(n *ir.Node, act ir.Act) error {
	if act.Kind == ir.Power && act.A == 2 { // products have a kernel
		square := *n
		square.Op, square.In = ir.Binary{Fn: ir.Mul}, []*ir.Value{n.In[0], n.In[0]}
		return p.binaryF32(&square, ir.Binary{Fn: ir.Mul})
	}
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	y := p.result(n.Out[0])
	f := p.activation(act, false, ir.Act{})
	p.step(n, describe("activation", n), []*place{x}, []*place{y}, func() portable.Step {
		return portable.UnaryF32{Name: n.Name, X: x.tensor(), Y: y.tensor(), Activation: f()}
	})
	return nil
}

// binaryF32 plans a function of two tensors. The second may have one row and one
// column; what broadcasts otherwise is spread out first.
func (p *planner) binaryF32(n *ir.Node, op ir.Binary) error {
	if n.In[0].Type != ir.F32 || op.Fn > ir.Div {
		return p.plain(n)
	}
	a, b := n.In[0], n.In[1]
	if a.Shape.Elems() < b.Shape.Elems() && (op.Fn == ir.Add || op.Fn == ir.Mul) {
		a, b = b, a
	}
	pa, err := p.spread(n, a, n.Out[0], false)
	if err != nil {
		return err
	}
	pb, err := p.spread(n, b, n.Out[0], true)
	if err != nil {
		return err
	}
	y := p.result(n.Out[0])
	k := spec.Kernel{Family: spec.BinaryF32, Fn: [...]spec.Function{ir.Add: spec.Add2, ir.Sub: spec.Sub2, ir.Mul: spec.Mul2, ir.Div: spec.Div2}[op.Fn]}
	s := portable.BinaryF32{Name: n.Name, Op: pairOps[op.Fn]}
	var then func() []portable.Activation
	s.Lo, s.Hi, s.Clamp, then = p.after(op.Act)
	k.Clamp = s.Clamp
	p.useBoth(k)
	p.step(n, describe([...]string{ir.Add: "sum", ir.Sub: "difference", ir.Mul: "product", ir.Div: "quotient"}[op.Fn], n),
		[]*place{pa, pb}, []*place{y}, func() portable.Step {
			s.A, s.B, s.Y, s.Kernel, s.Then = pa.tensor(), pb.tensor(), y.tensor(), p.both(k), then()
			return s
		})
	return nil
}

// pairOps has the steps' functions of two variables.
var pairOps = [...]portable.PairOp{ir.Add: portable.Plus, ir.Sub: portable.Minus, ir.Mul: portable.Times, ir.Div: portable.Over}

// factorsF32 plans a step with factors of the channels, one or one for each, where
// the channels lie side by side or there is one for all; it reports whether it did.
func (p *planner) factorsF32(n *ir.Node, k spec.Kernel, s portable.AffineF32, mul, add []float32) (bool, error) {
	v := n.In[0]
	same := len(mul) <= 1 && len(add) <= 1
	if !same && !isImage(v) && (len(v.Shape) != 2 || v.Shape[0] != 1) {
		return false, nil
	}
	x, err := p.operand(n, v, [4]int{})
	if err != nil {
		return false, err
	}
	y := p.result(n.Out[0])
	tensor := (*place).tensor
	if same && y.isVector() {
		tensor = planar
	}
	c := tensor(&place{buf: &buffer{}, dims: y.dims, strides: y.strides, elem: y.elem}).C
	factors := func(list []float32) int {
		return p.float32s(c, func(i int) int { return min(i, len(list)-1) }, list)
	}
	s.Name, s.Mul = n.Name, factors(mul)
	if len(add) > 0 {
		s.Add = factors(add)
	}
	p.useBoth(k)
	p.step(n, describe("factors of channels", n), []*place{x}, []*place{y}, func() portable.Step {
		s.X, s.Y, s.Kernel = tensor(x), tensor(y), p.both(k)
		return s
	})
	return true, nil
}

// affineF32 plans factors and addends of channels.
func (p *planner) affineF32(n *ir.Node, op ir.Affine) (bool, error) {
	return p.factorsF32(n, spec.Kernel{Family: spec.AffineF32}, portable.AffineF32{}, op.Mul, op.Add)
}

// preluF32 plans a slope for each channel, or one for all.
func (p *planner) preluF32(n *ir.Node) (bool, error) {
	x, slope := n.In[0].Shape, n.In[1]
	if !slope.IsConst() {
		return false, nil
	}
	// The slope's axes are x's last ones; all but that of the channels must be 1.
	if slope.Shape.Elems() > 1 {
		for i, d := range slope.Shape {
			if axis := i + len(x) - len(slope.Shape); axis != 1 && d > 1 {
				return false, nil
			}
		}
	}
	return p.factorsF32(n, spec.Kernel{Family: spec.PReluF32}, portable.AffineF32{Negative: true}, slope.Const.F32, nil)
}
