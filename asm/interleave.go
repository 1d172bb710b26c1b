package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// interleave emits y[2i] = a[i], y[2i+1] = b[i], row by row of N bytes of each
// operand. The last vector of a row overlaps the one before; rows too short for
// one are stored in part.
func (b *builder) interleave() {
	half := b.bytes() / 2 // that a vector takes from each operand
	i, last := b.GP64(), b.GP64()
	in, in2, out, n := b.get("In"), b.get("In2"), b.get("Out"), b.get("N")
	rows := func(body func()) {
		b.set("RowsLeft", "Rows")
		b.countdown("row", "RowsLeft", func() {
			b.MOVQ(operand.I32(0), i)
			body()
			b.ADDQ(b.arg("InRow"), in)
			b.ADDQ(b.arg("In2Row"), in2)
			b.ADDQ(b.arg("OutRow"), out)
		})
	}
	pair := func() reg.VecVirtual { return b.pairs(at(in, 0).Idx(i, 1), at(in2, 0).Idx(i, 1)) }
	store := func() { b.storeVec(pair(), at(out, 0).Idx(i, 2)) }

	short, done := b.label("short"), b.label("done")
	b.CMPQ(n, operand.Imm(uint64(half)))
	b.JLT(operand.LabelRef(short))
	b.LEAQ(at(n, -half), last)
	rows(func() {
		more, whole := b.label("more"), b.label("whole")
		b.Label(more)
		store()
		b.ADDQ(operand.Imm(uint64(half)), i)
		b.CMPQ(i, last)
		b.JLE(operand.LabelRef(more))
		b.CMPQ(i, n)
		b.JGE(operand.LabelRef(whole))
		b.MOVQ(last, i)
		store()
		b.Label(whole)
	})
	b.JMP(operand.LabelRef(done))

	b.Label(short)
	both, mask := b.GP64(), reg.Register(nil)
	b.LEAQ(at(n, 0).Idx(n, 1), both)
	if b.z {
		mask = b.K()
		b.KMOVQ(b.arg("Mask"), mask)
	}
	rows(func() {
		p := b.GP64()
		b.MOVQ(out, p)
		b.storeSome(pair(), p, both, mask)
	})
	b.Label(done)
}

// pairs loads half a vector from each of two places, the elements by turns: they are
// widened to twice their size, and those of the second go to the upper halves.
func (b *builder) pairs(x, y operand.Mem) reg.VecVirtual {
	even, odd := b.vec(), b.vec()
	if b.k.Family == spec.Interleave {
		b.VPMOVZXBW(x, even)
		b.VPMOVZXBW(y, odd)
		b.VPSLLW(operand.U8(8), odd, odd)
	} else {
		b.VPMOVZXDQ(x, even)
		b.VPMOVZXDQ(y, odd)
		b.VPSLLQ(operand.U8(32), odd, odd)
	}
	b.or(even, odd)
	return odd
}
