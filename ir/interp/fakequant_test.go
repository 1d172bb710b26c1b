package interp

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// This file checks the int8 operators against fake quantization: the operands as
// real numbers, the operator in float64, the result requantized with the real scale.
// It takes nothing from the code that it tests.

// real returns the number that element i stands for.
func real(q *ir.Quant, stored int, i int) float64 {
	return float64(q.Scale[i%len(q.Scale)]) * float64(stored-int(q.Zero[i%len(q.Zero)]))
}

func reals(q *ir.Quant, t *ir.Tensor) []float64 {
	r := make([]float64, len(t.U8))
	for i, v := range t.U8 {
		r[i] = real(q, int(v), 0)
	}
	return r
}

func requantized(v float64, q *ir.Quant, lo, hi uint8) float64 {
	return min(max(math.Round(v/float64(q.Scale[0]))+float64(q.Zero[0]), float64(lo)), float64(hi))
}

func randomBytes(r *rand.Rand, s ir.Shape) *ir.Tensor {
	t := ir.NewTensor(ir.U8, s)
	for i := range t.U8 {
		t.U8[i] = uint8(r.UintN(256))
	}
	return t
}

func randomQuant(r *rand.Rand, scale float64) *ir.Quant {
	return ir.PerTensor(float32(scale*(0.5+r.Float64())), int32(r.IntN(256)))
}

// tally counts how far results are from the expected ones.
type tally struct{ total, equal, limited int }

func (c *tally) compare(t *testing.T, got uint8, want float64, lo, hi uint8) {
	t.Helper()
	c.total++
	switch d := math.Abs(float64(got) - want); {
	case d > 1:
		t.Fatalf("element is %d, want %g", got, want)
	case d == 0:
		c.equal++
	}
	if got == lo || got == hi {
		c.limited++
	}
}

// enough fails where comparison would be blind: results all at the limits, or
// the allowed step used as a rule.
func (c *tally) enough(t *testing.T) {
	t.Helper()
	if c.limited > c.total*3/4 || c.equal < c.total*98/100 || c.total < 1000 {
		t.Errorf("of %d results %d are equal and %d at a limit", c.total, c.equal, c.limited)
	}
}

type convCase struct {
	op         ir.QConv
	xs, ws, ys ir.Shape
	x, w, b, r *ir.Tensor
	qx, qr, qy *ir.Quant
	qw         *ir.Quant
}

func randomConv(rnd *rand.Rand) convCase {
	groups := 1 + rnd.IntN(3)
	var c convCase
	c.op.Groups = groups
	for i := range 2 {
		c.op.Kernel[i], c.op.Stride[i], c.op.Dilation[i] = 1+rnd.IntN(3), 1+rnd.IntN(2), 1+rnd.IntN(2)
		c.op.Pad[i], c.op.Pad[i+2] = rnd.IntN(3), rnd.IntN(3)
	}
	m := groups * (1 + rnd.IntN(3))
	c.xs = ir.Shape{1 + rnd.IntN(2), groups * (1 + rnd.IntN(3)), 5 + rnd.IntN(3), 5 + rnd.IntN(3)}
	c.ws = ir.Shape{m, c.xs[1] / groups, c.op.Kernel[0], c.op.Kernel[1]}
	c.x, c.w, c.b = randomBytes(rnd, c.xs), ir.NewTensor(ir.S8, c.ws), ir.NewTensor(ir.S32, ir.Shape{m})
	c.qx, c.qy = randomQuant(rnd, 0.02), randomQuant(rnd, 0.3)
	c.qw = &ir.Quant{}
	for range m {
		c.qw.Scale = append(c.qw.Scale, float32(0.01*(0.5+rnd.Float64())))
		c.qw.Zero = append(c.qw.Zero, int32(rnd.IntN(21)-10))
	}
	for i := range c.w.S8 {
		c.w.S8[i] = int8(rnd.IntN(256) - 128)
	}
	for i := range c.b.S32 {
		c.b.S32[i] = int32(rnd.IntN(20001) - 10000)
		c.op.Mul = append(c.op.Mul, float32(float64(c.qx.Scale[0])*float64(c.qw.Scale[i])/float64(c.qy.Scale[0])))
	}
	c.op.Zero, c.op.Lo, c.op.Hi = uint8(c.qy.Zero[0]), uint8(rnd.IntN(20)), uint8(235+rnd.IntN(21))
	return c
}

