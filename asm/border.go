package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// quantize emits the conversion of rows of Pixels float32, at least 16, to bytes
// OutPix apart: one channel of the input. The last 16 of a row may overlap
// those before them.
func (b *builder) quantize() {
	b.runs(func(in, out reg.Register) {
		v := make([]reg.VecVirtual, 16/b.lanes())
		for j := range v {
			v[j] = b.vec()
			b.load(at(in, 4*b.lanes()*j), v[j])
			b.toInt(v[j], "InMul", "InAdd", "Lo", "Hi")
		}
		x := b.pack(b.packing(false), v)
		b.scatter(x, out)
	}, 4, func(out reg.Register) { // bytes between outputs
		b.IMULQ(b.arg("OutPix"), out)
	})
}

// toInt computes x*mul + add of two fields, replaces NaN by 0, limits and rounds.
func (b *builder) toInt(v reg.VecVirtual, mul, add, lo, hi string) {
	b.mulField(mul, v)
	if b.z {
		b.VADDPS_BCST(b.arg(add), v, v)
		k := b.K()
		b.VCMPPS(operand.U8(7), v, v, k) // ordered: not NaN
		b.VMOVDQU32_Z(v, k, v)
	} else {
		b.VADDPS(b.spread(add), v, v)
		ordered := b.vec()
		b.VCMPPS(operand.U8(7), v, v, ordered)
		b.VPAND(ordered, v, v)
	}
	b.maxField(lo, v)
	b.minField(hi, v)
	b.VCVTPS2DQ(v, v)
}

// scatter writes 16 bytes OutPix apart.
func (b *builder) scatter(v reg.VecVirtual, out reg.Register) {
	pitch, p := b.get("OutPix"), b.GP64()
	b.MOVQ(out, p)
	for i := range 16 {
		b.VPEXTRB(operand.U8(uint8(i)), v.AsX(), at(p, 0))
		if i < 15 {
			b.ADDQ(pitch, p)
		}
	}
}

// dequantize emits the conversion of rows of Pixels bytes, at least 16, to
// float32. The last 16 of a row may overlap those before them.
func (b *builder) dequantize() {
	b.runs(func(in, out reg.Register) {
		for j := range 16 / b.lanes() {
			v := b.vec()
			b.VPMOVZXBD(at(in, b.lanes()*j), v)
			b.subField("InZero", v)
			b.VCVTDQ2PS(v, v)
			b.mulField("InMul", v)
			b.storeVec(v, at(out, 4*b.lanes()*j))
		}
	}, 1, func(out reg.Register) {
		b.SHLQ(operand.U8(2), out)
	})
}

// runs emits the loops over rows and over 16 elements: their size in the input
// is inSize, and scale turns a number of them into bytes of the output.
func (b *builder) runs(sixteen func(in, out reg.Register), inSize int, scale func(reg.Register)) {
	b.set("RowsLeft", "Rows")
	b.set("InAt", "In")
	b.set("OutAt", "Out")
	b.countdown("row", "RowsLeft", func() {
		in, out, i, last := b.GP64(), b.GP64(), b.GP64(), b.get("Pixels")
		again, more := b.label("again"), b.label("more")
		b.SUBQ(operand.Imm(16), last)
		b.XORQ(i, i)
		b.Label(again)
		b.MOVQ(i, out)
		scale(out)
		b.ADDQ(b.arg("OutAt"), out)
		b.MOVQ(b.arg("InAt"), in)
		b.LEAQ(at(in, 0).Idx(i, uint8(inSize)), in)
		sixteen(in, out)
		done := b.label("rowDone")
		b.CMPQ(i, last)
		b.JEQ(operand.LabelRef(done))
		b.ADDQ(operand.Imm(16), i)
		b.CMPQ(i, last)
		b.JLE(operand.LabelRef(more))
		b.MOVQ(last, i)
		b.Label(more)
		b.JMP(operand.LabelRef(again))
		b.Label(done)
		b.advance("InAt", "InRow")
		b.advance("OutAt", "OutRow")
	})
}
