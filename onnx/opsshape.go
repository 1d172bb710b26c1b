package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

func concat(c *call) error {
	for i, v := range c.in {
		if v == nil {
			return fmt.Errorf("operand %d is missing", i)
		}
	}
	ax, err := axis(c.int("axis", 1), len(c.in[0].Shape))
	if err != nil {
		return err
	}
	return c.result(ir.Concat{Axis: ax}, c.in...)
}

// split imports Split: the sizes are an attribute before opset 13, then an
// operand; without them the parts are equal, from opset 18 on the last may be smaller.
func split(c *call) error {
	x := c.in[0]
	ax, err := axis(c.int("axis", 0), len(x.Shape))
	if err != nil {
		return err
	}
	list := c.ints("split")
	if c.imp.opset >= 13 {
		if list, err = c.constInts(1, "split"); err != nil {
			return err
		}
	}
	sizes, err := smallInts("split", list)
	if err != nil {
		return err
	}
	n := len(c.node.Outputs)
	if len(sizes) == 0 {
		d := x.Shape[ax]
		if c.imp.opset < 18 && d%n != 0 {
			return fmt.Errorf("axis %d of %s does not part into %d equal parts", ax, x.Shape, n)
		}
		part := (d + n - 1) / n
		for i := range n {
			sizes = append(sizes, max(min(part, d-i*part), 0))
		}
	}
	if want := c.int("num_outputs", int64(n)); len(sizes) != n || want != int64(n) {
		return fmt.Errorf("the sizes %v and num_outputs %d do not fit %d results", sizes, want, n)
	}
	return c.result(ir.Split{Axis: ax, Sizes: sizes}, x)
}

// slice imports Slice: bounds are attributes before opset 10, then operands.
func slice(c *call) error {
	x := c.in[0]
	starts, ends, list := c.ints("starts"), c.ints("ends"), c.ints("axes")
	var steps []int64
	if c.imp.opset >= 10 {
		for i, to := range []*[]int64{&starts, &ends, &list, &steps} {
			v, err := c.constInts(i+1, []string{"starts", "ends", "axes", "steps"}[i])
			if err != nil {
				return err
			}
			*to = v
		}
	}
	op := ir.Slice{Start: make([]int, len(x.Shape)), Step: slices.Repeat([]int{1}, len(x.Shape)), Size: x.Shape.Clone()}
	if list == nil {
		for i := range starts {
			list = append(list, int64(i))
		}
	}
	if len(ends) != len(starts) || len(list) != len(starts) || steps != nil && len(steps) != len(starts) {
		return fmt.Errorf("starts %v, ends %v, axes %v and steps %v differ in length", starts, ends, list, steps)
	}
	if _, err := axes(list, len(x.Shape)); err != nil {
		return err
	}
	for i, a := range list {
		ax, _ := axis(a, len(x.Shape))
		step := int64(1)
		if steps != nil {
			step = steps[i]
		}
		if step == 0 || step == math.MinInt64 {
			return fmt.Errorf("steps %v: %d is no step", steps, step)
		}
		op.Start[ax], op.Step[ax], op.Size[ax] = sliceAxis(x.Shape[ax], starts[i], ends[i], step)
	}
	return c.result(op, x)
}

// sliceAxis clamps the bounds of a slice of an axis of extent d, as ONNX says:
// negative ones count from the end, and any may lie beyond the axis.
func sliceAxis(d int, start, end, step int64) (from, by, size int) {
	n := int64(d)
	clamp := func(v, lo, hi int64) int64 {
		if v < 0 {
			v += n
		}
		return min(max(v, lo), hi)
	}
	if step > 0 {
		start, end = clamp(start, 0, n), clamp(end, 0, n)
	} else {
		start, end = clamp(start, 0, n-1), clamp(end, -1, n-1)
	}
	step = min(max(step, -n-1), n+1) // a longer step leaves the axis as well
	span := end - start
	if span == 0 || (span > 0) != (step > 0) || n == 0 {
		return 0, 1, 0
	}
	abs := max(step, -step)
	return int(start), int(step), int((max(span, -span) + abs - 1) / abs)
}

// pad imports Pad: widths and value are attributes before opset 11, then operands.
func pad(c *call) error {
	x := c.in[0]
	rank := len(x.Shape)
	widths, value := c.ints("pads"), c.float("value", 0)
	where := make([]int, rank)
	for i := range where {
		where[i] = i
	}
	if c.imp.opset >= 11 {
		var err error
		if widths, err = c.constInts(1, "pads"); err != nil {
			return err
		}
		if v := c.operand(2); v.IsConst() && x.Type != ir.F32 && v.Type == x.Type && v.Const.Elems() == 1 {
			n, _ := intData(v.Const) // bytes are padded with a byte
			value = float32(n[0])
		} else if value, err = c.constFloat(2, "constant_value", 0); err != nil {
			return err
		}
		if where, err = c.padAxes(where); err != nil {
			return err
		}
	}
	w, err := smallInts("pads", widths)
	if err != nil {
		return err
	}
	if len(w) != 2*len(where) {
		return fmt.Errorf("pads %v: want %d numbers, before and after for each axis", w, 2*len(where))
	}
	op := ir.Pad{Before: make([]int, rank), After: make([]int, rank)}
	for i, a := range where {
		op.Before[a], op.After[a] = w[i], w[i+len(where)]
	}
	switch mode := c.str("mode", "constant"); mode {
	case "constant":
		op.Value = value
	case "reflect":
		op.Mode = ir.PadReflect
	case "edge":
		op.Mode = ir.PadEdge
	case "wrap":
		op.Mode = ir.PadWrap
	default:
		return fmt.Errorf("mode %q is not supported: want constant, reflect, edge or wrap", mode)
	}
	return c.result(op, x)
}

