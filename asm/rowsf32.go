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
	*builder
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
	r := &rowsF32{builder: b, fields: map[string]reg.VecVirtual{}, literals: map[int]reg.VecVirtual{}}
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
func (r *rowsF32) parts() int { return block / r.lanes() }

// rows repeats row, then moves the operands on.
func (r *rowsF32) rows(row func()) {
	r.countdown("row", "RowsLeft", func() {
		row()
		r.ADDQ(r.arg("InRow"), r.in)
		r.ADDQ(r.arg("OutRow"), r.out)
	})
}

// blocks repeats body for every block of the row.
func (r *rowsF32) blocks(body func()) {
	again, rest, done := r.label("block"), r.label("rest"), r.label("blocksDone")
	r.XORQ(r.i, r.i)
	r.TESTQ(r.whole, r.whole)
	r.JEQ(operand.LabelRef(rest))
	r.Label(again)
	r.partial = false
	body()
	r.ADDQ(operand.Imm(block), r.i)
	r.CMPQ(r.i, r.whole)
	r.JLT(operand.LabelRef(again))
	r.Label(rest)
	r.TESTQ(r.rest, r.rest)
	r.JEQ(operand.LabelRef(done))
	r.partial = true
	body()
	r.Label(done)
}

// of is vector j of the block in the row at p.
func (r *rowsF32) of(p reg.Register, j int) operand.Mem { return at(p, 4*r.lanes()*j).Idx(r.i, 4) }

// mask selects the lanes of vector j that a partial block has.
func (r *rowsF32) mask(j int) reg.Register {
	if r.z {
		return r.opmask
	}
	m, lanes := r.vec(), r.vec()
	r.VPBROADCASTD(r.arg("Left"), m)
	r.VMOVDQU(at(r.consts, spec.ConstLanes+4*r.lanes()*j), lanes)
	r.VPCMPGTD(lanes, m, m)
	return m
}

// read returns vector j of the block in the row at p; what is not there is 0.
func (r *rowsF32) read(p reg.Register, j int) reg.VecVirtual {
	v := r.vec()
	switch {
	case !r.partial:
		r.load(r.of(p, j), v)
	case r.z:
		r.VMOVUPS_Z(r.of(p, j), r.opmask, v)
	default:
		r.VMASKMOVPS(r.of(p, j), r.mask(j), v)
	}
	return v
}

// write stores vector j of the block in the row at p.
func (r *rowsF32) write(v, p reg.Register, j int) {
	if !r.partial {
		r.storeVec(v, r.of(p, j))
		return
	}
	r.storeFloats(v, r.of(p, j), r.mask(j))
}

// hold keeps fields of the arguments and constants in registers, where there are
// enough of them: on AVX-512.
func (r *rowsF32) hold(fields []string, constants ...int) {
	if !r.z {
		return
	}
	for _, f := range fields {
		r.fields[f] = r.spread(f)
	}
	for _, c := range constants {
		r.literals[c] = r.literal(c)
	}
}

// field returns a field in every lane.
func (r *rowsF32) field(name string) reg.VecVirtual {
	if v, ok := r.fields[name]; ok {
		return v
	}
	return r.spread(name)
}

// literal returns a dword of spec.Consts in every lane, not to be changed.
func (r *rowsF32) literal(c int) reg.VecVirtual {
	if v, ok := r.literals[c]; ok {
		return v
	}
	v := r.vec()
	r.VPBROADCASTD(at(r.consts, c), v)
	return v
}

// clamp limits v to the fields Lo and Hi, where the kernel does; the second source
// of the instructions, which they return for what is no number, is v.
func (r *rowsF32) clamp(v reg.Register) {
	if r.k.Clamp {
		r.VMAXPS(v, r.field("Lo"), v)
		r.VMINPS(v, r.field("Hi"), v)
	}
}
