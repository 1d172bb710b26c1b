package asm

import (
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// unaryF32 emits a function of one variable, row by row of N float32, then the
// residual operand and the limits. The result may lie where the operand does.
func (b *builder) unaryF32() {
	second := ""
	if b.k.Sum {
		second = "Res"
	}
	r := b.newRows(second)
	r.holdLimits()
	f := r.function()
	r.rows(func() {
		r.blocks(func() {
			for j := range r.parts() {
				v := f(r.read(r.in, j))
				if b.k.Sum {
					b.VADDPS(r.read(r.in2, j), v, v)
				}
				r.clamp(v)
				r.write(v, r.out, j)
			}
		})
		if b.k.Sum {
			r.ADDQ(r.arg("ResRow"), r.in2)
		}
	})
}

// exp's constants, and those of what is made of it.
var (
	expConstants     = append([]int{spec.ConstExpLo, spec.ConstExpHi}, reducedConstants...)
	expm1Constants   = append([]int{spec.ConstExpm1Lo}, reducedConstants...)
	reducedConstants = []int{spec.ConstLog2e, spec.ConstRound, spec.ConstLn2Hi, spec.ConstLn2Lo, spec.ConstExp,
		spec.ConstExp + 4, spec.ConstExp + 8, spec.ConstExp + 12, spec.ConstExp + 16, spec.ConstOne}
)

// function returns what emits the kernel's function: it clobbers its operand and
// returns the result. The sequences are those of gen/portable/functionf32.go.
func (r *rowsF32) function() func(x reg.VecVirtual) reg.VecVirtual {
	switch r.k.Fn {
	case spec.LeakyRelu:
		r.hold([]string{"FnA"})
		return func(x reg.VecVirtual) reg.VecVirtual {
			r.scaleNegative(x, r.field("FnA"))
			return x
		}
	case spec.Sigmoid:
		r.hold(nil, slices.Concat(expConstants, []int{spec.ConstSign})...)
		return r.sigmoid
	case spec.Tanh:
		r.hold(nil, slices.Concat(expm1Constants, []int{spec.ConstSign, spec.ConstTwo})...)
		return r.tanh
	case spec.HardSigmoid:
		r.hold([]string{"FnA", "FnB"}, spec.ConstZero, spec.ConstOne)
		return func(x reg.VecVirtual) reg.VecVirtual {
			r.VFMADD213PS(r.field("FnB"), r.field("FnA"), x)
			r.between(x, spec.ConstZero, spec.ConstOne)
			return x
		}
	case spec.HardSwish:
		r.hold(nil, spec.ConstZero, spec.ConstThree, spec.ConstSix, spec.ConstSixth)
		return r.hardSwish
	case spec.Elu:
		r.hold([]string{"FnA"}, expm1Constants...)
		return func(x reg.VecVirtual) reg.VecVirtual {
			y := r.expm1(r.copyOf(x))
			r.VMULPS(r.field("FnA"), y, y)
			r.where(x, y, x)
			return x
		}
	case spec.Exp:
		r.hold(nil, expConstants...)
		return r.exp
	case spec.Silu:
		r.hold(nil, slices.Concat(expConstants, []int{spec.ConstSign})...)
		return func(x reg.VecVirtual) reg.VecVirtual {
			y := r.sigmoid(r.copyOf(x))
			r.VMULPS(y, x, x)
			return x
		}
	}
	return func(x reg.VecVirtual) reg.VecVirtual { return x }
}

func (r *rowsF32) copyOf(x reg.VecVirtual) reg.VecVirtual {
	v := r.vec()
	r.move(x, v)
	return v
}

// between limits x to two constants.
func (r *rowsF32) between(x reg.Register, lo, hi int) {
	r.VMAXPS(x, r.literal(lo), x)
	r.VMINPS(x, r.literal(hi), x)
}

// minusAbs sets the sign bits of x.
func (r *rowsF32) minusAbs(x reg.Register) { r.or(r.literal(spec.ConstSign), x) }

// reduced splits x into n*ln(2) and a rest, which takes its place. It returns the
// number with n in its low bits, and the polynomial of the rest from the second
// power on, over the square.
func (r *rowsF32) reduced(x reg.VecVirtual) (t, q reg.VecVirtual) {
	t, n, q := r.copyOf(r.literal(spec.ConstRound)), r.vec(), r.vec()
	r.VFMADD231PS(r.literal(spec.ConstLog2e), x, t)
	r.VSUBPS(r.literal(spec.ConstRound), t, n)
	r.VFNMADD231PS(r.literal(spec.ConstLn2Hi), n, x)
	r.VFNMADD231PS(r.literal(spec.ConstLn2Lo), n, x)
	r.move(r.literal(spec.ConstExp), q)
	for i := 1; i < 5; i++ {
		r.VFMADD213PS(r.literal(spec.ConstExp+4*i), x, q)
	}
	return t, q
}

// powerOf2 turns integers in the low bits into powers of two.
func (r *rowsF32) powerOf2(n reg.VecVirtual) {
	r.VPSLLD(operand.U8(23), n, n)
	r.VPADDD(r.literal(spec.ConstOne), n, n)
}

// exp returns exp(x) and clobbers x. The power of two comes in two factors, so
// that results may be subnormal, and too large ones infinite.
func (r *rowsF32) exp(x reg.VecVirtual) reg.VecVirtual {
	r.between(x, spec.ConstExpLo, spec.ConstExpHi)
	n, p := r.reduced(x)
	r.VFMADD213PS(r.literal(spec.ConstOne), x, p)
	r.VFMADD213PS(r.literal(spec.ConstOne), x, p)
	half := x
	r.VPSUBD(r.literal(spec.ConstRound), n, n)
	r.VPSRAD(operand.U8(1), n, half)
	r.VPSUBD(half, n, n)
	r.powerOf2(half)
	r.powerOf2(n)
	r.VMULPS(half, p, p)
	r.VMULPS(n, p, p)
	return p
}

// expm1 returns exp(x)-1 for x up to 0, something else above, and clobbers x.
func (r *rowsF32) expm1(x reg.VecVirtual) reg.VecVirtual {
	r.VMAXPS(x, r.literal(spec.ConstExpm1Lo), x)
	s, q := r.reduced(x)
	square := r.vec()
	r.VMULPS(x, x, square)
	r.VFMADD213PS(x, square, q)
	r.powerOf2(s)
	r.VSUBPS(r.literal(spec.ConstOne), s, square)
	r.VFMADD213PS(square, s, q)
	return q
}

// sigmoid returns 1/(1+exp(-x)) by way of exp(-|x|), which can't overflow, and
// clobbers x.
func (r *rowsF32) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	u := r.copyOf(x)
	r.minusAbs(u)
	e := r.exp(u)
	y := r.copyOf(r.literal(spec.ConstOne))
	r.where(x, e, y)
	r.VADDPS(r.literal(spec.ConstOne), e, e)
	r.VDIVPS(e, y, y)
	return y
}

