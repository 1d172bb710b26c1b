package asm

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// builder emits one kernel. Vectors are zmm on AVX-512 and ymm on AVX2; what is
// written once here for both uses mnemonics that the two share.
type builder struct {
	*build.Context
	k      spec.Kernel
	z      bool         // AVX-512
	a      reg.Register // the argument structure
	labels int
}

func newBuilder(ctx *build.Context, k spec.Kernel) *builder {
	b := &builder{Context: ctx, k: k, z: k.ISA == spec.AVX512VNNI}
	b.a = ctx.Load(ctx.Param("a"), ctx.GP64())
	return b
}

// end leaves the function in the state that Go expects.
func (b *builder) end() {
	b.VZEROUPPER()
	b.RET()
}

// arg is the memory operand of a field of the argument structure.
func (b *builder) arg(name string) operand.Mem {
	return operand.Mem{Base: b.a, Disp: spec.Offset(name)}
}

// get loads a field of 8 bytes into a new register.
func (b *builder) get(name string) reg.GPVirtual {
	r := b.GP64()
	b.MOVQ(b.arg(name), r)
	return r
}

// set copies one field of 8 bytes to another.
func (b *builder) set(to, from string) {
	b.MOVQ(b.get(from), b.arg(to))
}

// advance adds one field to another.
func (b *builder) advance(field, by string) {
	b.ADDQ(b.get(by), b.arg(field))
}

// label returns a new label with a readable stem.
func (b *builder) label(stem string) string {
	b.labels++
	return fmt.Sprintf("%s%d", stem, b.labels)
}

// countdown repeats body as often as the field says, which must be at least
// once, and leaves zero in it.
func (b *builder) countdown(stem, field string, body func()) {
	l := b.label(stem)
	b.Label(l)
	body()
	b.DECQ(b.arg(field))
	b.JNE(operand.LabelRef(l))
}

// loop repeats body with n, at least once, counted down in a register.
func (b *builder) loop(stem string, n reg.Register, body func()) {
	l := b.label(stem)
	b.Label(l)
	body()
	b.DECQ(n)
	b.JNE(operand.LabelRef(l))
}

// wide reports whether vectors are zmm.
func (b *builder) wide() bool { return b.z && !b.k.Half }

// vec returns a new vector register.
func (b *builder) vec() reg.VecVirtual {
	if b.wide() {
		return b.ZMM()
	}
	return b.YMM()
}

// lanes is the number of dwords of a vector.
func (b *builder) lanes() int {
	if b.wide() {
		return 16
	}
	return 8
}

// bytes is the number of bytes of a vector.
func (b *builder) bytes() int { return 4 * b.lanes() }

func (b *builder) load(m operand.Mem, v reg.Register) {
	if b.z {
		b.VMOVDQU32(m, v)
		return
	}
	b.VMOVDQU(m, v)
}

func (b *builder) move(from, to reg.Register) {
	if b.z {
		b.VMOVDQA32(from, to)
		return
	}
	b.VMOVDQA(from, to)
}

func (b *builder) or(x, v reg.Register) {
	if b.z {
		b.VPORD(x, v, v)
		return
	}
	b.VPOR(x, v, v)
}

func (b *builder) xor(x, v reg.Register) {
	if b.z {
		b.VPXORD(x, v, v)
		return
	}
	b.VPXOR(x, v, v)
}

// spread loads a 32-bit field into all lanes of a new vector.
func (b *builder) spread(name string) reg.VecVirtual {
	v := b.vec()
	b.VPBROADCASTD(b.arg(name), v)
	return v
}

// constant returns a new vector with a dword of spec.Consts in every lane. Also
// for zero: an exclusive or of a register with itself would count as a read of
// it, and keep it busy from the start of the function.
func (b *builder) constant(offset int) reg.VecVirtual {
	v := b.vec()
	b.VPBROADCASTD(at(b.get("Consts"), offset), v)
	return v
}

// mulField, maxField, minField and subField are operations of a vector with a 32-bit
// field: an embedded broadcast on AVX-512, a register on AVX2.
func (b *builder) mulField(name string, v reg.Register) {
	if b.z {
		b.VMULPS_BCST(b.arg(name), v, v)
		return
	}
	b.VMULPS(b.spread(name), v, v)
}

