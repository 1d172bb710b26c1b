package interp

import (
	"math"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

var nan = float32(math.NaN())

var pairCases = []opCase{
	{name: "Max", op: ir.Binary{Fn: ir.Max}, in: tensors(f32(dims(3), 1, -1, nan), f32(dims(), 0)), want: tensors(f32(dims(3), 1, 0, nan))},
	{name: "Min s8", op: ir.Binary{Fn: ir.Min}, in: tensors(i64(dims(2), 1, -1), i64(dims(), 0)), want: tensors(i64(dims(2), 0, -1))},
	{name: "Pow", op: ir.Binary{Fn: ir.Pow}, in: tensors(f32(dims(4), 2, -2, -2, 0), f32(dims(4), 3, 3, 0.5, -1)), want: tensors(f32(dims(4), 8, -8, nan, inf))},
	{name: "Pow of integers", op: ir.Binary{Fn: ir.Pow}, in: tensors(i64(dims(4), 3, -1, 2, 0), i64(dims(4), 4, -3, -1, 0)), want: tensors(i64(dims(4), 81, -1, 0, 1))},
	{name: "Mod", op: ir.Binary{Fn: ir.Mod}, in: tensors(i64(dims(4), -7, 7, -7, 5), i64(dims(4), 3, -3, -3, 0)), want: tensors(i64(dims(4), 2, -2, -1, 0))},
	{name: "FMod", op: ir.Binary{Fn: ir.FMod}, in: tensors(i64(dims(2), -7, 7), i64(dims(2), 3, -3)), want: tensors(i64(dims(2), -1, 1))},
	{name: "Mod of reals", op: ir.Binary{Fn: ir.Mod}, in: tensors(f32(dims(2), -4.5, 4.5), f32(dims(), 2)), want: tensors(f32(dims(2), 1.5, 0.5))},
	{name: "FMod of reals", op: ir.Binary{Fn: ir.FMod}, in: tensors(f32(dims(2), -4.5, 4.5), f32(dims(), 2)), want: tensors(f32(dims(2), -0.5, 0.5))},
	{name: "Div by zero", op: ir.Binary{Fn: ir.Div}, in: tensors(i64(dims(2), -4, 4), i64(dims(), 0)), want: tensors(i64(dims(2), 0, 0))},
	{name: "Sub u8 wraps", op: ir.Binary{Fn: ir.Sub}, in: tensors(u8(dims(2), 3, 9), u8(dims(), 5)), want: tensors(u8(dims(2), 254, 4))},
	{name: "Compare less", op: ir.Compare{Fn: ir.Less}, in: tensors(f32(dims(2, 1), 1, nan), f32(dims(2), 1, 2)), want: tensors(boolean(dims(2, 2), 0, 1, 0, 0))},
	{name: "Compare equal", op: ir.Compare{Fn: ir.Equal}, in: tensors(i64(dims(2), 1<<60+1, 5), i64(dims(2), 1<<60, 5)), want: tensors(boolean(dims(2), 0, 1))},
	{name: "Compare less or equal", op: ir.Compare{Fn: ir.LessOrEqual}, in: tensors(u8(dims(3), 1, 2, 3), u8(dims(), 2)), want: tensors(boolean(dims(3), 1, 1, 0))},
	{name: "Logic and", op: ir.Logic{Fn: ir.And}, in: tensors(boolean(dims(2, 1), 0, 1), boolean(dims(2), 0, 1)), want: tensors(boolean(dims(2, 2), 0, 0, 0, 1))},
	{name: "Logic or", op: ir.Logic{Fn: ir.Or}, in: tensors(boolean(dims(2, 1), 0, 1), boolean(dims(2), 0, 1)), want: tensors(boolean(dims(2, 2), 0, 1, 1, 1))},
	{name: "Logic xor", op: ir.Logic{Fn: ir.Xor}, in: tensors(boolean(dims(2, 1), 0, 1), boolean(dims(2), 0, 1)), want: tensors(boolean(dims(2, 2), 0, 1, 1, 0))},
	{name: "Where", op: ir.Where{}, in: tensors(boolean(dims(2, 1), 1, 0), f32(dims(2), 1, 2), f32(dims(), -inf)), want: tensors(f32(dims(2, 2), 1, 2, -inf, -inf))},
	{name: "Expand", op: ir.Expand{Shape: dims(2, 2, 3)}, in: tensors(i64(dims(2, 1), 7, 8)), want: tensors(i64(dims(2, 2, 3), 7, 7, 7, 8, 8, 8, 7, 7, 7, 8, 8, 8))},
}

// Values of functions from their definitions, with a calculator.
func TestCurves(t *testing.T) {
	for _, c := range []struct {
		act     ir.Act
		x, want float32
	}{
		{act(ir.Swish, 2), 1, 0.8807971}, {act(ir.Selu, 1.5, 2), -1, -1.8963617}, {act(ir.Selu, 1.5, 2), 3, 6}, {act(ir.Celu, 2), -1, -0.7869387}, {act(ir.Celu, 2), 4, 4},
		{act(ir.Softplus), 1, 1.3132616}, {act(ir.Softplus), -100, 3.7835059e-44}, {act(ir.Softsign), -3, -0.75}, {act(ir.Mish), 1, 0.8650984}, {act(ir.Gelu), 1, 0.8413447}, {act(ir.Gelu), -1, -0.15865526},
		{act(ir.GeluTanh), 1, 0.841192}, {act(ir.ThresholdedRelu, 2), 2, 0}, {act(ir.ThresholdedRelu, 2), 2.5, 2.5}, {act(ir.Shrink, 1, 0.5), -2, -1.5}, {act(ir.Shrink, 1, 0.5), 2, 1.5}, {act(ir.Shrink, 1, 0.5), 1, 0},
		{act(ir.Abs), -2, 2}, {act(ir.Neg), 2, -2}, {act(ir.Reciprocal), 4, 0.25}, {act(ir.Reciprocal), 0, inf}, {act(ir.Sqrt), 9, 3}, {act(ir.Sqrt), -1, nan}, {act(ir.Log), 0, -inf}, {act(ir.Log), 2, 0.6931472},
		{act(ir.Erf), 0.5, 0.5204999}, {act(ir.Power, 3), -2, -8}, {act(ir.Power, 2.5), 4, 32}, {act(ir.Floor), -1.5, -2}, {act(ir.Ceil), -1.5, -1}, {act(ir.Round), 2.5, 2}, {act(ir.Round), -1.5, -2},
		{act(ir.Sign), -3, -1}, {act(ir.Sign), nan, nan}, {act(ir.Sin), 1, 0.84147096}, {act(ir.Cos), 1, 0.5403023}, {act(ir.Tan), 1, 1.5574077}, {act(ir.Asin), 0.5, 0.5235988}, {act(ir.Acos), 0.5, 1.0471976},
		{act(ir.Atan), 2, 1.1071488}, {act(ir.Sinh), 1, 1.1752012}, {act(ir.Cosh), 1, 1.5430806}, {act(ir.Asinh), 1, 0.8813736}, {act(ir.Acosh), 2, 1.316958}, {act(ir.Atanh), 0.5, 0.54930615},
	} {
		got, want := f32(dims(1), Apply(c.act, c.x)), f32(dims(1), c.want)
		if d := differ(got, want); d != "" {
			t.Errorf("%s of %g: %s", c.act, c.x, d)
		}
	}
}
