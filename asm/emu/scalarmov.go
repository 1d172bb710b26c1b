package emu

import (
	"errors"
	"math/bits"

	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for i, from := range sizes {
		scalarOps["MOV"+from.letter] = move(from.bytes, from.bytes, false)
		for _, to := range sizes[i+1:] {
			scalarOps["MOV"+from.letter+to.letter+"ZX"] = move(from.bytes, to.bytes, false)
			scalarOps["MOV"+from.letter+to.letter+"SX"] = move(from.bytes, to.bytes, true)
		}
	}
	scalarOps["LEAQ"] = lea(8)
	scalarOps["LEAL"] = lea(4)
}

// move builds MOVx and its extensions. Go's assembler turns MOV $0 to a
// register into XOR, so that form leaves the flags undefined here.
func move(from, to int, signed bool) builder {
	return func(d *decoder) error {
		src, dst, err := d.pair(from, to, false)
		if err != nil {
			for _, op := range d.op.Operands {
				if kindOf(op) == reg.KindVector {
					return errors.New("a legacy SSE move of a vector register: use VMOVD or VMOVQ")
				}
			}
			return err
		}
		if from != to && (src.kind == isImm || dst.kind != isReg) || src.kind == isArg && dst.kind != isReg {
			return errForm
		}
		if src.kind == isImm && src.imm == 0 && dst.kind == isReg && to >= 4 {
			d.in.kills = allFlags
		}
		switch {
		case src.kind == isImm && src.size == 8 && dst.kind == isMem && int64(src.imm) != int64(int32(src.imm)):
			return errForm
		case signed:
			d.in.exec = func(m *Machine) { m.set(&dst, uint64(signExtend(m.get(&src), from))) }
		case src.kind == isReg && dst.kind == isReg && to == 8 && from == 8:
			d.in.exec = func(m *Machine) { m.gp[dst.reg] = m.gp[src.reg] }
		default:
			d.in.exec = func(m *Machine) { m.set(&dst, m.get(&src)) }
		}
		return nil
	}
}

func lea(size int) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 2 {
			return errForm
		}
		r, err := d.mem(d.op.Operands[0])
		if err != nil {
			return err
		}
		dst, err := d.dest(d.op.Operands[1], size, false)
		if err != nil || dst.kind != isReg {
			return errors.Join(err, errForm)
		}
		d.in.exec = func(m *Machine) { m.set(&dst, m.address(&r)) }
		return nil
	}
}

// prefetch touches nothing, wherever its address points.
func prefetch(d *decoder) error {
	if len(d.op.Operands) != 1 {
		return errForm
	}
	_, err := d.mem(d.op.Operands[0])
	d.in.exec = func(*Machine) {}
	return err
}

func jump(c condition) builder {
	return func(d *decoder) error {
		pc, err := d.target()
		if err != nil {
			return err
		}
		d.in.reads |= c.flags
		d.in.exec = func(m *Machine) {
			if c.holds(m) {
				m.pc = pc
			}
		}
		return nil
	}
}

func setcc(c condition) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 1 {
			return errForm
		}
		dst, err := d.dest(d.op.Operands[0], 1, false)
		if err != nil {
			return err
		}
		d.in.reads |= c.flags
		d.in.exec = func(m *Machine) { m.set(&dst, b2u(c.holds(m))) }
		return nil
	}
}

// cmov reads its source, from memory too, whether or not the condition holds.
func cmov(c condition, size int) builder {
	return func(d *decoder) error {
		src, dst, err := d.pair(size, size, true)
		if err != nil {
			return err
		}
		if src.kind == isImm || dst.kind != isReg {
			return errForm
		}
		d.in.reads |= c.flags
		d.in.exec = func(m *Machine) {
			x := m.get(&src)
			if !c.holds(m) {
				x = m.gp[dst.reg]
			}
			m.set(&dst, x)
		}
		return nil
	}
}

