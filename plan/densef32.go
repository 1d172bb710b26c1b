package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// layerF32 plans a layer of float32.
func (p *planner) layerF32(l *layer, e ir.Epilogue) {
	end := p.epilogueF32(l, e)
	switch {
	case l.isDepthwise():
		p.depthwiseF32(l, end)
	case winogradPays(l.n):
		p.winograd(l, end)
	default:
		p.denseF32(l, end)
	}
}

// endF32 is an epilogue of float32 on its way to a step.
type endF32 struct {
	portable.EpilogueF32
	form spec.Kernel                  // its fields that the epilogue sets
	then []func() portable.Activation // made when kernels are numbered
}

// make returns the epilogue with numbered kernels.
func (e *endF32) make() portable.EpilogueF32 {
	out := e.EpilogueF32
	for _, f := range e.then {
		out.Then = append(out.Then, f())
	}
	return out
}

// epilogueF32 divides a layer's epilogue into what its kernel does, the limits and
// the residual sum, and the activations that follow on the stored result. It also
// chooses where the result goes: to the bytes of a Quantize that is its only reader.
func (p *planner) epilogueF32(l *layer, e ir.Epilogue) *endF32 {
	end := &endF32{}
	lo, hi, preClamps := e.Pre.IsClamp()
	preInKernel := l.r == nil || e.Pre.IsNone() || preClamps
	actLo, actHi, actClamps := e.Act.IsClamp()
	limits := ir.Act{}
	if actClamps {
		limits = e.Act
	}
	switch {
	case preInKernel:
		end.Sum, end.Pre, end.Clamp = l.r != nil, l.r != nil && preClamps, actClamps
		end.PreLo, end.PreHi, end.Lo, end.Hi = lo, hi, actLo, actHi
	default:
		end.then = append(end.then, p.activation(e.Pre, true, limits))
	}
	if !actClamps && !e.Act.IsNone() {
		end.then = append(end.then, p.activation(e.Act, false, ir.Act{}))
	}
	end.form.Sum, end.form.Pre, end.form.Clamp = end.Sum, end.Pre, end.Clamp
	l.y = nil
	if q := p.soleReader(l.n.Out[0]); q != nil && l.r == nil && len(end.then) == 0 && !winogradPays(l.n) {
		if op, ok := q.Op.(ir.Quantize); ok && len(op.Mul) == 1 && len(op.Add) == 1 {
			end.Bytes, end.form.Bytes, end.Mul, end.EpilogueF32.Add, end.Zero = true, true, op.Mul[0], op.Add[0], op.Zero
			l.y = p.absorb(q)
		}
	}
	if l.y == nil {
		l.y = p.result(l.n.Out[0])
	}
	return end
}

// soleReader returns the only reader of a value that nothing else asks for, or nil.
func (p *planner) soleReader(v *ir.Value) *ir.Node {
	if _, nested := p.inside[v]; nested || p.g.IsOutput(v) || len(p.readers[v]) != 1 {
		return nil
	}
	return p.readers[v][0]
}

// absorb makes a border node part of the step that computes its operand, and
// returns where its result goes.
func (p *planner) absorb(n *ir.Node) *place {
	p.absorbed[n] = true
	return p.result(n.Out[0])
}

// denseF32 plans a layer of the DenseF32 family.
func (p *planner) denseF32(l *layer, end *endF32) {
	l.rowsToPixels()
	x := shapeOf(l.x)
	runs, length := l.runs(x)
	taps := l.inputs(runs, length)
	oc := l.m / l.groups
	blocks := (oc + 15) / 16
	d := portable.DenseF32{
		Name: l.n.Name, KH: l.kh, Runs: runs, RunLen: length,
		RowStep: l.win.Dilation[0] * x.Row, RunStep: l.win.Dilation[1] * x.Pix,
		StrideH: l.win.Stride[0], StrideW: l.win.Stride[1], Top: l.win.Pad[0], Left: l.win.Pad[1],
		Groups: l.groups,
	}
	pad := 0
	if len(taps)%8 == 0 { // the weights of a tile's blocks would crowd into the same sets of a cache
		pad = 16
	}
	d.WStep = 4 * (16*len(taps) + pad)
	packed := l.packF32(taps, pad)
	order := func(i int) int {
		if i%(16*blocks) >= oc {
			return -1
		}
		return i/(16*blocks)*oc + i%(16*blocks)
	}
	d.W = p.float32s(len(packed), func(i int) int { return i }, packed)
	d.Bias = p.float32s(l.groups*blocks*16, order, l.biasF32())
	k := end.form
	k.Family = spec.DenseF32
	ys, rs := shapeOf(l.y), portable.Tensor{}
	if l.r != nil {
		rs = shapeOf(l.r)
	}
	merge := 1
	if l.kh == 1 && runs == 1 && length <= x.C && l.win.Stride == [2]int{1, 1} {
		merge = mergeable(x, ys, rs)
	}
	tilings := p.chooseTilings(k, x, ys, len(taps), oc, merge, d.StrideW)
	for i := range tilings {
		if t := &tilings[i]; len(end.then) > 0 { // what follows finds the results in the cache
			bytes := ys.W * t.merge * t.tiles * 64 * t.parts[0].ob
			t.rows = max(1, min(t.rows, cachePanel/bytes))
		}
	}
	fours := l.kh * runs * (length / 4)
	p.step(l.n, describe(l.form(), l.n), []*place{l.x, l.r}, []*place{l.y}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		d.Epilogue = end.make()
		for isa := range tilings {
			d.Tiling[isa] = tilings[isa].make(p.ids)
			if d.Tiling[isa].Panel >= fours {
				d.Tiling[isa].Panel = 0
			}
		}
		return d
	})
	p.addWork(l, ys, 4)
}

