package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// binary emits the sum or the product of two tensors, row by row of N bytes; a
// distance of 0 between the rows of an operand repeats it.
func (b *builder) binary() {
	b.rows(true, func(in, in2 reg.Register) reg.VecVirtual {
		pack := b.limited(b.packing(false), false)
		out := make([]reg.VecVirtual, 4)
		for j := range out {
			x, y := b.vec(), b.vec()
			b.VPMOVZXBD(at(in, b.lanes()*j), x)
			b.VPMOVZXBD(at(in2, b.lanes()*j), y)
			b.subField("InZero", x)
			b.subField("In2Zero", y)
			if b.k.Family == spec.Mul {
				b.VPMULLD(y, x, x)
				b.VCVTDQ2PS(x, x)
				b.mulField("InMul", x)
			} else {
				b.VCVTDQ2PS(x, x)
				b.VCVTDQ2PS(y, y)
				b.mulField("InMul", x)
				b.mulField("In2Mul", y)
				b.VADDPS(y, x, x)
			}
			b.round(x)
			out[j] = x
		}
		v := b.pack(pack, out)
		if b.k.Table {
			v = b.lookup([]reg.VecVirtual{v})[0]
		}
		return v
	})
}

// mulChannels emits the product of Rows pixels with one number a channel, which stays in
// registers while all pixels pass. What is left of the channels gets the smallest
// vector that holds them.
func (b *builder) mulChannels() {
	again, done := b.label("channels"), b.label("channelsDone")
	b.set("Left", "N")
	b.set("InAt", "In")
	b.set("In2At", "In2")
	b.set("OutAt", "Out")
	b.Label(again)
	var rest []string
	for size := 16; size <= b.bytes(); size *= 2 {
		l := b.label("rest")
		rest = append(rest, l)
		b.CMPQ(b.arg("Left"), operand.Imm(uint64(size)))
		if size < b.bytes() {
			b.JLE(operand.LabelRef(l))
		} else {
			b.JLT(operand.LabelRef(l))
		}
	}
	b.scalePixels(b.bytes(), false)
	for _, f := range []string{"InAt", "In2At", "OutAt"} {
		b.ADDQ(operand.Imm(uint64(b.bytes())), b.arg(f))
	}
	b.SUBQ(operand.Imm(uint64(b.bytes())), b.arg("Left"))
	b.JNE(operand.LabelRef(again))
	b.JMP(operand.LabelRef(done))
	for i, l := range rest {
		b.Label(l)
		b.scalePixels(16<<i, true)
		b.JMP(operand.LabelRef(done))
	}
	b.Label(done)
}

// scaledPixels is the loop over pixels of mulChannels for a vector of channels of some bytes.
type scaledPixels struct {
	b                      *builder
	size                   int // 16, 32 or 64 bytes
	zero, mul, inZero      reg.VecVirtual
	words                  [2]reg.VecVirtual
	factors                [2][2]reg.VecVirtual // of even and of odd words, zeros between them
	in, out, inRow, outRow reg.GPVirtual
}

// vec is v in the size of the pixels' vectors.
func (s *scaledPixels) vec(v reg.VecVirtual) reg.Register {
	return map[int]reg.Register{16: v.AsX(), 32: v.AsY(), 64: v.AsZ()}[s.size]
}

// scalePixels emits the loop over pixels for a vector of channels of some bytes, which is not
// full where there is a tail. The bytes of each half of a block of 16 become words in the
// order 0 4 1 5 2 6 3 7, whose products packing brings back in order.
func (b *builder) scalePixels(size int, tail bool) {
	s := &scaledPixels{b: b, size: size, in: b.get("InAt")}
	in2 := b.get("In2At")
	s.out = b.get("OutAt")
	rows := b.get("Rows")
	s.inRow, s.outRow = b.get("InRow"), b.get("OutRow")
	c := b.get("Consts")
	var n, mask reg.Register
	if tail && b.z {
		mask = b.K()
		b.KMOVQ(b.arg("Mask"), mask)
	} else if tail {
		n = b.get("Left")
	}
	s.spreadFactors(in2, c)
	b.loop("pixel", rows, func() {
		v := s.pixel()
		if tail {
			to := b.GP64() // storeSome moves its pointer
			b.MOVQ(s.out, to)
			b.storeSome(v, to, n, mask)
		} else {
			b.storeVec(v, at(s.out, 0))
		}
		b.ADDQ(s.inRow, s.in)
		b.ADDQ(s.outRow, s.out)
	})
}

