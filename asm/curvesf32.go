package asm

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// curve is function for those that few networks have, as in gen/portable/curvesf32.go.
func (r *rowsF32) curve() func(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	exponential := slices.Concat(expConstants, []int{spec.ConstSign})
	switch b.k.Fn {
	case spec.Gelu:
		r.hold(nil, slices.Concat(reducedConstants, []int{spec.ConstSign, spec.ConstTailHi})...)
		return r.gelu
	case spec.Erf:
		r.hold(nil, slices.Concat(reducedConstants, []int{spec.ConstSign, spec.ConstTailHi})...)
		return r.erf
	case spec.Swish:
		r.hold([]string{"FnA"}, exponential...)
		return func(x reg.VecVirtual) reg.VecVirtual { return r.swish(x, r.field("FnA")) }
	case spec.GeluTanh:
		r.hold(nil, slices.Concat(exponential, []int{spec.ConstGeluTanh, spec.ConstGeluTanh + 4})...)
		return func(x reg.VecVirtual) reg.VecVirtual {
			square, factor := b.vec(), r.copyOf(r.literal(spec.ConstGeluTanh))
			b.VMULPS(x, x, square)
			b.VFMADD213PS(r.literal(spec.ConstGeluTanh+4), square, factor)
			return r.swish(x, factor)
		}
	case spec.Selu, spec.Celu:
		r.hold([]string{"FnA", "FnB"}, expm1Constants...)
		return r.elus
	case spec.Softplus:
		r.hold(nil, exponential...)
		return r.softplus
	case spec.Mish:
		r.hold(nil, slices.Concat(exponential, []int{spec.ConstTwo})...)
		return r.mish
	}
	if b.k.Fn < spec.Sqrt {
		r.hold(nil, spec.ConstSign, spec.ConstOne)
	}
	return r.basic
}

// abs returns |x|.
func (r *rowsF32) abs(x reg.VecVirtual) reg.VecVirtual {
	v := r.copyOf(x)
	r.andNot(r.literal(spec.ConstSign), v)
	return v
}

// tail returns the share of the normal distribution above t.
func (r *rowsF32) tail(t reg.VecVirtual) reg.VecVirtual {
	b := r.b
	s, low := b.vec(), b.vec()
	b.VMULPS(t, t, s)
	b.move(s, low)
	b.VFMSUB231PS(t, t, low)
	b.VMULPS(r.literal(spec.ConstMinusHalf), s, s)
	n := r.reduced(s)
	b.VFMADD231PS(r.literal(spec.ConstMinusHalf), low, s)
	e := r.expOfReduced(s, n)
	q := r.horner(r.copyOf(r.literal(spec.ConstTail)), t, spec.ConstTail+4, 4)
	b.VMULPS(e, q, q)
	d := r.horner(r.copyOf(r.literal(spec.ConstTail+20)), t, spec.ConstTail+24, 4)
	b.VFMADD213PS(r.literal(spec.ConstOne), t, d)
	b.VDIVPS(d, q, q)
	return q
}

// gelu returns x times the distribution's share below x, which is a tail.
func (r *rowsF32) gelu(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	t := r.abs(x)
	b.VMINPS(t, r.literal(spec.ConstTailHi), t)
	q, share := r.tail(t), b.vec()
	b.VSUBPS(q, r.literal(spec.ConstOne), share)
	r.where(x, q, share)
	b.VMULPS(share, x, x)
	return x
}

// erf returns 1 less both tails, with the sign of x; below 1 a polynomial.
func (r *rowsF32) erf(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	u := r.abs(x)
	b.VMULPS(r.literal(spec.ConstRootTwo), u, u)
	b.VMINPS(u, r.literal(spec.ConstTailHi), u)
	y := r.tail(u)
	b.VFNMADD213PS(r.literal(spec.ConstOne), r.literal(spec.ConstTwo), y)
	r.takeSign(x, y)
	square := b.vec()
	b.VMULPS(x, x, square)
	near := r.horner(r.copyOf(r.literal(spec.ConstErf)), square, spec.ConstErf+4, 6)
	b.VFMADD213PS(x, x, near)
	d := r.abs(x)
	b.VSUBPS(r.literal(spec.ConstOne), d, d)
	r.where(d, near, y)
	return y
}

