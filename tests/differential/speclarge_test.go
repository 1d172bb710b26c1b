package differential

import "github.com/ingot-go/ingot/ir"

// large makes layers that need several calls of a kernel: over rows, over channels,
// or over parts of a row.
func (m *maker) large() {
	three := ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
	one := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	switch m.IntN(9) {
	case 0:
		m.conv(three, 20+m.IntN(4), 20+m.IntN(4), 32, 96, 1)
	case 1: // weights larger than the caches that the planner assumes
		m.conv(three, 3, 4, 200, 256+m.IntN(20), 1)
	case 2:
		m.conv(one, 25+m.IntN(5), 33, 64, 200, 1)
	case 3:
		in := []*ir.Value{m.input(1, 4100+m.IntN(5)), nil, nil, nil}
		in[1] = m.weights(130, in[0].Shape[1])
		rq, q := m.requant(130, in[0].Shape[1])
		m.finish(func(rq ir.Requant) ir.Op { return ir.QFC{Requant: rq} }, rq, q, in)
	case 4:
		m.conv(three, 40, 41, 70, 70, 70)
	case 5:
		x := m.input(1, 70, 41, 40)
		m.output(m.value(ir.MaxPool{Window: three}, x.Quant, x))
	case 6:
		x, q := m.input(1, 7, 101, 103), m.quant()
		b := m.pick(1, 101)
		y := m.input(1, 7, b, m.pick(1, 103))
		m.output(m.value(ir.QAdd{MulA: 0.5, MulB: 0.7, Zero: uint8(q.Zero[0]), Hi: 255}, q, x, y))
	case 7:
		x := m.input(1, 2, 200, 201)
		m.output(m.value(ir.QTable{Table: m.bytesTable(1)}, m.quant(), x))
	case 8:
		m.output(m.input(1, 1+m.IntN(2), 1+m.IntN(2), 33000+m.IntN(3000)))
	}
}
