package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// maxPool emits the maximum over a list of taps, a vector of channels at a time.
func (b *builder) maxPool() {
	b.pool(func(in reg.Register) reg.VecVirtual {
		m, off, n, o := b.constant(spec.ConstZero), b.get("Off"), b.get("K"), b.GP64()
		b.loop("tap", n, func() {
			b.MOVLQSX(at(off, 0), o)
			b.VPMAXUB(at(in, 0).Idx(o, 1), m, m)
			b.ADDQ(operand.Imm(4), off)
		})
		return m
	})
}

// avgPool emits the sum over a list of taps less InZero, which is the zero point
// times the number of positions, times InMul, requantized.
func (b *builder) avgPool() {
	b.pool(func(in reg.Register) reg.VecVirtual {
		sum := b.sumTaps(in)
		pack := b.limited(b.packing(true), false)
		for _, s := range sum {
			b.subField("InZero", s)
			b.VCVTDQ2PS(s, s)
			b.mulField("InMul", s)
			b.round(s)
		}
		out := b.pack(pack, sum)
		if b.k.Table {
			out = b.lookup([]reg.VecVirtual{out})[0]
		}
		return out
	})
}

// sumTaps returns the sums of the bytes at all taps as dwords, in the order of unpacked
// words. As many taps are summed in words as these hold, two at a time.
func (b *builder) sumTaps(in reg.Register) []reg.VecVirtual {
	const most = 256
	off, n, taps, pairs, o := b.get("Off"), b.get("K"), b.GP64(), b.GP64(), b.GP64()
	zero, ones := b.constant(spec.ConstZero), b.constant(spec.ConstOnes)
	b.VPACKUSWB(ones, ones, ones)
	sum := make([]reg.VecVirtual, 4)
	for j := range sum {
		sum[j] = b.constant(spec.ConstZero)
	}
	tap := func(i int) reg.VecVirtual {
		x := b.vec()
		b.MOVLQSX(at(off, 4*i), o)
		b.load(at(in, 0).Idx(o, 1), x)
		return x
	}
	var words [2]reg.VecVirtual
	add := func(x, y reg.VecVirtual) {
		low := b.vec()
		b.VPUNPCKLBW(y, x, low)
		b.VPUNPCKHBW(y, x, x)
		for i, v := range []reg.VecVirtual{low, x} {
			b.VPMADDUBSW(ones, v, v)
			b.VPADDW(v, words[i], words[i])
		}
	}
	again, few, even := b.label("taps"), b.label("few"), b.label("even")
	b.Label(again)
	words = [2]reg.VecVirtual{b.constant(spec.ConstZero), b.constant(spec.ConstZero)}
	b.MOVQ(operand.I32(most), taps)
	b.CMPQ(taps, n)
	b.CMOVQGT(n, taps)
	b.SUBQ(taps, n)
	b.MOVQ(taps, pairs)
	b.SHRQ(operand.U8(1), pairs)
	b.JEQ(operand.LabelRef(few))
	b.loop("pair", pairs, func() {
		add(tap(0), tap(1))
		b.ADDQ(operand.Imm(8), off)
	})
	b.Label(few)
	b.TESTQ(operand.U32(1), taps)
	b.JEQ(operand.LabelRef(even))
	add(tap(0), zero)
	b.ADDQ(operand.Imm(4), off)
	b.Label(even)
	for i, w := range words {
		low := b.vec()
		b.VPUNPCKLWD(zero, w, low)
		b.VPUNPCKHWD(zero, w, w)
		b.VPADDD(low, sum[2*i], sum[2*i])
		b.VPADDD(w, sum[2*i+1], sum[2*i+1])
	}
	b.TESTQ(n, n)
	b.JNE(operand.LabelRef(again))
	return sum
}

// pool emits the loops over rows, pixels and vectors of channels. The window
// function computes one vector of the window at in.
func (b *builder) pool(window func(in reg.Register) reg.VecVirtual) {
	in := b.GP64()
	b.set("RowsLeft", "Rows")
	b.set("InRowAt", "In")
	b.set("OutRowAt", "Out")
	b.countdown("row", "RowsLeft", func() {
		b.set("TilesLeft", "Pixels")
		b.set("InAt", "InRowAt")
		b.set("OutAt", "OutRowAt")
		b.countdown("pixel", "TilesLeft", func() {
			b.MOVQ(b.arg("InAt"), in)
			out := b.get("OutAt")
			b.channels(func(step func()) {
				b.storeVec(window(in), at(out, 0))
				b.ADDQ(operand.Imm(uint64(b.bytes())), in)
				b.ADDQ(operand.Imm(uint64(b.bytes())), out)
				step()
			}, func(n, mask reg.Register) {
				b.storeSome(window(in), out, n, mask)
			})
			b.advance("InAt", "InPix")
			b.advance("OutAt", "OutPix")
		})
		b.advance("InRowAt", "InRow")
		b.advance("OutRowAt", "OutRow")
	})
}

// channels emits full for every whole vector of the N channels and tail for what
// is left of them. Full must call step once, after its work.
func (b *builder) channels(full func(step func()), tail func(n, mask reg.Register)) {
	whole, rest, done := b.label("whole"), b.label("rest"), b.label("channelsDone")
	b.set("Left", "N")
	b.CMPQ(b.arg("Left"), operand.Imm(uint64(b.bytes())))
	b.JLT(operand.LabelRef(rest))
	b.Label(whole)
	full(func() {
		b.SUBQ(operand.Imm(uint64(b.bytes())), b.arg("Left"))
	})
	b.CMPQ(b.arg("Left"), operand.Imm(uint64(b.bytes())))
	b.JGE(operand.LabelRef(whole))
	b.Label(rest)
	n := b.get("Left")
	b.TESTQ(n, n)
	b.JEQ(operand.LabelRef(done))
	var mask reg.Register
	if b.z {
		mask = b.K()
		b.KMOVQ(b.arg("Mask"), mask)
	}
	tail(n, mask)
	b.Label(done)
}
