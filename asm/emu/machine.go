package emu

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// vec is a vector register, little-endian, byte 0 first.
type vec [8]uint64

// State bits of inst.reads and Machine.init: vector registers 0-31, masks
// 32-39, flags from 40.
const (
	maskShift = 32
	flagCF    = 1 << 40
	flagZF    = 1 << 41
	flagSF    = 1 << 42
	flagOF    = 1 << 43
	flagPF    = 1 << 44
	// stateDirty: a Y or Z register was written since VZEROUPPER.
	stateDirty = 1 << 45
	allFlags   = flagCF | flagZF | flagSF | flagOF | flagPF
)

// General registers have four state bits each: byte 0, byte 1, bytes 2-3 and
// bytes 4-7, as in avo's register masks.
const (
	regCX    = 1
	regSP    = 4
	regBP    = 5
	noReg    = 16 // an absent index register: always zero
	callerBP = 0x0ddba11ba5eba11
)

// DefaultLimit is the number of instructions that one Run may execute.
const DefaultLimit = 1 << 32

// Machine is a register file and the memory that a program may touch. It is
// not safe for concurrent use.
type Machine struct {
	// Limit is the number of instructions that one Run may execute.
	Limit uint64

	v  [32]vec
	gp [17]uint64
	k  [8]uint64

	cf, zf, sf, of bool
	low            uint8 // the result that PF is the parity of

	init, initGP uint64
	pc, cur      int
	arg          uint64

	segs []segment
	hint []uint32
	hits []uint64
	runs map[*Program]*history
	n    Counts

	o        vop
	out, tmp vec
}

// history is what a machine remembers about a program between runs: how often
// each instruction ran, and the segment that it touched last.
type history struct {
	hits []uint64
	hint []uint32
}

// NewMachine returns a machine without memory.
func NewMachine() *Machine {
	return &Machine{Limit: DefaultLimit, runs: map[*Program]*history{}}
}

// Counts is what a machine executed, summed over its runs.
type Counts struct {
	Instructions uint64
	// Ops counts executions by opcode, without suffixes.
	Ops map[string]uint64
	// Loaded and Stored are bytes that instructions read from and wrote to
	// segments; lanes switched off by a mask and prefetches don't count.
	Loaded, Stored uint64
	// VPDPBUSD by the width of its registers: 128, 256 and 512 bits.
	VPDPBUSD [3]uint64
}

// MACs returns the multiply-accumulates that the counted VPDPBUSD have done.
func (c Counts) MACs() uint64 {
	return 16*c.VPDPBUSD[0] + 32*c.VPDPBUSD[1] + 64*c.VPDPBUSD[2]
}

// Counts returns the sums over all runs since NewMachine or ResetCounts.
func (m *Machine) Counts() Counts {
	c := m.n
	c.Ops = map[string]uint64{}
	for p, h := range m.runs {
		for i, n := range h.hits {
			if n == 0 {
				continue
			}
			c.Instructions += n
			c.Ops[p.code[i].op.Opcode] += n
			if w := p.code[i].dp; w != 0 {
				c.VPDPBUSD[w>>1] += n
			}
		}
	}
	return c
}

// ResetCounts sets all counts to zero.
func (m *Machine) ResetCounts() {
	m.n = Counts{}
	for _, h := range m.runs {
		clear(h.hits)
	}
}

// Run executes p with arg0 as its pointer argument, until RET. Registers are
// uninitialised at the start. On error memory keeps what was written so far.
func (m *Machine) Run(p *Program, arg0 uintptr) (err error) {
	m.start(p, arg0)
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(fault)
			if !ok {
				panic(r)
			}
			op := p.code[m.cur].op
			err = &Error{Func: p.Name, Index: m.cur, Text: Text(op), Msg: string(f)}
		}
	}()
	code := p.code
	hits := m.hits[:len(code)]
	left := m.Limit
	for pc := 0; uint(pc) < uint(len(code)); pc = m.pc {
		in := &code[pc]
		m.cur, m.pc = pc, pc+1
		if in.reads&^m.init|in.readsGP&^m.initGP != 0 {
			m.uninitialised(in)
		}
		if left == 0 {
			m.fail("more than %d instructions executed", m.Limit)
		}
		left--
		hits[pc]++
		in.exec(m)
		m.init = m.init&^in.kills | in.writes
		m.initGP |= in.writesGP
	}
	return nil
}

// start resets the registers, not the counts.
func (m *Machine) start(p *Program, arg0 uintptr) {
	h := m.runs[p]
	if h == nil {
		h = &history{hits: make([]uint64, len(p.code)), hint: make([]uint32, len(p.code))}
		m.runs[p] = h
	}
	m.hits, m.hint = h.hits, h.hint
	m.v, m.gp, m.k = [32]vec{}, [17]uint64{}, [8]uint64{}
	m.cf, m.zf, m.sf, m.of, m.low = false, false, false, false, 0
	m.gp[regBP] = callerBP
	m.init, m.initGP = 0, 0xf<<(4*regBP)|0xf<<(4*regSP)
	m.pc, m.cur, m.arg = 0, 0, uint64(arg0)
}

// fault carries a run-time failure from an instruction to Run.
type fault string

// fail ends the run at the current instruction.
func (m *Machine) fail(format string, args ...any) {
	panic(fault(fmt.Sprintf(format, args...)))
}

// ret checks what Go's ABI0 demands at a return.
func (m *Machine) ret() {
	if m.init&stateDirty != 0 {
		m.fail("VZEROUPPER is missing: a Y or Z register was written since the last one")
	}
	if m.gp[regBP] != callerBP {
		m.fail("BP is not what it was at the call")
	}
	m.pc = len(m.hits)
}

// uninitialised ends the run, naming the registers and flags.
func (m *Machine) uninitialised(in *inst) {
	var names []string
	for b := in.reads &^ m.init; b != 0; b &= b - 1 {
		names = append(names, stateName(bits.TrailingZeros64(b)))
	}
	for b := in.readsGP &^ m.initGP; b != 0; b &= b - 1 {
		i := bits.TrailingZeros64(b)
		part := [4]string{"byte 0", "byte 1", "bytes 2-3", "bytes 4-7"}[i%4]
		names = append(names, gpNames[i/4]+" "+part)
	}
	m.fail("reads %s, which no instruction has written", strings.Join(slices.Compact(names), ", "))
}

func stateName(bit int) string {
	switch {
	case bit < maskShift:
		return fmt.Sprintf("vector register %d", bit)
	case bit < 40:
		return fmt.Sprintf("K%d", bit-maskShift)
	}
	return [5]string{"flag CF", "flag ZF", "flag SF", "flag OF", "flag PF"}[bit-40]
}

var gpNames = [16]string{"AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI",
	"R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15"}
