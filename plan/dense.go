package plan

import (
	"encoding/binary"
	"math"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// layerInt8 plans a layer of int8.
func (p *planner) layerInt8(l *layer, rq *ir.Requant) {
	l.rq = rq
	p.foldZeros(l)
	if l.isDepthwise() && !l.weightZeros() {
		l.y = p.result(l.n.Out[0])
		p.depthwise(l)
		return
	}
	scale := p.dequantized(l)
	if scale == 0 {
		l.y = p.result(l.n.Out[0])
	}
	p.dense(l, scale)
}

// dequantized chooses where the result goes when its only reader is a Dequantize
// that the kernel can do as it stores, and returns that one's scale; else 0. What
// goes to the caller's array at once is left to the Dequantize.
func (p *planner) dequantized(l *layer) float32 {
	d := p.soleReader(l.n.Out[0])
	if d == nil || l.r != nil || len(l.rq.Table) > 0 || l.weightZeros() {
		return 0
	}
	op, ok := d.Op.(ir.Dequantize)
	if !ok || p.dequantizedToCaller(d.Out[0]) {
		return 0
	}
	l.y = p.absorb(d)
	return op.Scale
}

// foldZeros folds the zero points into the bias.
func (p *planner) foldZeros(l *layer) {
	l.bias = make([]int32, l.m)
	if len(l.n.In) > 2 && l.n.In[2] != nil {
		copy(l.bias, l.n.In[2].Const.S32)
	}
	k, zeros := l.ic*l.kh*l.kw, l.n.In[0].Quant
	for o := range l.bias {
		sum := int32(0)
		for _, v := range l.w.Const.S8[o*k : (o+1)*k] {
			sum += int32(v) - l.weightZero(o)
		}
		l.bias[o] -= zeros.At(o * l.groups / l.m).Zero[0] * sum // of several zero points, a group has one
	}
	l.mul = make([]float32, l.m)
	for o := range l.mul {
		l.mul[o] = l.rq.Mul[min(o, len(l.rq.Mul)-1)]
	}
}

func (l *layer) weightZero(o int) int32 {
	z := l.w.Quant.Zero
	return z[min(o, len(z)-1)]
}

func (l *layer) weightZeros() bool {
	for _, z := range l.w.Quant.Zero {
		if z != 0 {
			return true
		}
	}
	return false
}

// weight returns an output channel's weight at (y, x, c).
func (l *layer) weight(o, y, x, c int) int8 {
	return l.w.Const.S8[o*l.ic*l.kh*l.kw+l.index(y, x, c)]
}

// dense plans a layer of the dense family.
func (p *planner) dense(l *layer, scale float32) {
	l.rowsToPixels()
	x := shapeOf(l.x)
	runs, length := l.runs(x)
	taps := l.steps(runs, length)
	oc := l.m / l.groups
	blocks := (oc + 15) / 16
	d := portable.Dense{
		Name: l.n.Name, KH: l.kh, Runs: runs, RunLen: length,
		RowStep: l.win.Dilation[0] * x.Row, RunStep: l.win.Dilation[1] * x.Pix,
		StrideH: l.win.Stride[0], StrideW: l.win.Stride[1], Top: l.win.Pad[0], Left: l.win.Pad[1],
		Groups: l.groups, WZero: -1, Ones: -1,
		Epilogue: p.epilogue(l), Scale: scale,
	}
	packed := l.pack(taps, blocks)
	d.W, d.Order = p.weights(packed), -1
	if len(taps) < 1<<16 {
		d.Order = p.weights(bundles(packed, len(taps)))
	}
	order := func(i int) int { // channel of an entry of the padded lists, or -1
		if i%(16*blocks) >= oc {
			return -1
		}
		return i/(16*blocks)*oc + i%(16*blocks)
	}
	n := l.groups * blocks * 16
	d.Bias, d.Mul = p.int32s(n, order, l.bias), p.float32s(n, order, l.mul)
	k := spec.Kernel{Family: spec.Dense, WZero: l.weightZeros()}
	if k.WZero {
		zeros := make([]int32, l.m)
		for o := range zeros {
			zeros[o] = l.weightZero(o)
		}
		d.WZero, d.Ones = p.int32s(n, order, zeros), p.weights(ones(taps))
	}
	k.Sum, k.Pre, k.Clamp, k.Table = l.r != nil, l.r != nil && l.rq.Pre, l.needsClamp(), len(l.rq.Table) > 0
	if k.Float = scale != 0; k.Float {
		k.Clamp = true // no packing limits the result
	}
	p.emitDense(l, d, k, len(taps), oc)
}

// emitDense chooses tiles and plans the step.
func (p *planner) emitDense(l *layer, d portable.Dense, k spec.Kernel, steps, oc int) {
	xs, ys := shapeOf(l.x), shapeOf(l.y)
	rs := portable.Tensor{}
	if l.r != nil {
		rs = shapeOf(l.r)
	}
	merge := 1
	if d.KH == 1 && d.Runs == 1 && d.StrideH == 1 && d.StrideW == 1 && d.RunLen <= xs.C {
		merge = mergeable(xs, ys, rs)
	}
	tilings := p.chooseTilings(k, xs, ys, steps, oc, merge, d.StrideW)
	text := describe(l.form(), l.n)
	p.step(l.n, text, []*place{l.x, l.r}, []*place{l.y}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		for isa := range spec.NumISA {
			d.Tiling[isa] = tilings[isa].make(p.ids)
		}
		return d
	})
	p.addWork(l, ys, 1)
}

