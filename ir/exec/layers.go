package exec

import "github.com/ingot-go/ingot/ir"

// conv builds an fp32 convolution.
func (c *call) conv(op ir.Conv) (func(report), error) {
	if err := c.constants(1, 2); err != nil {
		return nil, err
	}
	g, err := newGeometry(op.Window, op.Groups, c.in[0].Shape, c.out[0].Shape)
	if err != nil {
		return nil, err
	}
	x, w, k := c.in[0], c.in[1].F32, len(g.koff)
	v := newConv(c.pool, g, false, func(m, i int) float32 { return w[m*k+i] })
	v.finish = c.finishFloat(op.Epilogue)
	v.image = func(n int) []float32 { return x.F32[n*g.c*g.h*g.w:] }
	if g.padded {
		c.pool.need(scratchNeeds{image: g.imageElems()})
		v.image = func(n int) []float32 {
			padImage(c.pool, c.pool.image, x.F32[n*g.c*g.h*g.w:], g, func(int) float32 { return 0 })
			return c.pool.image
		}
	}
	return c.withAct(op.Act, v.run), nil
}

// qconv builds an int8 convolution.
func (c *call) qconv(op ir.QConv) (func(report), error) {
	if err := c.constants(1, 2); err != nil {
		return nil, err
	}
	g, err := newGeometry(op.Window, op.Groups, c.in[0].Shape, c.out[0].Shape)
	if err != nil {
		return nil, err
	}
	x, k := c.in[0], len(g.koff)
	zero := func(channel int) float32 { return float32(c.node.In[0].Quant.At(channel).Zero[0]) }
	weight := c.weightLess(k)
	v := newConv(c.pool, g, true, weight)
	v.finish = c.finishInt(op.Requant)
	c.pool.need(scratchNeeds{image: g.imageElems()})
	v.image = func(n int) []float32 {
		padImage(c.pool, c.pool.image, x.U8[n*g.c*g.h*g.w:], g, zero)
		return c.pool.image
	}
	return func(report) { v.run() }, nil
}

// weightLess returns the weights, k a row, less their zero points.
func (c *call) weightLess(k int) func(m, i int) float32 {
	w, zeros := c.in[1].S8, []int32{0}
	if q := c.node.In[1].Quant; q != nil {
		zeros = q.Zero
	}
	return func(m, i int) float32 { return float32(int32(w[m*k+i]) - zeros[min(m, len(zeros)-1)]) }
}

// fc builds a fully connected fp32 layer.
func (c *call) fc(op ir.FC) (func(report), error) {
	if err := c.constants(1, 2); err != nil {
		return nil, err
	}
	w, k := c.in[1].F32, c.in[0].Shape[1]
	weight := func(m, i int) float32 { return w[m*k+i] }
	x := c.in[0]
	at := func(i int) float32 { return x.F32[i] }
	return c.withAct(op.Act, c.connected(false, weight, at, c.finishFloat(op.Epilogue))), nil
}

// qfc builds a fully connected int8 layer.
func (c *call) qfc(op ir.QFC) (func(report), error) {
	if err := c.constants(1, 2); err != nil {
		return nil, err
	}
	weight := c.weightLess(c.in[0].Shape[1])
	x, zero := c.in[0], c.zero(0)
	at := func(i int) float32 { return float32(int32(x.U8[i]) - zero) }
	run := c.connected(true, weight, at, c.finishInt(op.Requant))
	return func(report) { run() }, nil
}

// connected is the product of weights [m,k] with rows of k: the rows take the part of
// a convolution's pixels.
func (c *call) connected(ints bool, weight func(m, k int) float32, at func(i int) float32, finish finisher) func() {
	rows, k, m := c.in[0].Shape[0], c.in[0].Shape[1], c.out[0].Shape[1]
	w := packWeights(m, k, weight)
	g := gemm{w: w, n: rows, integer: ints}
	g.fill = func(dst [][8]float32, pitch, k0, k1, p0, p1 int) {
		clear(dst[:tilesOf(p1-p0)*pitch])
		for p := p0; p < p1; p++ {
			for i := k0; i < k1; i++ {
				dst[(p-p0)/tileN*pitch+(i-k0)/unroll][(i-k0)%unroll*tileN+(p-p0)%tileN] = at(p*k + i)
			}
		}
	}
	g.done = func(channel, p0 int, f []float32, s []int32) {
		for i := range max(len(f), len(s)) { // results of one channel lie m apart
			if ints {
				finish(channel, (p0+i)*m+channel, nil, s[i:i+1])
			} else {
				finish(channel, (p0+i)*m+channel, f[i:i+1], nil)
			}
		}
	}
	c.pool.need(gemmNeeds(w, rows))
	return func() {
		strips, blocks := g.split(c.pool.workers)
		c.pool.each(strips*blocks, func(i int, s *scratch) { g.part(s, i%strips, strips, i/strips, blocks) })
	}
}
