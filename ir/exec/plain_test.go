package exec

import (
	"math/rand/v2"

	"github.com/ingot-go/ingot/ir"
)

// plainCases are of the operators that have no fast form here.
var plainCases = []opCase{
	{"Reduce", func(r *rand.Rand, s *single) ir.Op {
		o := ir.Reduce{Fn: ir.ReduceKind(r.IntN(int(ir.ReduceSumSquare) + 1)), Axes: [][]int{{1}, {0, 2}, {}}[r.IntN(3)]}
		t := ir.F32
		if o.Fn.Picks() {
			t = []ir.DType{ir.F32, ir.U8, ir.I64}[r.IntN(3)]
		} else if o.Fn == ir.ReduceSum || o.Fn == ir.ReduceProd {
			t = []ir.DType{ir.F32, ir.S32, ir.I64}[r.IntN(3)]
		}
		if o.Fn == ir.ReduceLogSum { // of numbers that may be negative it has none
			o.Fn = ir.ReduceLogSumExp
		}
		s.input(t, 2, 3, 4)
		return o
	}},
	{"ArgMax", func(r *rand.Rand, s *single) ir.Op {
		s.input([]ir.DType{ir.F32, ir.U8, ir.I64}[r.IntN(3)], 2, 3, 4)
		return ir.ArgMax{Axis: r.IntN(3), Min: r.IntN(2) == 0, Last: r.IntN(2) == 0}
	}},
	{"TopK", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 3, 3, 4)
		return ir.TopK{Axis: r.IntN(3), K: 1 + r.IntN(3), Smallest: r.IntN(2) == 0}
	}},
	{"CumSum", func(r *rand.Rand, s *single) ir.Op {
		s.input([]ir.DType{ir.F32, ir.I64}[r.IntN(2)], 2, 3)
		return ir.CumSum{Axis: r.IntN(2), Exclusive: r.IntN(2) == 0}
	}},
	{"Softmax of other functions", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4)
		return ir.Softmax{Axis: r.IntN(3), Fn: []ir.SoftmaxKind{ir.SoftmaxLog, ir.SoftmaxHard}[r.IntN(2)]}
	}},
	{"Normalize", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4).floats(3, 1).input(ir.F32, 4)
		return ir.Normalize{Axes: []int{1 + r.IntN(2)}, Epsilon: 1e-3, Stats: r.IntN(2) == 0}
	}},
	{"LRN", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 1, 5, 2, 2)
		return ir.LRN{Size: 1 + r.IntN(6), Alpha: 0.1, Beta: 0.75, Bias: 1}
	}},
	{"LpPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 1, 2, 9, 9)
		return ir.LpPool{Window: poolWindow(r), P: 1 + r.IntN(3)}
	}},
	{"GatherAt", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 3, 4).input(ir.I64, 2, 2)
		return ir.GatherAt{Axis: r.IntN(2)}
	}},
	{"GatherND", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 3, 4, 2).input(ir.I64, 3, 2)
		return ir.GatherND{Batch: r.IntN(2)}
	}},
	{"GatherElements", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 3, 4).input(ir.I64, 3, 2)
		return ir.GatherElements{Axis: r.IntN(2)}
	}},
	{"ScatterElements", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 3, 4).input(ir.I64, 3, 2).input(ir.F32, 3, 2)
		return ir.ScatterElements{Axis: r.IntN(2), Fn: ir.ScatterKind(r.IntN(5))}
	}},
	{"ScatterND", func(r *rand.Rand, s *single) ir.Op {
		t := floatOrByte(r)
		s.input(t, 3, 4).input(ir.I64, 2, 1).input(t, 2, 4)
		return ir.ScatterND{}
	}},
	{"OneHot", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.I64, 2, 3).floats(2)
		return ir.OneHot{Axis: r.IntN(3), Depth: 5}
	}},
	{"NonMaxSuppression", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 6, 4).input(ir.F32, 2, 3, 6)
		return ir.NonMaxSuppression{Most: 1 + r.IntN(6), IoU: 0.3, Center: r.IntN(2) == 0}
	}},
}
