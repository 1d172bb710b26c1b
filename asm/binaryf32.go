package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// binaryF32 emits a function of two tensors, row by row of N float32; a distance
// of 0 between the rows of the second operand repeats it.
func (b *builder) binaryF32() {
	r := b.newRows("In2")
	r.holdLimits()
	r.rows(func() {
		r.blocks(func() {
			for j := range r.parts() {
				y, v := r.read(r.in2, j), r.read(r.in, j)
				map[spec.Function]func(...operand.Op){
					spec.Add2: b.VADDPS, spec.Sub2: b.VSUBPS, spec.Mul2: b.VMULPS, spec.Div2: b.VDIVPS,
				}[b.k.Fn](y, v, v)
				r.clamp(v)
				r.write(v, r.out, j)
			}
		})
		r.b.ADDQ(r.b.arg("In2Row"), r.in2)
	})
}

// affineF32 emits x*Mul + Bias, rounded once, row by row of N float32, each with a
// factor and an addend of its own.
func (b *builder) affineF32() {
	r := b.newRows("")
	r.holdLimits()
	mul, add := b.get("Mul"), b.get("Bias")
	r.rows(func() {
		r.blocks(func() {
			for j := range r.parts() {
				v, m, a := r.read(r.in, j), r.read(mul, j), r.read(add, j)
				b.VFMADD213PS(a, m, v)
				r.clamp(v)
				r.write(v, r.out, j)
			}
		})
	})
}

// preluF32 emits x, or x*Mul where its sign bit is set.
func (b *builder) preluF32() {
	r := b.newRows("")
	mul := b.get("Mul")
	r.rows(func() {
		r.blocks(func() {
			for j := range r.parts() {
				v := r.read(r.in, j)
				r.scaleNegative(v, r.read(mul, j))
				r.write(v, r.out, j)
			}
		})
	})
}

// scaleNegative multiplies lanes of v whose sign bit is set by those of m, which
// it clobbers.
func (r *rowsF32) scaleNegative(v, m reg.VecVirtual) {
	b := r.b
	if b.z {
		b.VMULPS(m, v, r.signs(v), v)
		return
	}
	product := b.vec()
	b.VMULPS(m, v, product)
	b.VBLENDVPS(v, product, v, v)
}

// signs returns the opmask of the lanes of v whose sign bit is set.
func (r *rowsF32) signs(v reg.Register) reg.Register {
	b := r.b
	k := b.K()
	b.VPMOVD2M(v, k)
	return k
}

// where replaces the lanes of v where those of x have the sign bit by those of y.
func (r *rowsF32) where(x, y, v reg.VecVirtual) {
	b := r.b
	if b.z {
		b.VMOVAPS(y, r.signs(x), v)
		return
	}
	b.VBLENDVPS(x, y, v, v)
}

// holdLimits keeps the limits in registers.
func (r *rowsF32) holdLimits() {
	b := r.b
	if b.k.Clamp {
		r.hold([]string{"Lo", "Hi"})
	}
}
