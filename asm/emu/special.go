package emu

import (
	"errors"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// specialOps adds the opcodes that move between register files or touch memory
// in a way of their own. They shadow no entry of the vector table but
// VPBROADCAST, whose form with a general register is told by its operands.
func specialOps() {
	scalarOps["VMOVD"] = moveLow(4)
	scalarOps["VMOVQ"] = moveLow(8)
	scalarOps["VMOVHPS"] = storeHigh
	scalarOps["VMOVSS"] = moveSS
	for _, s := range []struct {
		letter string
		size   int
	}{{"B", 1}, {"W", 2}, {"D", 4}, {"Q", 8}} {
		scalarOps["VPEXTR"+s.letter] = extractLane(s.size)
		scalarOps["VPINSR"+s.letter] = insertLane(s.size)
		scalarOps["VPBROADCAST"+s.letter] = broadcastGP("VPBROADCAST"+s.letter, s.size)
	}
	scalarOps["VPGATHERDD"] = gather
	scalarOps["VGATHERDPS"] = gather
	scalarOps["VPMASKMOVD"] = maskMove[int32]
	scalarOps["VMASKMOVPS"] = maskMove[int32]
	scalarOps["VPMASKMOVQ"] = maskMove[int64]
	scalarOps["VZEROALL"] = func(d *decoder) error {
		d.in.writes, d.in.kills = 1<<16-1, stateDirty
		d.in.exec = func(m *Machine) { clear(m.v[:16]) }
		return nil
	}
}

// zeroUpper clears all but the low 16 bytes of the registers 0 to 15.
func zeroUpper(d *decoder) error {
	d.in.kills = stateDirty
	d.in.exec = func(m *Machine) {
		for i := range 16 {
			clear(m.v[i][2:])
		}
	}
	return nil
}

// moveLow builds VMOVD and VMOVQ: the rest of a vector register is cleared.
func moveLow(size int) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) != 2 {
			return errForm
		}
		from, w, isFrom := vreg(ops[0])
		to, w2, isTo := vreg(ops[1])
		if isFrom && w != 16 || isTo && w2 != 16 || isFrom && isTo && size != 8 {
			return errForm
		}
		if isFrom {
			d.readVec(from)
		}
		if isTo {
			d.writeVec(to, 16)
		}
		switch {
		case isFrom && isTo:
			d.in.exec = func(m *Machine) { m.v[to] = vec{m.v[from][0]} }
			return nil
		case isTo:
			src, err := d.scalar(ops[0], size, true)
			if src.kind == isImm {
				return errForm
			}
			d.in.exec = func(m *Machine) { m.v[to] = vec{m.get(&src)} }
			return err
		case isFrom:
			dst, err := d.dest(ops[1], size, false)
			d.in.exec = func(m *Machine) { m.set(&dst, m.v[from][0]) }
			return err
		}
		return errForm
	}
}

// storeHigh builds the form of VMOVHPS that stores the upper half of 16 bytes.
func storeHigh(d *decoder) error {
	if len(d.op.Operands) != 2 {
		return errForm
	}
	v, w, ok := vreg(d.op.Operands[0])
	if !ok || w != 16 {
		return errForm
	}
	d.readVec(v)
	dst, err := d.dest(d.op.Operands[1], 8, false)
	if err != nil || dst.kind != isMem {
		return errors.Join(err, errForm)
	}
	d.in.exec = func(m *Machine) { m.set(&dst, m.v[v][1]) }
	return nil
}

// moveSS builds VMOVSS: from memory it clears the rest of the register, from a
// register the rest comes from source a.
func moveSS(d *decoder) error {
	s := vspec{srcs: 1, elem: 4, b: 4, is: memOnly, run: func(o *vop) { *o.d = vec{o.b[0] & 0xffffffff} }}
	ops := d.op.Operands
	if len(ops) == 0 {
		return errForm
	}
	_, _, fromReg := vreg(ops[0])
	_, _, toReg := vreg(ops[len(ops)-1])
	switch {
	case fromReg && toReg:
		if len(ops) != 3 {
			return errors.New("the masked move between registers is not emulated")
		}
		s = vspec{srcs: 2, run: func(o *vop) {
			*o.d = vec{o.a[0]&^0xffffffff | o.b[0]&0xffffffff, o.a[1]}
		}}
	case fromReg:
		s = vspec{srcs: 1, elem: 4, d: 4, is: stores, run: func(o *vop) { o.d[0] = o.b[0] }}
	}
	if len(ops) > 2 && !fromReg {
		return errors.New("the masked load of one lane is not emulated")
	}
	return d.vector(&s)
}

// extractLane builds VPEXTR; into a register the lane is zero extended.
func extractLane(size int) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) != 3 {
			return errForm
		}
		imm, ok := immediate(ops[0])
		v, w, ok2 := vreg(ops[1])
		if !ok || !ok2 || w != 16 {
			return errForm
		}
		d.readVec(v)
		n := size
		if kindOf(ops[2]) == reg.KindGP {
			n = max(n, 4)
		}
		dst, err := d.dest(ops[2], n, false)
		bit := uint(int(imm)%(16/size)) * uint(8*size)
		d.in.exec = func(m *Machine) { m.set(&dst, zeroExtend(m.v[v][bit/64]>>(bit%64), size)) }
		return err
	}
}

