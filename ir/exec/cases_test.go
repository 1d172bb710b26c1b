package exec

import (
	"math"
	"math/rand/v2"

	"github.com/ingot-go/ingot/ir"
)

// operatorCase makes a random operator of a kind, with its operands.
type operatorCase struct {
	name string
	make func(r *rand.Rand, s *single) ir.Op
}

// cases are of the operators that have fast forms.
var cases = []operatorCase{
	{"Conv", func(r *rand.Rand, s *single) ir.Op {
		o := ir.Conv{Window: randomWindow(r), Groups: 1 + r.IntN(3)}
		ci, co := 1+r.IntN(40), 1+r.IntN(9)
		return floatConv(r, s, o, ci, co)
	}},
	{"Conv depthwise", func(r *rand.Rand, s *single) ir.Op {
		return floatConv(r, s, ir.Conv{Window: randomWindow(r), Groups: 1 + r.IntN(9)}, 1, 1+r.IntN(2))
	}},
	{"QConv", func(r *rand.Rand, s *single) ir.Op {
		return intConv(r, s, ir.QConv{Window: randomWindow(r), Groups: 1 + r.IntN(3)}, 1+r.IntN(90), 1+r.IntN(9), false)
	}},
	{"QConv asymmetric", func(r *rand.Rand, s *single) ir.Op {
		return intConv(r, s, ir.QConv{Window: randomWindow(r), Groups: 1}, 1+r.IntN(90), 1+r.IntN(9), true)
	}},
	{"QConv depthwise", func(r *rand.Rand, s *single) ir.Op {
		return intConv(r, s, ir.QConv{Window: randomWindow(r), Groups: 1 + r.IntN(9)}, 1, 1+r.IntN(2), r.IntN(2) == 0)
	}},
	{"FC", func(r *rand.Rand, s *single) ir.Op {
		n, k, m := 1+r.IntN(4), 1+r.IntN(600), 1+r.IntN(70)
		s.input(ir.F32, n, k).floats(m, k).floats(m)
		if r.IntN(2) == 0 {
			s.input(ir.F32, n, m)
			return ir.FC{Epilogue: ir.Epilogue{Pre: randomAct(r), Act: randomAct(r)}}
		}
		return ir.FC{Epilogue: ir.Epilogue{Act: randomAct(r)}}
	}},
	{"QFC", func(r *rand.Rand, s *single) ir.Op {
		n, k, m := 1+r.IntN(4), 1+r.IntN(1200), 1+r.IntN(70)
		s.input(ir.U8, n, k).weights(r.IntN(2) == 0, m, k)
		q := requant(r, m, k)
		if r.IntN(2) == 0 {
			s.bias(m)
		} else {
			s.absent()
		}
		if r.IntN(2) == 0 {
			s.input(ir.U8, n, m)
			withSum(r, &q)
		}
		return ir.QFC{Requant: q}
	}},
	{"Gemm", func(r *rand.Rand, s *single) ir.Op {
		o := ir.Gemm{Alpha: 0.5, Beta: 2, TransA: r.IntN(2) == 0, TransB: r.IntN(2) == 0}
		m, k, n := 1+r.IntN(5), 1+r.IntN(9), 1+r.IntN(5)
		matrix := func(a, b int, swap bool) {
			if swap {
				a, b = b, a
			}
			s.input(ir.F32, a, b)
		}
		matrix(m, k, o.TransA)
		matrix(k, n, o.TransB)
		switch r.IntN(3) {
		case 0:
			s.input(ir.F32, n)
		case 1:
			s.input(ir.F32, m, 1)
		}
		return o
	}},
	{"MatMul", func(r *rand.Rand, s *single) ir.Op {
		m, k, n := 1+r.IntN(5), 1+r.IntN(9), 1+r.IntN(5)
		switch r.IntN(4) {
		case 0:
			s.input(ir.F32, k).input(ir.F32, 2, k, n)
		case 1:
			s.input(ir.F32, 2, m, k).input(ir.F32, k)
		case 2:
			s.input(ir.F32, 2, 1, m, k).input(ir.F32, 3, k, n)
		default:
			s.input(ir.F32, m, k).input(ir.F32, k, n)
		}
		return ir.MatMul{}
	}},
	{"BatchNorm", func(r *rand.Rand, s *single) ir.Op {
		c := 1 + r.IntN(5)
		variance := randomTensor(r, ir.Shape{c})
		for i := range variance.F32 {
			variance.F32[i] *= variance.F32[i]
		}
		s.input(ir.F32, 2, c, 3, 3).floats(c).floats(c).floats(c).constant(variance)
		return ir.BatchNorm{Epsilon: 0.1}
	}},
	{"Affine", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 5)
		return ir.Affine{Mul: randomTensor(r, ir.Shape{3}).F32, Add: randomTensor(r, ir.Shape{1 + 2*r.IntN(2)}).F32}
	}},
	{"Unary", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, anyShape(r)...)
		return ir.Unary{Act: randomAct(r)}
	}},
	{"PRelu", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4, 5)
		s.floats([][]int{{3, 1, 1}, {1}, {5}, {2, 3, 4, 5}}[r.IntN(4)]...)
		return ir.PRelu{}
	}},
	{"Binary", func(r *rand.Rand, s *single) ir.Op {
		broadcastOperands(r, s, ir.F32)
		return ir.Binary{Fn: ir.BinaryKind(r.IntN(3)), Act: randomAct(r)}
	}},
	{"Binary Div", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 3, 4).constant(ir.Floats(ir.Shape{4}, []float32{1, -2, 3, 0.5}))
		return ir.Binary{Fn: ir.Div}
	}},
	{"QAdd", func(r *rand.Rand, s *single) ir.Op {
		broadcastOperands(r, s, ir.U8)
		q := requant(r, 1, 1)
		return ir.QAdd{MulA: r.Float32(), MulB: -r.Float32(), Zero: q.Zero, Lo: q.Lo, Hi: q.Hi, Table: q.Table}
	}},
	{"QMul", func(r *rand.Rand, s *single) ir.Op {
		broadcastOperands(r, s, ir.U8)
		q := requant(r, 1, 1)
		return ir.QMul{Mul: r.Float32() * 0.05, Zero: q.Zero, Lo: q.Lo, Hi: q.Hi, Table: q.Table}
	}},
	{"QTable", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.U8, 2, 3, 4)
		return ir.QTable{Table: bytes(r, 256*(1+2*r.IntN(2)))}
	}},
	{"Quantize", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4)
		n := 1 + 2*r.IntN(2)
		o := ir.Quantize{Mul: randomTensor(r, ir.Shape{n}).F32, Add: randomTensor(r, ir.Shape{1}).F32, Zero: uint8(r.IntN(256))}
		for i := range o.Mul {
			o.Mul[i] *= 80
		}
		return o
	}},
	{"Dequantize", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.U8, anyShape(r)...)
		return ir.Dequantize{Scale: r.Float32()}
	}},
	{"MaxPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 7+r.IntN(5), 6+r.IntN(5))
		return ir.MaxPool{Window: poolWindow(r), Ceil: r.IntN(2) == 0}
	}},
	{"AvgPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 7+r.IntN(5), 6+r.IntN(5))
		return ir.AvgPool{Window: poolWindow(r), Ceil: r.IntN(2) == 0, CountPad: r.IntN(2) == 0}
	}},
	{"QAvgPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.U8, 2, 3, 7+r.IntN(5), 6+r.IntN(5))
		o := ir.QAvgPool{Window: poolWindow(r), Ceil: r.IntN(2) == 0, CountPad: r.IntN(2) == 0, Zero: uint8(r.IntN(256)), Lo: 3, Hi: 250}
		for i := range o.Kernel[0] * o.Kernel[1] {
			o.Mul = append(o.Mul, 0.7/float32(i+1))
		}
		return o
	}},
	{"GlobalAvgPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 1+r.IntN(5), 4)
		return ir.GlobalAvgPool{}
	}},
	{"GlobalMaxPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 1+r.IntN(5), 4)
		return ir.GlobalMaxPool{}
	}},
	{"QGlobalAvgPool", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.U8, 2, 3, 1+r.IntN(5), 4)
		return ir.QGlobalAvgPool{Mul: 0.05, Zero: uint8(r.IntN(256)), Lo: 0, Hi: 255}
	}},
	{"ReduceMean", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4, 5)
		return ir.Reduce{Axes: [][]int{{1}, {2, 3}, {0, 3}, {}}[r.IntN(4)], Keep: r.IntN(2) == 0}
	}},
	{"Softmax", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3, 4)
		return ir.Softmax{Axis: r.IntN(3)}
	}},
	{"Identity", func(r *rand.Rand, s *single) ir.Op { s.input(floatOrByte(r), anyShape(r)...); return ir.Identity{} }},
	{"Cast", func(r *rand.Rand, s *single) ir.Op { s.input(ir.F32, anyShape(r)...); return ir.Cast{To: ir.F32} }},
	{"Concat", func(r *rand.Rand, s *single) ir.Op {
		shape, axis, t := ir.Shape{2, 3, 4}, r.IntN(3), floatOrByte(r)
		for range 1 + r.IntN(3) {
			shape[axis] = 1 + r.IntN(3)
			s.input(t, shape.Clone()...)
		}
		return ir.Concat{Axis: axis}
	}},
	{"Split", func(r *rand.Rand, s *single) ir.Op {
		shape, axis := ir.Shape{2, 3, 4}, r.IntN(3)
		sizes := []int{1 + r.IntN(3), 1 + r.IntN(3), 1 + r.IntN(3)}
		shape[axis] = sizes[0] + sizes[1] + sizes[2]
		s.input(floatOrByte(r), shape...)
		return ir.Split{Axis: axis, Sizes: sizes}
	}},
	{"Slice", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 5, 7)
		return ir.Slice{Start: []int{r.IntN(2), 6}, Step: []int{2, -1 - r.IntN(2)}, Size: []int{2, 1 + r.IntN(4)}}
	}},
	{"Pad", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 4, 5)
		p := func() int { return r.IntN(4) - 1 }
		o := ir.Pad{Before: []int{0, p(), p(), p()}, After: []int{0, p(), p(), p()}, Mode: ir.PadMode(r.IntN(3)), Value: r.Float32()*8 - 4}
		if o.Mode == ir.PadReflect { // which the cropped extents must allow
			o.Before[1], o.After[1] = 1, 2
		}
		return o
	}},
	{"Reshape", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 4)
		return ir.Reshape{Shape: ir.Shape{4, 6}}
	}},
	{"Transpose", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 4, 5)
		return ir.Transpose{Perm: r.Perm(4)}
	}},
	{"ChannelShuffle", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 6, 4, 5)
		return ir.ChannelShuffle{Groups: 1 + r.IntN(3)}
	}},
	{"DepthToSpace", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 12, 4, 5)
		return ir.DepthToSpace{Block: 1 + r.IntN(2), CRD: r.IntN(2) == 0}
	}},
	{"ResizeNearest", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 2, 3, 4, 5)
		return ir.ResizeNearest{Y: []int{0, 0, 1, 3, 2}, X: []int{4, 0, 0, r.IntN(5)}}
	}},
	{"Binary of integers", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.I64, 2, 3).input(ir.I64, 3)
		return ir.Binary{Fn: ir.BinaryKind(r.IntN(int(ir.FMod) + 1))}
	}},
	{"Compare", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.F32, 2, 3).input(ir.F32, 3)
		return ir.Compare{Fn: ir.CompareKind(r.IntN(3))}
	}},
	{"Logic", func(r *rand.Rand, s *single) ir.Op {
		s.input(ir.Bool, 2, 3).input(ir.Bool, 2, 1)
		return ir.Logic{Fn: ir.LogicKind(r.IntN(3))}
	}},
	{"Where", func(_ *rand.Rand, s *single) ir.Op {
		s.input(ir.Bool, 3).input(ir.F32, 2, 3).input(ir.F32, 2, 1)
		return ir.Where{}
	}},
	{"Expand", func(_ *rand.Rand, s *single) ir.Op {
		s.input(ir.U8, 3, 1)
		return ir.Expand{Shape: ir.Shape{2, 3, 4}}
	}},
	{"Gather", func(r *rand.Rand, s *single) ir.Op {
		s.input(floatOrByte(r), 4, 4, 5)
		return ir.Gather{Axis: r.IntN(3), Index: []int{3, 0, 0, 1, 2, r.IntN(4)}, IndexShape: [][]int{{6}, {2, 3}}[r.IntN(2)]}
	}},
}

