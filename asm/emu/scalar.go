package emu

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// builder decodes one instruction of a scalar or mask opcode.
type builder func(*decoder) error

// scalarOps is the table of all opcodes that are not vector operations: the
// condition codes (flags.go), masks (mask.go) and moves between register files
// (special.go) add theirs.
var scalarOps = map[string]builder{
	"RET":         func(d *decoder) error { d.in.exec = (*Machine).ret; return nil },
	"NOP":         func(d *decoder) error { d.in.exec = func(*Machine) {}; return nil },
	"JMP":         jump(condition{0, func(*Machine) bool { return true }}),
	"PREFETCHT0":  prefetch,
	"PREFETCHT1":  prefetch,
	"PREFETCHT2":  prefetch,
	"PREFETCHNTA": prefetch,
	"PREFETCHW":   prefetch,
	"VZEROUPPER":  zeroUpper,
}

// binaryALU has the two-operand operations, dst = f(dst, src); carry is set
// where CF is an input.
var binaryALU = []struct {
	name  string
	carry bool
	f     func(m *Machine, x, y uint64, size int) uint64
}{
	{"ADD", false, func(m *Machine, x, y uint64, n int) uint64 { return m.addFlags(x, y, 0, n) }},
	{"SUB", false, func(m *Machine, x, y uint64, n int) uint64 { return m.subFlags(x, y, 0, n) }},
	{"ADC", true, func(m *Machine, x, y uint64, n int) uint64 { return m.addFlags(x, y, b2u(m.cf), n) }},
	{"SBB", true, func(m *Machine, x, y uint64, n int) uint64 { return m.subFlags(x, y, b2u(m.cf), n) }},
	{"AND", false, func(m *Machine, x, y uint64, n int) uint64 { m.logicFlags(x&y, n); return x & y }},
	{"OR", false, func(m *Machine, x, y uint64, n int) uint64 { m.logicFlags(x|y, n); return x | y }},
	{"XOR", false, func(m *Machine, x, y uint64, n int) uint64 { m.logicFlags(x^y, n); return x ^ y }},
}

// sizes are the letters at the end of scalar opcodes.
var sizes = []struct {
	letter string
	bytes  int
}{{"B", 1}, {"W", 2}, {"L", 4}, {"Q", 8}}

func init() {
	for _, s := range sizes {
		n := s.bytes
		for _, op := range binaryALU {
			scalarOps[op.name+s.letter] = alu(op.f, n, op.carry)
		}
		scalarOps["CMP"+s.letter] = compare(func(m *Machine, x, y uint64) { m.subFlags(x, y, 0, n) }, n)
		scalarOps["TEST"+s.letter] = compare(func(m *Machine, x, y uint64) { m.logicFlags(x&y, n) }, n)
		scalarOps["INC"+s.letter] = unary(n, allFlags&^flagCF, func(m *Machine, x uint64) uint64 {
			c := m.cf
			x = m.addFlags(x, 1, 0, n)
			m.cf = c
			return x
		})
		scalarOps["DEC"+s.letter] = unary(n, allFlags&^flagCF, func(m *Machine, x uint64) uint64 {
			c := m.cf
			x = m.subFlags(x, 1, 0, n)
			m.cf = c
			return x
		})
		scalarOps["NEG"+s.letter] = unary(n, allFlags, func(m *Machine, x uint64) uint64 { return m.subFlags(0, x, 0, n) })
		scalarOps["NOT"+s.letter] = unary(n, 0, func(_ *Machine, x uint64) uint64 { return ^x })
		scalarOps["SHL"+s.letter] = shift(n, shl)
		scalarOps["SHR"+s.letter] = shift(n, shr)
		scalarOps["SAR"+s.letter] = shift(n, sar)
		if n == 1 {
			continue
		}
		scalarOps["IMUL"+s.letter] = alu(imul, n, false)
		scalarOps["IMUL3"+s.letter] = imul3(n)
		scalarOps["BT"+s.letter] = bitTest(n)
		scalarOps["TZCNT"+s.letter] = count(n, trailing)
		scalarOps["LZCNT"+s.letter] = count(n, leading)
		scalarOps["POPCNT"+s.letter] = count(n, population)
	}
	bmi()
}

