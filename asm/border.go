package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// quantize emits the conversion of rows of Pixels float32, at least 16, to bytes
// OutPix apart: one channel of the input. The last 16 of a row may overlap
// those before them.
func (b *builder) quantize() {
	b.runs(16, func(in, out reg.Register) {
		v := make([]reg.VecVirtual, 16/b.lanes())
		for j := range v {
			v[j] = b.vec()
			b.load(at(in, 4*b.lanes()*j), v[j])
			b.toInt(v[j], b.arg("InMul"), b.arg("InAdd"), "Hi")
		}
		x := b.pack(b.packing(false), v)
		b.scatter(x, out)
	}, 4, func(out reg.Register) { // bytes between outputs
		b.IMULQ(b.arg("OutPix"), out)
	})
}

// quantizeRGB emits the conversion of rows of Pixels elements of three planes, at
// least as many as a vector has bytes, to pixels of three bytes. The last vectors of a
// row may overlap those before them.
func (b *builder) quantizeRGB() {
	b.runs(b.bytes(), func(in, out reg.Register) {
		pack, mul, add, plane := b.packing(false), b.get("Mul"), b.get("Bias"), b.get("In2Row")
		var c [3]reg.VecVirtual
		for i := range c {
			v := make([]reg.VecVirtual, 4)
			for j := range v {
				v[j] = b.vec()
				b.load(at(in, 4*b.lanes()*j), v[j])
				b.toInt(v[j], at(mul, 4*i), at(add, 4*i), "Hi")
			}
			c[i] = b.pack(pack, v)
			b.ADDQ(plane, in)
		}
		for i, v := range b.pixelsOfThree(c) {
			for part := range b.bytes() / 16 {
				b.storeSixteen(v, part, at(out, 48*part+16*i))
			}
		}
	}, 4, func(out reg.Register) {
		b.IMUL3Q(operand.I32(3), out, out)
	})
}

// quantizeEight emits the conversion of rows of Pixels elements, at least 16, of eight planes
// to bytes of as many channels, side by side in pixels OutPix apart. The last 16 of a row may
// overlap those before them.
func (b *builder) quantizeEight() {
	b.runs(16, func(in, out reg.Register) {
		pack, mul, add, plane := b.packing(false), b.get("Mul"), b.get("Bias"), b.get("In2Row")
		c := make([]reg.VecVirtual, 8)
		for i := range c {
			v := make([]reg.VecVirtual, 16/b.lanes())
			for j := range v {
				v[j] = b.vec()
				b.load(at(in, 4*b.lanes()*j), v[j])
				b.toInt(v[j], at(mul, 4*i), at(add, 4*i), "Hi")
			}
			c[i] = b.pack(pack, v)
			b.ADDQ(plane, in)
		}
		for _, unpack := range b.unpacks() {
			c = b.interleaved(c, unpack)
		}
		pitch := b.get("OutPix")
		for _, pair := range []int{0, 4, 2, 6, 1, 5, 3, 7} { // pixels, after three halvings
			b.VMOVQ(c[pair].AsX(), at(out, 0))
			b.ADDQ(pitch, out)
			b.VMOVHPS(c[pair].AsX(), at(out, 0))
			b.ADDQ(pitch, out)
		}
	}, 4, func(out reg.Register) { // bytes between outputs
		b.IMULQ(b.arg("OutPix"), out)
	})
}

// unpack takes elements of two vectors by turns: of their lower and of their upper halves.
type unpack struct{ low, high func(ops ...operand.Op) }

// unpacks are those of bytes, of words and of double words.
func (b *builder) unpacks() []unpack {
	return []unpack{{b.VPUNPCKLBW, b.VPUNPCKHBW}, {b.VPUNPCKLWD, b.VPUNPCKHWD}, {b.VPUNPCKLDQ, b.VPUNPCKHDQ}}
}

// interleaved takes elements of 16 bytes each of neighbouring vectors by turns: first the lower
// halves of all pairs, then the upper ones.
func (b *builder) interleaved(c []reg.VecVirtual, u unpack) []reg.VecVirtual {
	out := make([]reg.VecVirtual, len(c))
	for i := 0; i < len(c); i += 2 {
		low := b.vec()
		u.low(c[i+1].AsX(), c[i].AsX(), low.AsX())
		u.high(c[i+1].AsX(), c[i].AsX(), c[i].AsX())
		out[i/2], out[len(c)/2+i/2] = low, c[i]
	}
	return out
}

