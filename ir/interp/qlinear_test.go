package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// qlinearCases are the operators of quantized source models, computed by hand.
var qlinearCases = []opCase{
	// 0.75/0.5 = 1.5 and 1.25/0.5 = 2.5 round to 2, + 10, and back; 1000 is cut off at 255.
	{name: "FakeQuant", op: ir.FakeQuant{Scale: []float32{0.5}, Zero: []int{10}},
		in:   tensors(f32(dims(6), 0.75, 1.25, -100, 1000, float32(math.NaN()), -0.2)),
		want: tensors(f32(dims(6), 1, 1, -5, 122.5, 0, 0))},
	{name: "FakeQuant per channel", op: ir.FakeQuant{Scale: []float32{1, 4}, Zero: []int{0, 128}, Axis: 1},
		in: tensors(f32(dims(1, 2, 2), -3, 5.4, -3, 5.4)), want: tensors(f32(dims(1, 2, 2), 0, 5, -4, 4))},
	{name: "QuantizeLinear", op: ir.QuantizeLinear{To: ir.U8}, in: tensors(f32(dims(6), 0, 2, 3, 1000, -254, -1000), f32(dims(), 2), u8(dims(), 128)),
		want: tensors(u8(dims(6), 128, 129, 130, 255, 1, 0))},
	{name: "QuantizeLinear s8 along an axis", op: ir.QuantizeLinear{To: ir.S8, Axis: 1}, in: tensors(f32(dims(2, 2), 1, 1, 300, -300), f32(dims(2), 1, 2), s8(dims(2), 0, 5)),
		want: tensors(s8(dims(2, 2), 1, 5, 127, -128))},
	{name: "DequantizeLinear", op: ir.DequantizeLinear{Axis: 0}, in: tensors(s8(dims(2, 2), 1, 2, -3, 4), f32(dims(2), 2, 0.5), s8(dims(2), 0, 1)),
		want: tensors(f32(dims(2, 2), 2, 4, -2, 1.5))},
	{name: "DequantizeLinear without zero point", op: ir.DequantizeLinear{}, in: tensors(s32(dims(2), 100000, -3), f32(dims(1), 0.5)),
		want: tensors(f32(dims(2), 50000, -1.5))},
	{name: "DequantizeLinear of bytes", op: ir.DequantizeLinear{}, in: tensors(u8(dims(3), 0, 3, 255), f32(dims(), 2), u8(dims(), 128)),
		want: tensors(f32(dims(3), -256, -250, 254))},
	// (2+3)/255 = 0.0196078; 153 is 3/0.0196078, and -2.6 lies 20.4 below -3.
	{name: "DynamicQuantizeLinear", op: ir.DynamicQuantizeLinear{}, in: tensors(f32(dims(3), 2, -3, -2.6)),
		want: tensors(u8(dims(3), 255, 0, 20), f32(dims(), 5./255), u8(dims(), 153))},
	{name: "DynamicQuantizeLinear of zeros", op: ir.DynamicQuantizeLinear{}, in: tensors(f32(dims(2), 0, 0)),
		want: tensors(u8(dims(2), 0, 0), f32(dims(), 1), u8(dims(), 0))},
	{name: "MaxPool s8", op: ir.MaxPool{Window: kernel(1, 2, 1, 1, 0, 1, 0, 0)}, in: tensors(s8(dims(1, 1, 1, 2), -3, -4)), want: tensors(s8(dims(1, 1, 1, 2), -3, -3))},
	{name: "Pad bytes without parameters", op: ir.Pad{Before: []int{1}, After: []int{0}, Value: 7}, in: tensors(u8(dims(1), 1)), want: tensors(u8(dims(2), 7, 1))},
}