// word spreads the low word of a field.
func (s *scaledPixels) word(field string) reg.VecVirtual {
	b := s.b
	v := s.b.vec()
	b.VPBROADCASTW(b.arg(field), v)
	return v
}

// spreadFactors loads what stays in registers while all pixels pass.
func (s *scaledPixels) spreadFactors(in2, c reg.Register) {
	b := s.b
	s.zero, s.mul, s.inZero = s.word("Zero"), b.spread("InMul"), s.word("InZero")
	in2Zero := s.word("In2Zero")
	for i := range s.words {
		s.words[i] = b.vec()
		if b.z {
			b.VBROADCASTI32X4(at(c, spec.ConstWords+16*i), s.words[i])
		} else {
			b.VBROADCASTI128(at(c, spec.ConstWords+16*i), s.words[i])
		}
		even, odd := b.vec(), b.vec()
		b.load(at(in2, 0), s.vec(even))
		b.VPSHUFB(s.words[i], even, even)
		b.VPSUBW(in2Zero, even, even)
		b.VPSRLD(operand.U8(16), even, odd)
		b.VPSLLD(operand.U8(16), odd, odd)
		b.VPSLLD(operand.U8(16), even, even)
		b.VPSRLD(operand.U8(16), even, even)
		s.factors[i] = [2]reg.VecVirtual{even, odd}
	}
}

// pixel computes the bytes of a pixel's vector.
func (s *scaledPixels) pixel() reg.VecVirtual {
	b, vec := s.b, s.vec
	var half [2]reg.VecVirtual
	x := b.vec()
	b.load(at(s.in, 0), vec(x))
	for i := range half {
		even, odd := b.vec(), b.vec()
		b.VPSHUFB(vec(s.words[i]), vec(x), vec(odd))
		b.VPSUBW(vec(s.inZero), vec(odd), vec(odd))
		b.VPMADDWD(vec(s.factors[i][0]), vec(odd), vec(even))
		b.VPMADDWD(vec(s.factors[i][1]), vec(odd), vec(odd))
		for _, v := range []reg.VecVirtual{even, odd} {
			b.VCVTDQ2PS(vec(v), vec(v))
			b.VMULPS(vec(s.mul), vec(v), vec(v))
			if b.k.Clamp {
				s.limit("Lo", b.VMAXPS, v)
				s.limit("Hi", b.VMINPS, v)
			}
			b.VCVTPS2DQ(vec(v), vec(v))
		}
		b.VPACKSSDW(vec(odd), vec(even), vec(even))
		b.VPADDSW(vec(s.zero), vec(even), vec(even))
		half[i] = even
	}
	v := half[0]
	b.VPACKUSWB(vec(half[1]), vec(v), vec(v))
	s.limit("Most", b.VPMINUB, v)
	if b.k.Table {
		v = b.lookup([]reg.VecVirtual{v})[0]
	}
	return v
}

// limit applies a minimum or maximum with a field to v.
func (s *scaledPixels) limit(field string, op func(ops ...operand.Op), v reg.VecVirtual) {
	b := s.b
	x := s.b.vec()
	b.VPBROADCASTD(b.arg(field), s.vec(x))
	op(s.vec(x), s.vec(v), s.vec(v))
}

// table emits the replacement of every byte by its entry in a table.
func (b *builder) table() {
	b.rows(false, func(in, _ reg.Register) reg.VecVirtual {
		x := b.vec()
		b.load(at(in, 0), x)
		return b.lookup([]reg.VecVirtual{x})[0]
	})
}

// rows emits the loops over rows and vectors of an elementwise kernel.
func (b *builder) rows(two bool, f func(in, in2 reg.Register) reg.VecVirtual) {
	b.set("RowsLeft", "Rows")
	b.set("InAt", "In")
	b.set("OutAt", "Out")
	if two {
		b.set("In2At", "In2")
	}
	b.countdown("row", "RowsLeft", func() {
		in, in2, out := b.get("InAt"), reg.GPVirtual(nil), b.get("OutAt")
		if two {
			in2 = b.get("In2At")
		}
		next := operand.Imm(uint64(b.bytes()))
		b.channels(func(step func()) {
			b.storeVec(f(in, in2), at(out, 0))
			b.ADDQ(next, in)
			b.ADDQ(next, out)
			if two {
				b.ADDQ(next, in2)
			}
			step()
		}, func(n, mask reg.Register) {
			b.storeSome(f(in, in2), out, n, mask)
		})
		b.advance("InAt", "InRow")
		b.advance("OutAt", "OutRow")
		if two {
			b.advance("In2At", "In2Row")
		}
	})
}
