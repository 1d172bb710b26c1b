package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// block is how many float32 one round of the kernels on rows handles: a zmm, or
// two ymm, so that both instruction sets divide rows alike.
const block = 16

// rowsF32 emits kernels that go over rows of N float32, a block at a time. The
// last block of a row may be partial: what is not there is neither read nor written.
type rowsF32 struct {
	b            *builder
	in, out, in2 reg.GPVirtual // start of the row; in2 where there is a second operand
	consts       reg.GPVirtual
	i            reg.GPVirtual             // first element of the block
	whole, rest  reg.GPVirtual             // elements in whole blocks, and behind them
	opmask       reg.Register              // of the partial block on AVX-512
	partial      bool                      // whether the block being emitted is the partial one
	fields       map[string]reg.VecVirtual // that are kept in registers
	literals     map[int]reg.VecVirtual
}

// newRows prepares the loops; second is the address of a second operand, or "".
func (b *builder) newRows(second string) *rowsF32 {
	r := &rowsF32{b: b, fields: map[string]reg.VecVirtual{}, literals: map[int]reg.VecVirtual{}}
	r.in, r.out, r.consts = b.get("In"), b.get("Out"), b.get("Consts")
	if second != "" {
		r.in2 = b.get(second)
	}
	r.whole, r.rest = b.get("N"), b.get("N")
	b.ANDQ(operand.I8(-block), r.whole)
	b.ANDQ(operand.Imm(block-1), r.rest)
	b.MOVQ(r.rest, b.arg("Left"))
	if b.z {
		r.opmask = b.lanesBelow(r.rest)
	}
	b.set("RowsLeft", "Rows")
	r.i = b.GP64()
	return r
}

// parts is the number of vectors of a block.
func (r *rowsF32) parts() int { b := r.b; return block / b.lanes() }

// rows repeats row, then moves the operands on.
func (r *rowsF32) rows(row func()) {
	b := r.b
	b.countdown("row", "RowsLeft", func() {
		row()
		b.ADDQ(b.arg("InRow"), r.in)
		b.ADDQ(b.arg("OutRow"), r.out)
	})
}

// blocks repeats body for every block of the row.
func (r *rowsF32) blocks(body func()) {
	b := r.b
	again, rest, done := b.label("block"), b.label("rest"), b.label("blocksDone")
	b.XORQ(r.i, r.i)
	b.TESTQ(r.whole, r.whole)
	b.JEQ(operand.LabelRef(rest))
	b.Label(again)
	r.partial = false
	body()
	b.ADDQ(operand.Imm(block), r.i)
	b.CMPQ(r.i, r.whole)
	b.JLT(operand.LabelRef(again))
	b.Label(rest)
	b.TESTQ(r.rest, r.rest)
	b.JEQ(operand.LabelRef(done))
	r.partial = true
	body()
	b.Label(done)
}

// of is vector j of the block in the row at p.
func (r *rowsF32) of(p reg.Register, j int) operand.Mem {
	b := r.b
	return at(p, 4*b.lanes()*j).Idx(r.i, 4)
}

// mask selects the lanes of vector j that a partial block has.
func (r *rowsF32) mask(j int) reg.Register {
	b := r.b
	if b.z {
		return r.opmask
	}
	m, lanes := b.vec(), b.vec()
	b.VPBROADCASTD(b.arg("Left"), m)
	b.VMOVDQU(at(r.consts, spec.ConstLanes+4*b.lanes()*j), lanes)
	b.VPCMPGTD(lanes, m, m)
	return m
}

// read returns vector j of the block in the row at p; what is not there is 0.
func (r *rowsF32) read(p reg.Register, j int) reg.VecVirtual {
	b := r.b
	v := b.vec()
	switch {
	case !r.partial:
		b.load(r.of(p, j), v)
	case b.z:
		b.VMOVUPS_Z(r.of(p, j), r.opmask, v)
	default:
		b.VMASKMOVPS(r.of(p, j), r.mask(j), v)
	}
	return v
}

// write stores vector j of the block in the row at p.
func (r *rowsF32) write(v, p reg.Register, j int) {
	b := r.b
	if !r.partial {
		b.storeVec(v, r.of(p, j))
		return
	}
	b.storeFloats(v, r.of(p, j), r.mask(j))
}

// hold keeps fields of the arguments and constants in registers, where there are
// enough of them: on AVX-512.
func (r *rowsF32) hold(fields []string, constants ...int) {
	b := r.b
	if !b.z {
		return
	}
	for _, f := range fields {
		r.fields[f] = b.spread(f)
	}
	for _, c := range constants {
		r.literals[c] = r.literal(c)
	}
}

// field returns a field in every lane.
func (r *rowsF32) field(name string) reg.VecVirtual {
	b := r.b
	if v, ok := r.fields[name]; ok {
		return v
	}
	return b.spread(name)
}

// literal returns a dword of spec.Consts in every lane, not to be changed.
func (r *rowsF32) literal(c int) reg.VecVirtual {
	b := r.b
	if v, ok := r.literals[c]; ok {
		return v
	}
	v := b.vec()
	b.VPBROADCASTD(at(r.consts, c), v)
	return v
}

// clamp limits v to the fields Lo and Hi, where the kernel does; the second source
// of the instructions, which they return for what is no number, is v.
func (r *rowsF32) clamp(v reg.Register) {
	b := r.b
	if b.k.Clamp {
		b.VMAXPS(v, r.field("Lo"), v)
		b.VMINPS(v, r.field("Hi"), v)
	}
}