// reference computes one element in real numbers.
func (c *convCase) reference(n, m, oy, ox int) float64 {
	acc := float64(c.b.S32[m]) * float64(c.qx.Scale[0]) * float64(c.qw.Scale[m])
	perGroup, inGroup := c.ws[0]/c.op.Groups, c.ws[1]
	for ch := range inGroup {
		for ky := range c.ws[2] {
			for kx := range c.ws[3] {
				iy := oy*c.op.Stride[0] + ky*c.op.Dilation[0] - c.op.Pad[0]
				ix := ox*c.op.Stride[1] + kx*c.op.Dilation[1] - c.op.Pad[1]
				if iy < 0 || ix < 0 || iy >= c.xs[2] || ix >= c.xs[3] {
					continue
				}
				in := ((n*c.xs[1]+m/perGroup*inGroup+ch)*c.xs[2]+iy)*c.xs[3] + ix
				wi := ((m*inGroup+ch)*c.ws[2]+ky)*c.ws[3] + kx
				acc += real(c.qx, int(c.x.U8[in]), 0) * real(c.qw, int(c.w.S8[wi]), m)
			}
		}
	}
	return acc
}

func TestQConvFakeQuantization(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var count tally
	for i := range 200 {
		c := randomConv(rnd)
		in := []*ir.Tensor{c.x, c.w, c.b}
		probe := mustBuild(t, c.op, in, []*ir.Quant{c.qx, c.qw, nil}, c.qy)
		c.ys = probe.Out[0].Shape
		if i%2 == 1 {
			c.r, c.qr = randomBytes(rnd, c.ys), randomQuant(rnd, 0.2)
			c.op.SumMul = float32(float64(c.qr.Scale[0]) / float64(c.qy.Scale[0]))
			c.op.Pre, c.op.PreLo, c.op.PreHi = i%4 == 1, 0, 40
			in = append(in, c.r)
		}
		got, err := Eval(mustBuild(t, c.op, in, []*ir.Quant{c.qx, c.qw, nil, c.qr}, c.qy), in)
		if err != nil {
			t.Fatal(err)
		}
		walkConv(c.ys, func(j, n, m, oy, ox int) {
			v := c.reference(n, m, oy, ox)
			if c.op.Pre {
				v = min(max(v, 0), 40*float64(c.qy.Scale[0]))
			}
			if c.r != nil {
				v += real(c.qr, int(c.r.U8[j]), 0)
			}
			count.compare(t, got[0].U8[j], requantized(v, c.qy, c.op.Lo, c.op.Hi), c.op.Lo, c.op.Hi)
		})
	}
	count.enough(t)
}

func walkConv(s ir.Shape, f func(i, n, c, y, x int)) {
	for i := range s.Elems() {
		f(i, i/(s[3]*s[2]*s[1]), i/(s[3]*s[2])%s[1], i/s[3]%s[2], i%s[3])
	}
}

func TestQFCFakeQuantization(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	var count tally
	for range 50 {
		n, k, m := 1+rnd.IntN(3), 1+rnd.IntN(64), 1+rnd.IntN(20)
		x, w := randomBytes(rnd, ir.Shape{n, k}), ir.NewTensor(ir.S8, ir.Shape{m, k})
		for i := range w.S8 {
			w.S8[i] = int8(rnd.IntN(256) - 128)
		}
		qx, qw, qy := randomQuant(rnd, 0.02), ir.PerTensor(0.01, int32(rnd.IntN(9)-4)), randomQuant(rnd, 0.3)
		op := ir.QFC{Requant: ir.Requant{Zero: uint8(qy.Zero[0]), Hi: 255,
			Mul: []float32{float32(float64(qx.Scale[0]) * 0.01 / float64(qy.Scale[0]))}}}
		in := []*ir.Tensor{x, w}
		got, err := Eval(mustBuild(t, op, in, []*ir.Quant{qx, qw}, qy), in)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n * m {
			v := 0.0
			for l := range k {
				v += real(qx, int(x.U8[i/m*k+l]), 0) * real(qw, int(w.S8[i%m*k+l]), 0)
			}
			count.compare(t, got[0].U8[i], requantized(v, qy, 0, 255), 0, 255)
		}
	}
	count.enough(t)
}

