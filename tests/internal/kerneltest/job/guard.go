//go:build unix

package job

import (
	"syscall"
	"unsafe"
)

// guardPages lie on either side of every buffer.
const guardPages = 16

// guarded is memory between pages that may not be touched.
type guarded struct {
	atEnd bool // buffers end where the page behind them starts; else they start where the page before them ends
	maps  [][]byte
}

// Alloc implements Memory. It panics when there is no more memory.
func (g *guarded) Alloc(n int) []byte {
	page := syscall.Getpagesize()
	guard := guardPages * page
	size := (n + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*guard, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	g.maps = append(g.maps, m)
	usable := m[guard : guard+size : guard+size]
	if size > 0 {
		if err := syscall.Mprotect(usable, syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
			panic(err)
		}
	}
	if g.atEnd {
		return usable[size-n:]
	}
	return usable[:n:n]
}

// Seal makes the weights read-only.
func (g *guarded) Seal(b *Buffers) error {
	for _, m := range g.maps {
		guard := guardPages * syscall.Getpagesize()
		if at := uintptr(unsafe.Pointer(&m[0])); len(b.Blob) > 0 && uintptr(unsafe.Pointer(&b.Blob[0]))-at < uintptr(len(m)) {
			return syscall.Mprotect(m[guard:len(m)-guard], syscall.PROT_READ)
		}
	}
	return nil
}

// Free implements Memory.
func (g *guarded) Free() {
	for _, m := range g.maps {
		_ = syscall.Munmap(m)
	}
	g.maps = nil
}