// pixelsOfThree takes bytes of three vectors by turns, in every block of 16 bytes by
// itself. The first result has the first third of each block's 48 bytes. One shuffle puts
// the bytes of a vector where all three results have them.
func (b *builder) pixelsOfThree(c [3]reg.VecVirtual) (out [3]reg.VecVirtual) {
	consts := b.get("Consts")
	block := func(offset int) reg.VecVirtual {
		v := b.vec()
		if b.z {
			b.VBROADCASTI32X4(at(consts, offset), v)
		} else {
			b.VBROADCASTI128(at(consts, offset), v)
		}
		return v
	}
	for i, v := range c {
		b.VPSHUFB(block(spec.ConstThirds+16*i), v, v)
	}
	second, third := block(spec.ConstThirds+48), block(spec.ConstThirds+64)
	if !b.z {
		for i := range out {
			out[i] = b.vec()
			b.VPBLENDVB(second, c[(i+1)%3], c[i], out[i])
			b.VPBLENDVB(third, c[(i+2)%3], out[i], out[i])
		}
		return out
	}
	two, three := b.K(), b.K()
	b.VPMOVB2M(second, two)
	b.VPMOVB2M(third, three)
	for i := range out {
		out[i] = b.vec()
		b.VPBLENDMB(c[(i+1)%3], c[i], two, out[i])
		b.VPBLENDMB(c[(i+2)%3], out[i], three, out[i])
	}
	return out
}

// storeSixteen writes one block of 16 bytes of v.
func (b *builder) storeSixteen(v reg.VecVirtual, part int, m operand.Mem) {
	switch i := operand.U8(uint8(part)); {
	case part == 0:
		b.storeVec(v.AsX(), m)
	case b.z:
		b.VEXTRACTI32X4(i, v, m)
	default:
		b.VEXTRACTI128(i, v, m)
	}
}

// toInt computes x*mul + add, replaces NaN by 0, limits to the field hi and rounds. What is
// too low for an integer becomes the lowest, which pack limits.
func (b *builder) toInt(v reg.VecVirtual, mul, add operand.Mem, hi string) {
	if b.z {
		b.VMULPS_BCST(mul, v, v)
		b.VADDPS_BCST(add, v, v)
		k := b.K()
		b.VCMPPS(operand.U8(7), v, v, k) // ordered: not NaN
		b.VMINPS_BCST_Z(b.arg(hi), v, k, v)
	} else {
		m, a, ordered := b.vec(), b.vec(), b.vec()
		b.VBROADCASTSS(mul, m)
		b.VMULPS(m, v, v)
		b.VBROADCASTSS(add, a)
		b.VADDPS(a, v, v)
		b.VCMPPS(operand.U8(7), v, v, ordered)
		b.VPAND(ordered, v, v)
		b.minField(hi, v)
	}
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
	b.runs(16, func(in, out reg.Register) {
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

// runs emits the loops over rows and over n elements: their size in the input
// is inSize, and scale turns a number of them into bytes of the output.
func (b *builder) runs(n int, body func(in, out reg.Register), inSize int, scale func(reg.Register)) {
	b.set("RowsLeft", "Rows")
	b.set("InAt", "In")
	b.set("OutAt", "Out")
	b.countdown("row", "RowsLeft", func() {
		in, out, i, last := b.GP64(), b.GP64(), b.GP64(), b.get("Pixels")
		again, more := b.label("again"), b.label("more")
		b.SUBQ(operand.Imm(uint64(n)), last)
		b.XORQ(i, i)
		b.Label(again)
		b.MOVQ(i, out)
		scale(out)
		b.ADDQ(b.arg("OutAt"), out)
		b.MOVQ(b.arg("InAt"), in)
		b.LEAQ(at(in, 0).Idx(i, uint8(inSize)), in)
		body(in, out)
		done := b.label("rowDone")
		b.CMPQ(i, last)
		b.JEQ(operand.LabelRef(done))
		b.ADDQ(operand.Imm(uint64(n)), i)
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
