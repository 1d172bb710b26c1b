package differential

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

func (m *maker) poolInput(h, w int) *ir.Value {
	return m.input(1, m.pick(m.tail(), 100, 130), h, w)
}

func (m *maker) maxPool() {
	if m.chance(4) {
		x := m.poolInput(1+m.IntN(8), 1+m.IntN(8))
		m.output(m.value(ir.GlobalMaxPool{}, x.Quant, x))
		return
	}
	win, h, w := m.window(1, 2, 3, 5)
	x := m.poolInput(h, w)
	m.output(m.value(ir.MaxPool{Window: win, Ceil: m.chance(2)}, x.Quant, x))
}

func (m *maker) avgPool() {
	lo, hi := m.limits()
	q := m.quant()
	zero := uint8(q.Zero[0])
	if m.chance(3) {
		h, w := 1+m.IntN(8), 1+m.IntN(8)
		x := m.poolInput(h, w)
		m.output(m.value(ir.QGlobalAvgPool{Mul: m.meanFactor(h * w), Zero: zero, Lo: lo, Hi: hi}, q, x))
		return
	}
	for {
		win, h, w := m.window(1, 2, 3, 5)
		op := ir.QAvgPool{Window: win, Ceil: m.chance(2), CountPad: m.chance(2), Zero: zero, Lo: lo, Hi: hi}
		if !op.CountPad && !everyWindowInside(op, h, w) {
			continue
		}
		for i := range win.Kernel[0] * win.Kernel[1] {
			op.Mul = append(op.Mul, m.meanFactor(i+1))
		}
		m.output(m.value(op, q, m.poolInput(h, w)))
		return
	}
}

// everyWindowInside reports whether every position of the window has a tap
// inside the input; else there is no mean.
func everyWindowInside(op ir.QAvgPool, h, w int) bool {
	for i, extent := range []int{h, w} {
		n, err := op.OutSize(i, extent, op.Ceil)
		if err != nil {
			return false
		}
		for o := range n {
			inside := false
			for k := range op.Kernel[i] {
				at := o*op.Stride[i] - op.Pad[i] + k*op.Dilation[i]
				inside = inside || at >= 0 && at < extent
			}
			if !inside {
				return false
			}
		}
	}
	return true
}

func (m *maker) meanFactor(n int) float32 { return float32((0.3 + 2*m.Float64()) / float64(n)) }

// pair is a sum or a product of operands that broadcast to one shape.
func (m *maker) pair() {
	shape := []int{1, m.tail(), 1 + m.IntN(6), 1 + m.IntN(8)}
	if m.chance(5) {
		shape = []int{1, 1 + m.IntN(150)}
	}
	a, b := append([]int(nil), shape...), append([]int(nil), shape...)
	switch m.IntN(4) {
	case 0: // one value a channel
		for i := 2; i < len(b); i++ {
			b[i] = 1
		}
	case 1:
		for i := range b {
			if m.chance(3) {
				b[i] = 1
			} else if m.chance(3) {
				a[i] = 1
			}
		}
	}
	if m.chance(6) {
		b = b[1+m.IntN(len(b)-1):] // leading axes are missing
	}
	if m.chance(2) {
		a, b = b, a
	}
	x, y := m.input(a...), (*ir.Value)(nil)
	switch m.IntN(6) {
	case 0:
		y = m.constant(m.quant(), b...)
	case 1:
		y = x
	default:
		y = m.input(b...)
	}
	q := m.quant()
	zero := uint8(q.Zero[0])
	lo, hi := m.limits()
	table := m.maybeTable()
	if len(table) > 0 {
		q = m.quant()
	}
	f := func() float32 { return float32(m.NormFloat64()) }
	var op ir.Op = ir.QAdd{MulA: f(), MulB: f(), Zero: zero, Lo: lo, Hi: hi, Table: table}
	if m.chance(2) {
		op = ir.QMul{Mul: f() / 100, Zero: zero, Lo: lo, Hi: hi, Table: table}
	}
	m.output(m.value(op, q, x, y))
}

func (m *maker) table() {
	shape := []int{1, m.tail(), 1 + m.IntN(6), 1 + m.IntN(8)}
	if m.chance(4) {
		shape = []int{1, 1 + m.IntN(100)}
	}
	tables := 1
	if m.chance(2) {
		tables = shape[1]
	}
	m.output(m.value(ir.QTable{Table: m.bytesTable(tables)}, m.quant(), m.input(shape...)))
}

// border is quantization and dequantization by themselves, with every kind of number.
func (m *maker) border() {
	shape := []int{1, 1 + m.IntN(5), 1 + m.IntN(6), 1 + m.IntN(40)}
	switch m.IntN(4) {
	case 0:
		shape = []int{1, 1 + m.IntN(80)}
	case 1:
		shape = shape[1:]
	}
	q := m.quant()
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: shape}
	m.g.Inputs = append(m.g.Inputs, x)
	op := ir.Quantize{Zero: uint8(q.Zero[0])}
	n := 1
	if len(shape) == 4 {
		n = m.pick(1, shape[1])
	}
	for range n {
		op.Mul, op.Add = append(op.Mul, float32(m.NormFloat64()*30)), append(op.Add, float32(m.NormFloat64()*m.Float64()*100))
	}
	m.output(m.value(op, q, x))
}

// odd replaces some elements by infinities, NaN, halves and huge or tiny numbers.
func (m *maker) odd(in []*ir.Tensor) []*ir.Tensor {
	for _, x := range in {
		for i := range x.F32 {
			if m.chance(3) {
				x.F32[i] = randomFloat(m.Rand)
			}
			if m.numbers && x.F32[i] != x.F32[i] {
				x.F32[i] = 0
			}
			if a := math.Abs(float64(x.F32[i])); m.finite && a > 1e15 {
				x.F32[i] = float32(math.Copysign(1e15, float64(x.F32[i])))
			}
			if m.chance(10) {
				x.F32[i] = float32(math.Trunc(float64(x.F32[i]))) + 0.5
			}
		}
	}
	return in
}