// addWork notes a layer's products and weights, of size bytes each, for the last
// planned step.
func (p *planner) addWork(l *layer, y portable.Tensor, size int64) {
	info := &p.pending[len(p.pending)-1].info
	perPixel := int64(l.m) * int64(l.ic*l.kh*l.kw)
	info.MACs = perPixel * int64(y.H*y.W)
	info.Weights = perPixel * size
	info.Bytes += info.Weights
}

// epilogue returns the epilogue of a layer.
func (p *planner) epilogue(l *layer) portable.Epilogue {
	e := portable.Epilogue{Zero: l.rq.Zero, Lo: l.rq.Lo, Hi: l.rq.Hi, Table: p.table(l.rq.Table)}
	if l.r != nil {
		e.Pre, e.PreLo, e.PreHi = l.rq.Pre, l.rq.PreLo, l.rq.PreHi
		e.ResMul, e.ResZero = l.rq.SumMul, uint8(l.n.In[3].Zero())
	}
	return e
}

// table adds a table to the weights, or returns -1 for none.
func (p *planner) table(t []uint8) int {
	switch len(t) {
	case 0:
		return -1
	case 256:
		return p.weights(PackTable(t))
	}
	return p.weights(t)
}

// needsClamp reports whether the result's lower limit is not the one that packing
// to bytes has, or a scaled sum could leave the integers that it converts to.
func (l *layer) needsClamp() bool {
	if l.rq.Lo > 0 {
		return true
	}
	k := l.ic * l.kh * l.kw
	for o, b := range l.bias {
		low, high := int64(b), int64(b) // as x runs over 0..255
		for _, v := range l.w.Const.S8[o*k : (o+1)*k] {
			if d := 255 * (int64(v) - int64(l.weightZero(o))); d < 0 {
				low += d
			} else {
				high += d
			}
		}
		v := max(math.Abs(float64(low)), math.Abs(float64(high))) * math.Abs(float64(l.mul[o]))
		if l.r != nil {
			v += 255 * math.Abs(float64(l.rq.SumMul))
		}
		if v >= 1<<30 {
			return true
		}
	}
	return false
}

// int32s adds a list in the order of the kernels to the weights; order gives
// the channel of each of n entries, or -1.
func (p *planner) int32s(n int, order func(int) int, v []int32) int {
	data := make([]byte, 0, 4*n)
	for i := range n {
		x := int32(0)
		if c := order(i); c >= 0 {
			x = v[c]
		}
		data = binary.LittleEndian.AppendUint32(data, uint32(x))
	}
	return p.weights(data)
}

// float32s is int32s for factors.
func (p *planner) float32s(n int, order func(int) int, v []float32) int {
	bits := make([]int32, len(v))
	for i, f := range v {
		bits[i] = int32(math.Float32bits(f))
	}
	return p.int32s(n, order, bits)
}
