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
			r.b.ADDQ(r.b.arg("ResRow"), r.in2)
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
	b := r.b
	switch b.k.Fn {
	case spec.NoFunction:
		return func(x reg.VecVirtual) reg.VecVirtual { return x }
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
			b.VFMADD213PS(r.field("FnB"), r.field("FnA"), x)
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
			b.VMULPS(r.field("FnA"), y, y)
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
			b.VMULPS(y, x, x)
			return x
		}
	}
	return r.curve()
}

func (r *rowsF32) copyOf(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	v := b.vec()
	b.move(x, v)
	return v
}

// between limits x to two constants.
func (r *rowsF32) between(x reg.Register, lo, hi int) {
	b := r.b
	b.VMAXPS(x, r.literal(lo), x)
	b.VMINPS(x, r.literal(hi), x)
}

// minusAbs sets the sign bits of x.
func (r *rowsF32) minusAbs(x reg.Register) { b := r.b; b.or(r.literal(spec.ConstSign), x) }

// reduced splits x into n*ln(2) and a rest, which takes its place. It returns the
// number with n in its low bits.
func (r *rowsF32) reduced(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	t, n := r.copyOf(r.literal(spec.ConstRound)), b.vec()
	b.VFMADD231PS(r.literal(spec.ConstLog2e), x, t)
	b.VSUBPS(r.literal(spec.ConstRound), t, n)
	b.VFNMADD231PS(r.literal(spec.ConstLn2Hi), n, x)
	b.VFNMADD231PS(r.literal(spec.ConstLn2Lo), n, x)
	return t
}

// powers returns the polynomial of the rest of a reduction from the second power on,
// over the square.
func (r *rowsF32) powers(x reg.VecVirtual) reg.VecVirtual {
	return r.horner(r.copyOf(r.literal(spec.ConstExp)), x, spec.ConstExp+4, 4)
}

// horner goes on with the polynomial q of x by n constants.
func (r *rowsF32) horner(q, x reg.VecVirtual, constants, n int) reg.VecVirtual {
	for i := range n {
		r.b.VFMADD213PS(r.literal(constants+4*i), x, q)
	}
	return q
}

// powerOf2 turns integers in the low bits into powers of two.
func (r *rowsF32) powerOf2(n reg.VecVirtual) {
	b := r.b
	b.VPSLLD(operand.U8(23), n, n)
	b.VPADDD(r.literal(spec.ConstOne), n, n)
}

// exp returns exp(x) and clobbers x. The power of two comes in two factors, so
// that results may be subnormal, and too large ones infinite.
func (r *rowsF32) exp(x reg.VecVirtual) reg.VecVirtual {
	r.between(x, spec.ConstExpLo, spec.ConstExpHi)
	return r.expOfReduced(x, r.reduced(x))
}

// expOfReduced returns exp of the rest x and the number n of a reduction, and clobbers both.
func (r *rowsF32) expOfReduced(x, n reg.VecVirtual) reg.VecVirtual {
	b := r.b
	p := r.powers(x)
	b.VFMADD213PS(r.literal(spec.ConstOne), x, p)
	b.VFMADD213PS(r.literal(spec.ConstOne), x, p)
	half := x
	b.VPSUBD(r.literal(spec.ConstRound), n, n)
	b.VPSRAD(operand.U8(1), n, half)
	b.VPSUBD(half, n, n)
	r.powerOf2(half)
	r.powerOf2(n)
	b.VMULPS(half, p, p)
	b.VMULPS(n, p, p)
	return p
}

// expm1 returns exp(x)-1 for x up to 0, something else above, and clobbers x.
func (r *rowsF32) expm1(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	b.VMAXPS(x, r.literal(spec.ConstExpm1Lo), x)
	s := r.reduced(x)
	q, square := r.powers(x), b.vec()
	b.VMULPS(x, x, square)
	b.VFMADD213PS(x, square, q)
	r.powerOf2(s)
	b.VSUBPS(r.literal(spec.ConstOne), s, square)
	b.VFMADD213PS(square, s, q)
	return q
}

// sigmoid returns 1/(1+exp(-x)) by way of exp(-|x|), which can't overflow, and
// clobbers x.
func (r *rowsF32) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	u := r.copyOf(x)
	r.minusAbs(u)
	e := r.exp(u)
	y := r.copyOf(r.literal(spec.ConstOne))
	r.where(x, e, y)
	b.VADDPS(r.literal(spec.ConstOne), e, e)
	b.VDIVPS(e, y, y)
	return y
}

// tanh returns t/(2+t) with x's sign, t = exp(-2|x|)-1, and clobbers x.
func (r *rowsF32) tanh(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	u, y := r.copyOf(x), b.vec()
	r.minusAbs(u)
	b.VADDPS(u, u, u)
	t := r.expm1(u)
	b.VADDPS(r.literal(spec.ConstTwo), t, y)
	b.VDIVPS(y, t, y)
	r.takeSign(x, y)
	return y
}

// takeSign gives y the sign of x: sets the bit, then flips it where x is positive.
func (r *rowsF32) takeSign(x, y reg.VecVirtual) {
	r.minusAbs(y)
	sign := r.copyOf(r.literal(spec.ConstSign))
	r.andNot(x, sign)
	r.xor(sign, y)
}

// andNot clears the bits of v that x has; xor flips them.
func (r *rowsF32) andNot(x, v reg.Register) {
	b := r.b
	if b.z {
		b.VPANDND(v, x, v)
		return
	}
	b.VPANDN(v, x, v)
}

func (r *rowsF32) xor(x, v reg.Register) {
	b := r.b
	if b.z {
		b.VPXORD(x, v, v)
		return
	}
	b.VPXOR(x, v, v)
}

// hardSwish is x times a sixth of x+3 limited to 0..6.
func (r *rowsF32) hardSwish(x reg.VecVirtual) reg.VecVirtual {
	b := r.b
	y := b.vec()
	b.VADDPS(r.literal(spec.ConstThree), x, y)
	r.between(y, spec.ConstZero, spec.ConstSix)
	b.VMULPS(r.literal(spec.ConstSixth), y, y)
	b.VMULPS(y, x, x)
	return x
}
