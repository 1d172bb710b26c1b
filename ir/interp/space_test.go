package interp

import "github.com/ingot-go/ingot/ir"

func weighted(axis, taps int, index []int, weight ...float32) ir.Resample {
	return ir.Resample{Axis: axis, Taps: taps, Index: index, Weight: weight}
}

var (
	block  = f32(dims(1, 1, 2, 2), 1, 2, 3, 4)
	region = f32(dims(1, 4), 0, 0, 2, 2)
)

var spaceCases = []opCase{
	// 1*(1, 10, 100) from 0 on and 2*(1, 10, 100) from 2 on, and one more; the first is cut off.
	{name: "ConvTranspose", op: ir.ConvTranspose{Window: kernel(1, 3, 2, 1, 0, 1, 0, 0), OutPad: [2]int{0, 1}, Groups: 1},
		in:   tensors(f32(dims(1, 1, 1, 2), 1, 2), f32(dims(1, 1, 1, 3), 1, 10, 100), f32(dims(1), 0.5)),
		want: tensors(f32(dims(1, 1, 1, 5), 10.5, 102.5, 20.5, 200.5, 0.5))},
	{name: "ConvTranspose dilation", op: ir.ConvTranspose{Window: kernel(1, 2, 1, 2), Groups: 1},
		in: tensors(f32(dims(1, 1, 1, 2), 1, 2), f32(dims(1, 1, 1, 2), 1, 10)), want: tensors(f32(dims(1, 1, 1, 4), 1, 2, 10, 20))},
	{name: "ConvTranspose groups", op: ir.ConvTranspose{Window: kernel(1, 1, 1, 1), Groups: 2},
		in: tensors(f32(dims(1, 2, 1, 1), 2, 3), f32(dims(2, 2, 1, 1), 5, 7, 11, 13)), want: tensors(f32(dims(1, 4, 1, 1), 10, 14, 33, 39))},
	{name: "Resample", op: weighted(3, 2, []int{0, 1, 1, 1}, 0.25, 0.75, 0.5, 0.5), in: tensors(f32(dims(1, 1, 2, 2), 4, 8, 0, 1)),
		want: tensors(f32(dims(1, 1, 2, 2), 7, 8, 0.75, 1))},
	{name: "Resample outer", op: weighted(0, 1, []int{1, 0, 1}, 1, -2, 3), in: tensors(f32(dims(2, 2), 1, 2, 3, 4)), want: tensors(f32(dims(3, 2), 3, 4, -2, -4, 9, 12))},
	// 11.5 and 10.5 round to even.
	{name: "Resample u8", op: weighted(0, 2, []int{0, 1, 0, 2}, 0.5, 0.5, 0.5, 0.5), in: tensors(u8(dims(3), 10, 13, 11)),
		want: tensors(u8(dims(2), 12, 10)), quants: []*ir.Quant{q10}, result: q10},
	{name: "SpaceToDepth", op: ir.SpaceToDepth{Block: 2}, in: tensors(f32(dims(1, 2, 2, 2), 0, 2, 4, 6, 1, 3, 5, 7)), want: tensors(f32(dims(1, 8, 1, 1), 0, 1, 2, 3, 4, 5, 6, 7))},
	{name: "Pad wrap", op: ir.Pad{Before: []int{4}, After: []int{4}, Mode: ir.PadWrap}, in: tensors(f32(dims(3), 1, 2, 3)), want: tensors(f32(dims(11), 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1))},
	{name: "ArgMaxPool", op: ir.ArgMaxPool{Window: kernel(2, 2, 1, 1)}, in: tensors(square), want: tensors(i64(dims(1, 1, 2, 2), 4, 5, 7, 8))},
	{name: "ArgMaxPool of columns", op: ir.ArgMaxPool{Window: kernel(2, 2, 1, 1), ColumnMajor: true}, in: tensors(square), want: tensors(i64(dims(1, 1, 2, 2), 4, 7, 5, 8))},
	{name: "ArgMaxPool first of equals", op: ir.ArgMaxPool{Window: kernel(1, 3, 1, 1)}, in: tensors(f32(dims(1, 2, 1, 3), 0, 1, 1, 2, 2, 0)), want: tensors(i64(dims(1, 2, 1, 1), 1, 3))},
	{name: "MaxUnpool", op: ir.MaxUnpool{Shape: dims(2, 2)}, in: tensors(f32(dims(3), 5, 6, 7), i64(dims(3), 3, 0, 4)), want: tensors(f32(dims(2, 2), 6, 0, 0, 5))},
	{name: "GridSample", op: ir.GridSample{}, in: tensors(block, f32(dims(1, 1, 2, 2), 0, 0, -1, -1)), want: tensors(f32(dims(1, 1, 1, 2), 2.5, 0.25))},
	{name: "GridSample corners", op: ir.GridSample{AlignCorners: true}, in: tensors(block, f32(dims(1, 1, 2, 2), 0, -1, 1, 1)), want: tensors(f32(dims(1, 1, 1, 2), 1.5, 4))},
	{name: "GridSample nearest", op: ir.GridSample{Mode: ir.SampleNearest, Edge: ir.EdgeRepeat}, in: tensors(block, f32(dims(1, 1, 3, 2), -1, -1, 1, 1, 0.5, -7)),
		want: tensors(f32(dims(1, 1, 1, 3), 1, 4, 2))},
	// 2 elements beyond the right mirror at 1.5 is at -0.5, half of what lies on both sides.
	{name: "GridSample mirror", op: ir.GridSample{Edge: ir.EdgeReflect}, in: tensors(block, f32(dims(1, 1, 1, 2), 3, -0.5)), want: tensors(f32(dims(1, 1, 1, 1), 1))},
	{name: "GridSample cubic", op: ir.GridSample{Mode: ir.SampleCubic, Edge: ir.EdgeRepeat, AlignCorners: true}, in: tensors(block, f32(dims(1, 1, 2, 2), -1, 1, 0, -1)),
		want: tensors(f32(dims(1, 1, 1, 2), 3, 1.5))},
	{name: "RoiAlign", op: ir.RoiAlign{Height: 1, Width: 1, Samples: 1, Scale: 1, HalfPixel: true}, in: tensors(block, region, i64(dims(1), 0)), want: tensors(f32(dims(1, 1, 1, 1), 2.5))},
	{name: "RoiAlign not shifted", op: ir.RoiAlign{Height: 1, Width: 2, Scale: 0.5}, in: tensors(block, region, i64(dims(1), 0)), want: tensors(f32(dims(1, 1, 1, 2), 2.25, 2.75))},
	{name: "RoiAlign maximum", op: ir.RoiAlign{Height: 1, Width: 1, Samples: 1, Scale: 1, Max: true, HalfPixel: true}, in: tensors(block, region, i64(dims(1), 0)),
		want: tensors(f32(dims(1, 1, 1, 1), 1))},
	{name: "RoiAlign of no image", op: ir.RoiAlign{Height: 1, Width: 1, Scale: 1}, in: tensors(block, region, i64(dims(1), 1)), want: tensors(f32(dims(1, 1, 1, 1), 0))},
}
