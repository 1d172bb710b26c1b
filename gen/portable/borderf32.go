package portable

// quantizeRun turns pixels of float32 into pixels of bytes, one factor for all.
type quantizeRun struct {
	Name     string
	X, Y     tensor // X of float32
	Mul, Add float32
	Zero     uint8
	Kernel   [2]int
}

type boundQuantizeRun struct {
	*quantizeRun
	m *model
}

func (q quantizeRun) bind(m *model) layer { return &boundQuantizeRun{&q, m} }

func (q *boundQuantizeRun) run(w *work) {
	eachOwnRun(w, [3]tensor{q.Y, q.X}, [3]int{1, 4}, func(at, step [3]int, rows, n int) {
		if q.m.kernels == nil {
			q.runGo(w, at, step, rows, n)
			return
		}
		a := &w.args
		setRows(a, w, at, step, rows, n)
		a.InMul, a.InAdd = q.Mul, q.Add
		(&epilogue{Zero: q.Zero, Hi: 255, Table: -1}).set(q.m, a)
		q.m.kernels[q.Kernel[q.m.isa]](a)
	})
}

// runGo is some rows in plain Go.
func (q *boundQuantizeRun) runGo(w *work, at, step [3]int, rows, n int) {
	for i := range rows {
		y := w.arena[at[0]+i*step[0]:][:n]
		for j, f := range w.floats(at[1]+i*step[1], n) {
			v := float32(f*q.Mul) + q.Add
			if v != v {
				v = 0
			}
			y[j] = roundByte(v, q.Zero, 0, 255)
		}
	}
}

// dequantizeRun turns pixels of bytes into pixels of float32.
type dequantizeRun struct {
	Name   string
	X, Y   tensor // Y of float32
	Zero   uint8
	Scale  float32
	Kernel [2]int
}

type boundDequantizeRun struct {
	*dequantizeRun
	m *model
}

func (d dequantizeRun) bind(m *model) layer { return &boundDequantizeRun{&d, m} }

func (d *boundDequantizeRun) run(w *work) {
	eachOwnRun(w, [3]tensor{d.Y, d.X}, [3]int{4, 1}, func(at, step [3]int, rows, n int) {
		if d.m.kernels == nil || n < shortRun {
			d.runGo(w, at, step, rows, n)
			return
		}
		a := &w.args
		setRows(a, w, at, step, rows, n)
		a.Pixels, a.InZero, a.InMul = n, int32(d.Zero), d.Scale
		d.m.kernels[d.Kernel[d.m.isa]](a)
	})
}

// runGo is some rows in plain Go.
func (d *boundDequantizeRun) runGo(w *work, at, step [3]int, rows, n int) {
	for i := range rows {
		y := w.floats(at[0]+i*step[0], n)
		for j, q := range w.arena[at[1]+i*step[1]:][:n] {
			y[j] = float32(float32(int(q)-int(d.Zero)) * d.Scale)
		}
	}
}
