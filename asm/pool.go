package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// maxPool emits the maximum over a list of taps, a vector of channels at a time.
func (b *builder) maxPool() {
	b.pool(func(at func(bytes int) operand.Mem, taps func(func())) reg.VecVirtual {
		m := b.constant(spec.ConstZero)
		taps(func() { b.VPMAXUB(at(0), m, m) })
		return m
	})
}

// avgPool emits the sum over a list of taps less InZero, which is the zero point
// times the number of positions, times InMul, requantized.
func (b *builder) avgPool() {
	b.pool(func(at func(bytes int) operand.Mem, taps func(func())) reg.VecVirtual {
		sum := make([]reg.VecVirtual, 4)
		for j := range sum {
			sum[j] = b.constant(spec.ConstZero)
		}
		taps(func() {
			for j, s := range sum {
				x := b.vec()
				b.VPMOVZXBD(at(b.lanes()*j), x)
				b.VPADDD(x, s, s)
			}
		})
		pack := b.limited(b.packing(false), false)
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

// pool emits the loops over rows, pixels and vectors of channels. The window
// function computes one vector: at is the operand at a byte distance from the
// current tap, taps repeats over the list.
func (b *builder) pool(window func(at func(int) operand.Mem, taps func(func())) reg.VecVirtual) {
	in := b.GP64()
	b.set("RowsLeft", "Rows")
	b.set("InRowAt", "In")
	b.set("OutRowAt", "Out")
	vector := func() reg.VecVirtual {
		off, n, o := b.get("Off"), b.get("K"), b.GP64()
		return window(
			func(bytes int) operand.Mem { return at(in, bytes).Idx(o, 1) },
			func(tap func()) {
				b.loop("tap", n, func() {
					b.MOVLQSX(at(off, 0), o)
					tap()
					b.ADDQ(operand.Imm(4), off)
				})
			})
	}
	b.countdown("row", "RowsLeft", func() {
		b.set("TilesLeft", "Pixels")
		b.set("InAt", "InRowAt")
		b.set("OutAt", "OutRowAt")
		b.countdown("pixel", "TilesLeft", func() {
			b.MOVQ(b.arg("InAt"), in)
			out := b.get("OutAt")
			b.channels(func(step func()) {
				b.storeVec(vector(), at(out, 0))
				b.ADDQ(operand.Imm(uint64(b.bytes())), in)
				b.ADDQ(operand.Imm(uint64(b.bytes())), out)
				step()
			}, func(n, mask reg.Register) {
				b.storeSome(vector(), out, n, mask)
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
