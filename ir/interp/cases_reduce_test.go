package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

func log(v float64) float32 { return float32(math.Log(v)) }

// cube has the numbers 1 to 8.
var cube = f32(dims(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8)

func reduction(fn ir.ReduceKind, want ...float32) opCase {
	return opCase{name: "Reduce " + fn.String(), op: ir.Reduce{Fn: fn, Axes: []int{1}},
		in: tensors(f32(dims(2, 2), 3, -4, 0, 1)), want: tensors(f32(dims(2), want...))}
}

var reduceCases = []opCase{
	reduction(ir.ReduceSum, -1, 1), reduction(ir.ReduceMax, 3, 1), reduction(ir.ReduceMin, -4, 0), reduction(ir.ReduceProd, -12, 0),
	reduction(ir.ReduceL1, 7, 1), reduction(ir.ReduceL2, 5, 1), reduction(ir.ReduceLogSum, nan, 0), reduction(ir.ReduceSumSquare, 25, 1),
	reduction(ir.ReduceLogSumExp, 3+log(1+math.Exp(-7)), 1+log(1+math.Exp(-1))),
	{name: "Reduce of integers", op: ir.Reduce{Fn: ir.ReduceMin, Axes: []int{0}}, in: tensors(i64(dims(2, 2), 3, math.MinInt64, 1, 4)), want: tensors(i64(dims(2), 1, math.MinInt64))},
	{name: "Reduce sum of integers", op: ir.Reduce{Fn: ir.ReduceSum, Axes: []int{1}}, in: tensors(i64(dims(2, 2), math.MaxInt64, 3, -1, 4)), want: tensors(i64(dims(2), math.MinInt64+2, 3))},
	{name: "Reduce product of integers", op: ir.Reduce{Fn: ir.ReduceProd, Axes: []int{0}, Keep: true}, in: tensors(s32(dims(3, 1), 3, 1<<30, 5)), want: tensors(s32(dims(1, 1), -1<<30))},
	{name: "Reduce outer and inner axis", op: ir.Reduce{Fn: ir.ReduceSum, Axes: []int{0, 2}, Keep: true}, in: tensors(cube), want: tensors(f32(dims(1, 2, 1), 14, 22))},
	{name: "ArgMax", op: ir.ArgMax{Axis: 1}, in: tensors(f32(dims(2, 3), 1, 5, 5, -1, nan, 7)), want: tensors(i64(dims(2), 1, 1))},
	{name: "ArgMax last, kept", op: ir.ArgMax{Axis: 0, Last: true, Keep: true}, in: tensors(i64(dims(3, 2), 1, 5, 1, 5, 0, 6)), want: tensors(i64(dims(1, 2), 1, 2))},
	{name: "ArgMin", op: ir.ArgMax{Axis: 0, Min: true}, in: tensors(f32(dims(4), nan, 3, -2, -2)), want: tensors(i64(dims(), 2))},
	{name: "TopK", op: ir.TopK{Axis: 0, K: 3}, in: tensors(f32(dims(4, 1), 2, 5, 2, 9)), want: tensors(f32(dims(3, 1), 9, 5, 2), i64(dims(3, 1), 3, 1, 0))},
	{name: "TopK smallest", op: ir.TopK{Axis: 1, K: 2, Smallest: true}, in: tensors(f32(dims(1, 4), 2, 5, 2, 9)), want: tensors(f32(dims(1, 2), 2, 2), i64(dims(1, 2), 0, 2))},
	{name: "CumSum", op: ir.CumSum{Axis: 1}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6)), want: tensors(f32(dims(2, 3), 1, 3, 6, 4, 9, 15))},
	{name: "CumSum exclusive, reverse", op: ir.CumSum{Exclusive: true, Reverse: true}, in: tensors(i64(dims(3), 1, 2, 3)), want: tensors(i64(dims(3), 5, 3, 0))},
	{name: "Softmax log", op: ir.Softmax{Axis: 0, Fn: ir.SoftmaxLog}, in: tensors(f32(dims(2), 0, log(3))), want: tensors(f32(dims(2), -log(4), log(0.75)))},
	{name: "Softmax hard", op: ir.Softmax{Axis: 1, Fn: ir.SoftmaxHard}, in: tensors(f32(dims(2, 3), 1, 3, 3, 9, 0, 2)), want: tensors(f32(dims(2, 3), 0, 1, 0, 1, 0, 0))},
	{name: "Normalize", op: ir.Normalize{Axes: []int{1}, Epsilon: 3, Stats: true}, in: tensors(f32(dims(2, 2), 1, 3, 10, 10), f32(dims(2), 2, 4), f32(dims(2, 1), 0.5, 7)),
		want: tensors(f32(dims(2, 2), -0.5, 2.5, 7, 7), f32(dims(2, 1), 2, 10), f32(dims(2, 1), 0.5, float32(1/math.Sqrt(3))))},
	{name: "Normalize without mean", op: ir.Normalize{Axes: []int{0}, NoMean: true}, in: tensors(f32(dims(2), 1, 7), nil, f32(dims(1), 1)), want: tensors(f32(dims(2), 1.2, 2.4))},
	{name: "LRN", op: ir.LRN{Size: 3, Alpha: 3, Beta: 2, Bias: 1}, in: tensors(f32(dims(1, 3, 1), 1, 2, 3)), want: tensors(f32(dims(1, 3, 1), 1.0/36, 2.0/225, 3.0/196))},
	{name: "LRN of even size", op: ir.LRN{Size: 2, Alpha: 2, Beta: 1, Bias: 0}, in: tensors(f32(dims(1, 3), 1, 2, 3)), want: tensors(f32(dims(1, 3), 1.0/5, 2.0/13, 3.0/9))},
	{name: "LpPool", op: ir.LpPool{Window: kernel(2, 2, 1, 1, 0, 0, 0, 1), P: 2}, in: tensors(f32(dims(1, 1, 2, 2), 1, -3, 1, 5)), want: tensors(f32(dims(1, 1, 1, 2), 6, float32(math.Sqrt(34))))},
	{name: "LpPool of power 3", op: ir.LpPool{Window: kernel(1, 3, 1, 1), P: 3}, in: tensors(f32(dims(1, 1, 1, 3), 3, -4, 5)), want: tensors(f32(dims(1, 1, 1, 1), 6))},
}

