package portable

import "unsafe"

// interleave takes channels of two tensors by turns: what a shuffle of two groups
// of channels is.
type interleave struct {
	Name    string
	Elem    int // bytes of an element: 1 or 4
	A, B, Y tensor
	Kernel  [2]int
}

type boundInterleave struct {
	*interleave
	m *model
}

func (s interleave) bind(m *model) layer { return &boundInterleave{&s, m} }

func (s *boundInterleave) run(w *work) {
	n := s.A.C * s.Elem
	chunk := w.share(max(1, callBytes/n), s.Y.W, s.Y.H)
	for y := range s.Y.H {
		if s.m.kernels == nil {
			if !w.mine() {
				continue
			}
			for x := range s.Y.W {
				s.runGo(w, s.A.at(y, x), s.B.at(y, x), s.Y.at(y, x))
			}
			continue
		}
		for x := 0; x < s.Y.W; x += chunk {
			if !w.mine() {
				continue
			}
			// Pixels are the kernel's rows.
			a := &w.args
			arena := address(&w.arena[0])
			a.In, a.InRow = arena+uintptr(s.A.at(y, x)), s.A.Pix
			a.In2, a.In2Row = arena+uintptr(s.B.at(y, x)), s.B.Pix
			a.Out, a.OutRow = arena+uintptr(s.Y.at(y, x)), s.Y.Pix
			a.Rows, a.N, a.Mask = min(chunk, s.Y.W-x), n, lowBits(2*n)
			s.m.kernels[s.Kernel[s.m.isa]](a)
		}
	}
}

// runGo is one pixel in plain Go.
func (s *boundInterleave) runGo(w *work, a, b, y int) {
	n := s.A.C
	if s.Elem == 1 {
		alternate(w.arena[y:], w.arena[a:][:n], w.arena[b:][:n])
		return
	}
	alternate(elements[uint32](w, y, 2*n), elements[uint32](w, a, n), elements[uint32](w, b, n))
}

func alternate[T uint8 | uint32](y, a, b []T) {
	y, b = y[:2*len(a)], b[:len(a)]
	for i, v := range a {
		y[2*i], y[2*i+1] = v, b[i]
	}
}

// elements returns n elements of the arena.
func elements[T any](w *work, off, n int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(&w.arena[off])), n)
}
