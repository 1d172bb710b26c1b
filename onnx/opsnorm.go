package onnx

import (
	"errors"
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// axesFrom lists the axes from the first on.
func axesFrom(first, rank int) []int {
	var list []int
	for i := first; i < rank; i++ {
		list = append(list, i)
	}
	return list
}

// instanceNorm imports InstanceNormalization: each channel by itself.
func instanceNorm(c *call) error {
	x := c.in[0]
	if len(x.Shape) < 3 {
		return fmt.Errorf("input of %s has no axes of space", x.Shape)
	}
	scale, err := c.channels("scale", c.in[1])
	if err != nil {
		return err
	}
	bias, err := c.channels("bias", c.in[2])
	if err != nil {
		return err
	}
	return c.result(ir.Normalize{Axes: axesFrom(2, len(x.Shape)), Epsilon: c.float("epsilon", 1e-5)}, x, scale, bias)
}

// batchNormByInput imports BatchNormalization in training mode, which takes mean and variance of its
// input. Of constants that is meant: standardized weights are exported so. Else the model was exported
// without evaluation mode.
func (c *call) batchNormByInput() error {
	x := c.in[0]
	if !x.IsConst() {
		return errors.New("training_mode is 1: export the model in evaluation mode (model.eval() in PyTorch)")
	}
	if len(x.Shape) < 2 {
		return fmt.Errorf("input of %s has no channels", x.Shape)
	}
	scale, err := c.channels("scale", c.in[1])
	if err != nil {
		return err
	}
	bias, err := c.channels("bias", c.in[2])
	if err != nil {
		return err
	}
	over := append([]int{0}, axesFrom(2, len(x.Shape))...)
	return c.result(ir.Normalize{Axes: over, Epsilon: c.float("epsilon", 1e-5)}, x, scale, bias)
}

// channels reshapes v, which has a number for each channel, so that it broadcasts to operand 0.
func (c *call) channels(what string, v *ir.Value) (*ir.Value, error) {
	n := c.in[0].Shape[1]
	if !v.Shape.Equal(ir.Shape{n}) {
		return nil, fmt.Errorf("%s %s: want %d", what, v.Shape, n)
	}
	s := ir.Shape{n}
	for range c.in[0].Shape[2:] {
		s = append(s, 1)
	}
	return c.aux(what, ir.Reshape{Shape: s}, v)
}

// layerNorm imports LayerNormalization: the axes from the given one on. stash_type, the type that
// the mean is computed in, is at least float32 here.
func layerNorm(c *call) error {
	x := c.in[0]
	ax, err := axis(c.int("axis", -1), len(x.Shape))
	if err != nil {
		return err
	}
	op := ir.Normalize{Axes: axesFrom(ax, len(x.Shape)), Epsilon: c.float("epsilon", 1e-5)}
	for _, name := range c.node.Outputs[1:] {
		op.Stats = op.Stats || name != "" && c.imp.read[name]
	}
	return c.result(op, c.in...)
}

// rmsNorm imports RMSNormalization: LayerNormalization without the mean.
func rmsNorm(c *call) error {
	x := c.in[0]
	ax, err := axis(c.int("axis", -1), len(x.Shape))
	if err != nil {
		return err
	}
	return c.result(ir.Normalize{Axes: axesFrom(ax, len(x.Shape)), Epsilon: c.float("epsilon", 1e-5), NoMean: true}, x, c.in[1])
}

// groupNorm imports GroupNormalization: scale and bias are one a group before opset 21, then one
// a channel.
func groupNorm(c *call) error {
	x := c.in[0]
	if len(x.Shape) < 3 {
		return fmt.Errorf("input of %s has no axes of space", x.Shape)
	}
	g, channels := c.int("num_groups", 0), x.Shape[1]
	if g < 1 || g > int64(channels) || channels%int(g) != 0 {
		return fmt.Errorf("num_groups is %d, which does not divide the %d channels", g, channels)
	}
	groups := int(g)
	each := ir.Shape{groups, channels / groups}
	if c.imp.opset < 21 {
		each[1] = 1
	}
	for range x.Shape[2:] {
		each = append(each, 1)
	}
	var factors [2]*ir.Value
	for i, what := range []string{"scale", "bias"} {
		v := c.in[1+i]
		if len(v.Shape) != 1 || v.Shape.Elems() != each.Elems() {
			return fmt.Errorf("%s %s: want %d", what, v.Shape, each.Elems())
		}
		var err error
		if factors[i], err = c.aux(what, ir.Reshape{Shape: each.Clone()}, v); err != nil {
			return err
		}
	}
	parts := append(ir.Shape{x.Shape[0], groups, channels / groups}, x.Shape[2:]...)
	in, err := c.aux("groups", ir.Reshape{Shape: parts}, x)
	if err != nil {
		return err
	}
	y, err := c.aux("normalized", ir.Normalize{Axes: axesFrom(2, len(parts)), Epsilon: c.float("epsilon", 1e-5)}, in, factors[0], factors[1])
	if err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: x.Shape.Clone()}, y)
}