func (b *builder) maxField(name string, v reg.Register) {
	if b.z {
		b.VMAXPS_BCST(b.arg(name), v, v)
		return
	}
	b.VMAXPS(b.spread(name), v, v)
}

func (b *builder) minField(name string, v reg.Register) {
	if b.z {
		b.VMINPS_BCST(b.arg(name), v, v)
		return
	}
	b.VMINPS(b.spread(name), v, v)
}

func (b *builder) subField(name string, v reg.Register) {
	if b.z {
		b.VPSUBD_BCST(b.arg(name), v, v)
		return
	}
	b.VPSUBD(b.spread(name), v, v)
}

// at is the operand base+disp.
func at(base reg.Register, disp int) operand.Mem {
	return operand.Mem{Base: base, Disp: disp}
}

// storeBytes writes the n lowest bytes of v, n a constant of 16, 32, 48 or 64
// that the vector holds.
func (b *builder) storeBytes(v reg.VecVirtual, n int, p reg.Register) {
	switch n {
	case 16:
		b.storeVec(v.AsX(), at(p, 0))
	case 32:
		b.storeVec(v.AsY(), at(p, 0))
	case 48:
		b.storeVec(v.AsY(), at(p, 0))
		x := b.XMM()
		b.VEXTRACTI32X4(operand.U8(2), v, x)
		b.storeVec(x, at(p, 32))
	case 64:
		b.storeVec(v, at(p, 0))
	}
}

func (b *builder) storeVec(v reg.Register, m operand.Mem) {
	if b.z {
		b.VMOVDQU32(v, m)
		return
	}
	b.VMOVDQU(v, m)
}

// storeSome writes the lowest bytes of v to p: those that mask, an opmask
// register, selects on AVX-512; as many as n, below the vector's size, counts
// on AVX2, which has no byte masks. It clobbers v, and p on AVX2.
func (b *builder) storeSome(v reg.VecVirtual, p, n, mask reg.Register) {
	if b.z {
		b.VMOVDQU8(v, mask, at(p, 0))
		return
	}
	x := b.XMM()
	b.VMOVDQU(v.AsX(), x)
	part := func(size int, store, shift func()) {
		skip := b.label("skip")
		b.TESTQ(operand.U32(size), n)
		b.JEQ(operand.LabelRef(skip))
		store()
		if shift != nil {
			b.ADDQ(operand.Imm(uint64(size)), p)
			shift()
		}
		b.Label(skip)
	}
	down := func(i int) func() { return func() { b.VPSRLDQ(operand.U8(uint8(i)), x, x) } }
	part(16, func() { b.VMOVDQU(x, at(p, 0)) }, func() { b.VEXTRACTI128(operand.U8(1), v.AsY(), x) })
	part(8, func() { b.VMOVQ(x, at(p, 0)) }, down(8))
	part(4, func() { b.VMOVD(x, at(p, 0)) }, down(4))
	part(2, func() { b.VPEXTRW(operand.U8(0), x, at(p, 0)) }, down(2))
	part(1, func() { b.VPEXTRB(operand.U8(0), x, at(p, 0)) }, nil)
}

// storeFloats writes the n lowest lanes of v, n a register that may be more than
// the vector has or not positive: those that mask, an opmask register of as many
// bits, selects on AVX-512; on AVX2 by a vector of masks made of n.
func (b *builder) storeFloats(v reg.Register, m operand.Mem, mask reg.Register) {
	if b.z {
		b.VMOVUPS(v, mask, m)
		return
	}
	b.VMASKMOVPS(v, mask, m)
}

// floatMask returns the mask of lanes first and up below the number in field N,
// for storeFloats.
func (b *builder) floatMask(first int) reg.Register {
	if b.z {
		k := b.K()
		b.KMOVW(b.arg("Mask"), k)
		return k
	}
	n, lanes := b.vec(), b.vec()
	b.VPBROADCASTD(b.arg("N"), n)
	b.load(at(b.get("Consts"), spec.ConstLanes+4*first), lanes)
	b.VPCMPGTD(lanes, n, n)
	return n
}
