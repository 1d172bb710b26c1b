package differential

import (
	"github.com/ingot-go/ingot/ir"
)

// plain is an operator without a kernel of its own.
func (m *netMaker) plain(x *ir.Value) *ir.Value {
	switch m.IntN(7) {
	case 0: // the larger or the smaller of two
		return m.value(ir.Binary{Fn: []ir.BinaryKind{ir.Max, ir.Min}[m.IntN(2)]}, x, m.conv(x, x.Shape[1], 1, 1, 1))
	case 1: // what is chosen by comparing
		y := m.conv(x, x.Shape[1], 1, 1, 1)
		mask := m.value(ir.Compare{Fn: ir.Less}, x, m.constant(0.5, x.Shape[1], 1, 1))
		if m.IntN(2) == 0 {
			mask = m.value(ir.Logic{Fn: ir.Or}, mask, m.value(ir.Compare{Fn: ir.LessOrEqual}, y, m.constant(0.5)))
		}
		return m.value(ir.Where{}, mask, x, y)
	case 2: // one number a channel, spread out
		s := m.value(ir.GlobalAvgPool{}, x)
		return m.value(ir.Binary{}, m.value(ir.Expand{Shape: x.Shape}, s), x)
	case 3: // truth values as numbers
		mask := m.value(ir.Compare{Fn: ir.Less}, m.constant(0.5), x)
		return m.value(ir.Binary{Fn: ir.Mul}, x, m.value(ir.Cast{To: ir.F32}, mask))
	case 4: // a pole far away
		size := m.value(ir.Unary{Act: ir.Act{Kind: ir.Abs}}, x)
		above := m.value(ir.Affine{Mul: []float32{1}, Add: []float32{1}}, size)
		kind := []ir.ActKind{ir.Sqrt, ir.Log, ir.Reciprocal}[m.IntN(3)]
		return m.value(ir.Unary{Act: ir.Act{Kind: kind}}, above)
	}
	acts := []ir.Act{{Kind: ir.Mish}, {Kind: ir.Gelu}, {Kind: ir.GeluTanh}, {Kind: ir.Softplus}, {Kind: ir.Softsign}, {Kind: ir.Selu, A: 1.6, B: 1.05},
		{Kind: ir.Celu, A: 0.7}, {Kind: ir.Swish, A: 1.7}, {Kind: ir.Abs}, {Kind: ir.Neg}, {Kind: ir.Erf}, {Kind: ir.Sin}, {Kind: ir.Atan}, {Kind: ir.Asinh}}
	return m.value(ir.Unary{Act: acts[m.IntN(len(acts))]}, m.conv(x, m.pick(4, 8, 24), 1, 1, 1))
}
