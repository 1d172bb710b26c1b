package emu

import (
	"cmp"
	"fmt"
	"slices"
	"unsafe"
)

// Perm says what a program may do with a segment.
type Perm uint8

const (
	// Read allows loads.
	Read Perm = 1 << iota
	// Write allows stores; a segment to be loaded from too needs Read|Write.
	Write
)

// segment is a range of memory that a program may touch.
type segment struct {
	name  string
	base  unsafe.Pointer
	lo    uintptr
	size  int
	perm  Perm
	limit [3]uintptr // bytes from lo, by Read and Write
}

// Map lets programs touch mem, at its real address; the machine keeps it
// alive. readSlack bytes after its end may be loaded too: they must be within
// mem's capacity. Segments may overlap; an access must lie within one of them.
func (m *Machine) Map(name string, mem []byte, perm Perm, readSlack int) error {
	if len(mem) == 0 || perm == 0 || perm > Read|Write {
		return fmt.Errorf("emu: segment %s: %d bytes, permission %d", name, len(mem), perm)
	}
	if readSlack < 0 || cap(mem)-len(mem) < readSlack {
		return fmt.Errorf("emu: segment %s: slack of %d bytes, but the slice has %d after its length", name, readSlack, cap(mem)-len(mem))
	}
	s := segment{name: name, base: unsafe.Pointer(&mem[0]), size: len(mem), perm: perm}
	s.lo = uintptr(s.base)
	if perm&Read != 0 {
		s.limit[Read] = uintptr(len(mem) + readSlack)
	}
	if perm&Write != 0 {
		s.limit[Write] = uintptr(len(mem))
	}
	m.segs = append(m.segs, s)
	return nil
}

// Unmap forgets all segments.
func (m *Machine) Unmap() { m.segs = m.segs[:0] }

// Bytes returns the memory of *v, an argument struct say, to be mapped.
func Bytes[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// BytesOf returns the memory of s, with its capacity.
func BytesOf[T any](s []T) []byte {
	if cap(s) == 0 {
		return nil
	}
	n := int(unsafe.Sizeof(s[:1][0]))
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), cap(s)*n)[:len(s)*n]
}

// memRef is a memory operand: base + index*scale + disp.
type memRef struct {
	base, index uint8
	scale       uint64
	disp        uint64
}

func (m *Machine) address(r *memRef) uint64 {
	return m.gp[r.base] + m.gp[r.index]*r.scale + r.disp
}

// load returns the n bytes at r, and counts them.
func (m *Machine) load(r *memRef, n int) unsafe.Pointer {
	m.n.Loaded += uint64(n)
	return m.at(m.address(r), n, Read)
}

// store returns the n bytes at r to be written, and counts them.
func (m *Machine) store(r *memRef, n int) unsafe.Pointer {
	m.n.Stored += uint64(n)
	return m.at(m.address(r), n, Write)
}

// at returns a pointer to n bytes at addr that p permits to touch, or faults.
func (m *Machine) at(addr uint64, n int, p Perm) unsafe.Pointer {
	if q := m.find(addr, n, p); q != nil {
		return q
	}
	m.fail("%s", m.outside(addr, n, p))
	return nil
}

// find is at, with nil in place of a fault.
func (m *Machine) find(addr uint64, n int, p Perm) unsafe.Pointer {
	if h := int(m.hint[m.cur]); h < len(m.segs) {
		s := &m.segs[h]
		if off := uintptr(addr) - s.lo; off < s.limit[p] && uintptr(n) <= s.limit[p]-off {
			return unsafe.Add(s.base, off)
		}
	}
	for i := range m.segs {
		s := &m.segs[i]
		if off := uintptr(addr) - s.lo; off < s.limit[p] && uintptr(n) <= s.limit[p]-off {
			m.hint[m.cur] = uint32(i)
			return unsafe.Add(s.base, off)
		}
	}
	return nil
}

// outside describes a forbidden access by the segment nearest to it.
func (m *Machine) outside(addr uint64, n int, p Perm) string {
	verb := "read"
	if p == Write {
		verb = "write"
	}
	if len(m.segs) == 0 {
		return fmt.Sprintf("%s of %d bytes at %#x: no segment is mapped", verb, n, addr)
	}
	near := slices.MinFunc(m.segs, func(a, b segment) int {
		return cmp.Compare(a.distance(addr), b.distance(addr))
	})
	off := int64(addr - uint64(near.lo))
	what := "outside every segment"
	switch {
	case off >= 0 && off < int64(near.size) && near.perm&p == 0:
		what = "not permitted"
	case off >= 0 && off < int64(near.limit[p]):
		what = "beyond the segment's end"
	}
	return fmt.Sprintf("%s of %d bytes at %s%+d (segment of %d bytes): %s", verb, n, near.name, off, near.size, what)
}

// distance is how far addr is from the segment.
func (s *segment) distance(addr uint64) uint64 {
	lo, hi := uint64(s.lo), uint64(s.lo)+uint64(s.size)
	switch {
	case addr < lo:
		return lo - addr
	case addr >= hi:
		return addr - hi + 1
	}
	return 0
}
