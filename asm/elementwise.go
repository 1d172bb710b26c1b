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
