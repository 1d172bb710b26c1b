package emu

import (
	"errors"
	"fmt"
	"maps"
	"unsafe"

	"github.com/mmcloughlin/avo/operand"
)

// vop is what a lane function works on, named as in Intel's manual: d is the
// destination, a and b the first and second source (b may come from memory), c
// the third register of a VEX blend. Registers count to w bytes. d does not
// alias the sources, or is safe to.
type vop struct {
	d, a, b, c *vec
	w          int
	imm        uint8
	k          uint64 // the result of a comparison, one bit a lane
}

// vspec describes a vector opcode.
type vspec struct {
	run  func(*vop)
	srcs int  // operands between constant and mask or destination
	elem int  // bytes of a lane to a mask; 0 if there is no masked form
	b, d size // bytes of source b and of the destination
	is   traits
}

// size is a number of bytes: positive as it is, 0 for the operation's width,
// negative for a fraction of it.
type size int

func (s size) of(w int) int {
	switch {
	case s > 0:
		return int(s)
	case s < 0:
		return w / int(-s)
	}
	return w
}

type traits uint16

const (
	accumulates traits = 1 << iota // reads its destination
	lanewise                       // may run in its destination, which may be a source
	wholeMem                       // a mask does not suppress faults (Intel's types NF)
	cancels                        // the result does not depend on equal sources
	stores                         // the destination may be memory
	aligned                        // memory must be aligned to the width
	blends                         // masked-off lanes come from source a
	memOnly                        // source b must be memory
	broadcasts                     // has the embedded broadcast
	copies                         // copies source b
	result                         // computes a mask
)

// vectorOps and compareOps are the tables of vector opcodes: results in a
// vector or memory, and results in a mask. A name ends in $ where the first
// operand is a constant.
var vectorOps, compareOps = map[string]vspec{}, map[string]vspec{}

func init() {
	for _, t := range []map[string]vspec{integerOps(), shiftOps(), shuffleOps(), permuteOps(), convertOps(), moveOps(), floatOps(), fmaOps()} {
		maps.Copy(vectorOps, t)
	}
	maps.Copy(compareOps, compareTable())
	maskOps()
	specialOps()
}

// lanes views the first n bytes of v as elements.
func lanes[T any](v *vec, n int) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(v)), n/int(unsafe.Sizeof(t)))
}

// vexec is a decoded vector instruction.
type vexec struct {
	vspec
	w, nb, nd       int
	imm             uint8
	a, br, c, dst   uint8
	bmem, dmem      bool
	bcst            bool
	masked, zeroing bool
	mask            uint8
	all             uint64 // the bits of all lanes
	mem             memRef
	bgp             bool // source b is the general register gp
	gp              scalar
}

// vector decodes an instruction of the tables.
func (d *decoder) vector(s *vspec) error {
	x := &vexec{vspec: *s}
	ops := d.op.Operands
	if v, ok := immediate(ops[0]); ok {
		x.imm, ops = uint8(v), ops[1:]
	}
	if len(ops) < 2 {
		return errForm
	}
	dst, ops := ops[len(ops)-1], ops[:len(ops)-1]
	for _, op := range d.op.Operands {
		if _, n, ok := vreg(op); ok {
			x.w = max(x.w, n)
		}
	}
	x.nb, x.nd = s.b.of(x.w), s.d.of(x.w)
	if x.w == 0 || len(ops) < s.srcs {
		return errForm
	}
	if err := d.masking(x, ops[s.srcs:]); err != nil {
		return err
	}
	if err := d.suffixes(x); err != nil {
		return err
	}
	if err := d.sources(x, ops[:s.srcs]); err != nil {
		return err
	}
	return d.destination(x, dst)
}

// masking decodes the write mask, if there is one.
func (d *decoder) masking(x *vexec, ops []operand.Op) error {
	if x.elem != 0 {
		n := x.nd / x.elem
		if x.is&result != 0 {
			n = x.w / x.elem
		}
		x.all = ^uint64(0) >> (64 - n)
	}
	if len(ops) == 0 {
		return nil
	}
	k, ok := kreg(ops[0])
	if !ok || len(ops) > 1 || x.elem == 0 {
		return errForm
	}
	if k == 0 {
		return errors.New("K0 as write mask means no mask")
	}
	x.masked, x.mask = true, k
	d.readMask(k)
	return nil
}

func (d *decoder) suffixes(x *vexec) error {
	for _, s := range d.op.Suffixes {
		switch {
		case s == "Z" && x.masked && x.is&result == 0:
			x.zeroing = true
		case s == "BCST" && x.is&broadcasts != 0:
			x.bcst = true
		default:
			return fmt.Errorf("suffix %s: the opcode has no such form here", s)
		}
	}
	return nil
}

