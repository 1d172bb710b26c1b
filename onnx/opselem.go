package onnx

import (
	"fmt"
	"math"

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

// clip imports Clip: the limits are attributes before opset 11, then operands.
// The largest finite numbers, the old defaults, count as no limit.
func clip(c *call) error {
	lo, hi := c.float("min", -math.MaxFloat32), c.float("max", math.MaxFloat32)
	if c.imp.opset >= 11 {
		var err error
		if lo, err = c.constFloat(1, "min", -math.MaxFloat32); err != nil {
			return err
		}
		if hi, err = c.constFloat(2, "max", math.MaxFloat32); err != nil {
			return err
		}
	}
	lo = min(lo, hi) // ONNX: a lower limit above the upper one gives the upper one
	noLo, noHi := lo <= -math.MaxFloat32, hi >= math.MaxFloat32
	if noLo {
		lo = float32(math.Inf(-1))
	}
	if noHi {
		hi = float32(math.Inf(1))
	}
	switch {
	case c.in[0].Type != ir.F32:
		return fmt.Errorf("input of %s, want float", c.in[0].Type)
	case noLo && noHi:
		return c.result(ir.Identity{}, c.in[0])
	case lo == 0 && noHi:
		return c.result(ir.Unary{Act: ir.Act{Kind: ir.Relu}}, c.in[0])
	}
	return c.result(ir.Unary{Act: ir.Act{Kind: ir.Clip, A: lo, B: hi}}, c.in[0])
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

// softmax imports Softmax. Before opset 13 it acts on the axes from the given
// one on as if they were one.
func softmax(c *call) error {
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
		return c.result(ir.Softmax{Axis: ax}, x)
	}
	flat, err := c.aux("flat", ir.Reshape{Shape: ir.Shape{x.Shape[:ax].Elems(), x.Shape[ax:].Elems()}}, x)
	if err != nil {
		return err
	}
	y, err := c.aux("softmax", ir.Softmax{Axis: 1}, flat)
	if err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: x.Shape.Clone()}, y)
}

// arithmetic imports a function on two tensors. Before opset 7 they broadcast only
// where an attribute says so, operand 1 along the given axis of operand 0.
func arithmetic(fn ir.BinaryKind) func(*call) error {
	return func(c *call) error {
		a, b := c.in[0], c.in[1]
		small := max(a.Shape.Elems(), b.Shape.Elems()) <= maxFoldedFloat
		if c.allConst() && (a.Type != ir.F32 || small) {
			t, err := c.foldBinary(fn)
			if err != nil {
				return err
			}
			return c.constant(t)
		}
		if c.imp.opset < 7 && c.int("broadcast", 0) != 0 && c.has("axis") {
			ax, err := axis(c.int("axis", 0), len(a.Shape))
			if err != nil {
				return err
			}
			if b, err = c.spread(b, ax); err != nil {
				return err
			}
		}
		if a.Type != ir.F32 || b.Type != ir.F32 {
			return fmt.Errorf("operands of types %s and %s: only float is supported while the model runs", a.Type, b.Type)
		}
		return c.result(ir.Binary{Fn: fn}, a, b)
	}
}

// addAll adds operands from left to right; last makes the final node.
func (c *call) addAll(last func(op ir.Op, in ...*ir.Value) error) error {
	sum := c.in[0]
	for i, v := range c.in[1:] {
		if v == nil {
			return fmt.Errorf("operand %d is missing", i+1)
		}
		op := ir.Binary{Fn: ir.Add}
		if i == len(c.in)-2 {
			return last(op, sum, v)
		}
		var err error
		if sum, err = c.aux("sum", op, sum, v); err != nil {
			return err
		}
	}
	return c.result(ir.Identity{}, sum)
}

func sum(c *call) error { return c.addAll(c.result) }

// mean imports Mean as the sum divided by the number of operands.
func mean(c *call) error {
	return c.addAll(func(op ir.Op, in ...*ir.Value) error {
		s, err := c.aux("sum", op, in...)
		if err != nil {
			return err
		}
		return c.result(ir.Binary{Fn: ir.Div}, s, c.scalar("count", float32(len(c.in))))
	})
}

func identity(c *call) error { return c.result(ir.Identity{}, c.in[0]) }

// dropout imports Dropout as it acts after training: not at all.
func dropout(c *call) error {
	mode, err := c.constInts(2, "training_mode")
	if err != nil {
		return err
	}
	if len(mode) > 0 && mode[0] != 0 {
		return fmt.Errorf("training_mode is true: export the model in evaluation mode (model.eval() in PyTorch)")
	}
	return c.result(ir.Identity{}, c.in[0])
}

// cast converts constants; on other values only casts between floating point
// types are supported, all of which are float32 here.
func cast(c *call) error {
	x := c.in[0]
	target := DataType(c.int("to", 0))
	to := target.irType()
	switch {
	case to == ir.Invalid:
		return fmt.Errorf("casts to %s: want a number type or bool", target)
	case to == x.Type:
		return c.result(ir.Identity{}, x)
	case !x.IsConst():
		return fmt.Errorf("casts %s to %s while the model runs: only float types are supported there; cut the model before it", x.Type, target)
	}
	if err := c.imp.spend(x.Shape.Elems(), foldedElem); err != nil {
		return err
	}
	t, err := castTensor(x.Const, to)
	if err != nil {
		return err
	}
	return c.constant(t)
}

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
