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

// float plans the operators on float32 that are no layers: with kernels, or in
// plain Go where there are none for the operands.
func (p *planner) float(n *ir.Node) error {
	if done, err := p.floatKernel(n); done || err != nil {
		return err
	}
	return p.floatGo(n)
}

// floatKernel plans an operator that has kernels; it reports whether it did.
func (p *planner) floatKernel(n *ir.Node) (bool, error) {
	switch op := n.Op.(type) {
	case ir.Unary:
		return true, p.unaryF32(n, op.Act)
	case ir.Affine:
		return p.affineF32(n, op)
	case ir.Binary:
		return true, p.binaryF32(n, op)
	case ir.PRelu:
		return p.preluF32(n)
	case ir.Softmax:
		return p.softmaxF32(n, op)
	case ir.AvgPool:
		s := portable.Pool{}
		if op.CountPad {
			s.Count = &op.Pad
		}
		return true, p.poolF32(n, s, op.Window)
	case ir.GlobalAvgPool:
		return true, p.poolF32(n, portable.Pool{}, wholeInput(n))
	case ir.ReduceMean:
		if reducesImage(n, op) {
			return true, p.poolF32(n, portable.Pool{}, wholeInput(n))
		}
	}
	return false, nil
}

// floatGo plans an operator in plain Go, on operands in row-major order.
func (p *planner) floatGo(n *ir.Node) error {
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
	case ir.Affine:
		channels, plane := 1, in.Elems()
		if len(in) > 1 {
			channels, plane = in[1], in[2:].Elems()
		}
		return func(y portable.Floats) portable.Step {
			return portable.Factors{Name: n.Name, X: x[0].floats(), Y: y, Mul: op.Mul, Add: op.Add, Channels: channels, Plane: plane}
		}, nil
	case ir.PRelu:
		return slopes(n, x), nil
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

// slopes is a PRelu of a slope that broadcasts in any way.
func slopes(n *ir.Node, x []floatRef) func(portable.Floats) portable.Step {
	out, slope := n.Out[0].Shape, n.In[1].Shape
	stride, own := make([]int, len(out)), rowMajor(slope, 1)
	for i := range slope {
		if slope[i] > 1 {
			stride[len(out)-len(slope)+i] = own[i]
		}
	}
	return func(y portable.Floats) portable.Step {
		return portable.Slopes{Name: n.Name, X: x[0].floats(), Slope: x[1].floats(), Y: y, Dims: out, Stride: stride}
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
