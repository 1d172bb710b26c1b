package onnx

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// param is a float attribute and its default.
type param struct {
	name string
	def  float32
}

// unary imports an elementwise function whose parameters are attributes.
func unary(kind ir.ActKind, params []param) func(*call) error {
	return func(c *call) error {
		a := ir.Act{Kind: kind}
		for i, to := range []*float32{&a.A, &a.B}[:len(params)] {
			*to = c.float(params[i].name, params[i].def)
		}
		return c.result(ir.Unary{Act: a}, c.in[0])
	}
}

// prelu imports PRelu. Before opset 7 a slope of one axis is one a channel.
func prelu(c *call) error {
	x, slope := c.in[0], c.in[1]
	if c.imp.opset < 7 && len(slope.Shape) == 1 && len(x.Shape) > 2 {
		var err error
		if slope, err = c.spread(slope, 1); err != nil {
			return err
		}
	}
	return c.result(ir.PRelu{}, x, slope)
}

// spread reshapes v so that its first axis meets the given axis of operand 0.
func (c *call) spread(v *ir.Value, first int) (*ir.Value, error) {
	s := v.Shape.Clone()
	for len(s)+first < len(c.in[0].Shape) {
		s = append(s, 1)
	}
	return c.aux("spread", ir.Reshape{Shape: s}, v)
}

// softmax imports Softmax and its kin.
func softmax(fn ir.SoftmaxKind) func(*call) error {
	return func(c *call) error { return c.softmax(fn) }
}

// softmax acts before opset 13 on the axes from the given one on as if they were one.
func (c *call) softmax(fn ir.SoftmaxKind) error {
	x := c.in[0]
	rank := len(x.Shape)
	def := int64(-1)
	if c.imp.opset < 13 {
		def = 1
	}
	ax, err := axis(c.int("axis", def), rank)
	if err != nil {
		return err
	}
	if c.imp.opset >= 13 || x.Shape[ax+1:].Elems() == 1 {
		return c.result(ir.Softmax{Axis: ax, Fn: fn}, x)
	}
	flat, err := c.aux("flat", ir.Reshape{Shape: ir.Shape{x.Shape[:ax].Elems(), x.Shape[ax:].Elems()}}, x)
	if err != nil {
		return err
	}
	y, err := c.aux("softmax", ir.Softmax{Axis: 1, Fn: fn}, flat)
	if err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: x.Shape.Clone()}, y)
}

func identity(c *call) error { return c.result(ir.Identity{}, c.in[0]) }

// castTensor converts elements: floats towards zero, anything but 0 to true.
func castTensor(x *ir.Tensor, to ir.DType) (*ir.Tensor, error) {
	v, isInt := intData(x)
	if isInt && to == ir.F32 {
		return ir.Floats(x.Shape, floats(len(v), func(i int) float32 { return float32(v[i]) })), nil
	}
	if !isInt {
		v = make([]int64, len(x.F32))
		for i, f := range x.F32 {
			// 2^63 is the first number that int64 lacks; Go leaves the conversion of larger ones open.
			if !(f >= -(1<<63) && f < 1<<63) {
				return nil, fmt.Errorf("element %d is %g, outside %s", i, f, to)
			}
			v[i] = int64(f)
			if to == ir.Bool && f != 0 {
				v[i] = 1
			}
		}
	}
	if to == ir.Bool {
		return intTensor(to, x.Shape, convert[int64](len(v), func(i int) int64 { return int64(boolByte(v[i] != 0)) }))
	}
	return intTensor(to, x.Shape, v)
}

func boolByte(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
