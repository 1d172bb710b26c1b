package emu

import (
	"math/bits"
	"unsafe"
)

// operand loads source b from memory to m.tmp.
func (m *Machine) operand(x *vexec, k uint64) {
	switch {
	case x.masked && x.is&wholeMem == 0 && k != x.all:
		m.loadLanes(x, k)
		return
	case x.is&aligned != 0:
		m.checkAligned(&x.mem, x.nb)
	}
	p := m.load(&x.mem, x.nb)
	switch {
	case x.bcst:
		m.broadcast(x, p)
	case x.nb == 64:
		*(*[64]byte)(unsafe.Pointer(&m.tmp)) = *(*[64]byte)(p)
	case x.nb == 32:
		*(*[32]byte)(unsafe.Pointer(&m.tmp)) = *(*[32]byte)(p)
	case x.nb == 16:
		*(*[16]byte)(unsafe.Pointer(&m.tmp)) = *(*[16]byte)(p)
	case x.nb == 4:
		m.tmp[0] = uint64(*(*uint32)(p))
	default:
		copy(lanes[byte](&m.tmp, 64), unsafe.Slice((*byte)(p), x.nb))
	}
}

// broadcast fills m.tmp with the element at p.
func (m *Machine) broadcast(x *vexec, p unsafe.Pointer) {
	v := *(*uint32)(p)
	e := uint64(v)<<32 | uint64(v)
	if x.elem == 8 {
		e = *(*uint64)(p)
	}
	for i := range m.tmp {
		m.tmp[i] = e
	}
}

// loadLanes loads the enabled lanes; what the others get does not matter.
func (m *Machine) loadLanes(x *vexec, k uint64) {
	m.tmp = vec{}
	if x.bcst {
		if k != 0 {
			m.broadcast(x, m.load(&x.mem, x.elem))
		}
		return
	}
	n := x.w / x.elem
	if x.is&result == 0 {
		n = x.nd / x.elem
	}
	if x.is&aligned != 0 {
		m.checkAligned(&x.mem, x.nb)
	}
	addr, step := m.address(&x.mem), x.nb/n
	dst := lanes[byte](&m.tmp, 64)
	if p := m.find(addr, x.nb, Read); p != nil {
		m.n.Loaded += uint64(step * bits.OnesCount64(k))
		copy(dst, unsafe.Slice((*byte)(p), x.nb))
		return
	}
	for i := range n {
		if k>>i&1 != 0 {
			p := m.at(addr+uint64(i*step), step, Read)
			m.n.Loaded += uint64(step)
			copy(dst[i*step:], unsafe.Slice((*byte)(p), step))
		}
	}
}

// storeLanes stores the enabled lanes of m.out.
func (m *Machine) storeLanes(x *vexec, k uint64) {
	src := lanes[byte](&m.out, 64)
	if x.is&aligned != 0 {
		m.checkAligned(&x.mem, x.nd)
	}
	if !x.masked || k == x.all {
		p := m.store(&x.mem, x.nd)
		if x.nd == 64 {
			*(*[64]byte)(p) = *(*[64]byte)(src)
			return
		}
		copy(unsafe.Slice((*byte)(p), x.nd), src)
		return
	}
	addr := m.address(&x.mem)
	for i := range x.nd / x.elem {
		if k>>i&1 != 0 {
			p := m.at(addr+uint64(i*x.elem), x.elem, Write)
			m.n.Stored += uint64(x.elem)
			copy(unsafe.Slice((*byte)(p), x.elem), src[i*x.elem:])
		}
	}
}

func (m *Machine) checkAligned(r *memRef, n int) {
	if addr := m.address(r); addr%uint64(n) != 0 {
		m.fail("address %#x is not aligned to %d bytes", addr, n)
	}
}

// merge replaces the lanes of out that k switches off by zero or base's.
func merge(out, base *vec, k uint64, x *vexec) {
	if x.zeroing {
		base = new(vec)
	}
	switch x.elem {
	case 1:
		mergeLanes(lanes[uint8](out, x.nd), lanes[uint8](base, x.nd), k)
	case 2:
		mergeLanes(lanes[uint16](out, x.nd), lanes[uint16](base, x.nd), k)
	case 4:
		mergeLanes(lanes[uint32](out, x.nd), lanes[uint32](base, x.nd), k)
	default:
		mergeLanes(lanes[uint64](out, x.nd), lanes[uint64](base, x.nd), k)
	}
}

func mergeLanes[T any](out, base []T, k uint64) {
	for i := range out {
		if k>>i&1 == 0 {
			out[i] = base[i]
		}
	}
}
