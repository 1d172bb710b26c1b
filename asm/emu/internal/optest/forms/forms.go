// Package forms builds the test functions of the emulator: one avo function an
// opcode and instruction set, which runs every form of the opcode on the inputs
// of a block and stores each result in a slot of the block. The generator
// prints them for the CPU, the tests run them in the emulator.
package forms

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/gotypes"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Layout of a block: four vectors (a, b, c and the destination's old value),
// four masks, four general registers, padding, and the slots for results. A
// block is aligned to 64 bytes.
const (
	VectorsAt = 0
	MasksAt   = 256
	GeneralAt = 288
	SlotsAt   = 512
	SlotSize  = 64
	MaxSlots  = 160
	BlockSize = SlotsAt + MaxSlots*SlotSize
)

// Func is one test function.
type Func struct {
	Fn *ir.Function
	// ISA is what it needs: avx2, avx512vnni or avx512vbmi.
	ISA string
	// Slots are the instructions whose results are in the slots.
	Slots []string
}

// All returns every test function, in the order of the tables.
func All() []*Func {
	var all []*Func
	for i := range vectorTable {
		all = append(all, vectorTable[i].funcs()...)
	}
	return append(append(all, specials()...), scalars()...)
}

// begin starts a function with its inputs in registers.
func begin(name, isa string) *Func {
	f := &Func{Fn: ir.NewFunction(name + "_" + isa), ISA: isa}
	f.Fn.Attributes = attr.NOSPLIT
	sig, err := gotypes.ParseSignature("func(b *byte)")
	if err != nil {
		panic(err) // the text is constant
	}
	f.Fn.SetSignature(sig)
	f.add("MOVQ", nil, operand.NewParamAddr("b", 0), reg.RAX)
	return f
}

// loadVectors puts the block's vectors in registers 0 to 3 and, above AVX2, its
// masks in K1 to K3.
func (f *Func) loadVectors() {
	for i := range 4 {
		f.move(at(VectorsAt+64*i), f.full(i))
	}
	if f.ISA == "avx2" {
		return
	}
	for i := range 3 {
		f.add("KMOVQ", bw, at(MasksAt+8*i), kregs[i+1])
	}
}

var (
	bw    = []string{"AVX512BW"}
	kregs = []reg.Register{reg.K0, reg.K1, reg.K2, reg.K3, reg.K4}
)

// full is the widest register of the ISA.
func (f *Func) full(i int) reg.Register {
	if f.ISA == "avx2" {
		return vreg(i, 32)
	}
	return vreg(i, 64)
}

func (f *Func) move(from, to operand.Op) {
	if f.ISA == "avx2" {
		f.add("VMOVDQU", []string{"AVX"}, from, to)
	} else {
		f.add("VMOVDQU64", []string{"AVX512F"}, from, to)
	}
}

// add appends an instruction; the name may have suffixes.
func (f *Func) add(name string, isa []string, ops ...operand.Op) string {
	parts := strings.Split(name, ".")
	f.Fn.AddInstruction(&ir.Instruction{Opcode: parts[0], Suffixes: parts[1:], Operands: ops, ISA: isa})
	text := make([]string, len(ops))
	for i, op := range ops {
		text[i] = op.Asm()
	}
	return strings.TrimSpace(name + " " + strings.Join(text, ", "))
}

// slot notes an instruction and returns the slot for its result.
func (f *Func) slot(text string) operand.Mem {
	f.Slots = append(f.Slots, text)
	if len(f.Slots) > MaxSlots {
		panic(fmt.Sprintf("%s: too many forms", f.Fn.Name))
	}
	return at(SlotsAt + SlotSize*(len(f.Slots)-1))
}

// next is the slot of the next result.
func (f *Func) next() operand.Mem { return at(SlotsAt + SlotSize*len(f.Slots)) }

func (f *Func) end() *Func {
	f.add("VZEROUPPER", []string{"AVX"})
	ret := &ir.Instruction{Opcode: "RET", IsTerminal: true}
	f.Fn.AddInstruction(ret)
	return f
}

// at is an address in the block.
func at(off int) operand.Mem { return operand.Mem{Base: reg.RAX, Disp: off} }

// vreg is a vector register by number and bytes.
func vreg(i, width int) reg.Register {
	return reg.Vector.Lookup(reg.Index(i), map[int]reg.Spec{16: reg.S128, 32: reg.S256, 64: reg.S512}[width])
}