// meanVarianceNorm imports MeanVarianceNormalization. ONNX adds 1e-9 to the deviation, which
// matters where that is 0 only; so does its square added to the variance.
func meanVarianceNorm(c *call) error {
	list := c.ints("axes")
	if !c.has("axes") {
		list = []int64{0, 2, 3}
	}
	over, err := axes(list, len(c.in[0].Shape))
	if err != nil {
		return err
	}
	return c.result(ir.Normalize{Axes: over, Epsilon: 1e-18}, c.in[0])
}

func lrn(c *call) error {
	size, err := smallInts("size", []int64{c.int("size", 0)})
	if err != nil {
		return err
	}
	return c.result(ir.LRN{Size: size[0], Alpha: c.float("alpha", 1e-4), Beta: c.float("beta", 0.75), Bias: c.float("bias", 1)}, c.in[0])
}

// lpReduce returns the reduction that computes a norm.
func (c *call) lpReduce(p int64) (ir.ReduceKind, error) {
	switch p {
	case 1:
		return ir.ReduceL1, nil
	case 2:
		return ir.ReduceL2, nil
	}
	return 0, fmt.Errorf("p is %d: only 1 and 2 are supported", p)
}

// lpNorm imports LpNormalization: a line of zeros, which has no direction, stays zero.
func lpNorm(c *call) error {
	x := c.in[0]
	ax, err := axis(c.int("axis", -1), len(x.Shape))
	if err != nil {
		return err
	}
	fn, err := c.lpReduce(c.int("p", 2))
	if err != nil {
		return err
	}
	norm, err := c.aux("norm", ir.Reduce{Fn: fn, Axes: []int{ax}, Keep: true}, x)
	if err != nil {
		return err
	}
	least := ir.Act{Kind: ir.Clip, A: math.SmallestNonzeroFloat32, B: float32(math.Inf(1))}
	if norm, err = c.aux("divisor", ir.Unary{Act: least}, norm); err != nil {
		return err
	}
	return c.result(ir.Binary{Fn: ir.Div}, x, norm)
}

func lpPool(c *call) error {
	p, err := smallInts("p", []int64{c.int("p", 2)})
	if err != nil {
		return err
	}
	return c.pool(func(w ir.Window, ceil bool) ir.Op { return ir.LpPool{Window: w, Ceil: ceil, P: p[0]} })
}

func globalLpPool(c *call) error {
	x := c.in[0]
	if len(x.Shape) < 3 {
		return errors.New("the input has no axes of space")
	}
	fn, err := c.lpReduce(c.int("p", 2))
	if err != nil {
		return err
	}
	return c.result(ir.Reduce{Fn: fn, Axes: axesFrom(2, len(x.Shape)), Keep: true}, x)
}
