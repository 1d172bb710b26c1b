package emu

import (
	"errors"
	"fmt"
	"strings"

	avoir "github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// decoder turns one instruction into an inst.
type decoder struct {
	op     *avoir.Instruction
	isa    ISA
	labels map[string]int
	in     *inst
}

var errForm = errors.New("the opcode has no such operand form")

func (d *decoder) decode() error {
	if err := d.checkISA(); err != nil {
		return err
	}
	if err := d.checkVEX(); err != nil {
		return err
	}
	name := d.op.Opcode
	if b, ok := scalarOps[name]; ok {
		if len(d.op.Suffixes) != 0 && !strings.HasPrefix(name, "VPBROADCAST") {
			return fmt.Errorf("unknown suffix %s", d.op.Suffixes[0])
		}
		return b(d)
	}
	if len(d.op.Operands) > 0 {
		if _, imm := immediate(d.op.Operands[0]); imm {
			name += "$"
		}
		if kindOf(d.last()) == reg.KindOpmask {
			if s, ok := compareOps[name]; ok {
				return d.vector(&s)
			}
		}
		if s, ok := vectorOps[name]; ok {
			return d.vector(&s)
		}
	}
	return errors.New("unknown opcode or form (see emu.Opcodes)")
}

// checkISA rejects extensions that the ISA lacks and registers above it. avo
// takes Y16-Y31 for an AVX2 form, so registers are checked apart.
func (d *decoder) checkISA() error {
	for _, ext := range d.op.ISA {
		need, known := extensionISA[ext]
		if !known || d.isa&need != need {
			return fmt.Errorf("needs %s, which %v has not", ext, d.isa)
		}
	}
	if strings.HasPrefix(d.op.Opcode, "V") && len(d.op.ISA) == 0 {
		return errors.New("a vector instruction without a list of extensions: build it with avo's constructors")
	}
	for _, r := range d.op.Registers() {
		p := reg.ToPhysical(r)
		if p == nil {
			return fmt.Errorf("register %s is not allocated", r.Asm())
		}
		if d.isa&evex != 0 {
			continue
		}
		if k := r.Kind(); k == reg.KindOpmask || k == reg.KindVector && (r.Size() == 64 || p.PhysicalIndex() >= 16) {
			return fmt.Errorf("register %s is above %v", r.Asm(), d.isa)
		}
	}
	if d.isa&evex == 0 && len(d.op.Suffixes) > 0 {
		return fmt.Errorf("suffix %s is above %v", d.op.Suffixes[0], d.isa)
	}
	return nil
}

// vexOnly has the opcodes without an EVEX form; comparisons have none with a
// vector as result.
var vexOnly = map[string]bool{
	"VPAND": true, "VPANDN": true, "VPOR": true, "VPXOR": true, "VMOVDQU": true, "VMOVDQA": true, "VLDDQU": true,
	"VPBLENDD": true, "VPBLENDW": true, "VBLENDPS": true, "VPBLENDVB": true, "VBLENDVPS": true, "VROUNDPS": true,
	"VPERM2I128": true, "VPERM2F128": true, "VINSERTI128": true, "VINSERTF128": true, "VEXTRACTI128": true,
	"VEXTRACTF128": true, "VBROADCASTI128": true, "VBROADCASTF128": true, "VPSIGNB": true, "VPSIGNW": true,
	"VPSIGND": true, "VPMOVMSKB": true, "VMOVMSKPS": true, "VPMASKMOVD": true, "VPMASKMOVQ": true, "VMASKMOVPS": true,
}

// checkVEX rejects registers that a VEX encoding can't name. avo accepts them,
// and the assembler's message comes late.
func (d *decoder) checkVEX() error {
	name := d.op.Opcode
	compares := len(name) > 4 && (name[:5] == "VPCMP" || name[:5] == "VCMPP") && kindOf(d.last()) == reg.KindVector
	if !vexOnly[name] && !compares {
		return nil
	}
	for _, r := range d.op.Registers() {
		if r.Kind() == reg.KindVector && (index(r) >= 16 || r.Size() == 64) {
			return fmt.Errorf("register %s: the opcode has no EVEX form", r.Asm())
		}
	}
	return nil
}

func (d *decoder) last() operand.Op { return d.op.Operands[len(d.op.Operands)-1] }

// kindOf returns the kind of a register operand, KindPseudo for all else.
func kindOf(op operand.Op) reg.Kind {
	if r, ok := op.(reg.Register); ok {
		return r.Kind()
	}
	return reg.KindPseudo
}

// immediate returns the value of a constant, sign extended if it is signed.
func immediate(op operand.Op) (int64, bool) {
	switch c := op.(type) {
	case operand.I8:
		return int64(c), true
	case operand.U8:
		return int64(c), true
	case operand.I16:
		return int64(c), true
	case operand.U16:
		return int64(c), true
	case operand.I32:
		return int64(c), true
	case operand.U32:
		return int64(c), true
	case operand.I64:
		return int64(c), true
	case operand.U64:
		return int64(c), true
	}
	return 0, false
}

// index is the number of a physical register.
func index(r reg.Register) uint8 { return uint8(reg.ToPhysical(r).PhysicalIndex()) }

// vreg returns the number and the bytes of a vector register.
func vreg(op operand.Op) (n uint8, width int, ok bool) {
	if kindOf(op) != reg.KindVector {
		return 0, 0, false
	}
	r := op.(reg.Register)
	return index(r), int(r.Size()), true
}

// kreg returns the number of a mask register.
func kreg(op operand.Op) (uint8, bool) {
	if kindOf(op) != reg.KindOpmask {
		return 0, false
	}
	return index(op.(reg.Register)), true
}

// readVec, writeVec, readMask and writeMask note what the instruction needs.
func (d *decoder) readVec(n uint8)   { d.in.reads |= 1 << n }
func (d *decoder) readMask(n uint8)  { d.in.reads |= 1 << (maskShift + n) }
func (d *decoder) writeMask(n uint8) { d.in.writes |= 1 << (maskShift + n) }
func (d *decoder) writeVec(n uint8, width int) {
	d.in.writes |= 1 << n
	if width > 16 {
		d.in.writes |= stateDirty
	}
}

func (d *decoder) readGP(n uint8, size int) { d.in.readsGP |= gpMask(size) << (4 * n) }

// writeGP fails for the stack pointer, which assembly without a frame must not
// touch. R14 and R15 may be clobbered: a call through an ABI0 wrapper restores
// the goroutine pointer. BP is checked at the return.
func (d *decoder) writeGP(n uint8, size int) error {
	if n == regSP {
		return errors.New("writes SP")
	}
	if size == 4 {
		size = 8 // a 32-bit result clears the upper half
	}
	d.in.writesGP |= gpMask(size) << (4 * n)
	return nil
}

// gpMask is the state bits of the low bytes of a general register.
func gpMask(size int) uint64 {
	switch size {
	case 1:
		return 1
	case 2:
		return 3
	case 4:
		return 7
	}
	return 15
}

// mem decodes an address with general registers.
func (d *decoder) mem(op operand.Op) (memRef, error) {
	m, ok := op.(operand.Mem)
	if !ok {
		return memRef{}, errForm
	}
	if m.Base == nil || m.Base.Kind() != reg.KindGP || m.Symbol.Name != "" {
		return memRef{}, fmt.Errorf("address %s: want a general register as base (the argument at 0(FP) is for MOVQ; there is no frame and no data symbol)", m.Asm())
	}
	r := memRef{base: index(m.Base), index: noReg, disp: uint64(int64(m.Disp))}
	if m.Base.Size() != 8 {
		return r, fmt.Errorf("address %s: want 64-bit registers", m.Asm())
	}
	d.readGP(r.base, 8)
	if m.Index == nil {
		return r, nil
	}
	if m.Index.Kind() != reg.KindGP || m.Index.Size() != 8 {
		return r, fmt.Errorf("address %s: want 64-bit registers", m.Asm())
	}
	if m.Scale != 1 && m.Scale != 2 && m.Scale != 4 && m.Scale != 8 {
		return r, fmt.Errorf("address %s: scale %d", m.Asm(), m.Scale)
	}
	r.index, r.scale = index(m.Index), uint64(m.Scale)
	d.readGP(r.index, 8)
	return r, nil
}

// target returns the index of the instruction that a jump goes to.
func (d *decoder) target() (int, error) {
	if len(d.op.Operands) != 1 {
		return 0, errForm
	}
	l, ok := d.op.Operands[0].(operand.LabelRef)
	if !ok {
		return 0, errForm
	}
	pc, ok := d.labels[string(l)]
	if !ok {
		return 0, fmt.Errorf("unknown label %s", l)
	}
	return pc, nil
}