// bmi adds the three-operand operations of BMI1 and BMI2.
func bmi() {
	for _, s := range sizes[2:] {
		n := s.bytes
		mod := uint64(8*n - 1)
		scalarOps["SHLX"+s.letter] = three(n, 0, func(_ *Machine, c, x uint64) uint64 { return x << (c & mod) })
		scalarOps["SHRX"+s.letter] = three(n, 0, func(_ *Machine, c, x uint64) uint64 { return x >> (c & mod) })
		scalarOps["SARX"+s.letter] = three(n, 0, func(_ *Machine, c, x uint64) uint64 {
			return uint64(signExtend(x, n) >> (c & mod))
		})
		scalarOps["BZHI"+s.letter] = three(n, allFlags&^flagPF, func(m *Machine, c, x uint64) uint64 {
			keep := c & 0xff
			m.cf, m.of = keep > mod, false
			if keep <= mod {
				x &= 1<<keep - 1
			}
			m.resultFlags(x, n)
			return x
		})
		scalarOps["ANDN"+s.letter] = three(n, allFlags&^flagPF, func(m *Machine, y, x uint64) uint64 {
			r := ^x & y
			m.logicFlags(r, n)
			return r
		})
	}
}

// scalar is a scalar operand: a register, a constant, memory or the argument.
type scalar struct {
	kind uint8
	reg  uint8
	size int
	imm  uint64
	mem  memRef
}

const (
	isReg uint8 = iota
	isImm
	isMem
	isArg
)

// scalar decodes an operand of size bytes. Reads are noted if read is set.
func (d *decoder) scalar(op operand.Op, size int, read bool) (scalar, error) {
	if v, ok := immediate(op); ok {
		return scalar{kind: isImm, size: size, imm: uint64(v)}, nil
	}
	if m, ok := op.(operand.Mem); ok {
		if m.Base == reg.FramePointer {
			if m.Disp != 0 || size != 8 || m.Index != nil || d.op.Opcode != "MOVQ" {
				return scalar{}, errors.New("the frame has one argument, the pointer at 0(FP), for MOVQ")
			}
			return scalar{kind: isArg, size: 8}, nil
		}
		r, err := d.mem(op)
		return scalar{kind: isMem, size: size, mem: r}, err
	}
	r, ok := op.(reg.Register)
	if !ok || r.Kind() != reg.KindGP {
		return scalar{}, errForm
	}
	if int(r.Size()) != size || r.Mask() == uint16(reg.S8H) {
		return scalar{}, fmt.Errorf("register %s: want the low %d bytes", r.Asm(), size)
	}
	if read {
		d.readGP(index(r), size)
	}
	return scalar{kind: isReg, reg: index(r), size: size}, nil
}

// dest decodes an operand that is written, and read before if rmw is set.
func (d *decoder) dest(op operand.Op, size int, rmw bool) (scalar, error) {
	s, err := d.scalar(op, size, rmw)
	if err != nil {
		return s, err
	}
	switch s.kind {
	case isReg:
		return s, d.writeGP(s.reg, size)
	case isMem:
		return s, nil
	}
	return s, errForm
}

// get returns the operand's value, zero extended.
func (m *Machine) get(s *scalar) uint64 {
	switch s.kind {
	case isReg:
		return zeroExtend(m.gp[s.reg], s.size)
	case isImm:
		return zeroExtend(s.imm, s.size)
	case isArg:
		return m.arg
	}
	p := m.load(&s.mem, s.size)
	switch s.size {
	case 1:
		return uint64(*(*uint8)(p))
	case 2:
		return uint64(*(*uint16)(p))
	case 4:
		return uint64(*(*uint32)(p))
	}
	return *(*uint64)(p)
}

// set stores the low bytes of x; 32-bit results clear the upper half.
func (m *Machine) set(s *scalar, x uint64) {
	if s.kind == isReg {
		switch s.size {
		case 8:
			m.gp[s.reg] = x
		case 4:
			m.gp[s.reg] = uint64(uint32(x))
		default:
			keep := ^uint64(0) << (8 * s.size)
			m.gp[s.reg] = m.gp[s.reg]&keep | x&^keep
		}
		return
	}
	p := m.store(&s.mem, s.size)
	switch s.size {
	case 1:
		*(*uint8)(p) = uint8(x)
	case 2:
		*(*uint16)(p) = uint16(x)
	case 4:
		*(*uint32)(p) = uint32(x)
	default:
		*(*uint64)(p) = x
	}
}

func zeroExtend(x uint64, size int) uint64 {
	sh := uint(64 - 8*size)
	return x << sh >> sh
}

