package plan

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// valueRef is an operand of plain Go: a place in the arena, or a constant.
type valueRef struct {
	place    *place
	constant portable.Values
}

func (r valueRef) values(v *ir.Value) portable.Values {
	if r.place == nil {
		return r.constant
	}
	return r.place.values(kindOf(v.Type))
}

// kindOf returns the elements of a type in the steps.
func kindOf(t ir.DType) portable.Kind {
	switch t {
	case ir.I64:
		return portable.KindI64
	case ir.S32:
		return portable.KindS32
	case ir.U8, ir.Bool:
		return portable.KindU8
	case ir.S8:
		return portable.KindS8
	}
	return portable.KindF32
}

// plainOperand returns an operand in row-major order; an absent one has no elements.
func (p *planner) plainOperand(n *ir.Node, v *ir.Value) (valueRef, error) {
	switch {
	case v == nil:
		return valueRef{}, nil
	case v.IsConst():
		return valueRef{constant: portable.Values{Off: p.weights(constantBytes(v.Const)), N: v.Const.Elems(), Kind: kindOf(v.Type), Const: true}}, nil
	}
	l, err := p.flat(n, v)
	return valueRef{place: l}, err
}

// constantBytes returns the elements of a constant, little-endian.
func constantBytes(t *ir.Tensor) []byte {
	var data []byte
	for _, x := range t.F32 {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	for _, x := range t.I64 {
		data = binary.LittleEndian.AppendUint64(data, uint64(x))
	}
	for _, x := range t.S32 {
		data = binary.LittleEndian.AppendUint32(data, uint32(x))
	}
	for _, x := range t.S8 {
		data = append(data, byte(x))
	}
	return append(data, t.U8...)
}

// flat returns a computed value in row-major order.
func (p *planner) flat(n *ir.Node, v *ir.Value) (*place, error) {
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
	return p.plain(n)
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
	case ir.Normalize:
		return p.normalizeF32(n, op)
	case ir.AvgPool:
		s := portable.Pool{}
		if op.CountPad {
			s.Count = &op.Pad
		}
		return true, p.poolF32(n, s, op.Window)
	case ir.GlobalAvgPool:
		return true, p.poolF32(n, portable.Pool{}, wholeInput(n))
	case ir.Reduce:
		if reducesImage(n, op) {
			return true, p.poolF32(n, portable.Pool{}, wholeInput(n))
		}
	}
	return false, nil
}

// plain plans an operator in plain Go, on operands and results in row-major order.
func (p *planner) plain(n *ir.Node) error {
	build, err := plainStep(n)
	if err != nil {
		return err
	}
	p.countPlain(n, ir.Act{})
	refs := make([]valueRef, len(n.In))
	reads := make([]*place, len(n.In))
	for i, v := range n.In {
		if refs[i], err = p.plainOperand(n, v); err != nil {
			return err
		}
		reads[i] = refs[i].place
	}
	writes := make([]*place, len(n.Out))
	for i, v := range n.Out {
		writes[i] = rowMajorPlace(p, v.Shape, v.Type.Size())
	}
	if s := scratch(n); s != nil {
		writes = append(writes, rowMajorPlace(p, s, 4))
	}
	p.step(n, describe(n.Op.Kind()+" in plain Go", n), reads, writes, func() portable.Step {
		var in, out []portable.Values
		for i, v := range n.In {
			in = append(in, refs[i].values(v))
		}
		for i, v := range n.Out {
			out = append(out, writes[i].values(kindOf(v.Type)))
		}
		for _, room := range writes[len(n.Out):] {
			out = append(out, room.values(portable.KindS32))
		}
		return build(in, out)
	})
	for i, v := range n.Out {
		p.settle(n, v, writes[i])
	}
	return nil
}

// plainBuilder makes the step of an operator in plain Go from where its operands and
// its results lie, with the room of scratch behind them; absent operands have no elements.
type plainBuilder func(in, out []portable.Values) portable.Step

// plainStep returns what makes the step of an operator in plain Go.
func plainStep(n *ir.Node) (plainBuilder, error) {
	in, out := n.In[0].Shape, n.Out[0].Shape
	switch op := n.Op.(type) {
	case ir.Affine:
		channels, plane := 1, in.Elems()
		if len(in) > 1 {
			channels, plane = in[1], in[2:].Elems()
		}
		return func(x, y []portable.Values) portable.Step {
			return portable.Factors{Name: n.Name, X: x[0], Y: y[0], Mul: op.Mul, Add: op.Add, Channels: channels, Plane: plane}
		}, nil
	case ir.PRelu:
		return slopes(n), nil
	case ir.MatMul:
		return product(n, out), nil
	case ir.Binary, ir.Compare, ir.Logic, ir.Where:
		return elementwise(n), nil
	case ir.Cast:
		return func(x, y []portable.Values) portable.Step {
			return portable.Conversion{Name: n.Name, X: x[0], Y: y[0], Truth: op.To == ir.Bool}
		}, nil
	}
	for _, plain := range []func(*ir.Node) plainBuilder{quantizationStep, plainReduce, plainIndexed, spaceStep} {
		if b := plain(n); b != nil {
			return b, nil
		}
	}
	return nil, fmt.Errorf("has no kernel and no plain Go for operands of %s", n.In[0].Type)
}

// slopes is a PRelu of a slope that broadcasts in any way.
func slopes(n *ir.Node) plainBuilder {
	out := n.Out[0].Shape
	stride := repeating(n.In[1].Shape, out)
	return func(x, y []portable.Values) portable.Step {
		return portable.Slopes{Name: n.Name, X: x[0], Slope: x[1], Y: y[0], Dims: out, Stride: stride}
	}
}

// product is a batch of matrix products with numpy's broadcasting.
func product(n *ir.Node, out ir.Shape) plainBuilder {
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
	return func(x, y []portable.Values) portable.Step {
		s.A, s.B, s.Y = x[0], x[1], y[0]
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