// insertLane builds VPINSR.
func insertLane(size int) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) != 4 {
			return errForm
		}
		imm, ok := immediate(ops[0])
		a, w, ok2 := vreg(ops[2])
		to, w2, ok3 := vreg(ops[3])
		if !ok || !ok2 || !ok3 || w != 16 || w2 != 16 {
			return errForm
		}
		n := size
		if kindOf(ops[1]) == reg.KindGP {
			n = max(n, 4)
		}
		src, err := d.scalar(ops[1], n, true)
		if src.kind == isImm {
			return errForm
		}
		d.readVec(a)
		d.writeVec(to, 16)
		bit := uint(int(imm)%(16/size)) * uint(8*size)
		keep := ^(^uint64(0) >> (64 - 8*size) << (bit % 64))
		d.in.exec = func(m *Machine) {
			r := vec{m.v[a][0], m.v[a][1]}
			x := zeroExtend(m.get(&src), size)
			r[bit/64] = r[bit/64]&keep | x<<(bit%64)
			m.v[to] = r
		}
		return err
	}
}

// broadcastGP is VPBROADCAST of a general register; other forms are in the
// vector table.
func broadcastGP(name string, size int) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) < 2 || kindOf(ops[0]) != reg.KindGP {
			s := vectorOps[name]
			return d.vector(&s)
		}
		src, err := d.scalar(ops[0], max(size, 4), true)
		if err != nil {
			return err
		}
		x := &vexec{vspec: vspec{elem: size, run: repeat(size)}, bgp: true, gp: src}
		_, x.w, _ = vreg(d.last())
		x.nd = x.w
		if x.w == 0 {
			return errForm
		}
		if err := d.masking(x, ops[1:len(ops)-1]); err != nil {
			return err
		}
		if err := d.suffixes(x); err != nil {
			return err
		}
		return d.destination(x, d.last())
	}
}

// gather builds VPGATHERDD and VGATHERDPS: lanes that the mask enables are
// loaded from base + index*scale + disp, and the mask is cleared. In the VEX
// form the mask is the first vector operand, and its sign bits count.
func gather(d *decoder) error {
	ops := d.op.Operands
	if len(ops) != 3 || len(d.op.Suffixes) != 0 {
		return errForm
	}
	k, isEVEX := kreg(ops[1])
	memOp := ops[1]
	if isEVEX {
		memOp = ops[0]
	}
	addr, ok := memOp.(operand.Mem)
	to, w, ok2 := vreg(ops[2])
	if !ok || !ok2 || addr.Index == nil || addr.Index.Kind() != reg.KindVector || int(addr.Index.Size()) != w {
		return errForm
	}
	plain := addr
	plain.Index = nil
	r, err := d.mem(plain)
	if err != nil {
		return err
	}
	idx, scale := index(addr.Index), uint64(addr.Scale)
	d.readVec(idx)
	d.readVec(to)
	d.writeVec(to, w)
	vmask := uint8(noReg)
	if isEVEX {
		if k == 0 {
			return errors.New("K0 as write mask means no mask")
		}
		d.readMask(k)
	} else {
		n, mw, ok := vreg(ops[0])
		if !ok || mw != w {
			return errForm
		}
		vmask = n
		d.readVec(n)
	}
	if idx == to || !isEVEX && (vmask == to || vmask == idx) {
		return errors.New("index, mask and destination must be different registers")
	}
	d.in.exec = func(m *Machine) {
		base := m.address(&r)
		out, is := lanes[uint32](&m.v[to], w), lanes[int32](&m.v[idx], w)
		for i := range out {
			on := m.k[k]>>i&1 != 0
			if !isEVEX {
				on = lanes[int32](&m.v[vmask], w)[i] < 0
			}
			if on {
				out[i] = *(*uint32)(m.at(base+uint64(int64(is[i]))*scale, 4, Read))
				m.n.Loaded += 4
			}
		}
		clear(m.v[to][w/8:])
		if isEVEX {
			m.k[k] = 0
		} else {
			m.v[vmask] = vec{}
		}
	}
	return nil
}

// maskMove builds AVX2's masked moves: a lane counts where the mask's sign bit
// is set, and only those can fault.
func maskMove[T int32 | int64](d *decoder) error {
	ops := d.op.Operands
	if len(ops) != 3 || len(d.op.Suffixes) != 0 {
		return errForm
	}
	k, w, ok := vreg(ops[1])
	if !ok {
		return errForm
	}
	d.readVec(k)
	size := laneSize[T]()
	if from, fw, ok := vreg(ops[0]); ok {
		r, err := d.mem(ops[2])
		if fw != w {
			return errForm
		}
		d.readVec(from)
		d.in.exec = func(m *Machine) {
			addr := m.address(&r)
			for i, on := range lanes[T](&m.v[k], w) {
				if on < 0 {
					*(*T)(m.at(addr+uint64(i*size), size, Write)) = lanes[T](&m.v[from], w)[i]
					m.n.Stored += uint64(size)
				}
			}
		}
		return err
	}
	to, tw, ok := vreg(ops[2])
	r, err := d.mem(ops[0])
	if !ok || tw != w {
		return errForm
	}
	d.writeVec(to, w)
	d.in.exec = func(m *Machine) {
		addr := m.address(&r)
		m.out = vec{}
		for i, on := range lanes[T](&m.v[k], w) {
			if on < 0 {
				lanes[T](&m.out, w)[i] = *(*T)(m.at(addr+uint64(i*size), size, Read))
				m.n.Loaded += uint64(size)
			}
		}
		m.v[to] = m.out
	}
	return err
}
