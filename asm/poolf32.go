package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// poolWidth is how many vectors of channels a pooling kernel takes at a time, so
// that the additions of several wait for each other no longer than one's.
const poolWidth = 4

// poolGroup is how many taps a mean adds before their sum is added to the others'.
const poolGroup = 32

// poolF32 emits the loops over rows, pixels and channels of a pooling of float32.
type poolF32 struct {
	b                     *builder
	in, out, i, off, taps reg.GPVirtual
}

// maxPoolF32 emits the maximum over a list of taps.
func (b *builder) maxPoolF32() {
	lowest := b.constant(spec.ConstLowest)
	b.poolF32(func(p *poolF32, acc []reg.VecVirtual) {
		for _, v := range acc {
			b.move(lowest, v)
		}
		p.each(p.taps, func(o reg.Register) {
			for j, v := range acc {
				b.VMAXPS(p.tap(o, j), v, v)
			}
		})
	})
}

// avgPoolF32 emits the sum over a list of taps times InMul. Taps are added in
// groups, whose sums are added up: that keeps the rounding errors of large windows small.
func (b *builder) avgPoolF32() {
	mul := b.spread("InMul")
	zero := b.constant(spec.ConstZero)
	b.poolF32(func(p *poolF32, acc []reg.VecVirtual) {
		group := make([]reg.VecVirtual, len(acc))
		for j, v := range acc {
			b.move(zero, v)
			group[j] = b.vec()
		}
		more, n := b.label("group"), b.GP64()
		b.Label(more)
		for _, g := range group {
			b.move(zero, g)
		}
		limit := b.GP64()
		b.MOVQ(operand.I32(poolGroup), limit)
		b.MOVQ(p.taps, n)
		b.CMPQ(n, limit)
		b.CMOVQGT(limit, n)
		b.SUBQ(n, p.taps)
		p.each(n, func(o reg.Register) {
			for j, g := range group {
				b.VADDPS(p.tap(o, j), g, g)
			}
		})
		for j, v := range acc {
			b.VADDPS(group[j], v, v)
		}
		b.TESTQ(p.taps, p.taps)
		b.JNE(operand.LabelRef(more))
		for _, v := range acc {
			b.VMULPS(mul, v, v)
		}
	})
}

// tap is vector j of the channels at a tap.
func (p *poolF32) tap(o reg.Register, j int) operand.Mem {
	b := p.b
	return at(o, b.bytes()*j).Idx(p.i, 4)
}

// each repeats tap for the next n of the list, at least one; n is counted down.
func (p *poolF32) each(n reg.Register, tap func(o reg.Register)) {
	b := p.b
	o := b.GP64()
	b.loop("tap", n, func() {
		b.MOVLQSX(at(p.off, 0), o)
		b.ADDQ(p.in, o)
		tap(o)
		b.ADDQ(operand.Imm(4), p.off)
	})
}

// poolF32 emits the loops around window, which computes some vectors of channels.
// It may read beyond the last channel, but no more than slack.
func (b *builder) poolF32(window func(p *poolF32, acc []reg.VecVirtual)) {
	p := &poolF32{b: b, in: b.GP64(), out: b.GP64(), i: b.GP64(), off: b.GP64(), taps: b.GP64()}
	vectors := func(n int) []reg.VecVirtual {
		acc := make([]reg.VecVirtual, n)
		for j := range acc {
			acc[j] = b.vec()
		}
		b.MOVQ(b.arg("Off"), p.off)
		b.MOVQ(b.arg("K"), p.taps)
		window(p, acc)
		return acc
	}
	b.set("RowsLeft", "Rows")
	b.set("InRowAt", "In")
	b.set("OutRowAt", "Out")
	b.countdown("row", "RowsLeft", func() {
		b.set("TilesLeft", "Pixels")
		b.MOVQ(b.arg("InRowAt"), p.in)
		b.MOVQ(b.arg("OutRowAt"), p.out)
		b.countdown("pixel", "TilesLeft", func() { p.channels(vectors) })
		b.advance("InRowAt", "InRow")
		b.advance("OutRowAt", "OutRow")
	})
}

// channels emits the loops over the channels of a pixel: several vectors, one
// vector, part of one.
func (p *poolF32) channels(vectors func(n int) []reg.VecVirtual) {
	b := p.b
	left := b.get("N")
	b.XORQ(p.i, p.i)
	for _, n := range []int{poolWidth, 1} {
		again, done := b.label("channels"), b.label("fewer")
		b.Label(again)
		b.CMPQ(left, operand.Imm(uint64(n*b.lanes())))
		b.JLT(operand.LabelRef(done))
		for j, v := range vectors(n) {
			b.storeVec(v, at(p.out, b.bytes()*j).Idx(p.i, 4))
		}
		b.ADDQ(operand.Imm(uint64(n*b.lanes())), p.i)
		b.SUBQ(operand.Imm(uint64(n*b.lanes())), left)
		b.JMP(operand.LabelRef(again))
		b.Label(done)
	}
	end := b.label("pixelDone")
	b.TESTQ(left, left)
	b.JEQ(operand.LabelRef(end))
	acc := vectors(1)
	b.storeFloats(acc[0], at(p.out, 0).Idx(p.i, 4), b.lanesBelow(left))
	b.Label(end)
	b.ADDQ(b.arg("InPix"), p.in)
	b.ADDQ(b.arg("OutPix"), p.out)
}

// lanesBelow returns the mask of the n lowest lanes, n a register.
func (b *builder) lanesBelow(n reg.GPVirtual) reg.Register {
	if b.z {
		ones, k := b.GP64(), b.K()
		b.MOVQ(operand.I32(-1), ones)
		b.BZHIQ(n, ones, ones)
		b.KMOVW(ones.As32(), k)
		return k
	}
	b.MOVQ(n, b.arg("Left"))
	m, lanes := b.vec(), b.vec()
	b.VPBROADCASTD(b.arg("Left"), m)
	b.load(at(b.get("Consts"), spec.ConstLanes), lanes)
	b.VPCMPGTD(lanes, m, m)
	return m
}