// sources decodes b, a or c, b, a.
func (d *decoder) sources(x *vexec, ops []operand.Op) error {
	if len(ops) == 3 {
		n, _, ok := vreg(ops[0])
		if !ok {
			return errForm
		}
		x.c, ops = n, ops[1:]
		d.readVec(n)
	}
	if len(ops) == 2 {
		n, w, ok := vreg(ops[1])
		if !ok || w != x.w {
			return errForm
		}
		x.a = n
		d.readVec(n)
	}
	n, w, ok := vreg(ops[0])
	switch {
	case ok && (w != max(16, x.nb) || x.bcst || x.is&memOnly != 0):
		return errForm
	case ok:
		x.br = n
		d.readVec(n)
		if x.is&cancels != 0 && len(ops) == 2 && n == x.a {
			d.in.reads &^= 1 << n
		}
		return nil
	}
	r, err := d.mem(ops[0])
	x.mem, x.bmem = r, true
	if x.bcst {
		x.nb = x.elem
	}
	return err
}

// destination decodes the last operand and picks the function that runs.
func (d *decoder) destination(x *vexec, op operand.Op) error {
	if x.is&result != 0 {
		k, ok := kreg(op)
		if !ok {
			return errForm
		}
		x.dst = k
		d.writeMask(k)
		d.in.exec = x.compare
		return nil
	}
	n, w, ok := vreg(op)
	if !ok {
		if x.is&stores == 0 || x.bmem || x.zeroing {
			return errForm
		}
		r, err := d.mem(op)
		x.mem, x.dmem = r, true
		d.in.exec = x.exec
		if x.is&copies != 0 && !x.masked {
			d.in.exec = x.storeAll
		}
		return err
	}
	if w != max(16, x.nd) {
		return errForm
	}
	x.dst = n
	if x.is&accumulates != 0 || x.masked && !x.zeroing && x.is&blends == 0 {
		if x.is&accumulates == 0 || !d.ternaryConstant(x) {
			d.readVec(n)
		}
	}
	d.writeVec(n, max(16, x.nd))
	d.in.exec = x.exec
	if x.is&lanewise != 0 && !x.masked {
		d.in.exec = x.direct
	}
	if x.is&copies != 0 && x.bmem && !x.masked {
		d.in.exec = x.loadAll
	}
	if d.op.Opcode == "VPDPBUSD" {
		d.in.dp = uint8(x.w / 16)
	}
	return nil
}

// ternaryConstant says whether VPTERNLOG sets or clears all bits, whatever its
// sources held, and forgets that it reads them.
func (d *decoder) ternaryConstant(x *vexec) bool {
	if len(d.op.Opcode) < 9 || d.op.Opcode[:9] != "VPTERNLOG" || x.imm != 0 && x.imm != 0xff || x.bmem || x.masked {
		return false
	}
	d.in.reads &^= 1<<x.a | 1<<x.br
	return true
}

// direct runs an unmasked lanewise operation in its destination register.
func (x *vexec) direct(m *Machine) {
	o := &m.o
	o.w, o.imm = x.w, x.imm
	o.a, o.c, o.d = &m.v[x.a&31], &m.v[x.c&31], &m.v[x.dst&31]
	if x.bmem {
		m.operand(x, x.all)
		o.b = &m.tmp
	} else {
		o.b = &m.v[x.br&31]
	}
	x.run(o)
	if x.w < 64 {
		clear(o.d[x.w/8:])
	}
}

// loadAll and storeAll are the unmasked moves from and to memory.

func (x *vexec) loadAll(m *Machine) {
	m.operand(x, x.all)
	d := &m.v[x.dst&31]
	*d = m.tmp
	if x.w < 64 {
		clear(d[x.w/8:])
	}
}

func (x *vexec) storeAll(m *Machine) {
	m.out = m.v[x.br&31]
	m.storeLanes(x, x.all)
}

// exec runs an operation into the scratch register and stores the enabled lanes.
func (x *vexec) exec(m *Machine) {
	k := m.prepare(x)
	o := &m.o
	m.out = vec{}
	if x.is&accumulates != 0 {
		copy(m.out[:x.w/8], m.v[x.dst][:x.w/8])
	}
	x.run(o)
	if x.dmem {
		m.storeLanes(x, k)
		return
	}
	if x.masked {
		base := &m.v[x.dst]
		if x.is&blends != 0 {
			base = &m.v[x.a]
		}
		merge(&m.out, base, k, x)
	}
	m.v[x.dst] = m.out
}

// compare runs an operation whose result is a mask.
func (x *vexec) compare(m *Machine) {
	k := m.prepare(x)
	m.o.k = 0
	x.run(&m.o)
	m.k[x.dst] = m.o.k & k & x.all
}

// prepare sets the sources up and returns the enabled lanes.
func (m *Machine) prepare(x *vexec) uint64 {
	k := x.all
	if x.masked {
		k &= m.k[x.mask]
	}
	o := &m.o
	o.w, o.imm = x.w, x.imm
	o.a, o.b, o.c, o.d = &m.v[x.a], &m.v[x.br], &m.v[x.c], &m.out
	switch {
	case x.bmem:
		m.operand(x, k)
		o.b = &m.tmp
	case x.bgp:
		m.tmp[0] = m.get(&x.gp)
		o.b = &m.tmp
	}
	return k
}
