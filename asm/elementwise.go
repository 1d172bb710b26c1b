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

// scalePixels emits the loop over pixels for a vector of channels of some bytes, which is not
// full where there is a tail. The bytes of each half of a block of 16 become words in the
// order 0 4 1 5 2 6 3 7, whose products packing brings back in order.
func (b *builder) scalePixels(size int, tail bool) {
	vec := func(v reg.VecVirtual) reg.Register {
		return map[int]reg.Register{16: v.AsX(), 32: v.AsY(), 64: v.AsZ()}[size]
	}
	in, in2, out, rows := b.get("InAt"), b.get("In2At"), b.get("OutAt"), b.get("Rows")
	inRow, outRow, c := b.get("InRow"), b.get("OutRow"), b.get("Consts")
	var n, mask reg.Register
	if tail && b.z {
		mask = b.K()
		b.KMOVQ(b.arg("Mask"), mask)
	} else if tail {
		n = b.get("Left")
	}
	word := func(field string) reg.VecVirtual {
		v := b.vec()
		b.VPBROADCASTW(b.arg(field), v)
		return v
	}
	zero, mul, inZero, in2Zero := word("Zero"), b.spread("InMul"), word("InZero"), word("In2Zero")
	limit := func(field string, op func(ops ...operand.Op), v reg.VecVirtual) {
		x := b.vec()
		b.VPBROADCASTD(b.arg(field), vec(x))
		op(vec(x), vec(v), vec(v))
	}
	var words [2]reg.VecVirtual
	var factors [2][2]reg.VecVirtual // of even and of odd words, zeros between them
	for i := range words {
		words[i] = b.vec()
		if b.z {
			b.VBROADCASTI32X4(at(c, spec.ConstWords+16*i), words[i])
		} else {
			b.VBROADCASTI128(at(c, spec.ConstWords+16*i), words[i])
		}
		even, odd := b.vec(), b.vec()
		b.load(at(in2, 0), vec(even))
		b.VPSHUFB(words[i], even, even)
		b.VPSUBW(in2Zero, even, even)
		b.VPSRLD(operand.U8(16), even, odd)
		b.VPSLLD(operand.U8(16), odd, odd)
		b.VPSLLD(operand.U8(16), even, even)
		b.VPSRLD(operand.U8(16), even, even)
		factors[i] = [2]reg.VecVirtual{even, odd}
	}
	b.loop("pixel", rows, func() {
		var half [2]reg.VecVirtual
		x := b.vec()
		b.load(at(in, 0), vec(x))
		for i := range half {
			even, odd := b.vec(), b.vec()
			b.VPSHUFB(vec(words[i]), vec(x), vec(odd))
			b.VPSUBW(vec(inZero), vec(odd), vec(odd))
			b.VPMADDWD(vec(factors[i][0]), vec(odd), vec(even))
			b.VPMADDWD(vec(factors[i][1]), vec(odd), vec(odd))
			for _, v := range []reg.VecVirtual{even, odd} {
				b.VCVTDQ2PS(vec(v), vec(v))
				b.VMULPS(vec(mul), vec(v), vec(v))
				if b.k.Clamp {
					limit("Lo", b.VMAXPS, v)
					limit("Hi", b.VMINPS, v)
				}
				b.VCVTPS2DQ(vec(v), vec(v))
			}
			b.VPACKSSDW(vec(odd), vec(even), vec(even))
			b.VPADDSW(vec(zero), vec(even), vec(even))
			half[i] = even
		}
		v := half[0]
		b.VPACKUSWB(vec(half[1]), vec(v), vec(v))
		limit("Most", b.VPMINUB, v)
		if b.k.Table {
			v = b.lookup([]reg.VecVirtual{v})[0]
		}
		if tail {
			to := b.GP64() // storeSome moves its pointer
			b.MOVQ(out, to)
			b.storeSome(v, to, n, mask)
		} else {
			b.storeVec(v, at(out, 0))
		}
		b.ADDQ(inRow, in)
		b.ADDQ(outRow, out)
	})
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
