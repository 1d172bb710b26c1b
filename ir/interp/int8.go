package interp

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// round is the last step of every int8 operator: v limited to lo-zero and
// hi-zero, rounded half to even, and moved to the zero point. NaN, which only an
// overflow can bring, becomes lo.
func round(v float32, zero, lo, hi uint8) uint8 {
	least, most := float32(int(lo)-int(zero)), float32(int(hi)-int(zero))
	if !(v > least) {
		v = least
	}
	if v > most {
		v = most
	}
	return uint8(int(math.RoundToEven(float64(v))) + int(zero))
}

// lookup maps q through a table, if there is one.
func lookup(table []uint8, q uint8) uint8 {
	if len(table) == 0 {
		return q
	}
	return table[q]
}

// fitsInt32 is the promise of every integer sum.
func fitsInt32(s int64, channel int) error {
	if s < math.MinInt32 || s > math.MaxInt32 {
		return fmt.Errorf("channel %d: the sum %d does not fit in 32 bits", channel, s)
	}
	return nil
}

func qConv(o ir.QConv, n *ir.Node, in []*ir.Tensor, y *ir.Tensor) error {
	x, w := in[0], in[1]
	xv, inner := wide(x.U8, int64(0)), channelSize(x.Shape)
	for i := range xv {
		xv[i] -= int64(n.In[0].Quant.At(i / inner % x.Shape[1]).Zero[0])
	}
	sums := convSums(o.Window, o.Groups, xv, weights(n.In[1], w), x.Shape, w.Shape, y.Shape)
	return requantize(o.Requant, n, sums, in[2], in[3], y, y.Shape[2]*y.Shape[3])
}

func qFC(o ir.QFC, n *ir.Node, in []*ir.Tensor, y *ir.Tensor) error {
	x, w := in[0], in[1]
	xv := wide(x.U8, int64(n.In[0].Zero()))
	sums := fcSums(xv, weights(n.In[1], w), x.Shape[0], x.Shape[1], w.Shape[0])
	return requantize(o.Requant, n, sums, in[2], in[3], y, 1)
}

// weights returns w less its zero points.
func weights(v *ir.Value, w *ir.Tensor) []int64 {
	t := wide(w.S8, int64(0))
	zeros := v.Quant.Zero
	perChannel := len(t) / max(w.Shape[0], 1)
	for i := range t {
		z := zeros[0]
		if len(zeros) > 1 {
			z = zeros[i/perChannel]
		}
		t[i] -= int64(z)
	}
	return t
}

// requantize is the epilogue that ir.Requant documents. Each channel has inner elements.
func requantize(o ir.Requant, n *ir.Node, sums []int64, b, r, y *ir.Tensor, inner int) error {
	for i, s := range sums {
		c := i / inner % y.Shape[1]
		if b != nil {
			s += int64(b.S32[c])
		}
		if err := fitsInt32(s, c); err != nil {
			return err
		}
		v := float32(float32(s) * perChannel(o.Mul, i, inner))
		if o.Pre {
			v = min(max(v, o.PreLo), o.PreHi)
		}
		if r != nil {
			v += float32(float32(int32(r.U8[i])-n.In[3].Zero()) * o.SumMul)
		}
		y.U8[i] = lookup(o.Table, round(v, o.Zero, o.Lo, o.Hi))
	}
	return nil
}

func qAdd(o ir.QAdd, a, b, y *ir.Tensor, za, zb int64) {
	ai, bi := broadcastIndex(y.Shape, a.Shape), broadcastIndex(y.Shape, b.Shape)
	for i := range y.U8 {
		p := float32(float32(int64(a.U8[ai[i]])-za) * o.MulA)
		q := float32(float32(int64(b.U8[bi[i]])-zb) * o.MulB)
		y.U8[i] = lookup(o.Table, round(p+q, o.Zero, o.Lo, o.Hi))
	}
}

func qMul(o ir.QMul, a, b, y *ir.Tensor, za, zb int64) {
	ai, bi := broadcastIndex(y.Shape, a.Shape), broadcastIndex(y.Shape, b.Shape)
	for i := range y.U8 {
		p := (int64(a.U8[ai[i]]) - za) * (int64(b.U8[bi[i]]) - zb)
		y.U8[i] = lookup(o.Table, round(float32(p)*o.Mul, o.Zero, o.Lo, o.Hi))
	}
}

func qAvgPool(o ir.QAvgPool, x, y *ir.Tensor, zx int64) error {
	inner := y.Shape[2] * y.Shape[3]
	return average(o.Window, o.CountPad, wide(x.U8, zx), x.Shape, y.Shape, func(i int, s int64, count int) error {
		y.U8[i] = round(float32(s)*o.Mul[count-1], o.Zero, o.Lo, o.Hi)
		return fitsInt32(s, i/inner%y.Shape[1])
	})
}

func qGlobalAvgPool(o ir.QGlobalAvgPool, x, y *ir.Tensor, zx int64) error {
	inner := x.Shape[2] * x.Shape[3]
	sums := make([]int64, len(y.U8))
	for i, v := range x.U8 {
		sums[i/inner] += int64(v) - zx
	}
	for i, s := range sums {
		if err := fitsInt32(s, i%x.Shape[1]); err != nil {
			return err
		}
		y.U8[i] = round(float32(s)*o.Mul, o.Zero, o.Lo, o.Hi)
	}
	return nil
}

func qTable(o ir.QTable, x, y *ir.Tensor) {
	inner := channelSize(x.Shape)
	for i, v := range x.U8 {
		c := 0
		if len(o.Table) > 256 {
			c = i / inner % x.Shape[1]
		}
		y.U8[i] = o.Table[c*256+int(v)]
	}
}

func quantize(o ir.Quantize, x, y *ir.Tensor) {
	inner := channelSize(x.Shape)
	for i, f := range x.F32 {
		v := float32(f*perChannel(o.Mul, i, inner)) + perChannel(o.Add, i, inner)
		if v != v {
			v = 0
		}
		y.U8[i] = round(v, o.Zero, 0, 255)
	}
}
