// Package emu executes the instructions of an avo function in Go, one by one,
// on the process's own memory. It is an oracle and a memory checker: it needs
// no CPU feature, and it turns every access outside the mapped segments, every
// read of a register nobody wrote, every register or opcode above the declared
// ISA and every broken rule of Go's assembly ABI into an error that names the
// instruction.
//
// Semantics follow the Intel 64 and IA-32 Architectures Software Developer's
// Manual, volume 2; operands keep avo's order: sources first, destination last.
// The tests compare every opcode with the CPU where it has the ISA, and with
// recorded results everywhere.
package emu

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unsafe"

	avoir "github.com/mmcloughlin/avo/ir"
)

// ISA is the set of instruction extensions that a function may use.
type ISA uint8

const (
	// AVX2 allows AVX, AVX2, FMA, BMI1, BMI2 and POPCNT.
	AVX2 ISA = 1 << iota
	evex
	// VBMI allows AVX512_VBMI too; use it as AVX512VNNI|VBMI.
	VBMI
	// AVX512VNNI allows AVX-512 F, BW, DQ, VL and VNNI above AVX2.
	AVX512VNNI = AVX2 | evex
)

// String names the set as kernels do: "avx2", "avx512vnni", "avx512vnni+vbmi".
func (isa ISA) String() string {
	s := "avx2"
	if isa&evex != 0 {
		s = "avx512vnni"
	}
	if isa&VBMI != 0 {
		s += "+vbmi"
	}
	return s
}

// extensionISA maps avo's names of extensions to the set that has them.
var extensionISA = map[string]ISA{
	"AVX": AVX2, "AVX2": AVX2, "FMA3": AVX2, "BMI": AVX2, "BMI2": AVX2,
	"POPCNT": AVX2, "LZCNT": AVX2, "CMOV": AVX2, "SSE": AVX2, "SSE2": AVX2, "MMX+": AVX2,
	"AVX512F": evex, "AVX512BW": evex, "AVX512DQ": evex, "AVX512VL": evex, "AVX512VNNI": evex,
	"AVX512VBMI": VBMI,
}

// Program is a compiled function, immutable and safe for concurrent use.
type Program struct {
	// Name of the function.
	Name string
	code []inst
}

// Len returns the number of instructions.
func (p *Program) Len() int { return len(p.code) }

// inst is one decoded instruction.
type inst struct {
	exec func(*Machine)
	// reads must be initialised before, kills are undefined after, writes are
	// initialised after the instruction: state bits, see machine.go.
	reads, kills, writes uint64
	readsGP, writesGP    uint64
	op                   *avoir.Instruction
	dp                   uint8 // width of a VPDPBUSD in units of 16 bytes
}

// Compile decodes fn, which has been through avo's passes, for isa. It fails on
// an unknown opcode, an operand form that the opcode does not have, an
// instruction or register above isa, a write to a register that Go reserves, a
// stack frame, or a missing label. The function takes one pointer argument.
func Compile(fn *avoir.Function, isa ISA) (*Program, error) {
	if one := uint16(1); *(*byte)(unsafe.Pointer(&one)) != 1 {
		return nil, errors.New("emu: this machine is big-endian; vectors are emulated on little-endian machines")
	}
	if n := fn.FrameBytes(); n != 0 {
		return nil, fmt.Errorf("emu: %s: frame of %d bytes, want 0 (avo makes one for AllocLocal and for a function that writes BP)", fn.Name, n)
	}
	list := fn.Instructions()
	labels, err := labelTargets(fn)
	if err != nil {
		return nil, err
	}
	p := &Program{Name: fn.Name, code: make([]inst, len(list))}
	for i, op := range list {
		p.code[i].op = op
		d := &decoder{op: op, isa: isa, labels: labels, in: &p.code[i]}
		if err := d.decode(); err != nil {
			return nil, &Error{Func: fn.Name, Index: i, Text: Text(op), Msg: err.Error()}
		}
	}
	if n := len(list); n == 0 || list[n-1].Opcode != "RET" && list[n-1].Opcode != "JMP" {
		return nil, fmt.Errorf("emu: %s: the last instruction is neither RET nor JMP", fn.Name)
	}
	return p, nil
}

// labelTargets maps each label to the index of the instruction after it.
func labelTargets(fn *avoir.Function) (map[string]int, error) {
	labels, n := map[string]int{}, 0
	for _, node := range fn.Nodes {
		switch node := node.(type) {
		case *avoir.Instruction:
			n++
		case avoir.Label:
			if _, dup := labels[string(node)]; dup {
				return nil, fmt.Errorf("emu: %s: duplicate label %s", fn.Name, node)
			}
			labels[string(node)] = n
		}
	}
	return labels, nil
}

// Text prints an instruction as avo writes it to a file.
func Text(i *avoir.Instruction) string {
	ops := make([]string, len(i.Operands))
	for k, op := range i.Operands {
		ops[k] = op.Asm()
	}
	return strings.TrimSpace(i.OpcodeWithSuffixes() + " " + strings.Join(ops, ", "))
}

// Opcodes returns the sorted names of all opcodes that the emulator executes.
func Opcodes() []string {
	var names []string
	for name := range scalarOps {
		names = append(names, name)
	}
	for name := range vectorOps {
		names = append(names, strings.TrimSuffix(name, "$"))
	}
	for name := range compareOps {
		names = append(names, strings.TrimSuffix(name, "$"))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Error is a failure at one instruction, found while compiling or running.
type Error struct {
	Func  string // the function's name
	Index int    // the instruction's index in the function, from 0
	Text  string // the instruction
	Msg   string // what is wrong
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("emu: %s: instruction %d: %s: %s", e.Func, e.Index, e.Text, e.Msg)
}