func anyShape(r *rand.Rand) []int {
	s := []int{}
	for range r.IntN(5) {
		s = append(s, 1+r.IntN(5))
	}
	return s
}

func floatOrByte(r *rand.Rand) ir.DType { return []ir.DType{ir.F32, ir.U8}[r.IntN(2)] }

func bytes(r *rand.Rand, n int) []uint8 {
	b := make([]uint8, n)
	for i := range b {
		b[i] = uint8(r.IntN(256))
	}
	return b
}

func randomAct(r *rand.Rand) ir.Act {
	a := ir.Act{Kind: ir.ActKind(r.IntN(int(ir.Silu) + 1))}
	switch a.Kind {
	case ir.Clip:
		a.A, a.B = -0.5, 1.5
	case ir.LeakyRelu, ir.Elu:
		a.A = 0.25
	case ir.HardSigmoid:
		a.A, a.B = 0.2, 0.5
	case ir.Exp: // of a sum of many products it overflows
		return ir.Act{}
	}
	return a
}

func randomWindow(r *rand.Rand) ir.Window {
	w := ir.Window{}
	for i := range 2 {
		w.Kernel[i], w.Stride[i], w.Dilation[i] = 1+r.IntN(4), 1+r.IntN(2), 1+r.IntN(2)
		w.Pad[i], w.Pad[i+2] = r.IntN(3), r.IntN(3)
	}
	if r.IntN(3) == 0 {
		w.Kernel = [2]int{3, 3}
	}
	return w
}