// packF32 returns the weights as [group][oc/16][tap][16], with a pad behind each block.
func (l *layer) packF32(taps []tap, pad int) []float32 {
	oc := l.m / l.groups
	blocks := (oc + 15) / 16
	packed := make([]float32, 0, l.groups*blocks*(16*len(taps)+pad))
	for b := range l.groups * blocks {
		for _, t := range taps {
			for c := range 16 {
				v := float32(0)
				if o := b%blocks*16 + c; o < oc {
					v = l.weightF32(b/blocks*oc+o, t)
				}
				packed = append(packed, v)
			}
		}
		packed = append(packed, make([]float32, pad)...)
	}
	return packed
}

// inputs lists the taps of a sum of float32 in the kernel's order: fours of
// neighbours first, then what is left over of the runs.
func (l *layer) inputs(runs, length int) []tap {
	var all []tap
	each := func(first, last int) {
		for y := range l.kh {
			for r := range runs {
				for i := first; i < last; i++ {
					all = append(all, tap{y, r + i/l.ic, i % l.ic})
				}
			}
		}
	}
	each(0, length&^3)
	each(length&^3, length)
	return all
}

// weightF32 returns an output channel's weight.
func (l *layer) weightF32(o int, t tap) float32 {
	return l.w.Const.F32[o*l.ic*l.kh*l.kw+l.index(t.y, t.x, t.c)]
}

// biasF32 returns the bias, zeros where there is none.
func (l *layer) biasF32() []float32 {
	b := make([]float32, l.m)
	if len(l.n.In) > 2 && l.n.In[2] != nil {
		copy(b, l.n.In[2].Const.F32)
	}
	return b
}

// depthwiseF32 plans a layer of the DepthwiseF32 family.
func (p *planner) depthwiseF32(l *layer, end *endF32) {
	x, y := shapeOf(l.x), shapeOf(l.y)
	d := portable.DepthwiseF32{
		Name: l.n.Name, KH: l.kh, KW: l.kw,
		RowStep: l.win.Dilation[0] * x.Row, TapStep: l.win.Dilation[1] * x.Pix,
		StrideH: l.win.Stride[0], StrideW: l.win.Stride[1], Top: l.win.Pad[0], Left: l.win.Pad[1],
	}
	taps := l.kh * l.kw
	blocks := (l.m + 15) / 16
	packed := make([]float32, blocks*taps*16)
	for c := range l.m {
		for t := range taps {
			packed[(c/16*taps+t)*16+c%16] = l.weightF32(c, tap{t / l.kw, t % l.kw, 0})
		}
	}
	d.W = p.float32s(len(packed), func(i int) int { return i }, packed)
	d.Bias = p.float32s(16*blocks, func(i int) int {
		if i < l.m {
			return i
		}
		return -1
	}, l.biasF32())
	k := end.form
	k.Family = spec.DepthwiseF32
	k.P = depthwisePixels(y.W)
	d.P = k.P
	rest := k
	rest.P = y.W % k.P
	p.useBoth(k)
	if rest.P > 0 {
		p.useBoth(rest)
	}
	for isa := range d.Rows {
		d.Rows[isa] = max(1, depthwiseF32Budget/(y.W*taps*y.C))
	}
	p.step(l.n, describe(l.form(), l.n), []*place{l.x, l.r}, []*place{l.y}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		d.Epilogue, d.Kernel, d.Rest = end.make(), p.both(k), [2]int{-1, -1}
		if rest.P > 0 {
			d.Rest = p.both(rest)
		}
		return d
	})
	p.addWork(l, y, 4)
}

// depthwisePixels chooses the pixels of a tile: every tile loads the weights again,
// and a wide one has more sums to hide the latency of its chains.
func depthwisePixels(width int) int {
	cost := func(p int) float64 {
		if p == 0 {
			return 0
		}
		return max(float64(p)+1.5, 4)
	}
	best := 1
	total := func(p int) float64 { return float64(width/p)*cost(p) + cost(width%p) }
	for p := 2; p <= min(width, spec.MaxDepthwisePixels); p++ {
		if total(p) < total(best) {
			best = p
		}
	}
	return best
}