// swish returns x times the sigmoid of x times a factor.
func (r *rowsF32) swish(x, factor reg.VecVirtual) reg.VecVirtual {
	b := r.b
	u := b.vec()
	b.VMULPS(factor, x, u)
	y := r.sigmoid(u)
	b.VMULPS(y, x, x)
	return x
}

// elus returns FnA times exp-1 below 0.
func (r *rowsF32) elus(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	u := r.copyOf(x)
	if b.k.Fn == spec.Celu {
		b.VDIVPS(r.field("FnA"), u, u)
	}
	y := r.expm1(u)
	b.VMULPS(r.field("FnA"), y, y)
	r.where(x, y, x)
	if b.k.Fn == spec.Selu {
		b.VMULPS(r.field("FnB"), x, x)
	}
	return x
}

// expMinusAbs returns exp(-|x|).
func (r *rowsF32) expMinusAbs(x reg.VecVirtual) reg.VecVirtual {
	u := r.copyOf(x)
	r.minusAbs(u)
	return r.exp(u)
}

// softplus returns the larger of x and 0 and log(1+exp(-|x|)).
func (r *rowsF32) softplus(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	e := r.expMinusAbs(x)
	n := r.horner(r.copyOf(r.literal(spec.ConstLog1p)), e, spec.ConstLog1p+4, 2)
	b.VFMADD213PS(r.literal(spec.ConstOne), e, n)
	b.VMULPS(e, n, n)
	d := r.horner(r.copyOf(r.literal(spec.ConstLog1p+12)), e, spec.ConstLog1p+16, 2)
	b.VFMADD213PS(r.literal(spec.ConstOne), e, d)
	b.VDIVPS(d, n, n)
	b.VMAXPS(x, r.literal(spec.ConstZero), x)
	b.VADDPS(n, x, x)
	return x
}

// mish returns x times the tanh of its softplus, a fraction of exp(-|x|).
func (r *rowsF32) mish(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	e := r.expMinusAbs(x)
	n, more, below := r.copyOf(r.literal(spec.ConstTwo)), b.vec(), b.vec()
	b.VFMADD213PS(r.literal(spec.ConstOne), e, n)
	b.VADDPS(e, e, more)
	b.VMULPS(e, more, more)
	b.VADDPS(r.literal(spec.ConstTwo), e, below)
	b.VMULPS(e, below, below)
	r.where(x, below, n)
	r.where(x, r.literal(spec.ConstTwo), more)
	b.VADDPS(n, more, more)
	b.VMULPS(n, x, x)
	b.VDIVPS(more, x, x)
	return x
}

// basic is the functions of one or two instructions.
func (r *rowsF32) basic(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	switch b.k.Fn {
	case spec.Softsign:
		d := r.abs(x)
		b.VADDPS(r.literal(spec.ConstOne), d, d)
		b.VDIVPS(d, x, x)
	case spec.Abs:
		return r.abs(x)
	case spec.Neg:
		r.xor(r.literal(spec.ConstSign), x)
	case spec.Reciprocal:
		y := r.copyOf(r.literal(spec.ConstOne))
		b.VDIVPS(x, y, y)
		return y
	case spec.Sqrt:
		b.VSQRTPS(x, x)
	case spec.Floor:
		r.round(1, x)
	case spec.Ceil:
		r.round(2, x)
	case spec.Round:
		r.round(0, x)
	}
	return x
}

// round rounds to integers: to the nearest, down or up.
func (r *rowsF32) round(mode uint8, x reg.VecVirtual) {
	b := r.b
	if b.z {
		b.VRNDSCALEPS(operand.U8(mode), x, x)
		return
	}
	b.VROUNDPS(operand.U8(mode), x, x)
}