// padAxes returns the axes of the operand axes, or all where it is absent.
func (c *call) padAxes(all []int) ([]int, error) {
	list, err := c.constInts(3, "axes")
	if err != nil || list == nil {
		return all, err
	}
	if _, err := axes(list, len(all)); err != nil {
		return nil, err
	}
	out := make([]int, len(list))
	for i, a := range list {
		out[i], _ = axis(a, len(all))
	}
	return out, nil
}

func flatten(c *call) error {
	x := c.in[0]
	a := c.int("axis", 1)
	ax := len(x.Shape) // which may also be the axis here
	if a != int64(ax) {
		var err error
		if ax, err = axis(a, ax); err != nil {
			return err
		}
	}
	return c.result(ir.Reshape{Shape: ir.Shape{x.Shape[:ax].Elems(), x.Shape[ax:].Elems()}}, x)
}

// reshape imports Reshape: 0 keeps an extent unless allowzero says that it is
// meant, -1 stands for what is left.
func reshape(c *call) error {
	x := c.in[0]
	want, err := c.constInts(1, "shape")
	if err != nil {
		return err
	}
	s, free := make(ir.Shape, len(want)), -1
	for i, d := range want {
		switch {
		case d == -1 && free >= 0:
			return fmt.Errorf("shape %v has -1 twice", want)
		case d == -1:
			free, s[i] = i, 1
		case d < 0 || d > ir.MaxElems:
			return fmt.Errorf("shape %v: %d is no extent", want, d)
		case d == 0 && c.int("allowzero", 0) == 0:
			if i >= len(x.Shape) {
				return fmt.Errorf("shape %v: 0 keeps an axis that %s does not have", want, x.Shape)
			}
			s[i] = x.Shape[i]
		default:
			s[i] = int(d)
		}
	}
	n, err := elems(s)
	if err != nil {
		return err
	}
	total := x.Shape.Elems()
	if free >= 0 {
		if n == 0 || total%n != 0 {
			return fmt.Errorf("shape %v does not divide the %d elements of %s", want, total, x.Shape)
		}
		s[free], n = total/n, total
	}
	if n != total {
		return fmt.Errorf("shape %v has %d elements, the operand %s has %d: was the model exported for another input shape?", want, n, x.Shape, total)
	}
	return c.result(ir.Reshape{Shape: s}, x)
}

// axesOperand returns the axes of Squeeze and Unsqueeze: an attribute before
// opset 13, then an operand.
func (c *call) axesOperand() ([]int64, error) {
	if c.imp.opset < 13 {
		return c.ints("axes"), nil
	}
	return c.constInts(1, "axes")
}

func squeeze(c *call) error {
	x := c.in[0]
	list, err := c.axesOperand()
	if err != nil {
		return err
	}
	drop, err := axes(list, len(x.Shape))
	if err != nil {
		return err
	}
	s := ir.Shape{}
	for i, d := range x.Shape {
		gone := slices.Contains(drop, i) || list == nil && d == 1
		if gone && d != 1 {
			return fmt.Errorf("axis %d of %s is not 1", i, x.Shape)
		}
		if !gone {
			s = append(s, d)
		}
	}
	return c.result(ir.Reshape{Shape: s}, x)
}

func unsqueeze(c *call) error {
	x := c.in[0]
	list, err := c.axesOperand()
	if err != nil {
		return err
	}
	if list == nil {
		return errors.New("the axes are missing")
	}
	added, err := axes(list, len(x.Shape)+len(list))
	if err != nil {
		return err
	}
	s := x.Shape.Clone()
	for _, a := range added { // ascending
		s = slices.Insert(s, a, 1)
	}
	return c.result(ir.Reshape{Shape: s}, x)
}

func transpose(c *call) error {
	x := c.in[0]
	perm, err := smallInts("perm", c.ints("perm"))
	if err != nil {
		return err
	}
	if len(perm) == 0 {
		for i := range x.Shape {
			perm = append(perm, len(x.Shape)-1-i)
		}
	}
	return c.result(ir.Transpose{Perm: perm}, x)
}

func depthToSpace(c *call) error {
	block, err := c.blocks()
	if err != nil {
		return err
	}
	mode := c.str("mode", "DCR")
	if mode != "DCR" && mode != "CRD" {
		return fmt.Errorf("mode %q: want DCR or CRD", mode)
	}
	return c.result(ir.DepthToSpace{Block: block, CRD: mode == "CRD"}, c.in[0])
}

// gather imports Gather; of constant indices negative ones count from the end.
func gather(c *call) error {
	x := c.in[0]
	ax, err := axis(c.int("axis", 0), len(x.Shape))
	if err != nil {
		return err
	}
	if !c.in[1].IsConst() {
		return c.result(ir.GatherAt{Axis: ax}, c.in...)
	}
	list, err := c.constInts(1, "indices")
	if err != nil {
		return err
	}
	op := ir.Gather{Axis: ax, IndexShape: c.in[1].Shape.Clone()}
	for _, i := range list {
		if d := int64(x.Shape[ax]); i < -d || i >= d {
			return fmt.Errorf("index %d leaves axis %d of %s", i, ax, x.Shape)
		} else if i < 0 {
			i += d
		}
		op.Index = append(op.Index, int(i))
	}
	return c.result(op, x)
}
