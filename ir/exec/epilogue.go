package exec

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

// finishFloat is an fp32 epilogue but for a curved Act, which withAct applies.
func (c *call) finishFloat(e ir.Epilogue) finisher {
	out := c.out[0]
	bias, residual := c.operand(2), c.operand(3)
	pre := ActFunc(e.Pre)
	act, curved := ActFunc(e.Act), isCurved(e.Act)
	return func(channel, at int, f []float32, _ []int32) {
		dst := out.F32[at:][:len(f)]
		b := float32(0)
		if bias != nil {
			b = bias.F32[channel]
		}
		for i, v := range f {
			dst[i] = v + b
		}
		if residual != nil {
			if !e.Pre.IsNone() {
				apply(dst, pre, e.Pre)
			}
			for i, r := range residual.F32[at:][:len(f)] {
				dst[i] += r
			}
		}
		if !curved && !e.Act.IsNone() {
			apply(dst, act, e.Act)
		}
	}
}

// withAct lets run compute what a curved activation is applied to, reports that,
// and applies it.
func (c *call) withAct(a ir.Act, run func()) func(report) {
	if !isCurved(a) {
		return func(report) { run() }
	}
	out, act := c.out[0], ActFunc(a)
	return func(before report) {
		run()
		before()
		c.pool.ranges(len(out.F32), func(lo, hi int) { apply(out.F32[lo:hi], act, a) })
	}
}

// magic rounds a float32 below 2^22 in magnitude to the nearest even integer
// when it is added and subtracted: 1.5 * 2^23 leaves no bits for a fraction.
const magic = 0x1.8p23

// rounder is the end that all int8 epilogues share: limits, rounding, table.
type rounder struct {
	lo, hi float32 // limits of v
	zero   int32
	table  []uint8
}

func newRounder(zero, lo, hi uint8, table []uint8) rounder {
	z := int32(zero)
	return rounder{lo: float32(int32(lo) - z), hi: float32(int32(hi) - z), zero: z, table: table}
}

func (r *rounder) round(v float32) uint8 {
	if !(v > r.lo) { // also a NaN, which only an overflow can bring
		v = r.lo
	}
	if v > r.hi {
		v = r.hi
	}
	q := uint8(int32(float32(v+magic)-magic) + r.zero)
	if len(r.table) != 0 {
		q = r.table[q]
	}
	return q
}

// finishInt is the epilogue that ir.Requant describes.
func (c *call) finishInt(q ir.Requant) finisher {
	out := c.out[0]
	bias, residual := c.operand(2), c.operand(3)
	r := newRounder(q.Zero, q.Lo, q.Hi, q.Table)
	residualZero := int32(0)
	if residual != nil {
		residualZero = c.zero(3)
	}
	return func(channel, at int, _ []float32, sums []int32) {
		mul, b := q.Mul[min(channel, len(q.Mul)-1)], int32(0)
		if bias != nil {
			b = bias.S32[channel]
		}
		dst := out.U8[at:][:len(sums)]
		for i, s := range sums {
			v := float32(float32(s+b) * mul)
			if q.Pre {
				v = min(max(v, q.PreLo), q.PreHi)
			}
			if residual != nil {
				v += float32(float32(int32(residual.U8[at+i])-residualZero) * q.SumMul)
			}
			dst[i] = r.round(v)
		}
	}
}

// quantizedPad is the byte that an int8 Pad stores for a real value.
func quantizedPad(value float32, q *ir.Quant) uint8 {
	v := math.RoundToEven(float64(value)/float64(q.Scale[0])) + float64(q.Zero[0])
	return uint8(min(max(v, 0), 255))
}
