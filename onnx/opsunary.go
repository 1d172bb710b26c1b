package onnx

import (
	"cmp"
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// rounding imports a function of one variable that shape arithmetic uses too: few constants are
// computed at once.
func rounding(kind ir.ActKind, f func(float64) float64) func(*call) error {
	return func(c *call) error {
		x := c.in[0]
		if x.Type != ir.F32 {
			return c.ofIntegers(kind)
		}
		if !x.IsConst() || x.Shape.Elems() > maxFoldedFloat {
			return c.result(ir.Unary{Act: ir.Act{Kind: kind}}, x)
		}
		if err := c.imp.spend(x.Shape.Elems(), foldedElem); err != nil {
			return err
		}
		return c.constant(ir.Floats(x.Shape, floats(x.Shape.Elems(), func(i int) float32 { return float32(f(float64(x.Const.F32[i]))) })))
	}
}

// ofIntegers imports Neg, Abs and Sign of integers, by functions of two variables.
func (c *call) ofIntegers(kind ir.ActKind) error {
	x := c.in[0]
	t, err := intTensor(x.Type, ir.Shape{}, []int64{0})
	if err != nil || x.Type == ir.Bool {
		return fmt.Errorf("input of %s, want a number", x.Type)
	}
	if x.IsConst() {
		return c.foldIntegers(kind)
	}
	zero := ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/zero"), t)
	switch kind {
	case ir.Neg:
		return c.result(ir.Binary{Fn: ir.Sub}, zero, x)
	case ir.Abs:
		if x.Type == ir.U8 {
			return c.result(ir.Identity{}, x)
		}
		n, err := c.aux("negative", ir.Binary{Fn: ir.Sub}, zero, x)
		if err != nil {
			return err
		}
		return c.result(ir.Binary{Fn: ir.Max}, x, n)
	case ir.Sign: // whether it is positive, less whether it is negative
		var parts [2]*ir.Value
		for i, pair := range [][2]*ir.Value{{zero, x}, {x, zero}} {
			less, err := c.aux("less", ir.Compare{Fn: ir.Less}, pair[0], pair[1])
			if err != nil {
				return err
			}
			if parts[i], err = c.aux("one", ir.Cast{To: x.Type}, less); err != nil {
				return err
			}
		}
		return c.result(ir.Binary{Fn: ir.Sub}, parts[0], parts[1])
	}
	return fmt.Errorf("input of %s, want float", x.Type)
}

// foldIntegers computes Neg, Abs and Sign of constant integers.
func (c *call) foldIntegers(kind ir.ActKind) error {
	x := c.in[0]
	if err := c.imp.spend(x.Shape.Elems(), foldedElem); err != nil {
		return err
	}
	v, _ := intData(x.Const)
	out := make([]int64, len(v))
	for i, n := range v {
		switch {
		case kind == ir.Sign:
			out[i] = int64(cmp.Compare(n, 0))
		case kind == ir.Neg || n < 0:
			out[i] = -n
		default:
			out[i] = n
		}
	}
	t, err := intTensor(x.Type, x.Shape, out)
	if err != nil {
		return err
	}
	return c.constant(t)
}

// sign imports Sign of any number type.
func sign(c *call) error {
	if c.in[0].Type != ir.F32 {
		return c.ofIntegers(ir.Sign)
	}
	return c.result(ir.Unary{Act: ir.Act{Kind: ir.Sign}}, c.in[0])
}

// neg imports Neg: of real numbers as a factor, which layers take up.
func neg(c *call) error {
	if c.in[0].Type != ir.F32 || c.in[0].IsConst() {
		return rounding(ir.Neg, func(x float64) float64 { return -x })(c)
	}
	return c.result(ir.Affine{Mul: []float32{-1}, Add: []float32{0}}, c.in[0])
}

// gelu imports Gelu in both of its forms.
func gelu(c *call) error {
	switch form := c.str("approximate", "none"); form {
	case "none":
		return c.result(ir.Unary{Act: ir.Act{Kind: ir.Gelu}}, c.in[0])
	case "tanh":
		return c.result(ir.Unary{Act: ir.Act{Kind: ir.GeluTanh}}, c.in[0])
	default:
		return fmt.Errorf("approximate is %q, want none or tanh", form)
	}
}

// swish imports Swish, which is Silu with the default alpha.
func swish(c *call) error {
	alpha := c.float("alpha", 1)
	if alpha == 1 {
		return c.result(ir.Unary{Act: ir.Act{Kind: ir.Silu}}, c.in[0])
	}
	return c.result(ir.Unary{Act: ir.Act{Kind: ir.Swish, A: alpha}}, c.in[0])
}

// clip imports Clip: the limits are attributes before opset 11, then operands, which may be
// computed. The largest finite numbers, the old defaults, count as no limit.
func clip(c *call) error {
	if c.imp.opset >= 11 && (c.in[0].Type != ir.F32 || isComputed(c.operand(1)) || isComputed(c.operand(2))) {
		return c.clipByPairs()
	}
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

func isComputed(v *ir.Value) bool { return v != nil && !v.IsConst() }

// clipByPairs imports Clip as a maximum and a minimum.
func (c *call) clipByPairs() error {
	x := c.in[0]
	lo, hi := c.operand(1), c.operand(2)
	for _, v := range []*ir.Value{lo, hi} {
		if v != nil && v.Shape.Elems() != 1 {
			return fmt.Errorf("limit %q has the shape %s, want a scalar", v.Name, v.Shape)
		}
	}
	switch {
	case lo == nil && hi == nil:
		return c.result(ir.Identity{}, x)
	case lo == nil:
		return c.result(ir.Binary{Fn: ir.Min}, x, hi)
	case hi == nil:
		return c.result(ir.Binary{Fn: ir.Max}, x, lo)
	}
	y, err := c.aux("max", ir.Binary{Fn: ir.Max}, x, lo)
	if err != nil {
		return err
	}
	return c.result(ir.Binary{Fn: ir.Min}, y, hi)
}

// dropout imports Dropout as it acts after training: not at all. Its mask is all ones.
func dropout(c *call) error {
	mode, err := c.constInts(2, "training_mode")
	if err != nil {
		return err
	}
	if len(mode) > 0 && mode[0] != 0 {
		return fmt.Errorf("training_mode is true: export the model in evaluation mode (model.eval() in PyTorch)")
	}
	if out := c.node.Outputs; len(out) > 1 && out[1] != "" && c.imp.read[out[1]] {
		if err := c.mask(out[1]); err != nil {
			return err
		}
	}
	return c.result(ir.Identity{}, c.in[0])
}

// mask makes a constant of ones: truth values from opset 10 on, before it numbers.
func (c *call) mask(name string) error {
	s := c.in[0].Shape
	if err := c.imp.spend(s.Elems(), 4); err != nil {
		return err
	}
	one := &ir.Tensor{Type: ir.Bool, U8: []uint8{1}}
	if c.imp.opset < 10 {
		one = ir.Floats(nil, []float32{1})
	}
	c.imp.values[name] = ir.Const(name, filled(one, s.Clone()))
	return nil
}