func signExtend(x uint64, size int) int64 {
	sh := uint(64 - 8*size)
	return int64(x<<sh) >> sh
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// pair decodes src, dst.
func (d *decoder) pair(srcSize, dstSize int, rmw bool) (src, dst scalar, err error) {
	if len(d.op.Operands) != 2 {
		return src, dst, errForm
	}
	if src, err = d.scalar(d.op.Operands[0], srcSize, true); err != nil {
		return src, dst, err
	}
	dst, err = d.dest(d.op.Operands[1], dstSize, rmw)
	if src.kind == isMem && dst.kind == isMem {
		err = errForm
	}
	if src.kind == isImm && srcSize == 8 && d.op.Opcode != "MOVQ" && int64(src.imm) != int64(int32(src.imm)) {
		err = fmt.Errorf("constant %#x needs more than 32 signed bits", src.imm)
	}
	return src, dst, err
}

// alu builds dst = f(dst, src) with all flags.
func alu(f func(m *Machine, x, y uint64, size int) uint64, size int, carry bool) builder {
	return func(d *decoder) error {
		src, dst, err := d.pair(size, size, true)
		if err != nil {
			return err
		}
		name := d.op.Opcode
		if (name == "XORL" || name == "XORQ" || name == "SUBL" || name == "SUBQ") && src.kind == isReg && src == dst {
			d.in.readsGP = 0 // clears the register, whatever it held
		}
		d.in.writes |= allFlags
		if carry {
			d.in.reads |= flagCF
		}
		if name[:2] == "IM" {
			d.in.kills, d.in.writes = flagZF|flagSF|flagPF, flagCF|flagOF
		}
		d.in.exec = func(m *Machine) {
			y := m.get(&src)
			m.set(&dst, f(m, m.get(&dst), y, size))
		}
		if size == 8 && src.kind == isImm && dst.kind == isReg {
			r := dst.reg & 15
			d.in.exec = func(m *Machine) { m.gp[r] = f(m, m.gp[r], src.imm, 8) }
		}
		return nil
	}
}

// compare builds an operation on two operands that sets flags only. TEST takes
// them as source and destination; for CMP the first is the left one.
func compare(f func(m *Machine, x, y uint64), size int) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 2 {
			return errForm
		}
		x, err := d.scalar(d.op.Operands[0], size, true)
		if err != nil {
			return err
		}
		y, err := d.scalar(d.op.Operands[1], size, true)
		if err != nil {
			return err
		}
		if x.kind == isMem && y.kind == isMem {
			return errForm
		}
		d.in.writes |= allFlags
		d.in.exec = func(m *Machine) { f(m, m.get(&x), m.get(&y)) }
		return nil
	}
}

// unary builds dst = f(dst).
func unary(size int, flags uint64, f func(m *Machine, x uint64) uint64) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 1 {
			return errForm
		}
		dst, err := d.dest(d.op.Operands[0], size, true)
		if err != nil {
			return err
		}
		d.in.writes |= flags
		d.in.exec = func(m *Machine) { m.set(&dst, f(m, m.get(&dst))) }
		return nil
	}
}

// three builds dst = f(a, b) for a register a, b and a register dst.
func three(size int, flags uint64, f func(m *Machine, a, b uint64) uint64) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 3 {
			return errForm
		}
		a, err := d.scalar(d.op.Operands[0], size, true)
		if err != nil {
			return err
		}
		b, err := d.scalar(d.op.Operands[1], size, true)
		if err != nil {
			return err
		}
		dst, err := d.dest(d.op.Operands[2], size, false)
		if err != nil {
			return err
		}
		if dst.kind != isReg || a.kind == isImm || b.kind == isImm {
			return errForm
		}
		d.in.writes |= flags
		if flags != 0 {
			d.in.kills |= flagPF
		}
		d.in.exec = func(m *Machine) {
			x := m.get(&a)
			m.set(&dst, f(m, x, m.get(&b)))
		}
		return nil
	}
}

// imul is the two-operand multiplication: CF and OF tell that it overflowed.
func imul(m *Machine, x, y uint64, size int) uint64 {
	a, b := signExtend(x, size), signExtend(y, size)
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	signedHi := int64(hi) - a>>63&b - b>>63&a
	m.cf = signExtend(lo, size)>>63 != signedHi || signExtend(lo, size) != int64(lo)
	m.of = m.cf
	return lo
}

// imul3 is dst = src * constant.
func imul3(size int) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 3 {
			return errForm
		}
		c, ok := immediate(d.op.Operands[0])
		if !ok || c != int64(int32(c)) && size == 8 {
			return errForm
		}
		src, err := d.scalar(d.op.Operands[1], size, true)
		if err != nil {
			return err
		}
		dst, err := d.dest(d.op.Operands[2], size, false)
		if err != nil {
			return err
		}
		if dst.kind != isReg || src.kind == isImm {
			return errForm
		}
		d.in.kills, d.in.writes = flagZF|flagSF|flagPF, flagCF|flagOF
		d.in.exec = func(m *Machine) { m.set(&dst, imul(m, m.get(&src), uint64(c), size)) }
		return nil
	}
}
