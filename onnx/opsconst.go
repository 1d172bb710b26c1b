package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// constant imports Constant, whatever attribute holds the value.
func constant(c *call) error {
	if a := c.attr("value", AttrTensor); a != nil && a.T != nil {
		t, err := a.T.tensor(c.imp.files)
		if err != nil {
			return err
		}
		c.imp.budget += ownFolded * t.Elems()
		err = c.constant(t)
		c.imp.markNarrow(c.imp.values[c.node.Outputs[0]], a.T.DataType)
		return err
	}
	if a := c.attr("value_float", AttrFloat); a != nil {
		return c.constant(ir.Floats(ir.Shape{}, []float32{a.F}))
	}
	if a := c.attr("value_floats", AttrFloats); a != nil {
		return c.constant(ir.Floats(ir.Shape{len(a.Floats)}, a.Floats))
	}
	if a := c.attr("value_int", AttrInt); a != nil {
		return c.constant(&ir.Tensor{Type: ir.I64, Shape: ir.Shape{}, I64: []int64{a.I}})
	}
	if a := c.attr("value_ints", AttrInts); a != nil {
		return c.constant(&ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(a.Ints)}, I64: a.Ints})
	}
	return errors.New("has none of the attributes value, value_float, value_floats, value_int and value_ints; others are not supported")
}

// constantShape returns the constant operand i as a shape.
func (c *call) constantShape(i int) (ir.Shape, error) {
	dims, err := c.constInts(i, "shape")
	if err != nil {
		return nil, err
	}
	s := make(ir.Shape, len(dims))
	for i, d := range dims {
		if d < 0 || d > ir.MaxElems {
			return nil, fmt.Errorf("shape %v: %d is no extent", dims, d)
		}
		s[i] = int(d)
	}
	_, err = elems(s)
	return s, err
}

func constantOfShape(c *call) error {
	s, err := c.constantShape(0)
	if err != nil {
		return err
	}
	v := ir.Floats(ir.Shape{1}, []float32{0})
	if a := c.attr("value", AttrTensor); a != nil && a.T != nil {
		if v, err = a.T.tensor(c.imp.files); err != nil {
			return err
		}
	}
	if v.Shape.Elems() != 1 {
		return fmt.Errorf("value has the shape %s, want one element", v.Shape)
	}
	if err := c.imp.spend(s.Elems(), v.Type.Size()); err != nil {
		return err
	}
	return c.constant(filled(v, s))
}

// filled returns a tensor of shape s, every element of which is v's only one.
func filled(v *ir.Tensor, s ir.Shape) *ir.Tensor {
	n := s.Elems()
	return &ir.Tensor{
		Type:  v.Type,
		Shape: s,
		F32:   slices.Repeat(v.F32, n),
		U8:    slices.Repeat(v.U8, n),
		S8:    slices.Repeat(v.S8, n),
		S32:   slices.Repeat(v.S32, n),
		I64:   slices.Repeat(v.I64, n),
	}
}

// shapeOf imports Shape; from opset 15 on it may be cut by start and end.
func shapeOf(c *call) error {
	s := c.in[0].Shape
	start, _, size := sliceAxis(len(s), c.int("start", 0), c.int("end", math.MaxInt64), 1)
	dims := make([]int64, size)
	for i := range dims {
		dims[i] = int64(s[start+i])
	}
	return c.constant(&ir.Tensor{Type: ir.I64, Shape: ir.Shape{size}, I64: dims})
}

// rangeOf imports Range of constants.
func rangeOf(c *call) error {
	if c.in[0].Type == ir.F32 {
		return c.rangeOfFloats()
	}
	var v [3]int64 // start, limit, delta
	for i := range v {
		list, err := c.constInts(i, []string{"start", "limit", "delta"}[i])
		if err != nil {
			return err
		}
		if len(list) != 1 {
			return fmt.Errorf("operand %d has %d elements, want one", i, len(list))
		}
		if v[i] = list[0]; v[i] > ir.MaxElems || v[i] < -ir.MaxElems {
			return fmt.Errorf("operand %d is %d: out of range", i, v[i])
		}
	}
	if v[2] == 0 {
		return errors.New("delta is 0")
	}
	round := int64(1)
	if v[2] > 0 {
		round = -1
	}
	n := max((v[1]-v[0]+v[2]+round)/v[2], 0)
	if err := c.imp.spend(int(n), foldedElem); err != nil {
		return err
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = v[0] + int64(i)*v[2]
	}
	t, err := intTensor(c.in[0].Type, ir.Shape{len(out)}, out)
	if err != nil {
		return err
	}
	return c.constant(t)
}

// rangeOfFloats has start + i*delta as long as that is before the limit.
func (c *call) rangeOfFloats() error {
	var v [3]float64 // start, limit, delta
	for i := range v {
		f, err := c.constFloats(i, []string{"start", "limit", "delta"}[i])
		if err != nil {
			return err
		}
		if len(f) != 1 {
			return fmt.Errorf("operand %d has %d elements, want one", i, len(f))
		}
		v[i] = float64(f[0])
	}
	n := math.Ceil((v[1] - v[0]) / v[2])
	if !(n <= ir.MaxElems) {
		return fmt.Errorf("from %g to %g by %g are too many numbers", v[0], v[1], v[2])
	}
	count := int(max(n, 0))
	if err := c.imp.spend(count, foldedElem); err != nil {
		return err
	}
	return c.constant(ir.Floats(ir.Shape{count}, floats(count, func(i int) float32 { return float32(v[0] + float64(float64(i)*v[2])) })))
}

// foldWhere computes Where of constants.
func (c *call) foldWhere() error {
	cond := c.in[0]
	if cond.Type != ir.Bool {
		return fmt.Errorf("the condition is %s, want bool", cond.Type)
	}
	a, b, s, err := c.pair(1, 2)
	if err != nil {
		return err
	}
	if full, err := ir.Broadcast(cond.Shape, s); err != nil || !full.Equal(s) {
		return fmt.Errorf("the condition %s does not broadcast to %s", cond.Shape, s)
	}
	idx := broadcastIndex(cond.Shape, s)
	n := s.Elems()
	both := joined([]*ir.Value{ir.Const("", a), ir.Const("", b)}, 0, ir.Shape{2 * n})
	for i, j := range idx {
		idx[i] = i
		if cond.Const.U8[j] == 0 {
			idx[i] = n + i
		}
	}
	return c.constant(pick(both, s, idx))
}

// takesInfinities reports whether an operator has a use for constants that are not finite: masks
// and limits.
func takesInfinities(op ir.Op) bool {
	switch o := op.(type) {
	case ir.Where, ir.Compare:
		return true
	case ir.Binary:
		return o.Fn == ir.Max || o.Fn == ir.Min
	}
	return false
}

// checkConstants reports weights that are not finite.
func (imp *importer) checkConstants() {
	seen := map[*ir.Value]bool{}
	for _, n := range imp.graph.Nodes {
		if takesInfinities(n.Op) {
			continue
		}
		for _, v := range n.In {
			if !v.IsConst() || seen[v] {
				continue
			}
			seen[v] = true
			for i, x := range v.Const.F32 {
				if x-x != 0 { // NaN and both infinities
					imp.report("tensor %q (%s, operand of node %q, %s) holds %g at element %d; the weights must be finite: train or export the model again",
						v.Name, v.Shape, n.Name, n.Op.Kind(), x, i)
					break
				}
			}
		}
	}
}
