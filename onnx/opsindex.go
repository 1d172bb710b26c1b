package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

func gatherElements(c *call) error {
	ax, err := axis(c.int("axis", 0), len(c.in[0].Shape))
	if err != nil {
		return err
	}
	return c.result(ir.GatherElements{Axis: ax}, c.in...)
}

func gatherND(c *call) error {
	batch, err := smallInts("batch_dims", []int64{c.int("batch_dims", 0)})
	if err != nil {
		return err
	}
	return c.result(ir.GatherND{Batch: batch[0]}, c.in...)
}

var scatterKinds = map[string]ir.ScatterKind{"none": ir.ScatterSet, "add": ir.ScatterAdd, "mul": ir.ScatterMul, "max": ir.ScatterMax, "min": ir.ScatterMin}

// scatterKind reads the attribute reduction.
func (c *call) scatterKind() (ir.ScatterKind, error) {
	name := c.str("reduction", "none")
	fn, ok := scatterKinds[name]
	if !ok {
		return 0, fmt.Errorf("reduction %q: want none, add, mul, max or min", name)
	}
	return fn, nil
}

// scatterElements imports ScatterElements and Scatter, its name before opset 11.
func scatterElements(c *call) error {
	fn, err := c.scatterKind()
	if err != nil {
		return err
	}
	ax, err := axis(c.int("axis", 0), len(c.in[0].Shape))
	if err != nil {
		return err
	}
	return c.result(ir.ScatterElements{Axis: ax, Fn: fn}, c.in...)
}

func scatterND(c *call) error {
	fn, err := c.scatterKind()
	if err != nil {
		return err
	}
	return c.result(ir.ScatterND{Fn: fn}, c.in...)
}

// oneHot imports OneHot, whose depth is a constant of any type.
func oneHot(c *call) error {
	ax, err := axis(c.int("axis", -1), len(c.in[0].Shape)+1)
	if err != nil {
		return err
	}
	var depth []int64
	if v := c.in[1]; v.IsConst() && v.Type == ir.F32 && v.Shape.Elems() == 1 && v.Const.F32[0] < math.MaxInt32 {
		depth = []int64{int64(v.Const.F32[0])}
	} else if depth, err = c.constInts(1, "depth"); err != nil {
		return err
	}
	n, err := smallInts("depth", depth)
	if err != nil {
		return err
	}
	if len(n) != 1 {
		return fmt.Errorf("depth has %d elements, want one", len(n))
	}
	return c.result(ir.OneHot{Axis: ax, Depth: n[0]}, c.in[0], c.in[2])
}

// nonMaxSuppression imports NonMaxSuppression, whose limits are constants.
func nonMaxSuppression(c *call) error {
	most, err := c.constInts(2, "max_output_boxes_per_class")
	if err != nil {
		return err
	}
	if len(most) != 1 || most[0] < 1 {
		return fmt.Errorf("max_output_boxes_per_class is %v, so that nothing is selected: want one positive number", most)
	}
	op := ir.NonMaxSuppression{Most: int(min(most[0], ir.MaxElems)), Center: c.int("center_point_box", 0) != 0}
	if op.IoU, err = c.constFloat(3, "iou_threshold", 0); err != nil {
		return err
	}
	if op.Score, err = c.constFloat(4, "score_threshold", float32(math.Inf(-1))); err != nil {
		return err
	}
	return c.result(op, c.in[0], c.in[1])
}

// compress imports Compress with a constant condition as a Gather; without an axis it acts on all
// elements in their order.
func compress(c *call) error {
	x := c.in[0]
	cond, err := c.constInts(1, "condition")
	if err != nil {
		return err
	}
	ax := 0
	if c.has("axis") {
		if ax, err = axis(c.int("axis", 0), len(x.Shape)); err != nil {
			return err
		}
	} else if x, err = c.aux("flat", ir.Reshape{Shape: ir.Shape{x.Shape.Elems()}}, x); err != nil {
		return err
	}
	if len(cond) > x.Shape[ax] {
		return fmt.Errorf("condition of %d elements for %d along axis %d", len(cond), x.Shape[ax], ax)
	}
	op := ir.Gather{Axis: ax}
	for i, v := range cond {
		if v != 0 {
			op.Index = append(op.Index, i)
		}
	}
	op.IndexShape = ir.Shape{len(op.Index)}
	return c.result(op, x)
}

// nonZero imports NonZero of a constant: for each axis a row of coordinates.
func nonZero(c *call) error {
	x := c.in[0]
	if !x.IsConst() {
		return errors.New("the number of results depends on the input: only constants are supported; express it in other operators")
	}
	rank := len(x.Shape)
	if err := c.imp.spend(x.Shape.Elems(), foldedElem*(rank+1)); err != nil {
		return err
	}
	v, _ := intData(x.Const)
	rows := make([][]int64, rank)
	for i := range x.Shape.Elems() {
		if x.Type == ir.F32 && x.Const.F32[i] == 0 || x.Type != ir.F32 && v[i] == 0 {
			continue
		}
		rest := i
		for a := rank - 1; a >= 0; a-- {
			rows[a] = append(rows[a], int64(rest%x.Shape[a]))
			rest /= x.Shape[a]
		}
	}
	out := slices.Concat(rows...)
	n := 0
	if rank > 0 {
		n = len(rows[0])
	}
	return c.constant(&ir.Tensor{Type: ir.I64, Shape: ir.Shape{rank, n}, I64: out})
}

