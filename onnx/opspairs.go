package onnx

import (
	"fmt"
	"math"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// arithmetic imports a function on two tensors. Before opset 7 they broadcast only
// where an attribute says so, operand 1 along the given axis of operand 0.
func arithmetic(fn ir.BinaryKind) func(*call) error {
	return func(c *call) error {
		a, b := c.in[0], c.in[1]
		small := max(a.Shape.Elems(), b.Shape.Elems()) <= maxFoldedFloat
		if d, _ := c.imp.narrowOf(c.in); d == 0 && c.allConst() && a.Type == b.Type && folds(fn, a.Type) && (a.Type != ir.F32 || small) {
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
		return c.result(ir.Binary{Fn: fn}, a, b)
	}
}

// folds reports whether shape arithmetic uses a function: the others of constants are computed later.
func folds(fn ir.BinaryKind, t ir.DType) bool {
	switch fn {
	case ir.Pow:
		return false
	case ir.Mod, ir.FMod:
		return t != ir.F32
	}
	return true
}

// chain imports a function of any number of operands as one of two, from left to right; last makes
// the final node.
func (c *call) chain(fn ir.BinaryKind, last func(op ir.Op, in ...*ir.Value) error) error {
	all, suffix := c.in[0], strings.ToLower(fn.String())
	if fn == ir.Add {
		suffix = "sum"
	}
	for i, v := range c.in[1:] {
		if v == nil {
			return fmt.Errorf("operand %d is missing", i+1)
		}
		op := ir.Binary{Fn: fn}
		if i == len(c.in)-2 {
			return last(op, all, v)
		}
		var err error
		if all, err = c.aux(suffix, op, all, v); err != nil {
			return err
		}
	}
	return c.result(ir.Identity{}, all)
}

// several imports Sum, Max and Min, on constants of shape arithmetic too. A maximum or a minimum with
// one constant is a limit.
func several(fn ir.BinaryKind) func(*call) error {
	two := arithmetic(fn)
	return func(c *call) error {
		if x, limit, ok := c.limit(fn); ok {
			return c.result(ir.Unary{Act: limit}, x)
		}
		if len(c.in) == 2 && c.in[1] != nil {
			return two(c)
		}
		return c.chain(fn, c.result)
	}
}

// limit returns the operand and the activation of a Max or Min with one constant number.
func (c *call) limit(fn ir.BinaryKind) (x *ir.Value, act ir.Act, ok bool) {
	if fn == ir.Add || len(c.in) != 2 {
		return nil, act, false
	}
	for i, v := range c.in {
		x := c.in[1-i]
		if v == nil || x == nil || x.IsConst() || !v.IsConst() || v.Type != ir.F32 || x.Type != ir.F32 || v.Shape.Elems() != 1 || len(v.Shape) > len(x.Shape) {
			continue
		}
		inf := float32(math.Inf(1))
		switch bound := v.Const.F32[0]; {
		case bound-bound != 0: // NaN or infinite: the general form
		case fn == ir.Min:
			return x, ir.Act{Kind: ir.Clip, A: -inf, B: bound}, true
		case bound == 0:
			return x, ir.Act{Kind: ir.Relu}, true
		default:
			return x, ir.Act{Kind: ir.Clip, A: bound, B: inf}, true
		}
	}
	return nil, act, false
}

// mean imports Mean as the sum divided by the number of operands.
func mean(c *call) error {
	if len(c.in) == 1 {
		return c.result(ir.Identity{}, c.in[0])
	}
	return c.chain(ir.Add, func(op ir.Op, in ...*ir.Value) error {
		s, err := c.aux("sum", op, in...)
		if err != nil {
			return err
		}
		return c.result(ir.Binary{Fn: ir.Div}, s, c.scalar("count", float32(len(c.in))))
	})
}

// pow imports Pow, whose exponent may be of another type than the base: the result is of the base's.
// A constant exponent makes it a function of one variable.
func pow(c *call) error {
	x, y := c.in[0], c.in[1]
	if x.Type != y.Type && x.Type == ir.F32 {
		var err error
		if y, err = c.convert("exponent", y, ir.F32); err != nil {
			return err
		}
	}
	if x.Type == ir.F32 && y.IsConst() && y.Shape.Elems() == 1 && len(y.Shape) <= len(x.Shape) && !x.IsConst() {
		return c.result(ir.Unary{Act: power(y.Const.F32[0])}, x)
	}
	if x.Type == y.Type {
		c.in[1] = y
		return arithmetic(ir.Pow)(c)
	}
	if y.Type != ir.F32 { // two types of integers
		wide, err := c.convert("exponent", y, x.Type)
		if err != nil {
			return err
		}
		return c.result(ir.Binary{Fn: ir.Pow}, x, wide)
	}
	wide, err := c.convert("base", x, ir.F32)
	if err != nil {
		return err
	}
	r, err := c.aux("power", ir.Binary{Fn: ir.Pow}, wide, y)
	if err != nil {
		return err
	}
	return c.result(ir.Cast{To: x.Type}, r)
}

// power is x to a constant power: its own function where there is one.
func power(exponent float32) ir.Act {
	switch exponent {
	case 0.5:
		return ir.Act{Kind: ir.Sqrt}
	case -1:
		return ir.Act{Kind: ir.Reciprocal}
	}
	return ir.Act{Kind: ir.Power, A: exponent}
}

// convert returns v as elements of another type, at once where it is constant.
func (c *call) convert(suffix string, v *ir.Value, to ir.DType) (*ir.Value, error) {
	if !v.IsConst() {
		return c.aux(suffix, ir.Cast{To: to}, v)
	}
	if err := c.imp.spend(v.Shape.Elems(), foldedElem); err != nil {
		return nil, err
	}
	t, err := castTensor(v.Const, to)
	if err != nil {
		return nil, err
	}
	return ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/"+suffix), t), nil
}

// mod imports Mod: with fmod the rest has the sign of operand 0, else that of operand 1.
func mod(c *call) error {
	if c.int("fmod", 0) != 0 {
		return arithmetic(ir.FMod)(c)
	}
	return arithmetic(ir.Mod)(c)
}

// comparing imports a comparison; swapped compares operand 1 with operand 0.
func comparing(fn ir.CompareKind, swapped bool) func(*call) error {
	return func(c *call) error {
		if swapped {
			c.in[0], c.in[1] = c.in[1], c.in[0]
		}
		if c.allConst() {
			return c.foldCompare(fn)
		}
		return c.result(ir.Compare{Fn: fn}, c.in[0], c.in[1])
	}
}

// foldCompare compares constants.
func (c *call) foldCompare(fn ir.CompareKind) error {
	a, b, s, err := c.pair(0, 1)
	if err != nil {
		return err
	}
	out := &ir.Tensor{Type: ir.Bool, Shape: s, U8: make([]uint8, s.Elems())}
	x, isInt := intData(a)
	y, _ := intData(b)
	for i := range out.U8 {
		if isInt {
			out.U8[i] = boolByte(holds(fn, x[i], y[i]))
		} else {
			out.U8[i] = boolByte(holds(fn, a.F32[i], b.F32[i]))
		}
	}
	return c.constant(out)
}

func holds[T int64 | float32](fn ir.CompareKind, a, b T) bool {
	switch fn {
	case ir.Less:
		return a < b
	case ir.LessOrEqual:
		return a <= b
	}
	return a == b
}

// logical imports a function of two truth values.
func logical(fn ir.LogicKind) func(*call) error {
	return func(c *call) error { return c.result(ir.Logic{Fn: fn}, c.in[0], c.in[1]) }
}

// not imports Not, by comparing with false.
func not(c *call) error {
	if c.in[0].Type != ir.Bool {
		return fmt.Errorf("input of %s, want bool", c.in[0].Type)
	}
	return c.result(ir.Compare{Fn: ir.Equal}, c.in[0], c.truth("false", false))
}

func (c *call) truth(suffix string, v bool) *ir.Value {
	t := &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{}, U8: []uint8{boolByte(v)}}
	return ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/"+suffix), t)
}

// isNaN imports IsNaN: NaN alone is not equal to itself.
func isNaN(c *call) error {
	same, err := c.aux("same", ir.Compare{Fn: ir.Equal}, c.in[0], c.in[0])
	if err != nil {
		return err
	}
	return c.result(ir.Compare{Fn: ir.Equal}, same, c.truth("false", false))
}

// isInf imports IsInf: whether a number is beyond the largest finite one.
func isInf(c *call) error {
	most, x := c.scalar("most", math.MaxFloat32), c.in[0]
	positive, negative := c.int("detect_positive", 1) != 0, c.int("detect_negative", 1) != 0
	switch {
	case positive && negative:
		size, err := c.aux("size", ir.Unary{Act: ir.Act{Kind: ir.Abs}}, x)
		if err != nil {
			return err
		}
		return c.result(ir.Compare{Fn: ir.Less}, most, size)
	case positive:
		return c.result(ir.Compare{Fn: ir.Less}, most, x)
	case negative:
		return c.result(ir.Compare{Fn: ir.Less}, x, c.scalar("least", -math.MaxFloat32))
	}
	n, err := elems(x.Shape)
	if err == nil {
		err = c.imp.spend(n, 1)
	}
	if err != nil {
		return err
	}
	return c.constant(&ir.Tensor{Type: ir.Bool, Shape: x.Shape.Clone(), U8: make([]uint8, n)})
}

// where imports Where: operand 1 where operand 0 is true, else operand 2.
func where(c *call) error {
	if c.allConst() {
		return c.foldWhere()
	}
	return c.result(ir.Where{}, c.in[0], c.in[1], c.in[2])
}

// cast imports Cast: constants are converted at once.
func cast(c *call) error { return c.castTo(DataType(c.int("to", 0))) }

func (c *call) castTo(target DataType) error {
	x, to := c.in[0], target.irType()
	switch {
	case to == ir.Invalid:
		return fmt.Errorf("casts to %s: want a number type or bool", target)
	case to == ir.F32 && c.imp.whole[x] != nil:
		return c.result(ir.Identity{}, c.imp.whole[x])
	case target.narrowBits() > 0 && target != c.imp.narrow[x]:
		return c.castNarrow(x, target)
	case to == x.Type:
		return c.narrowed(ir.Identity{}, x, target)
	case !x.IsConst():
		return c.result(ir.Cast{To: to}, x)
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

// castLike imports CastLike: a Cast to operand 1's type.
func castLike(c *call) error {
	if d, ok := c.imp.narrow[c.in[1]]; ok {
		return c.castTo(d)
	}
	for _, d := range []DataType{TypeFloat, TypeUint8, TypeInt8, TypeInt32, TypeInt64, TypeBool} {
		if d.irType() == c.in[1].Type {
			return c.castTo(d)
		}
	}
	return fmt.Errorf("casts to %s: want a number type or bool", c.in[1].Type)
}

// expand imports Expand to a constant shape.
func expand(c *call) error {
	to, err := c.constantShape(1)
	if err != nil {
		return err
	}
	x := c.in[0]
	s, err := ir.Broadcast(x.Shape, to)
	if err != nil {
		return err
	}
	if s.Equal(x.Shape) {
		return c.result(ir.Identity{}, x)
	}
	return c.result(ir.Expand{Shape: s}, x)
}

// tile imports Tile with constant repeats: an axis of its own in front of each that repeats.
func tile(c *call) error {
	list, err := c.constInts(1, "repeats")
	if err != nil {
		return err
	}
	repeats, err := smallInts("repeats", list)
	if err != nil {
		return err
	}
	x := c.in[0].Shape
	if len(repeats) != len(x) {
		return fmt.Errorf("%d repeats for the %d axes of %s", len(repeats), len(x), x)
	}
	var apart, spread, whole ir.Shape
	for i, r := range repeats {
		if r < 1 {
			return fmt.Errorf("repeats %v: want at least 1 of each", repeats)
		}
		apart, spread, whole = append(apart, 1, x[i]), append(spread, r, x[i]), append(whole, r*x[i])
	}
	if whole.Equal(x) {
		return c.result(ir.Identity{}, c.in[0])
	}
	v, err := c.aux("apart", ir.Reshape{Shape: apart}, c.in[0])
	if err != nil {
		return err
	}
	if v, err = c.aux("spread", ir.Expand{Shape: spread}, v); err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: whole}, v)
}
