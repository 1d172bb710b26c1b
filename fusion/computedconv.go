package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// computedConv spells out a convolution whose weights are computed, which has no kernel: elements under the
// window of each place, taken by index, are the columns of a matrix, one for each group, that the
// weights are multiplied by. A computed bias of constant weights becomes a sum.
func computedConv(e *edit, n *ir.Node) (bool, error) {
	op, ok := n.Op.(ir.Conv)
	bias := operand(n, 2)
	computedBias := bias != nil && !bias.IsConst()
	if !ok || n.In[1].IsConst() && !computedBias || op.Epilogue != (ir.Epilogue{}) || operand(n, 3) != nil {
		return false, nil
	}
	s := speller{e: e, n: n}
	y := n.In[0]
	if n.In[1].IsConst() {
		y = s.add("conv", op, y, n.In[1])
	} else {
		y = s.columns(op, y)
		y = s.add("product", ir.MatMul{}, s.add("weights", ir.Reshape{Shape: s.matrix(op)}, n.In[1]), y)
	}
	last := ir.Op(ir.Reshape{Shape: n.Out[0].Shape.Clone()})
	in := []*ir.Value{y}
	if bias != nil {
		if !n.In[1].IsConst() {
			in[0] = s.add("image", last, y)
		}
		last, in = ir.Binary{Fn: ir.Add}, append(in, s.add("bias", ir.Reshape{Shape: ir.Shape{bias.Shape[0], 1, 1}}, bias))
	}
	if s.err != nil {
		return false, s.err
	}
	return true, e.fuse(n, n, last, in)
}

// speller puts nodes before one that they stand for; after an error it does nothing.
type speller struct {
	e   *edit
	n   *ir.Node
	err error
}

// add puts a node there and returns its result.
func (s *speller) add(suffix string, op ir.Op, in ...*ir.Value) *ir.Value {
	if s.err != nil {
		return nil
	}
	v, err := s.e.insert(s.n, s.n.Name+"."+suffix, op, in...)
	if err != nil {
		s.err = err
		return nil
	}
	v.Def.From = slices.Clone(s.n.From)
	return v
}

// matrix is the shape of a convolution's weights as matrices, one a group.
func (s *speller) matrix(op ir.Conv) ir.Shape {
	w := s.n.In[1].Shape
	return ir.Shape{op.Groups, w[0] / op.Groups, w[1:].Elems()}
}

// columns returns what lies under the window of each place of the result: [N, groups, taps, places].
func (s *speller) columns(op ir.Conv, x *ir.Value) *ir.Value {
	in, out := x.Shape, s.n.Out[0].Shape
	if op.Pad != [4]int{} {
		x = s.add("pad", ir.Pad{Before: []int{0, 0, op.Pad[0], op.Pad[1]}, After: []int{0, 0, op.Pad[2], op.Pad[3]}}, x)
	}
	for i, suffix := range []string{"rows", "columns"} {
		var index []int
		for o := range out[2+i] {
			for k := range op.Kernel[i] {
				index = append(index, o*op.Stride[i]+k*op.Dilation[i])
			}
		}
		x = s.add(suffix, ir.Gather{Axis: 2 + 2*i, Index: index, IndexShape: ir.Shape{out[2+i], op.Kernel[i]}}, x)
	}
	x = s.add("taps", ir.Transpose{Perm: []int{0, 1, 3, 5, 2, 4}}, x)
	taps := in[1] / op.Groups * op.Kernel[0] * op.Kernel[1]
	return s.add("matrix", ir.Reshape{Shape: ir.Shape{in[0], op.Groups, taps, out[2] * out[3]}}, x)
}