// tanh returns t/(2+t) with x's sign, t = exp(-2|x|)-1, and clobbers x.
func (r *rowsF32) tanh(x reg.VecVirtual) reg.VecVirtual {
	u, y := r.copyOf(x), r.vec()
	r.minusAbs(u)
	r.VADDPS(u, u, u)
	t := r.expm1(u)
	r.VADDPS(r.literal(spec.ConstTwo), t, y)
	r.VDIVPS(y, t, y)
	// The quotient's sign bit is set, or it is zero: set it, then flip it where x is positive.
	r.minusAbs(y)
	sign := r.copyOf(r.literal(spec.ConstSign))
	r.andNot(x, sign)
	r.xor(sign, y)
	return y
}

// andNot clears the bits of v that x has; xor flips them.
func (r *rowsF32) andNot(x, v reg.Register) {
	if r.z {
		r.VPANDND(v, x, v)
		return
	}
	r.VPANDN(v, x, v)
}

func (r *rowsF32) xor(x, v reg.Register) {
	if r.z {
		r.VPXORD(x, v, v)
		return
	}
	r.VPXOR(x, v, v)
}

// hardSwish is x times a sixth of x+3 limited to 0..6.
func (r *rowsF32) hardSwish(x reg.VecVirtual) reg.VecVirtual {
	y := r.vec()
	r.VADDPS(r.literal(spec.ConstThree), x, y)
	r.between(y, spec.ConstZero, spec.ConstSix)
	r.VMULPS(r.literal(spec.ConstSixth), y, y)
	r.VMULPS(y, x, x)
	return x
}