// eyeLike imports EyeLike: a constant, since shapes are static.
func eyeLike(c *call) error {
	s := c.in[0].Shape
	if len(s) != 2 {
		return fmt.Errorf("input of %s, want two axes", s)
	}
	t := c.in[0].Type
	if c.has("dtype") {
		if t = DataType(c.int("dtype", 0)).irType(); t == ir.Invalid {
			return fmt.Errorf("dtype %d is no number type", c.int("dtype", 0))
		}
	}
	if err := c.imp.spend(s.Elems(), foldedElem); err != nil {
		return err
	}
	k := c.int("k", 0)
	out := ir.NewTensor(t, s)
	for y := range s[0] {
		x := int64(y) + k
		if x < 0 || x >= int64(s[1]) {
			continue
		}
		switch i := y*s[1] + int(x); t {
		case ir.F32:
			out.F32[i] = 1
		case ir.I64:
			out.I64[i] = 1
		case ir.S32:
			out.S32[i] = 1
		case ir.S8:
			out.S8[i] = 1
		default:
			out.U8[i] = 1
		}
	}
	return c.constant(out)
}

// trilu imports Trilu: the triangle above the diagonal k, or below it, and zeros.
func trilu(c *call) error {
	x := c.in[0]
	rank := len(x.Shape)
	if rank < 2 {
		return fmt.Errorf("input of %s, want a matrix", x.Shape)
	}
	k := int64(0)
	if list, err := c.constInts(1, "k"); err != nil {
		return err
	} else if len(list) == 1 {
		k = min(max(list[0], -math.MaxInt32), math.MaxInt32)
	} else if list != nil {
		return fmt.Errorf("k has %d elements, want one", len(list))
	}
	if err := c.imp.spend(3*x.Shape.Elems(), foldedElem); err != nil {
		return err
	}
	mask := ir.NewTensor(ir.Bool, x.Shape[rank-2:])
	for i := range mask.U8 {
		d := int64(i%mask.Shape[1]) - int64(i/mask.Shape[1]) - k
		mask.U8[i] = boolByte(d == 0 || d > 0 == (c.int("upper", 1) != 0))
	}
	zero := ir.NewTensor(x.Type, ir.Shape{1})
	if !x.IsConst() {
		return c.result(ir.Where{}, ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/triangle"), mask), x,
			ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/zero"), zero))
	}
	n := x.Shape.Elems()
	both := joined([]*ir.Value{ir.Const("", &ir.Tensor{Type: x.Type, Shape: ir.Shape{n}, F32: x.Const.F32, U8: x.Const.U8,
		S8: x.Const.S8, S32: x.Const.S32, I64: x.Const.I64}), ir.Const("", zero)}, 0, ir.Shape{n + 1})
	idx := broadcastIndex(mask.Shape, x.Shape)
	for i, at := range idx {
		if idx[i] = i; mask.U8[at] == 0 {
			idx[i] = n
		}
	}
	return c.constant(pick(both, x.Shape, idx))
}

// reverseSequence imports ReverseSequence of constant lengths: of each of a batch the first so many
// steps in time are taken backwards.
func reverseSequence(c *call) error {
	x := c.in[0]
	lengths, err := c.constInts(1, "sequence_lens")
	if err != nil {
		return err
	}
	batch, err := axis(c.int("batch_axis", 1), len(x.Shape))
	if err != nil {
		return err
	}
	time, err := axis(c.int("time_axis", 0), len(x.Shape))
	if err != nil {
		return err
	}
	if batch == time || len(lengths) != x.Shape[batch] {
		return fmt.Errorf("%d lengths for axis %d of %s, time along axis %d: want one for each of another axis", len(lengths), batch, x.Shape, time)
	}
	rows := make([]*ir.Value, len(lengths))
	for i, n := range lengths {
		if n < 0 || n > int64(x.Shape[time]) {
			return fmt.Errorf("length %d of %d along axis %d", n, x.Shape[time], time)
		}
		op := ir.Gather{Axis: time, IndexShape: ir.Shape{x.Shape[time]}}
		for t := range x.Shape[time] {
			if t < int(n) {
				t = int(n) - 1 - t
			}
			op.Index = append(op.Index, t)
		}
		row := ir.Slice{Start: make([]int, len(x.Shape)), Step: slices.Repeat([]int{1}, len(x.Shape)), Size: x.Shape.Clone()}
		row.Start[batch], row.Size[batch] = i, 1
		v, err := c.aux("row", row, x)
		if err != nil {
			return err
		}
		if rows[i], err = c.aux("reversed", op, v); err != nil {
			return err
		}
	}
	return c.result(ir.Concat{Axis: batch}, rows...)
}
