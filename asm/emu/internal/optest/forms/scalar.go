package forms

import (
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of scalar forms: CX and BX hold inputs, DX is written. flagNames
// are the letters of flags, in the order of their bytes in a slot.
const flagNames = "CZSOP"

var setters = [5]string{"SETCS", "SETEQ", "SETMI", "SETOS", "SETPS"}

// flags stores the named flags in the slot of a form.
func (f *Func) flags(text, names string) operand.Mem {
	to := f.slot(text)
	for i, letter := range flagNames {
		if strings.ContainsRune(names, letter) {
			f.add(setters[i], nil, to.Offset(16+i))
		}
	}
	return to
}

// scalar adds a form: DX and the slot's memory are destinations.
func (f *Func) scalar(flags, name string, ops ...operand.Op) {
	for i, r := range []reg.Register{reg.RCX, reg.RDX, reg.RBX} {
		f.add("MOVQ", nil, at(GeneralAt+8*i), r)
	}
	to := f.flags(f.add(name, nil, ops...), flags)
	f.add("MOVQ", nil, reg.RDX, to)
}

// gpr is a register of a form by letter: c, d, b; by size.
func gpr(letter rune, size int) operand.Op {
	r := map[rune]reg.GPPhysical{'c': reg.RCX, 'd': reg.RDX, 'b': reg.RBX}[letter]
	return map[int]operand.Op{1: r.As8L(), 2: r.As16(), 4: r.As32(), 8: r}[size]
}

var scalarSizes = []struct {
	letter string
	bytes  int
}{{"B", 1}, {"W", 2}, {"L", 4}, {"Q", 8}}

func scalars() []*Func {
	return []*Func{arithmetic(), shifts(), bitOps(), scalarMoves(), conditions()}
}

func arithmetic() *Func {
	f := begin("arithmetic", "avx2")
	for _, s := range scalarSizes {
		c, d := gpr('c', s.bytes), gpr('d', s.bytes)
		src := at(GeneralAt + 16)
		for _, name := range []string{"ADD", "SUB", "AND", "OR", "XOR"} {
			f.scalar("CZSOP", name+s.letter, c, d)
			f.scalar("CZSOP", name+s.letter, src, d)
			f.scalar("CZSOP", name+s.letter, operand.I8(-7), d)
			f.scalar("CZSOP", name+s.letter, c, f.next())
		}
		for _, name := range []string{"ADC", "SBB"} {
			f.add("ADDQ", nil, reg.RCX, reg.RDX) // some carry
			f.scalar("CZSOP", name+s.letter, c, d)
		}
		f.scalar("CZSOP", "CMP"+s.letter, c, d)
		f.scalar("CZSOP", "CMP"+s.letter, c, operand.I8(-3))
		f.scalar("CZSOP", "CMP"+s.letter, src, d)
		f.scalar("CZSOP", "TEST"+s.letter, c, d)
		f.scalar("CZSOP", "TEST"+s.letter, operand.U8(0x55), d)
		f.scalar("ZSOP", "INC"+s.letter, d)
		f.scalar("ZSOP", "DEC"+s.letter, d)
		f.scalar("CZSOP", "NEG"+s.letter, d)
		f.scalar("", "NOT"+s.letter, d)
		f.scalar("ZSOP", "DEC"+s.letter, f.next())
		if s.bytes > 1 {
			f.scalar("CO", "IMUL"+s.letter, c, d)
			f.scalar("CO", "IMUL"+s.letter, src, d)
			f.scalar("CO", "IMUL3"+s.letter, operand.I8(-77), c, d)
		}
	}
	return f.end()
}

func shifts() *Func {
	f := begin("shifts", "avx2")
	for _, s := range scalarSizes {
		d := gpr('d', s.bytes)
		for _, name := range []string{"SHL", "SHR", "SAR"} {
			f.scalar("CZSOP", name+s.letter, operand.U8(1), d)
			f.scalar("CZSP", name+s.letter, operand.U8(5), d)
			f.scalar("CZSP", name+s.letter, operand.U8(8*s.bytes-1), d)
			f.scalar("", name+s.letter, reg.CL, d)
			f.scalar("CZSP", name+s.letter, operand.U8(3), f.next())
		}
	}
	return f.end()
}

func bitOps() *Func {
	f := begin("bits", "avx2")
	for _, s := range scalarSizes[1:] {
		c, d, b := gpr('c', s.bytes), gpr('d', s.bytes), gpr('b', s.bytes)
		f.scalar("C", "BT"+s.letter, c, b)
		f.scalar("C", "BT"+s.letter, operand.U8(9), b)
		f.scalar("CZ", "TZCNT"+s.letter, c, d)
		f.scalar("CZ", "LZCNT"+s.letter, c, d)
		f.scalar("CZSOP", "POPCNT"+s.letter, c, d)
		if s.bytes == 2 {
			continue
		}
		for _, name := range []string{"SHLX", "SHRX", "SARX"} {
			f.scalar("", name+s.letter, c, b, d)
		}
		f.scalar("CZSO", "BZHI"+s.letter, c, b, d)
		f.scalar("CZSO", "ANDN"+s.letter, c, b, d)
	}
	f.scalar("", "LEAQ", operand.Mem{Base: reg.RCX, Index: reg.RBX, Scale: 8, Disp: -9}, reg.RDX)
	f.scalar("", "LEAL", operand.Mem{Base: reg.RCX, Disp: 5}, reg.EDX)
	return f.end()
}

func scalarMoves() *Func {
	f := begin("scalarmoves", "avx2")
	for i, from := range scalarSizes {
		f.scalar("", "MOV"+from.letter, gpr('c', from.bytes), gpr('d', from.bytes))
		f.scalar("", "MOV"+from.letter, at(GeneralAt), gpr('d', from.bytes))
		f.scalar("", "MOV"+from.letter, operand.I8(-5), gpr('d', from.bytes))
		for _, to := range scalarSizes[i+1:] {
			for _, ext := range []string{"SX", "ZX"} {
				name := "MOV" + from.letter + to.letter + ext
				if name == "MOVLQZX" {
					f.scalar("", name, at(GeneralAt), gpr('d', to.bytes))
					continue
				}
				f.scalar("", name, gpr('c', from.bytes), gpr('d', to.bytes))
			}
		}
	}
	f.scalar("", "MOVQ", operand.I32(-1<<31), reg.RDX)
	f.scalar("", "MOVQ", operand.U64(0xfedcba9876543210), reg.RDX)
	f.scalar("", "MOVL", operand.U32(0x80000001), reg.EDX)
	return f.end()
}

// conditions compares two registers and uses every condition code.
func conditions() *Func {
	f := begin("conditions", "avx2")
	for _, cc := range []string{"CC", "CS", "EQ", "GE", "GT", "HI", "LE", "LS", "LT", "MI", "NE", "OC", "OS", "PC", "PL", "PS"} {
		for _, s := range scalarSizes[1:] {
			f.add("MOVQ", nil, at(GeneralAt), reg.RCX)
			f.add("MOVQ", nil, at(GeneralAt+8), reg.RDX)
			f.add("CMPB", nil, reg.CL, reg.DL)
			text := f.add("CMOV"+s.letter+cc, nil, gpr('c', s.bytes), gpr('d', s.bytes))
			f.add("SET"+cc, nil, reg.BL)
			to := f.slot(text)
			f.add("MOVQ", nil, reg.RDX, to)
			f.add("MOVB", nil, reg.BL, to.Offset(8))
		}
	}
	return f.end()
}
