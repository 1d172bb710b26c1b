package portable

// binaryInt8 is the sum or the product of two tensors. B may have one row or one
// column, which then repeats; channels must be as many.
type binaryInt8 struct {
	Name         string
	A, B, Y      tensor
	Product      bool
	MulA, MulB   float32 // factors; of a product MulA alone
	ZeroA, ZeroB uint8
	Epilogue     epilogue
	Kernel       [2]int
}

type boundBinaryInt8 struct {
	*binaryInt8
	m *model
}

func (b binaryInt8) bind(m *model) layer { return &boundBinaryInt8{&b, m} }

// callBytes is how many bytes an elementwise kernel handles in one call.
const callBytes = 1 << 16

func (b *boundBinaryInt8) run(w *work) {
	// Pixels are the kernel's rows. Where nothing lies between them and nothing
	// repeats, a whole row is one; where B is one pixel, the pixels of all rows may be.
	rowB, pixB := b.B.Row, b.B.Pix
	if b.B.H == 1 {
		rowB = 0
	}
	if b.B.W == 1 {
		pixB = 0
	}
	h, pixels, n := b.Y.H, b.Y.W, b.Y.C
	switch {
	case b.A.Pix == n && pixB == n && b.Y.Pix == n:
		pixels, n = 1, pixels*n
	case rowB == 0 && pixB == 0 && b.A.Row == pixels*b.A.Pix && b.Y.Row == pixels*b.Y.Pix:
		h, pixels = 1, h*pixels
	}
	if b.m.kernels == nil {
		for y := range h {
			for x := range pixels {
				if !w.mine() {
					continue
				}
				b.runGo(w, b.A.at(y, x), b.B.Off+y*rowB+x*pixB, b.Y.at(y, x), n)
			}
		}
		return
	}
	chunk := w.share(max(1, callBytes/n), pixels, h)
	for y := range h {
		for x := 0; x < pixels; x += chunk {
			if !w.mine() {
				continue
			}
			a := &w.args
			arena := address(&w.arena[0])
			a.In, a.InRow = arena+uintptr(b.A.at(y, x)), b.A.Pix
			a.In2, a.In2Row = arena+uintptr(b.B.Off+y*rowB+x*pixB), pixB
			a.Out, a.OutRow = arena+uintptr(b.Y.at(y, x)), b.Y.Pix
			a.Rows, a.N, a.Mask = min(chunk, pixels-x), n, lowBits(n)
			a.InMul, a.InZero = b.MulA, int32(b.ZeroA)
			a.In2Mul, a.In2Zero = b.MulB, int32(b.ZeroB)
			b.Epilogue.set(b.m, a)
			b.m.kernels[b.Kernel[b.m.isa]](a)
		}
	}
}

// runGo is n bytes in plain Go.
func (b *boundBinaryInt8) runGo(w *work, offA, offB, offY, n int) {
	for i := range n {
		p, q := int(w.arena[offA+i])-int(b.ZeroA), int(w.arena[offB+i])-int(b.ZeroB)
		var v float32
		if b.Product {
			v = float32(p*q) * b.MulA
		} else {
			v = float32(float32(p)*b.MulA) + float32(float32(q)*b.MulB)
		}
		w.arena[offY+i] = b.Epilogue.requantize(b.m, v, 0, false)
	}
}

// table replaces every byte by its entry in one table, or in its channel's.
type table struct {
	Name       string
	X, Y       tensor
	Table      int  // in the weights: 256 bytes
	PerChannel bool // 256 bytes for every channel
	Kernel     [2]int
}

type boundTable struct {
	*table
	m *model
}

func (t table) bind(m *model) layer { return &boundTable{&t, m} }

func (t *boundTable) run(w *work) {
	pixels, n := t.Y.W, t.Y.C
	if t.X.Pix == n && t.Y.Pix == n && !t.PerChannel {
		pixels, n = 1, pixels*n
	}
	if t.m.kernels == nil || t.PerChannel {
		for y := range t.Y.H {
			for x := range pixels {
				if !w.mine() {
					continue
				}
				t.runGo(w.arena[t.X.at(y, x):][:n], w.arena[t.Y.at(y, x):][:n])
			}
		}
		return
	}
	chunk := w.share(max(1, callBytes/n), pixels, t.Y.H)
	for y := range t.Y.H {
		for x := 0; x < pixels; x += chunk {
			if !w.mine() {
				continue
			}
			a := &w.args
			arena := address(&w.arena[0])
			a.In, a.InRow = arena+uintptr(t.X.at(y, x)), t.X.Pix
			a.Out, a.OutRow = arena+uintptr(t.Y.at(y, x)), t.Y.Pix
			a.Rows, a.N, a.Mask = min(chunk, pixels-x), n, lowBits(n)
			a.Table, a.Consts = address(&t.m.blob[t.Table]), address(&kernelConsts[0])
			t.m.kernels[t.Kernel[t.m.isa]](a)
		}
	}
}

// runGo is one run of bytes in plain Go.
func (t *boundTable) runGo(x, y []byte) {
	entries := t.m.blob[t.Table:]
	for i, v := range x {
		if t.PerChannel {
			y[i] = entries[256*i+int(v)]
		} else {
			y[i] = entries[v]
		}
	}
}
