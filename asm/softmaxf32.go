package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// softmaxF32 emits exp(x-max)/sum over rows of N float32. The sum is taken in
// the 16 lanes of a block, which are then added in halves.
func (b *builder) softmaxF32() {
	r := b.newRows("")
	r.hold(nil, expConstants...)
	acc := make([]reg.VecVirtual, r.parts())
	for j := range acc {
		acc[j] = b.vec()
	}
	r.rows(func() {
		b.Comment("The maximum.")
		for _, v := range acc {
			b.move(r.literal(spec.ConstLowest), v)
		}
		r.blocks(func() {
			for j, v := range acc {
				b.VMAXPS(r.readOr(r.in, j, spec.ConstLowest), v, v)
			}
		})
		most := r.fold(acc, b.VMAXPS)
		b.Comment("The exponentials and their sum.")
		for _, v := range acc {
			b.move(r.literal(spec.ConstZero), v)
		}
		r.blocks(func() {
			for j, v := range acc {
				x := r.read(r.in, j)
				b.VSUBPS(most, x, x)
				e := r.exp(x)
				r.write(e, r.out, j)
				r.addPart(e, v, j)
			}
		})
		scale := r.fold(acc, b.VADDPS)
		one := r.copyOf(r.literal(spec.ConstOne))
		b.VDIVPS(scale, one, scale)
		b.Comment("Times the sum's inverse.")
		r.blocks(func() {
			for j := range acc {
				v := r.read(r.out, j)
				b.VMULPS(scale, v, v)
				r.write(v, r.out, j)
			}
		})
	})
}

// readOr is read, with a constant where a partial block has nothing.
func (r *rowsF32) readOr(p reg.Register, j, constant int) reg.VecVirtual {
	b := r.b
	switch {
	case !r.partial:
		return r.read(p, j)
	case b.z:
		v := r.copyOf(r.literal(constant))
		b.VMOVUPS(r.of(p, j), r.opmask, v)
		return v
	}
	v, m := b.vec(), r.mask(j).(reg.VecVirtual)
	b.VMASKMOVPS(r.of(p, j), m, v)
	b.VBLENDVPS(m, v, r.literal(constant), v)
	return v
}

// addPart adds vector j of the block to a sum.
func (r *rowsF32) addPart(v, sum reg.VecVirtual, j int) {
	b := r.b
	switch {
	case !r.partial:
		b.VADDPS(v, sum, sum)
	case b.z:
		b.VADDPS(v, sum, r.opmask, sum)
	default:
		b.VPAND(r.mask(j), v, v)
		b.VADDPS(v, sum, sum)
	}
}

// fold combines the 16 lanes of a block by halves and returns the result in every
// lane. It clobbers v.
func (r *rowsF32) fold(v []reg.VecVirtual, op func(...operand.Op)) reg.VecVirtual {
	b := r.b
	y := v[0].AsY()
	if b.z {
		high := b.YMM()
		b.VEXTRACTF64X4(operand.U8(1), v[0], high)
		op(high, y, y)
	} else {
		op(v[1], y, y)
	}
	x, other := v[0].AsX(), b.XMM()
	if b.z {
		b.VEXTRACTF32X4(operand.U8(1), y, other)
	} else {
		b.VEXTRACTF128(operand.U8(1), y, other)
	}
	op(other, x, x)
	b.VPSHUFD(operand.U8(0x4e), x, other) // the upper two lanes
	op(other, x, x)
	b.VPSHUFD(operand.U8(0xb1), x, other) // the odd one
	op(other, x, x)
	all := b.vec()
	b.VBROADCASTSS(x, all)
	return all
}