// shift builds SHL, SHR and SAR by a constant or CL. OF is defined for a
// constant 1 only, and after a shift by CL no flag is, for the count may be 0.
func shift(size int, f func(m *Machine, x, c uint64, size int) uint64) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) != 2 {
			return errForm
		}
		var c scalar
		if v, ok := immediate(ops[0]); ok {
			c = scalar{kind: isImm, size: 1, imm: uint64(v)}
		} else if r, ok := ops[0].(reg.Register); ok && r.Kind() == reg.KindGP && index(r) == regCX {
			c = scalar{kind: isReg, reg: regCX, size: 1}
			d.readGP(regCX, 1)
		} else {
			return errForm
		}
		dst, err := d.dest(ops[1], size, true)
		if err != nil {
			return err
		}
		mask := uint64(31)
		if size == 8 {
			mask = 63
		}
		switch n := c.imm & mask; {
		case c.kind == isReg || n >= uint64(8*size):
			d.in.kills = allFlags
		case n == 1:
			d.in.writes = allFlags
		case n > 1:
			d.in.kills, d.in.writes = flagOF, allFlags&^flagOF
		}
		d.in.exec = func(m *Machine) {
			n, x := m.get(&c)&mask, m.get(&dst)
			if n != 0 {
				x = f(m, x, n, size)
				m.resultFlags(x, size)
			}
			m.set(&dst, x)
		}
		return nil
	}
}

// shl, shr and sar shift by 1 to 63, setting CF and OF.

func shl(m *Machine, x, c uint64, size int) uint64 {
	m.cf = x<<(c-1)>>(8*size-1)&1 != 0
	r := x << c
	m.of = m.cf != (r>>(8*size-1)&1 != 0)
	return r
}

func shr(m *Machine, x, c uint64, size int) uint64 {
	m.cf = x>>(c-1)&1 != 0
	m.of = x>>(8*size-1)&1 != 0
	return x >> c
}

func sar(m *Machine, x, c uint64, size int) uint64 {
	s := signExtend(x, size)
	m.cf, m.of = s>>(c-1)&1 != 0, false
	return uint64(s >> c)
}

// bitTest copies a bit of a register to CF; ZF stays, the others are undefined.
func bitTest(size int) builder {
	return func(d *decoder) error {
		if len(d.op.Operands) != 2 {
			return errForm
		}
		bit, err := d.scalar(d.op.Operands[0], size, true)
		if err != nil {
			return err
		}
		x, err := d.scalar(d.op.Operands[1], size, true)
		if err != nil {
			return err
		}
		if x.kind != isReg || bit.kind == isMem {
			return errors.New("want the bits in a register: in memory the bit's number moves the address")
		}
		d.in.kills, d.in.writes = flagSF|flagOF|flagPF, flagCF
		mod := uint64(8*size - 1)
		d.in.exec = func(m *Machine) { m.cf = m.get(&x)>>(m.get(&bit)&mod)&1 != 0 }
		return nil
	}
}

// count builds TZCNT, LZCNT and POPCNT: dst = f(src) with flags.
func count(size int, f func(m *Machine, x uint64, size int) uint64) builder {
	return func(d *decoder) error {
		src, dst, err := d.pair(size, size, false)
		if err != nil {
			return err
		}
		if src.kind == isImm || dst.kind != isReg {
			return errForm
		}
		d.in.kills, d.in.writes = flagSF|flagOF|flagPF, flagCF|flagZF
		if d.op.Opcode[0] == 'P' {
			d.in.writes = allFlags
		}
		d.in.exec = func(m *Machine) { m.set(&dst, f(m, m.get(&src), size)) }
		return nil
	}
}

func trailing(m *Machine, x uint64, size int) uint64 {
	m.cf = x == 0
	n := uint64(min(bits.TrailingZeros64(x), 8*size))
	m.zf = n == 0
	return n
}

func leading(m *Machine, x uint64, size int) uint64 {
	m.cf = x == 0
	n := uint64(bits.LeadingZeros64(x) - (64 - 8*size))
	m.zf = n == 0
	return n
}

func population(m *Machine, x uint64, _ int) uint64 {
	m.cf, m.sf, m.of, m.low = false, false, false, 1
	m.zf = x == 0
	return uint64(bits.OnesCount64(x))
}
