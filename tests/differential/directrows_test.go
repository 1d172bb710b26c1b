package differential

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// kindOf is the activation of a kernel's function.
var kindOf = map[spec.Function]ir.ActKind{spec.NoFunction: ir.ActNone, spec.LeakyRelu: ir.LeakyRelu, spec.Sigmoid: ir.Sigmoid, spec.Tanh: ir.Tanh,
	spec.HardSigmoid: ir.HardSigmoid, spec.HardSwish: ir.HardSwish, spec.Elu: ir.Elu, spec.Exp: ir.Exp, spec.Silu: ir.Silu,
	spec.Swish: ir.Swish, spec.Selu: ir.Selu, spec.Celu: ir.Celu, spec.Softplus: ir.Softplus, spec.Softsign: ir.Softsign, spec.Mish: ir.Mish,
	spec.Gelu: ir.Gelu, spec.GeluTanh: ir.GeluTanh, spec.Erf: ir.Erf, spec.Abs: ir.Abs, spec.Neg: ir.Neg, spec.Reciprocal: ir.Reciprocal,
	spec.Sqrt: ir.Sqrt, spec.Floor: ir.Floor, spec.Ceil: ir.Ceil, spec.Round: ir.Round}

// activationOf is the activation of a kernel, with parameters.
func activationOf(k spec.Kernel, a, b float32) portable.Activation {
	kind := kindOf[k.Fn]
	f := portable.Activation{A: a, B: b, Sum: k.Sum, Clamp: k.Clamp}
	fn := portable.CurveKind(kind - ir.Swish)
	switch kind {
	case ir.Gelu, ir.Erf:
		f.Curve = portable.NormalF32{Fn: fn}
	case ir.Swish, ir.GeluTanh:
		f.Curve = portable.SwishF32{Fn: fn, A: a}
	case ir.Selu, ir.Celu:
		f.Curve = portable.EluF32{Fn: fn, A: a, B: b}
	case ir.Softplus, ir.Mish:
		f.Curve = portable.SoftplusF32{Fn: fn}
	default:
		if kind < ir.Swish {
			f.Fn = portable.Function(kind)
		} else {
			f.Curve = portable.BasicF32{Fn: fn}
		}
	}
	return f
}

// rowsF32 is a step of the families of float32 but for those of layers.
func (d *direct) rowsF32() portable.Step {
	c := d.channels()
	h, w := 1+d.IntN(3), 1+d.IntN(4)
	tensor := func() portable.Tensor { return d.tensorF32(h, w, c, 0) }
	clamp, lo, hi := d.k.Clamp, float32(-d.Float64()), float32(d.Float64())
	switch d.k.Family {
	case spec.UnaryF32:
		s := portable.UnaryF32{X: tensor(), Activation: activationOf(d.k, float32(d.NormFloat64()), float32(d.NormFloat64()))}
		s.Activation.Lo, s.Activation.Hi = lo, hi
		s.Y, s.R = s.X, tensor()
		if d.yes() {
			s.Y = tensor()
		}
		return s
	case spec.BinaryF32:
		s := portable.BinaryF32{A: tensor(), Y: tensor(), Op: portable.PairOp(d.k.Fn - spec.Add2), Clamp: clamp, Lo: lo, Hi: hi}
		s.B = d.tensorF32(d.pick(1, h), d.pick(1, w), c, 0)
		return s
	case spec.AffineF32, spec.PReluF32:
		s := portable.AffineF32{X: tensor(), Y: tensor(), Negative: d.k.Family == spec.PReluF32, Clamp: clamp, Lo: lo, Hi: hi}
		s.Mul, s.Add = d.floats(c, 1), d.floats(c, 1)
		return s
	case spec.MaxPoolF32, spec.AvgPoolF32:
		return d.poolF32()
	case spec.SoftmaxF32:
		return portable.SoftmaxF32{X: tensor(), Y: tensor()}
	case spec.NormalizeF32:
		return portable.NormalizeF32{X: tensor(), Y: tensor(), Mul: d.floats(c, 1), Add: d.floats(c, 1), Epsilon: float32(d.pick(0, 1)) * 1e-5}
	case spec.QuantizeRun:
		return portable.QuantizeRun{X: tensor(), Y: d.tensor(h, w, c, 0), Mul: float32(20 * d.NormFloat64()), Add: float32(d.NormFloat64()), Zero: byte(d.Uint32())}
	}
	return d.layoutF32()
}

// channels is a number of channels around the sizes of blocks.
func (d *direct) channels() int {
	return d.pick(1+d.IntN(17), 1+d.IntN(17), 31, 32, 33, 47, 48, 63, 64, 65, 80, 130)
}

// poolF32 is of many taps sometimes, which a mean adds in groups.
func (d *direct) poolF32() portable.Step {
	k := d.pick(2, 3, 3, 6, 8)
	s := portable.Pool{Max: d.k.Family == spec.MaxPoolF32, KH: 1 + d.IntN(k), KW: 1 + d.IntN(k), StrideH: 1 + d.IntN(2),
		StrideW: 1 + d.IntN(2), DilH: 1 + d.IntN(2), DilW: 1 + d.IntN(2)}
	s.Top, s.Left = d.IntN((s.KH-1)*s.DilH+1), d.IntN((s.KW-1)*s.DilW+1)
	h, w, c := 3+d.IntN(6), 3+d.IntN(6), d.channels()
	s.X = d.tensorF32(h, w, c, 0)
	s.Y = d.tensorF32((h+s.Top-1)/s.StrideH+1, (w+s.Left-1)/s.StrideW+1, c, 0)
	for n := range s.KH * s.KW {
		s.Mul = append(s.Mul, 1/float32(n+1))
	}
	if d.yes() {
		s.Count = &[4]int{d.IntN(s.Top + 1), d.IntN(s.Left + 1), 1, 1}
	}
	return portable.PoolF32{Pool: s}
}

// layoutF32 is between planes and pixels. Planes of a caller are an output or an
// input of the job; here they are in the arena.
func (d *direct) layoutF32() portable.Step {
	h, w, c := 1+d.IntN(3), d.pick(1+d.IntN(40), 8, 9, 15, 16, 17, 64), d.channels()
	if d.IntN(8) == 0 {
		h, w, c = 40, 50, d.pick(3, 20)
	}
	t := d.tensorF32(h, w, c, 0)
	d.arena = (d.arena + 3) / 4 * 4
	planes := d.arena
	d.arena += 4 * h * w * c
	if d.k.Family == spec.PixelsF32 {
		return portable.ToPixels{Input: -1, X: planes, Y: t}
	}
	return portable.ToPlanes{Output: -1, Y: planes, X: t}
}