func poolWindow(r *rand.Rand) ir.Window {
	w := randomWindow(r)
	for i := range 4 {
		w.Pad[i] = min(w.Pad[i], w.Kernel[i%2]-1)
	}
	return w
}

// broadcastOperands adds two operands of shapes that broadcast.
func broadcastOperands(r *rand.Rand, s *single, t ir.DType) {
	p := [][2][]int{
		{{2, 3, 4, 5}, {2, 3, 4, 5}}, {{2, 3, 4, 5}, {2, 3, 1, 1}}, {{3, 1, 1}, {2, 3, 4, 5}},
		{{2, 3, 4, 5}, {}}, {{4, 1}, {1, 5}}, {{1, 1, 1, 1}, {1}}, {{2, 3, 4, 5}, {2, 1, 4, 5}}, {{1, 9000, 2}, {1, 9000, 2}},
	}[r.IntN(8)]
	s.input(t, p[0]...).input(t, p[1]...)
}

func floatConv(r *rand.Rand, s *single, o ir.Conv, ci, co int) ir.Op {
	n, h, w := 1+r.IntN(2), 7+r.IntN(8), 7+r.IntN(8)
	s.input(ir.F32, n, ci*o.Groups, h, w).floats(co*o.Groups, ci, o.Kernel[0], o.Kernel[1])
	if r.IntN(2) == 0 {
		s.floats(co * o.Groups)
	} else {
		s.absent()
	}
	o.Act = randomAct(r)
	if r.IntN(2) == 0 {
		oh, _ := o.OutSize(0, h, false)
		ow, _ := o.OutSize(1, w, false)
		s.input(ir.F32, n, co*o.Groups, oh, ow)
		o.Pre = randomAct(r)
	}
	return o
}

