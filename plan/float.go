package plan

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// floatRef is a float32 operand: a place in the arena, or a constant.
type floatRef struct {
	place *place
	off   int // of a constant
	n     int
}

func (r floatRef) floats() portable.Floats {
	if r.place == nil {
		return portable.Floats{Off: r.off, N: r.n, Const: true}
	}
	return r.place.flat()
}

// floatOperand returns a float32 operand in row-major order.
func (p *planner) floatOperand(n *ir.Node, v *ir.Value) (floatRef, error) {
	if v.Type != ir.F32 {
		return floatRef{}, fmt.Errorf("operand %q is %s, want f32", v.Name, v.Type)
	}
	if v.IsConst() {
		var data []byte
		for _, f := range v.Const.F32 {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(f))
		}
		return floatRef{off: p.weights(data), n: len(v.Const.F32)}, nil
	}
	l, err := p.dense32(n, v)
	return floatRef{place: l, n: v.Shape.Elems()}, err
}

// dense32 returns a computed float32 value in row-major order.
func (p *planner) dense32(n *ir.Node, v *ir.Value) (*place, error) {
	l, err := p.find(v)
	if err != nil || l.contiguous() {
		return l, err
	}
	return p.copyTo(n, l, rowMajorPlace(p, l.dims, l.elem)), nil
}

// float plans the operators on float32 behind the border, which run in Go.
func (p *planner) float(n *ir.Node) error {
	var refs []floatRef
	var reads []*place
	for _, v := range n.In {
		r, err := p.floatOperand(n, v)
		if err != nil {
			return err
		}
		refs = append(refs, r)
		reads = append(reads, r.place)
	}
	build, err := floatStep(n, refs)
	if err != nil {
		return err
	}
	y := rowMajorPlace(p, n.Out[0].Shape, n.Out[0].Type.Size())
	p.step(n, describe(n.Op.Kind()+" in float32", n), reads, []*place{y}, func() portable.Step {
		return build(y.flat())
	})
	p.settle(n, y)
	return nil
}

// floatStep returns what makes the step of a float32 operator.
func floatStep(n *ir.Node, x []floatRef) (func(y portable.Floats) portable.Step, error) {
	in, out := n.In[0].Shape, n.Out[0].Shape
	switch op := n.Op.(type) {
	case ir.Unary:
		return func(y portable.Floats) portable.Step {
			return portable.Unary{Name: n.Name, X: x[0].floats(), Y: y, Fn: portable.Function(op.Act.Kind), A: op.Act.A, B: op.Act.B}
		}, nil
	case ir.Affine:
		channels, plane := 1, in.Elems()
		if len(in) > 1 {
			channels, plane = in[1], in[2:].Elems()
		}
		return func(y portable.Floats) portable.Step {
			return portable.Unary{Name: n.Name, X: x[0].floats(), Y: y, Mul: op.Mul, Add: op.Add, Channels: channels, Plane: plane}
		}, nil
	case ir.Binary:
		return pairwise(n, x, []portable.PairOp{portable.Plus, portable.Minus, portable.Times, portable.Over}[op.Fn], op.Act), nil
	case ir.PRelu:
		return pairwise(n, x, portable.PRelu, ir.Act{}), nil
	case ir.Softmax:
		return func(y portable.Floats) portable.Step {
			return portable.Softmax{Name: n.Name, X: x[0].floats(), Y: y,
				Outer: in[:op.Axis].Elems(), N: in[op.Axis], Inner: in[op.Axis+1:].Elems()}
		}, nil
	case ir.ReduceMean:
		reduced := make([]bool, len(in))
		for _, a := range op.Axes {
			reduced[a] = true
		}
		return func(y portable.Floats) portable.Step {
			return portable.Mean{Name: n.Name, X: x[0].floats(), Y: y, Dims: in, Reduced: reduced}
		}, nil
	case ir.MatMul:
		return product(n, x, out), nil
	}
	return nil, fmt.Errorf("has no kernel for operands of float32: let the quantizer make it int8")
}

// pairwise is an elementwise function of two tensors.
func pairwise(n *ir.Node, x []floatRef, op portable.PairOp, act ir.Act) func(portable.Floats) portable.Step {
	out := n.Out[0].Shape
	stride := func(s ir.Shape) []int {
		st := make([]int, len(out))
		own := rowMajor(s, 1)
		for i := range s {
			if s[i] > 1 {
				st[len(out)-len(s)+i] = own[i]
			}
		}
		return st
	}
	return func(y portable.Floats) portable.Step {
		return portable.Pairwise{Name: n.Name, A: x[0].floats(), B: x[1].floats(), Y: y, Dims: out,
			StrideA: stride(n.In[0].Shape), StrideB: stride(n.In[1].Shape),
			Op: op, Fn: portable.Function(act.Kind), FnA: act.A, FnB: act.B}
	}
}

// product is a batch of matrix products with numpy's broadcasting.
func product(n *ir.Node, x []floatRef, out ir.Shape) func(portable.Floats) portable.Step {
	a, b := n.In[0].Shape, n.In[1].Shape
	if len(a) == 1 {
		a = ir.Shape{1, a[0]}
	}
	if len(b) == 1 {
		b = ir.Shape{b[0], 1}
	}
	s := portable.Product{Name: n.Name, M: a[len(a)-2], K: a[len(a)-1], N: b[len(b)-1]}
	batchA, batchB := a[:len(a)-2], b[:len(b)-2]
	batch, _ := ir.Broadcast(batchA, batchB) // shape inference has checked it
	for i := range batch.Elems() {
		s.BatchA = append(s.BatchA, broadcastIndex(i, batch, batchA))
		s.BatchB = append(s.BatchB, broadcastIndex(i, batch, batchB))
	}
	return func(y portable.Floats) portable.Step {
		s.A, s.B, s.Y = x[0].floats(), x[1].floats(), y
		return s
	}
}

// broadcastIndex returns which element of a tensor stands at element i of what
// it is broadcast to.
func broadcastIndex(i int, to, from ir.Shape) int {
	at, step := 0, 1
	for k, d := range slices.Backward(to) {
		if j := k - (len(to) - len(from)); j >= 0 {
			if from[j] > 1 {
				at += i % d * step
			}
			step *= from[j]
		}
		i /= d
	}
	return at
}
