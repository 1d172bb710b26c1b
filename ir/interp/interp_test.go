package interp

import (
	"math"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

var inf = float32(math.Inf(1))

// opCase is an operator on operands with a result computed by hand.
type opCase struct {
	name   string
	op     ir.Op
	in     []*ir.Tensor
	want   []*ir.Tensor
	quants []*ir.Quant
	result *ir.Quant
}

func tensors(t ...*ir.Tensor) []*ir.Tensor { return t }

func kernel(kh, kw, stride, dilation int, pad ...int) ir.Window {
	w := ir.Window{Kernel: [2]int{kh, kw}, Stride: [2]int{stride, stride}, Dilation: [2]int{dilation, dilation}}
	copy(w.Pad[:], pad)
	return w
}

func act(k ir.ActKind, p ...float32) ir.Act {
	a := ir.Act{Kind: k}
	if len(p) > 0 {
		a.A = p[0]
	}
	if len(p) > 1 {
		a.B = p[1]
	}
	return a
}

var square = f32(dims(1, 1, 3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9)

var floatCases = []opCase{
	{name: "Conv 2x2", op: ir.Conv{Window: kernel(2, 2, 1, 1), Groups: 1},
		in: tensors(square, f32(dims(1, 1, 2, 2), 1, 0, 0, -1)), want: tensors(f32(dims(1, 1, 2, 2), -4, -4, -4, -4))},
	{name: "Conv bias, stride 2, padding top left", op: ir.Conv{Window: kernel(2, 2, 2, 1, 1, 1, 0, 0), Groups: 1},
		in:   tensors(square, f32(dims(1, 1, 2, 2), 1, 10, 100, 1000), f32(dims(1), 0.5)),
		want: tensors(f32(dims(1, 1, 2, 2), 1000.5, 3200.5, 7040.5, 9865.5))},
	{name: "Conv dilation", op: ir.Conv{Window: kernel(2, 2, 1, 2), Groups: 1},
		in: tensors(square, f32(dims(1, 1, 2, 2), 1, 10, 100, 1000)), want: tensors(f32(dims(1, 1, 1, 1), 9731))},
	{name: "Conv two channels to two", op: ir.Conv{Window: kernel(1, 1, 1, 1), Groups: 1},
		in:   tensors(f32(dims(1, 2, 1, 2), 1, 2, 3, 4), f32(dims(2, 2, 1, 1), 1, 10, 100, 1000)),
		want: tensors(f32(dims(1, 2, 1, 2), 31, 42, 3100, 4200))},
	{name: "Conv groups, batch of 2", op: ir.Conv{Window: kernel(1, 1, 1, 1), Groups: 2},
		in:   tensors(f32(dims(2, 2, 1, 1), 1, 2, 3, 4), f32(dims(4, 1, 1, 1), 1, 10, 100, 1000)),
		want: tensors(f32(dims(2, 4, 1, 1), 1, 10, 200, 2000, 3, 30, 400, 4000))},
	{name: "Conv epilogue", op: ir.Conv{Window: kernel(1, 1, 1, 1), Groups: 1, Epilogue: ir.Epilogue{Pre: act(ir.Relu), Act: act(ir.Clip, 0, 6)}},
		in:   tensors(f32(dims(1, 1, 1, 4), -1, 2, 5, 7), f32(dims(1, 1, 1, 1), 1), nil, f32(dims(1, 1, 1, 4), 4, -3, 4, -3)),
		want: tensors(f32(dims(1, 1, 1, 4), 4, 0, 6, 4))},
	{name: "FC", op: ir.FC{Epilogue: ir.Epilogue{Act: act(ir.Relu)}},
		in:   tensors(f32(dims(2, 2), 1, 2, 3, 4), f32(dims(3, 2), 1, 10, 100, 1000, -1, -1), f32(dims(3), 1, 2, 3)),
		want: tensors(f32(dims(2, 3), 22, 2102, 0, 44, 4302, 0))},
	{name: "Gemm", op: ir.Gemm{Alpha: 2, Beta: 0.5},
		in:   tensors(f32(dims(1, 2), 1, 2), f32(dims(2, 2), 1, 10, 100, 1000), f32(dims(2), 2, 4)),
		want: tensors(f32(dims(1, 2), 403, 4022))},
	{name: "Gemm transposed", op: ir.Gemm{Alpha: 1, TransA: true, TransB: true},
		in:   tensors(f32(dims(2, 1), 1, 2), f32(dims(2, 2), 1, 10, 100, 1000)),
		want: tensors(f32(dims(1, 2), 21, 2100))},
	{name: "MatMul broadcast", op: ir.MatMul{},
		in:   tensors(f32(dims(2, 1, 2), 1, 2, 3, 4), f32(dims(2, 1), 10, 1)),
		want: tensors(f32(dims(2, 1, 1), 12, 34))},
	{name: "MatMul vectors", op: ir.MatMul{},
		in: tensors(f32(dims(3), 1, 2, 3), f32(dims(3), 10, 20, 30)), want: tensors(f32(dims(), 140))},
	{name: "MatMul vector by matrix", op: ir.MatMul{},
		in: tensors(f32(dims(2), 1, 2), f32(dims(2, 2), 1, 10, 100, 1000)), want: tensors(f32(dims(2), 201, 2010))},
	{name: "BatchNorm", op: ir.BatchNorm{Epsilon: 1},
		in:   tensors(f32(dims(1, 2, 1), 5, 7), f32(dims(2), 2, 3), f32(dims(2), 10, 20), f32(dims(2), 1, 2), f32(dims(2), 3, 8)),
		want: tensors(f32(dims(1, 2, 1), 14, 25))},
	{name: "Affine per channel", op: ir.Affine{Mul: []float32{2, 3}, Add: []float32{1}},
		in: tensors(f32(dims(1, 2, 2), 1, 2, 3, 4)), want: tensors(f32(dims(1, 2, 2), 3, 5, 10, 13))},
	{name: "Unary", op: ir.Unary{Act: act(ir.LeakyRelu, 0.5)}, in: tensors(f32(dims(2), -4, 4)), want: tensors(f32(dims(2), -2, 4))},
	{name: "PRelu", op: ir.PRelu{}, in: tensors(f32(dims(1, 2, 2), -1, 1, -2, 2), f32(dims(2, 1), 0.5, 0.25)),
		want: tensors(f32(dims(1, 2, 2), -0.5, 1, -0.5, 2))},
	{name: "Binary sub broadcast", op: ir.Binary{Fn: ir.Sub}, in: tensors(f32(dims(2, 1), 10, 20), f32(dims(3), 1, 2, 3)),
		want: tensors(f32(dims(2, 3), 9, 8, 7, 19, 18, 17))},
	{name: "Binary div relu", op: ir.Binary{Fn: ir.Div, Act: act(ir.Relu)}, in: tensors(f32(dims(3), 1, -1, 3), f32(dims(), 2)),
		want: tensors(f32(dims(3), 0.5, 0, 1.5))},
	{name: "Binary mul", op: ir.Binary{Fn: ir.Mul}, in: tensors(f32(dims(2), 3, 4), f32(dims(2), 5, 6)), want: tensors(f32(dims(2), 15, 24))},
	{name: "Binary div i64", op: ir.Binary{Fn: ir.Div}, in: tensors(i64(dims(2), -7, 7), i64(dims(), 2)), want: tensors(i64(dims(2), -3, 3))},
	{name: "Binary add i64", op: ir.Binary{}, in: tensors(i64(dims(2), math.MaxInt64, 1), i64(dims(), 1)), want: tensors(i64(dims(2), math.MinInt64, 2))},
	{name: "MaxPool", op: ir.MaxPool{Window: kernel(2, 2, 2, 1, 1, 1, 0, 0)},
		in: tensors(f32(dims(1, 1, 3, 3), -1, -2, -3, -4, -5, -6, -7, -8, -9)), want: tensors(f32(dims(1, 1, 2, 2), -1, -2, -4, -5))},
	{name: "MaxPool ceil", op: ir.MaxPool{Window: kernel(2, 2, 2, 1), Ceil: true}, in: tensors(square), want: tensors(f32(dims(1, 1, 2, 2), 5, 6, 8, 9))},
	{name: "MaxPool dilated, window wholly in padding", op: ir.MaxPool{Window: kernel(1, 2, 1, 3, 0, 3, 0, 3)},
		in: tensors(f32(dims(1, 1, 1, 2), 1, 2)), want: tensors(f32(dims(1, 1, 1, 5), 1, 2, -inf, 1, 2))},
	{name: "AvgPool inside only", op: ir.AvgPool{Window: kernel(2, 2, 2, 1, 1, 1, 0, 0)}, in: tensors(square), want: tensors(f32(dims(1, 1, 2, 2), 1, 2.5, 5.5, 7))},
	{name: "AvgPool counts padding", op: ir.AvgPool{Window: kernel(2, 2, 2, 1, 1, 1, 0, 0), CountPad: true}, in: tensors(square),
		want: tensors(f32(dims(1, 1, 2, 2), 0.25, 1.25, 2.75, 7))},
	{name: "AvgPool ceil never counts what is beyond", op: ir.AvgPool{Window: kernel(2, 2, 2, 1), Ceil: true, CountPad: true}, in: tensors(square),
		want: tensors(f32(dims(1, 1, 2, 2), 3, 4.5, 7.5, 9))},
	{name: "GlobalAvgPool", op: ir.GlobalAvgPool{}, in: tensors(f32(dims(1, 2, 1, 2), 1, 2, 3, 5)), want: tensors(f32(dims(1, 2, 1, 1), 1.5, 4))},
	{name: "GlobalMaxPool", op: ir.GlobalMaxPool{}, in: tensors(f32(dims(1, 2, 1, 2), 1, 2, -3, -5)), want: tensors(f32(dims(1, 2, 1, 1), 2, -3))},
	{name: "ReduceMean middle axis", op: ir.Reduce{Axes: []int{1}}, in: tensors(f32(dims(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8)), want: tensors(f32(dims(2, 2), 2, 3, 6, 7))},
	{name: "ReduceMean keep", op: ir.Reduce{Axes: []int{0, 1}, Keep: true}, in: tensors(f32(dims(2, 2), 1, 2, 3, 4)), want: tensors(f32(dims(1, 1), 2.5))},
	{name: "Softmax inner axis", op: ir.Softmax{Axis: 1}, in: tensors(f32(dims(1, 3), 1000, 1000, -1000)), want: tensors(f32(dims(1, 3), 0.5, 0.5, 0))},
	{name: "Softmax outer axis", op: ir.Softmax{Axis: 0}, in: tensors(f32(dims(2, 2), 0, 0, 0, float32(math.Log(3)))), want: tensors(f32(dims(2, 2), 0.5, 0.25, 0.5, 0.75))},
}

var moveCases = []opCase{
	{name: "Identity", op: ir.Identity{}, in: tensors(i64(dims(2), 1, 2)), want: tensors(i64(dims(2), 1, 2))},
	{name: "Concat inner", op: ir.Concat{Axis: 1}, in: tensors(f32(dims(2, 1), 1, 2), f32(dims(2, 2), 3, 4, 5, 6)), want: tensors(f32(dims(2, 3), 1, 3, 4, 2, 5, 6))},
	{name: "Concat outer", op: ir.Concat{}, in: tensors(boolean(dims(1), 1), boolean(dims(2), 0, 1)), want: tensors(boolean(dims(3), 1, 0, 1))},
	{name: "Split", op: ir.Split{Axis: 1, Sizes: []int{1, 2}}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6)),
		want: tensors(f32(dims(2, 1), 1, 4), f32(dims(2, 2), 2, 3, 5, 6))},
	{name: "Slice", op: ir.Slice{Start: []int{0, 2}, Step: []int{1, -2}, Size: []int{1, 2}}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6)), want: tensors(f32(dims(1, 2), 3, 1))},
	{name: "Pad constant", op: ir.Pad{Before: []int{1, -1}, After: []int{0, 1}, Value: 9}, in: tensors(f32(dims(1, 2), 1, 2)), want: tensors(f32(dims(2, 2), 9, 9, 2, 9))},
	{name: "Pad reflect", op: ir.Pad{Before: []int{2}, After: []int{2}, Mode: ir.PadReflect}, in: tensors(f32(dims(3), 1, 2, 3)), want: tensors(f32(dims(7), 3, 2, 1, 2, 3, 2, 1))},
	{name: "Pad edge", op: ir.Pad{Before: []int{2}, After: []int{1}, Mode: ir.PadEdge}, in: tensors(i64(dims(2), 1, 2)), want: tensors(i64(dims(5), 1, 1, 1, 2, 2))},
	{name: "Reshape", op: ir.Reshape{Shape: dims(4)}, in: tensors(f32(dims(2, 2), 1, 2, 3, 4)), want: tensors(f32(dims(4), 1, 2, 3, 4))},
	{name: "Transpose", op: ir.Transpose{Perm: []int{1, 0}}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6)), want: tensors(f32(dims(3, 2), 1, 4, 2, 5, 3, 6))},
	{name: "Transpose three axes", op: ir.Transpose{Perm: []int{1, 2, 0}}, in: tensors(f32(dims(2, 1, 3), 1, 2, 3, 4, 5, 6)), want: tensors(f32(dims(1, 3, 2), 1, 4, 2, 5, 3, 6))},
	{name: "ChannelShuffle", op: ir.ChannelShuffle{Groups: 2}, in: tensors(f32(dims(1, 6, 1, 1), 0, 1, 2, 3, 4, 5)), want: tensors(f32(dims(1, 6, 1, 1), 0, 3, 1, 4, 2, 5))},
	{name: "DepthToSpace DCR", op: ir.DepthToSpace{Block: 2}, in: tensors(f32(dims(1, 8, 1, 1), 0, 1, 2, 3, 4, 5, 6, 7)), want: tensors(f32(dims(1, 2, 2, 2), 0, 2, 4, 6, 1, 3, 5, 7))},
	{name: "DepthToSpace CRD", op: ir.DepthToSpace{Block: 2, CRD: true}, in: tensors(f32(dims(1, 8, 1, 1), 0, 1, 2, 3, 4, 5, 6, 7)), want: tensors(f32(dims(1, 2, 2, 2), 0, 1, 2, 3, 4, 5, 6, 7))},
	{name: "ResizeNearest", op: ir.ResizeNearest{Y: []int{0}, X: []int{1, 1, 0}}, in: tensors(f32(dims(1, 2, 1, 2), 1, 2, 3, 4)), want: tensors(f32(dims(1, 2, 1, 3), 2, 2, 1, 4, 4, 3))},
	{name: "Cast to integers", op: ir.Cast{To: ir.S32}, in: tensors(f32(dims(4), -1.9, 1.9, 1e10, float32(math.NaN()))), want: tensors(s32(dims(4), -1, 1, math.MaxInt32, 0))},
	{name: "Cast to bool", op: ir.Cast{To: ir.Bool}, in: tensors(f32(dims(3), 0.25, 0, -3)), want: tensors(boolean(dims(3), 1, 0, 1))},
	{name: "Cast to float", op: ir.Cast{To: ir.F32}, in: tensors(i64(dims(2), -5, 7)), want: tensors(f32(dims(2), -5, 7))},
	{name: "Gather", op: ir.Gather{Axis: 1, Index: []int{2, 0}, IndexShape: dims(2)}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6)), want: tensors(f32(dims(2, 2), 3, 1, 6, 4))},
	{name: "Gather one", op: ir.Gather{Index: []int{1}, IndexShape: dims()}, in: tensors(i64(dims(3), 7, 8, 9)), want: tensors(i64(dims(), 8))},
}

