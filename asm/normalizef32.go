package asm

import (
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// normalizeF32 emits (x-mean)/sqrt(variance+FnB)*Mul + Bias over rows of N float32. Sums are taken
// in the 16 lanes of a block, which are then added in halves. The sum of the differences to the
// mean corrects the mean for its rounding.
func (b *builder) normalizeF32() {
	r := b.newRows("")
	r.hold([]string{"FnA", "FnB"}, spec.ConstZero, spec.ConstOne)
	mul, add := b.get("Mul"), b.get("Bias")
	sums, squares := make([]reg.VecVirtual, r.parts()), make([]reg.VecVirtual, r.parts())
	for j := range sums {
		sums[j], squares[j] = b.vec(), b.vec()
	}
	r.rows(func() {
		b.Comment("The mean.")
		r.clear(sums)
		r.blocks(func() {
			for j, v := range sums {
				b.VADDPS(r.read(r.in, j), v, v)
			}
		})
		mean := r.fold(sums, b.VADDPS)
		b.VMULPS(r.field("FnA"), mean, mean)
		b.Comment("The differences and their squares.")
		r.clear(sums)
		r.clear(squares)
		r.blocks(func() {
			for j := range sums {
				d := r.difference(mean, j)
				b.VADDPS(d, sums[j], sums[j])
				b.VFMADD231PS(d, d, squares[j])
			}
		})
		rest, factor := r.fold(sums, b.VADDPS), r.fold(squares, b.VADDPS)
		b.VMULPS(r.field("FnA"), rest, rest)
		b.VMULPS(r.field("FnA"), factor, factor)
		b.VFNMADD231PS(rest, rest, factor)
		b.VMAXPS(factor, r.literal(spec.ConstZero), factor)
		b.VADDPS(r.field("FnB"), factor, factor)
		b.VSQRTPS(factor, factor)
		b.VDIVPS(factor, r.literal(spec.ConstOne), factor)
		b.Comment("The results.")
		r.blocks(func() {
			for j := range sums {
				v := r.read(r.in, j)
				b.VSUBPS(mean, v, v)
				b.VSUBPS(rest, v, v)
				b.VMULPS(factor, v, v)
				m, a := r.read(mul, j), r.read(add, j)
				b.VFMADD213PS(a, m, v)
				r.write(v, r.out, j)
			}
		})
	})
}

// clear sets vectors to 0.
func (r *rowsF32) clear(all []reg.VecVirtual) {
	b := r.b
	for _, v := range all {
		b.move(r.literal(spec.ConstZero), v)
	}
}

// difference returns vector j of the block less the mean; what is not there is 0.
func (r *rowsF32) difference(mean reg.VecVirtual, j int) reg.VecVirtual {
	b := r.b
	d := r.read(r.in, j)
	switch {
	case r.partial && b.z:
		b.VSUBPS_Z(mean, d, r.opmask, d)
	case r.partial:
		b.VSUBPS(mean, d, d)
		b.VPAND(r.mask(j), d, d)
	default:
		b.VSUBPS(mean, d, d)
	}
	return d
}