var indexCases = []opCase{
	{name: "GatherAt", op: ir.GatherAt{Axis: 1}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6), i64(dims(2), -1, 0)), want: tensors(f32(dims(2, 2), 3, 1, 6, 4))},
	{name: "GatherAt outside", op: ir.GatherAt{}, in: tensors(i64(dims(3), 7, 8, 9), i64(dims(2), math.MinInt64, 3)), want: tensors(i64(dims(2), 7, 9))},
	{name: "GatherND elements", op: ir.GatherND{}, in: tensors(f32(dims(2, 2), 1, 2, 3, 4), i64(dims(2, 2), 0, 1, 1, -2)), want: tensors(f32(dims(2), 2, 3))},
	{name: "GatherND slices of batches", op: ir.GatherND{Batch: 1}, in: tensors(cube, i64(dims(2, 1), 1, 0)), want: tensors(f32(dims(2, 2), 3, 4, 5, 6))},
	{name: "GatherElements", op: ir.GatherElements{Axis: 1}, in: tensors(f32(dims(2, 3), 1, 2, 3, 4, 5, 6), s32(dims(2, 2), 2, 9, -3, 1)), want: tensors(f32(dims(2, 2), 3, 3, 4, 5))},
	{name: "ScatterElements", op: ir.ScatterElements{}, in: tensors(f32(dims(2, 2), 1, 2, 3, 4), i64(dims(2, 1), 1, 1), f32(dims(2, 1), 8, 9)), want: tensors(f32(dims(2, 2), 1, 2, 9, 4))},
	{name: "ScatterElements add", op: ir.ScatterElements{Axis: 1, Fn: ir.ScatterAdd}, in: tensors(i64(dims(1, 3), 1, 2, 3), i64(dims(1, 3), 2, 2, -3), i64(dims(1, 3), 10, 20, 30)), want: tensors(i64(dims(1, 3), 31, 2, 33))},
	{name: "ScatterND", op: ir.ScatterND{}, in: tensors(cube, i64(dims(1, 2), 0, 1), f32(dims(1, 2), -1, -2)), want: tensors(f32(dims(2, 2, 2), 1, 2, -1, -2, 5, 6, 7, 8))},
	{name: "ScatterND max", op: ir.ScatterND{Fn: ir.ScatterMax}, in: tensors(f32(dims(3), 1, 2, 3), i64(dims(2, 1), -1, 0), f32(dims(2), 2, 7)), want: tensors(f32(dims(3), 7, 2, 3))},
	{name: "ScatterND min", op: ir.ScatterND{Fn: ir.ScatterMin}, in: tensors(f32(dims(3), 1, 2, 3), i64(dims(2, 1), -1, 0), f32(dims(2), 2, 7)), want: tensors(f32(dims(3), 1, 2, 2))},
	{name: "ScatterND mul", op: ir.ScatterND{Fn: ir.ScatterMul}, in: tensors(f32(dims(3), 1, 2, 3), i64(dims(2, 1), 1, 1), f32(dims(2), 2, 7)), want: tensors(f32(dims(3), 1, 28, 3))},
	{name: "OneHot", op: ir.OneHot{Axis: 1, Depth: 3}, in: tensors(i64(dims(4), 0, -1, 3, -4), f32(dims(2), 0, 1)), want: tensors(f32(dims(4, 3), 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0))},
	{name: "OneHot first axis, float", op: ir.OneHot{Depth: 2}, in: tensors(f32(dims(3), 1.9, nan, 0), i64(dims(2), 5, 6)), want: tensors(i64(dims(2, 3), 5, 5, 6, 6, 5, 5))},
	{name: "NonMaxSuppression", op: ir.NonMaxSuppression{Most: 2, IoU: 0.4, Score: 0.1},
		in:   tensors(f32(dims(1, 4, 4), 0, 0, 2, 2, 2, 1, 0, 3, 5, 5, 6, 6, 0, 0, 2, 1.5), f32(dims(1, 2, 4), 0.3, 0.9, 0.2, 0.3, 0.5, 0.1, 0, 0.4)),
		want: tensors(i64(dims(4, 3), 0, 0, 1, 0, 0, 0, 0, 1, 0, -1, -1, -1))},
	{name: "NonMaxSuppression of centres", op: ir.NonMaxSuppression{Most: 9, IoU: 0.5, Score: -inf, Center: true},
		in:   tensors(f32(dims(1, 3, 4), 5, 5, 2, 4, 5, 5, 4, 4, 5, 5.5, 2, 4), f32(dims(1, 1, 3), 1, 1, 0.5)),
		want: tensors(i64(dims(3, 3), 0, 0, 0, 0, 0, 1, -1, -1, -1))},
}