func identityTable() []uint8 {
	t := make([]uint8, 256)
	for i := range t {
		t[i] = uint8(i)
	}
	return t
}

func changed(t []uint8, at int, v uint8) []uint8 { t[at] = v; return t }

// q10 is scale 1 and zero point 10; tests whose result keeps them need no other.
var q10 = ir.PerTensor(1, 10)

var int8Cases = []opCase{
	// (12-10)*3+1 = 7, *0.5 = 3.5 -> 4, + 10; padding reads as the zero point.
	{name: "QConv", op: ir.QConv{Window: kernel(1, 2, 1, 1, 0, 1, 0, 0), Groups: 1, Requant: ir.Requant{Mul: []float32{0.5}, Zero: 10, Hi: 255}},
		in: tensors(u8(dims(1, 1, 1, 2), 12, 8), s8(dims(1, 1, 1, 2), 100, 3), s32(dims(1), 1)), want: tensors(u8(dims(1, 1, 1, 2), 14, 108)),
		quants: []*ir.Quant{q10, ir.PerTensor(1, 0), nil}, result: q10},
	// Per-channel zero points 1 and -1: sums (20-10)*(2-1) = 10 and (20-10)*(2+1) = 30.
	{name: "QConv weight zero points", op: ir.QConv{Window: kernel(1, 1, 1, 1), Groups: 1, Requant: ir.Requant{Mul: []float32{1, 2}, Zero: 10, Hi: 255}},
		in: tensors(u8(dims(1, 1, 1, 1), 20), s8(dims(2, 1, 1, 1), 2, 2)), want: tensors(u8(dims(1, 2, 1, 1), 20, 70)),
		quants: []*ir.Quant{q10, {Scale: []float32{1, 1}, Zero: []int32{1, -1}}}, result: q10},
	// -5 -> clamp before the sum 0 + (14-10)*2 = 8; 2 + 8 = 10; limits 0..19; table moves 19.
	{name: "QConv residual", op: ir.QConv{Window: kernel(1, 1, 1, 1), Groups: 1,
		Requant: ir.Requant{Mul: []float32{1}, Pre: true, PreHi: inf, SumMul: 2, Zero: 10, Lo: 0, Hi: 19, Table: changed(identityTable(), 19, 99)}},
		in:     tensors(u8(dims(1, 1, 1, 3), 5, 12, 0), s8(dims(1, 1, 1, 1), 1), nil, u8(dims(1, 1, 1, 3), 14, 14, 0)),
		want:   tensors(u8(dims(1, 1, 1, 3), 18, 99, 0)),
		quants: []*ir.Quant{q10, ir.PerTensor(1, 0), nil, q10}, result: q10},
	// Halves round to even: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2, -0.5 -> 0, -1.5 -> -2.
	{name: "QFC rounding", op: ir.QFC{Requant: ir.Requant{Mul: []float32{0.5}, Zero: 10, Hi: 255}},
		in: tensors(u8(dims(5, 1), 11, 13, 15, 9, 7), s8(dims(1, 1), 1)), want: tensors(u8(dims(5, 1), 10, 12, 12, 10, 8)),
		quants: []*ir.Quant{q10, ir.PerTensor(1, 0)}, result: q10},
	{name: "QFC clamps", op: ir.QFC{Requant: ir.Requant{Mul: []float32{1e30}, Zero: 10, Lo: 3, Hi: 200}},
		in: tensors(u8(dims(2, 1), 255, 0), s8(dims(1, 1), 127), s32(dims(1), 0)), want: tensors(u8(dims(2, 1), 200, 3)),
		quants: []*ir.Quant{q10, ir.PerTensor(1, 0)}, result: q10},
	{name: "QAdd broadcast", op: ir.QAdd{MulA: 1, MulB: 0.5, Zero: 10, Hi: 255}, in: tensors(u8(dims(2, 1), 10, 20), u8(dims(2), 0, 13)),
		want: tensors(u8(dims(2, 2), 5, 12, 15, 22)), quants: []*ir.Quant{q10, q10}, result: q10},
	{name: "QMul table", op: ir.QMul{Mul: 0.5, Zero: 10, Hi: 255, Table: changed(identityTable(), 13, 1)}, in: tensors(u8(dims(3), 12, 8, 11), u8(dims(3), 13, 13, 255)),
		want: tensors(u8(dims(3), 1, 7, 132)), quants: []*ir.Quant{q10, q10}, result: q10},
	// Counts 1 and 2: (20-10)/1, (20+0-20)/2, (0-10)/1.
	{name: "QAvgPool", op: ir.QAvgPool{Window: kernel(1, 2, 1, 1, 0, 1, 0, 1), Mul: []float32{1, 0.5}, Zero: 10, Hi: 255}, in: tensors(u8(dims(1, 1, 1, 2), 20, 0)),
		want: tensors(u8(dims(1, 1, 1, 3), 20, 10, 0)), quants: []*ir.Quant{q10}, result: q10},
	{name: "QAvgPool counts padding", op: ir.QAvgPool{Window: kernel(1, 2, 1, 1, 0, 1, 0, 1), CountPad: true, Mul: []float32{1, 0.5}, Zero: 10, Hi: 255}, in: tensors(u8(dims(1, 1, 1, 2), 20, 0)),
		want: tensors(u8(dims(1, 1, 1, 3), 15, 10, 5)), quants: []*ir.Quant{q10}, result: q10},
	{name: "QGlobalAvgPool", op: ir.QGlobalAvgPool{Mul: 0.25, Zero: 10, Hi: 255}, in: tensors(u8(dims(1, 2, 1, 2), 12, 14, 0, 2)),
		want: tensors(u8(dims(1, 2, 1, 1), 12, 6)), quants: []*ir.Quant{q10}, result: q10},
	{name: "QTable", op: ir.QTable{Table: changed(identityTable(), 5, 7)}, in: tensors(u8(dims(2), 5, 6)), want: tensors(u8(dims(2), 7, 6)), quants: []*ir.Quant{q10}, result: q10},
	{name: "QTable per channel", op: ir.QTable{Table: append(changed(identityTable(), 5, 7), changed(identityTable(), 5, 8)...)}, in: tensors(u8(dims(1, 2, 1), 5, 5)),
		want: tensors(u8(dims(1, 2, 1), 7, 8)), quants: []*ir.Quant{q10}, result: q10},
	{name: "Quantize", op: ir.Quantize{Mul: []float32{2}, Add: []float32{0.5}, Zero: 10}, in: tensors(f32(dims(6), 1, 0.5, -100, 1e30, float32(math.NaN()), -inf)),
		want: tensors(u8(dims(6), 12, 12, 0, 255, 10, 0)), result: q10},
	{name: "Quantize per channel", op: ir.Quantize{Mul: []float32{1, 2}, Add: []float32{0, 1}, Zero: 10}, in: tensors(f32(dims(1, 2, 2), 1, 2, 1, 2)),
		want: tensors(u8(dims(1, 2, 2), 11, 12, 13, 15)), result: q10},
	{name: "Dequantize", op: ir.Dequantize{Scale: 0.5}, in: tensors(u8(dims(3), 0, 10, 255)), want: tensors(f32(dims(3), -5, 0, 122.5)), quants: []*ir.Quant{q10}},
	{name: "MaxPool u8", op: ir.MaxPool{Window: kernel(1, 2, 1, 1, 0, 1, 0, 0)}, in: tensors(u8(dims(1, 1, 1, 2), 3, 2)), want: tensors(u8(dims(1, 1, 1, 2), 3, 3)), quants: []*ir.Quant{q10}, result: q10},
	// 1.75/0.5 = 3.5, rounded half to even, + 10.
	{name: "Pad u8", op: ir.Pad{Before: []int{1}, After: []int{0}, Value: 1.75}, in: tensors(u8(dims(1), 1)), want: tensors(u8(dims(2), 14, 1)),
		quants: []*ir.Quant{ir.PerTensor(0.5, 10)}, result: ir.PerTensor(0.5, 10)},
	{name: "Pad u8 below all", op: ir.Pad{Before: []int{1}, After: []int{0}, Value: -inf}, in: tensors(u8(dims(1), 1)), want: tensors(u8(dims(2), 0, 1)), quants: []*ir.Quant{q10}, result: q10},
}

func allCases() []opCase {
	return slices.Concat(floatCases, moveCases, int8Cases, reduceCases, indexCases, pairCases)
}

func TestOperators(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range allCases() {
		seen[c.op.Kind()] = true
		t.Run(c.name, func(t *testing.T) {
			got, err := Eval(mustBuild(t, c.op, c.in, c.quants, c.result), c.in)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(c.want) {
				t.Fatalf("%d results, want %d", len(got), len(c.want))
			}
			for i, w := range c.want {
				if d := differ(got[i], w); d != "" {
					t.Errorf("result %d: %s", i, d)
				}
			}
		})
	}
	for _, op := range ir.Ops() {
		if !seen[op.Kind()] {
			t.Errorf("%s has no test", op.Kind())
		}
	}
}
