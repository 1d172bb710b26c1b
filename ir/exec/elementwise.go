package exec

import (
	"math"

	"github.com/ingot-go/ingot/ir"
)

func (c *call) unary(a ir.Act) (func(report), error) {
	x, out, f := c.in[0], c.out[0], ActFunc(a)
	return func(report) {
		c.pool.ranges(len(x.F32), func(lo, hi int) {
			copy(out.F32[lo:hi], x.F32[lo:hi])
			apply(out.F32[lo:hi], f, a)
		})
	}, nil
}

// affine is f32(x*mul[c]) + add[c].
func (c *call) affine(mul, add []float32) (func(report), error) {
	x, out := c.in[0], c.out[0]
	return func(report) {
		channels(c.pool, x.Shape, max(len(mul), len(add)), func(lo, hi, ch int) {
			m, a := mul[min(ch, len(mul)-1)], add[min(ch, len(add)-1)]
			dst := out.F32[lo:hi]
			for i, v := range x.F32[lo:hi] {
				dst[i] = float32(v*m) + a
			}
		})
	}, nil
}

func (c *call) batchNorm(op ir.BatchNorm) (func(report), error) {
	if err := c.constants(1, 2, 3, 4); err != nil {
		return nil, err
	}
	n := len(c.in[1].F32)
	mul, add := make([]float32, n), make([]float32, n)
	for i := range n {
		f := float64(c.in[1].F32[i]) / math.Sqrt(float64(c.in[4].F32[i])+float64(op.Epsilon))
		mul[i] = float32(f)
		add[i] = float32(float64(c.in[2].F32[i]) - float64(float64(c.in[3].F32[i])*f))
	}
	return c.affine(mul, add)
}

func (c *call) prelu() (func(report), error) {
	x, slope, out := c.in[0], c.in[1], c.out[0]
	w := newBroadcast(out.Shape, x.Shape, slope.Shape)
	return func(report) {
		w.each(c.pool, func(r run) {
			for i := range r.n {
				v := x.F32[r.a+i*r.da]
				if v < 0 {
					v *= slope.F32[r.b+i*r.db]
				}
				out.F32[r.out+i] = v
			}
		})
	}, nil
}

func (c *call) binary(op ir.Binary) (func(report), error) {
	if c.in[0].Type != ir.F32 || op.Fn > ir.Div {
		return nil, nil // by its definition
	}
	a, b, out := c.in[0], c.in[1], c.out[0]
	f := binaryFunc(op.Fn)
	act, clamp := ActFunc(op.Act), !isCurved(op.Act)
	w := newBroadcast(out.Shape, a.Shape, b.Shape)
	return c.withAct(op.Act, func() {
		w.each(c.pool, func(r run) {
			dst := out.F32[r.out:][:r.n]
			f(dst, a.F32[r.a:], b.F32[r.b:], r.da, r.db)
			if clamp && !op.Act.IsNone() {
				apply(dst, act, op.Act)
			}
		})
	}), nil
}

// binaryFunc returns the loop of one function of two variables.
func binaryFunc(fn ir.BinaryKind) func(dst, a, b []float32, da, db int) {
	switch fn {
	case ir.Add:
		return func(dst, a, b []float32, da, db int) {
			for i := range dst {
				dst[i] = a[i*da] + b[i*db]
			}
		}
	case ir.Sub:
		return func(dst, a, b []float32, da, db int) {
			for i := range dst {
				dst[i] = a[i*da] - b[i*db]
			}
		}
	case ir.Mul:
		return func(dst, a, b []float32, da, db int) {
			for i := range dst {
				dst[i] = a[i*da] * b[i*db]
			}
		}
	}
	return func(dst, a, b []float32, da, db int) {
		for i := range dst {
			dst[i] = a[i*da] / b[i*db]
		}
	}
}

func (c *call) qadd(op ir.QAdd) (func(report), error) {
	a, b, out := c.in[0], c.in[1], c.out[0]
	za, zb := c.zero(0), c.zero(1)
	round := newRounder(op.Zero, op.Lo, op.Hi, op.Table)
	w := newBroadcast(out.Shape, a.Shape, b.Shape)
	return func(report) {
		w.each(c.pool, func(r run) {
			for i := range r.n {
				x := float32(int32(a.U8[r.a+i*r.da]) - za)
				y := float32(int32(b.U8[r.b+i*r.db]) - zb)
				out.U8[r.out+i] = round.round(float32(x*op.MulA) + float32(y*op.MulB))
			}
		})
	}, nil
}

func (c *call) qmul(op ir.QMul) (func(report), error) {
	a, b, out := c.in[0], c.in[1], c.out[0]
	za, zb := c.zero(0), c.zero(1)
	round := newRounder(op.Zero, op.Lo, op.Hi, op.Table)
	w := newBroadcast(out.Shape, a.Shape, b.Shape)
	return func(report) {
		w.each(c.pool, func(r run) {
			for i := range r.n {
				p := (int32(a.U8[r.a+i*r.da]) - za) * (int32(b.U8[r.b+i*r.db]) - zb)
				out.U8[r.out+i] = round.round(float32(float32(p) * op.Mul))
			}
		})
	}, nil
}

func (c *call) table(op ir.QTable) (func(report), error) {
	x, out := c.in[0], c.out[0]
	n := len(op.Table) / 256
	return func(report) {
		channels(c.pool, x.Shape, n, func(lo, hi, ch int) {
			table := op.Table[ch*256:][:256]
			dst := out.U8[lo:hi]
			for i, v := range x.U8[lo:hi] {
				dst[i] = table[v]
			}
		})
	}, nil
}

func (c *call) quantize(op ir.Quantize) (func(report), error) {
	x, out := c.in[0], c.out[0]
	round := newRounder(op.Zero, 0, 255, nil)
	return func(report) {
		channels(c.pool, x.Shape, max(len(op.Mul), len(op.Add)), func(lo, hi, ch int) {
			m, a := op.Mul[min(ch, len(op.Mul)-1)], op.Add[min(ch, len(op.Add)-1)]
			dst := out.U8[lo:hi]
			for i, e := range x.F32[lo:hi] {
				v := float32(e*m) + a
				if v != v { // NaN
					dst[i] = op.Zero
					continue
				}
				dst[i] = round.round(v)
			}
		})
	}, nil
}

func (c *call) dequantize(op ir.Dequantize) (func(report), error) {
	x, out, zero := c.in[0], c.out[0], c.zero(0)
	return func(report) {
		c.pool.ranges(len(x.U8), func(lo, hi int) {
			dst := out.F32[lo:hi]
			for i, v := range x.U8[lo:hi] {
				dst[i] = float32(int32(v)-zero) * op.Scale
			}
		})
	}, nil
}

func (c *call) cast() (func(report), error) {
	if c.in[0].Type != c.out[0].Type {
		return nil, nil // only casts that shapes are made of change the type
	}
	x, out := c.in[0], c.out[0]
	return func(report) { copyTensor(out, x) }, nil
}
