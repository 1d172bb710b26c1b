package exec

import (
	"math/rand/v2"

	"github.com/ingot-go/ingot/ir"
)

// spaceCases are the operators on images that have no fast form.
var spaceCases = []opCase{
	{"ConvTranspose", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 1, 4, 3, 3).floats(4, 2, 3, 2).floats(4)
		return ir.ConvTranspose{Window: ir.Window{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1 + r.IntN(3)}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 0, 0, 1}}, Groups: 2}
	}},
	{"Resample", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 4, 5)
		return ir.Resample{Axis: r.IntN(4), Taps: 2, Index: []int{0, 1, 1, 0, 1, 1}, Weight: []float32{0.25, 0.75, 0.5, 0.5, 1, 0}}
	}},
	{"SpaceToDepth", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 4, 6)
		return ir.SpaceToDepth{Block: 1 + r.IntN(2)}
	}},
	{"ArgMaxPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 5, 6)
		return ir.ArgMaxPool{Window: ir.Window{Kernel: [2]int{2, 3}, Stride: [2]int{1, 2}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 0, 1}}}
	}},
	{"MaxUnpool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3).input(ir.I64, 2, 3)
		return ir.MaxUnpool{Shape: ir.Shape{5, 7}}
	}},
	{"GridSample", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4, 5).input(ir.F32, 2, 3, 2, 2)
		return ir.GridSample{Mode: ir.SampleMode(r.IntN(3)), Edge: ir.EdgeMode(r.IntN(3)), AlignCorners: r.IntN(2) == 0}
	}},
	{"RoiAlign", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4, 5).input(ir.F32, 3, 4).input(ir.I64, 3)
		return ir.RoiAlign{Height: 2, Width: 3, Samples: r.IntN(3), Scale: 0.5, HalfPixel: r.IntN(2) == 0}
	}},
}