func TestQAddQMulFakeQuantization(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	var adds, muls tally
	for range 30 {
		s := ir.Shape{1, 3, 5, 5}
		a, b := randomBytes(rnd, s), randomBytes(rnd, s)
		qa, qb, qy := randomQuant(rnd, 0.1), randomQuant(rnd, 0.1), randomQuant(rnd, 0.2)
		sa, sb, sy := float64(qa.Scale[0]), float64(qb.Scale[0]), float64(qy.Scale[0])
		add := ir.QAdd{MulA: float32(sa / sy), MulB: float32(sb / sy), Zero: uint8(qy.Zero[0]), Lo: 3, Hi: 250}
		qm := randomQuant(rnd, 1)
		mul := ir.QMul{Mul: float32(sa * sb / float64(qm.Scale[0])), Zero: uint8(qm.Zero[0]), Hi: 255}
		in, qs := []*ir.Tensor{a, b}, []*ir.Quant{qa, qb}
		sum, err := Eval(mustBuild(t, add, in, qs, qy), in)
		if err != nil {
			t.Fatal(err)
		}
		product, err := Eval(mustBuild(t, mul, in, qs, qm), in)
		if err != nil {
			t.Fatal(err)
		}
		ra, rb := reals(qa, a), reals(qb, b)
		for i := range ra {
			adds.compare(t, sum[0].U8[i], requantized(ra[i]+rb[i], qy, 3, 250), 3, 250)
			muls.compare(t, product[0].U8[i], requantized(ra[i]*rb[i], qm, 0, 255), 0, 255)
		}
	}
	adds.enough(t)
	muls.enough(t)
}

// poolReference is the mean of one window in real numbers.
func poolReference(o ir.QAvgPool, x []float64, xs ir.Shape, plane, oy, ox int) float64 {
	total, count := 0.0, 0
	for ky := range o.Kernel[0] {
		for kx := range o.Kernel[1] {
			iy, ix := oy*o.Stride[0]+ky-o.Pad[0], ox*o.Stride[1]+kx-o.Pad[1]
			inside := iy >= 0 && ix >= 0 && iy < xs[2] && ix < xs[3]
			if inside {
				total += x[(plane*xs[2]+iy)*xs[3]+ix]
			}
			if inside || o.CountPad && iy < xs[2]+o.Pad[2] && ix < xs[3]+o.Pad[3] {
				count++
			}
		}
	}
	return total / float64(count)
}

func TestQAvgPoolFakeQuantization(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 10))
	var count, global tally
	for i := range 150 {
		xs := ir.Shape{1 + rnd.IntN(2), 1 + rnd.IntN(3), 5 + rnd.IntN(4), 5 + rnd.IntN(4)}
		x, qx, qy := randomBytes(rnd, xs), randomQuant(rnd, 0.1), randomQuant(rnd, 0.1)
		o := ir.QAvgPool{Ceil: i%2 == 0, CountPad: i%3 == 0, Zero: uint8(qy.Zero[0]), Hi: 255}
		for a := range 2 {
			o.Kernel[a], o.Stride[a], o.Dilation[a] = 1+rnd.IntN(3), 1+rnd.IntN(3), 1
			o.Pad[a], o.Pad[a+2] = rnd.IntN(o.Kernel[a]), rnd.IntN(o.Kernel[a])
		}
		ratio := float64(qx.Scale[0]) / float64(qy.Scale[0])
		for n := range o.Kernel[0] * o.Kernel[1] {
			o.Mul = append(o.Mul, float32(ratio/float64(n+1)))
		}
		in, qs := []*ir.Tensor{x}, []*ir.Quant{qx}
		n := mustBuild(t, o, in, qs, qy)
		got, err := Eval(n, in)
		if err != nil {
			t.Fatal(err)
		}
		r := reals(qx, x)
		walkConv(n.Out[0].Shape, func(j, b, c, oy, ox int) {
			v := poolReference(o, r, xs, b*xs[1]+c, oy, ox)
			count.compare(t, got[0].U8[j], requantized(v, qy, 0, 255), 0, 255)
		})
		inner := xs[2] * xs[3]
		g := ir.QGlobalAvgPool{Mul: float32(ratio / float64(inner)), Zero: uint8(qy.Zero[0]), Hi: 255}
		if got, err = Eval(mustBuild(t, g, in, qs, qy), in); err != nil {
			t.Fatal(err)
		}
		for j, v := range got[0].U8 {
			total := 0.0
			for _, f := range r[j*inner : (j+1)*inner] {
				total += f
			}
			global.compare(t, v, requantized(total/float64(inner), qy, 0, 255), 0, 255)
		}
	}
	count.enough(t)
	if global.total < 400 || global.equal < global.total*95/100 {
		t.Errorf("of %d global means only %d are equal", global.total, global.equal)
	}
}
