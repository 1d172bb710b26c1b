package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// reduction imports a reduction whose axes are an operand from the given opset on, an attribute
// before. The mean and the maximum over space become poolings.
func reduction(fn ir.ReduceKind, since int) func(*call) error {
	return func(c *call) error {
		over, err := c.reducedAxes(since)
		if err != nil {
			return err
		}
		x, keep := c.in[0], c.int("keepdims", 1) != 0
		_, isInt := constantInts(x)
		pool := map[ir.ReduceKind]ir.Op{ir.ReduceMean: ir.GlobalAvgPool{}, ir.ReduceMax: ir.GlobalMaxPool{}}[fn]
		switch op := (ir.Reduce{Fn: fn, Axes: over, Keep: keep}); {
		case isInt:
			return c.foldReduce(op)
		case len(over) == 0 && (fn == ir.ReduceMean || fn == ir.ReduceSum || fn == ir.ReduceProd || fn.Picks()):
			return c.result(ir.Identity{}, x)
		case pool == nil || x.Type != ir.F32 || len(x.Shape) != 4 || !slices.Equal(over, []int{2, 3}):
			return c.result(op, x)
		case keep:
			return c.result(pool, x)
		}
		y, err := c.aux("image", pool, x)
		if err != nil {
			return err
		}
		return c.result(ir.Reshape{Shape: x.Shape[:2].Clone()}, y)
	}
}

// reducedAxes returns the axes of a reduction: all where none are named, unless the node says
// that none are meant.
func (c *call) reducedAxes(since int) ([]int, error) {
	rank := len(c.in[0].Shape)
	list := c.ints("axes")
	if c.imp.opset >= since {
		var err error
		if list, err = c.constInts(1, "axes"); err != nil {
			return nil, err
		}
	}
	over, err := axes(list, rank)
	if err != nil {
		return nil, err
	}
	if len(over) == 0 && c.int("noop_with_empty_axes", 0) == 0 {
		for i := range rank {
			over = append(over, i)
		}
	}
	return over, nil
}

// constantInts returns the elements of a constant of integers.
func constantInts(v *ir.Value) ([]int64, bool) {
	if !v.IsConst() || v.Type == ir.F32 {
		return nil, false
	}
	return intData(v.Const)
}

// foldReduce computes a reduction of constant integers, as shape arithmetic has it.
func (c *call) foldReduce(op ir.Reduce) error {
	x, _ := constantInts(c.in[0])
	if len(x) == 0 {
		return errors.New("a reduction of no integers has no result here")
	}
	if err := c.imp.spend(len(x), foldedElem); err != nil {
		return err
	}
	s := ir.Shape{}
	kept := c.in[0].Shape.Clone()
	for i, d := range c.in[0].Shape {
		switch {
		case !slices.Contains(op.Axes, i):
			s = append(s, d)
			continue
		case op.Keep:
			s = append(s, 1)
		}
		kept[i] = 1
	}
	out, seen := make([]int64, kept.Elems()), make([]bool, kept.Elems())
	for i, to := range broadcastIndex(kept, c.in[0].Shape) {
		v, err := reduceInt(op.Fn, out[to], x[i], !seen[to])
		if err != nil {
			return err
		}
		out[to], seen[to] = v, true
	}
	if op.Fn == ir.ReduceMean {
		for i := range out {
			out[i] /= int64(len(x) / len(out))
		}
	}
	t, err := intTensor(c.in[0].Type, s, out)
	if err != nil {
		return err
	}
	return c.constant(t)
}

// reduceInt takes x up into a total, or begins with it.
func reduceInt(fn ir.ReduceKind, total, x int64, first bool) (int64, error) {
	switch {
	case fn > ir.ReduceProd:
		return 0, fmt.Errorf("%s of integers is not supported: cast them to float", fn)
	case first:
		return x, nil
	}
	switch fn {
	case ir.ReduceMax:
		return max(total, x), nil
	case ir.ReduceMin:
		return min(total, x), nil
	case ir.ReduceProd:
		return total * x, nil
	}
	return total + x, nil
}

// argMax imports ArgMax, or ArgMin where least.
func argMax(least bool) func(*call) error {
	return func(c *call) error {
		ax, err := axis(c.int("axis", 0), len(c.in[0].Shape))
		if err != nil {
			return err
		}
		return c.result(ir.ArgMax{Axis: ax, Min: least, Last: c.int("select_last_index", 0) != 0, Keep: c.int("keepdims", 1) != 0}, c.in[0])
	}
}

// topK imports TopK: K is an attribute before opset 10, then an operand. What need not be
// sorted is sorted all the same.
func topK(c *call) error {
	ax, err := axis(c.int("axis", -1), len(c.in[0].Shape))
	if err != nil {
		return err
	}
	list := []int64{c.int("k", 0)}
	if c.imp.opset >= 10 {
		if list, err = c.constInts(1, "K"); err != nil {
			return err
		}
	}
	k, err := smallInts("K", list)
	if err != nil {
		return err
	}
	if len(k) != 1 || k[0] < 1 {
		return fmt.Errorf("K is %v, want one positive number", k)
	}
	return c.result(ir.TopK{Axis: ax, K: k[0], Smallest: c.int("largest", 1) == 0}, c.in[0])
}

func cumSum(c *call) error {
	list, err := c.constInts(1, "axis")
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("axis has %d elements, want one", len(list))
	}
	ax, err := axis(list[0], len(c.in[0].Shape))
	if err != nil {
		return err
	}
	return c.result(ir.CumSum{Axis: ax, Exclusive: c.int("exclusive", 0) != 0, Reverse: c.int("reverse", 0) != 0}, c.in[0])
}