func intConv(r *rand.Rand, s *single, o ir.QConv, ci, co int, asym bool) ir.Op {
	n, h, w := 1+r.IntN(2), 7+r.IntN(8), 7+r.IntN(8)
	m := co * o.Groups
	s.input(ir.U8, n, ci*o.Groups, h, w).weights(asym, m, ci, o.Kernel[0], o.Kernel[1])
	if r.IntN(2) == 0 {
		s.bias(m)
	} else {
		s.absent()
	}
	o.Requant = requant(r, m, ci*o.Kernel[0]*o.Kernel[1])
	if r.IntN(2) == 0 {
		oh, _ := o.OutSize(0, h, false)
		ow, _ := o.OutSize(1, w, false)
		s.input(ir.U8, n, m, oh, ow)
		withSum(r, &o.Requant)
	}
	return o
}

// requant returns an epilogue that spreads sums of k products over the bytes.
func requant(r *rand.Rand, m, k int) ir.Requant {
	q := ir.Requant{Zero: uint8(r.IntN(256)), Lo: uint8(r.IntN(20)), Hi: uint8(235 + r.IntN(20))}
	for range []int{1, m}[r.IntN(2)] {
		q.Mul = append(q.Mul, (0.5+r.Float32())*50/(74*74*float32(math.Sqrt(float64(k)))))
	}
	if r.IntN(3) == 0 {
		q.Table = bytes(r, 256)
	}
	return q
}

func withSum(r *rand.Rand, q *ir.Requant) {
	q.SumMul = r.Float32()
	if r.IntN(2) == 0 {
		q.Pre, q.PreLo, q.PreHi = true, -20, float32(math.Inf(1))
	}
}
