package differential

import (
	"math"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// tensorF32 is tensor for float32: distances are multiples of their size.
func (d *direct) tensorF32(h, w, c, border int) portable.Tensor {
	t := portable.Tensor{H: h, W: w, C: c, Pix: 4 * (c + d.pick(0, 0, 1, 5))}
	t.Row = (w+2*border)*t.Pix + 4*d.pick(0, 3)
	d.arena = (d.arena + 3) / 4 * 4
	t.Off = d.arena + 4*d.pick(0, 7) + border*(t.Row+t.Pix)
	d.arena = t.Off + (h+border)*t.Row
	return t
}

// result is the tensor that a layer of float32 writes.
func (d *direct) result(h, w, c int) portable.Tensor {
	if d.k.Bytes {
		return d.tensor(h, w, c, 0)
	}
	return d.tensorF32(h, w, c, 0)
}

// floats adds n numbers.
func (d *direct) floats(n int, deviation float64) int {
	return d.list(n, func(int) uint32 { return math.Float32bits(float32(deviation * d.NormFloat64())) })
}

// epilogueF32 is of the kernel's form.
func (d *direct) epilogueF32() portable.EpilogueF32 {
	e := portable.EpilogueF32{Sum: d.k.Sum, Pre: d.k.Pre, Clamp: d.k.Clamp, Bytes: d.k.Bytes}
	e.PreLo, e.PreHi = float32(-d.Float64()), float32(d.Float64())
	e.Lo, e.Hi = 0, float32(d.pick(1, 2, 6))
	if d.yes() {
		e.Hi = float32(math.Inf(1))
	}
	if d.k.Bytes {
		e.Mul, e.Add, e.Zero = float32(40*d.NormFloat64()), float32(d.NormFloat64()), byte(d.Uint32())
	}
	return e
}

// denseF32 is a layer of one or two tiles of the kernel in each direction, its K
// steps in panels sometimes.
func (d *direct) denseF32() portable.Step {
	k := d.k
	kh, kw, ic, stride := 1+d.IntN(2), 1+d.IntN(2), 1+d.IntN(13), 1+d.IntN(2)
	h, w := 1+d.IntN(3), k.P*(1+d.IntN(2))
	tiles := 1 + d.IntN(2)
	oc := 16 * k.OB * tiles
	if k.Tail {
		tiles, oc = 1, 1+d.IntN(15)
	}
	border := d.IntN(2)
	x := d.tensorF32(h*stride+kh, w*stride+kw, ic, border)
	s := portable.DenseF32{X: x, Y: d.result(h, w, oc), KH: kh, Runs: kw, RunLen: ic, RowStep: x.Row, RunStep: x.Pix,
		StrideH: stride, StrideW: stride, Top: border, Left: border, Groups: 1, Epilogue: d.epilogueF32()}
	if k.Sum {
		s.R = d.tensorF32(h, w, oc, 0)
	}
	blocks, inputs := (oc+15)/16, kh*kw*ic
	s.WStep = 64 * (inputs + d.IntN(2))
	s.W, s.Bias = d.floats(blocks*s.WStep/4, 1/math.Sqrt(float64(inputs))), d.floats(16*blocks, 1)
	part := portable.Part{Tiles: tiles, OB: k.OB, P: k.P, Rest: -1}
	if k.Tail {
		part.N = oc
	}
	t := portable.Tiling{Merge: 1, Rows: 1 + d.IntN(2), Tiles: 1 + d.IntN(2), WeightsOuter: d.yes(), Parts: []portable.Part{part}}
	if !k.Sum && !k.Clamp && !k.Bytes && d.yes() { // the kernel of all panels is the same then
		t.Panel = 1 + d.IntN(3)
	}
	s.Tiling[k.ISA] = t
	return s
}

// depthwiseF32 is a layer of one or two tiles of the kernel in a row.
func (d *direct) depthwiseF32() portable.Step {
	k := d.k
	kh, kw, c, stride := 1+d.IntN(3), 1+d.IntN(3), 1+d.IntN(70), 1+d.IntN(2)
	h, w := 1+d.IntN(3), k.P*(1+d.IntN(2))
	x := d.tensorF32(h*stride+kh, w*stride+kw, c, 0)
	s := portable.DepthwiseF32{X: x, Y: d.result(h, w, c), KH: kh, KW: kw, RowStep: x.Row, TapStep: x.Pix,
		StrideH: stride, StrideW: stride, Epilogue: d.epilogueF32(), P: k.P, Rest: [2]int{-1, -1}, Rows: [2]int{2, 2}}
	if k.Sum {
		s.R = d.tensorF32(h, w, c, 0)
	}
	blocks := (c + 15) / 16
	s.W, s.Bias = d.floats(16*blocks*kh*kw, 0.5), d.floats(16*blocks, 1)
	return s
}

// winograd is a layer of some chunks of tiles, which overlap at the ends.
func (d *direct) winograd() portable.Step {
	ic, oc, h, w := 16*(1+d.IntN(3)), 16*(1+d.IntN(3)), 1+d.IntN(7), 1+d.IntN(9)
	rows, cols := (h+1)/2, (w+1)/2
	x := d.tensorF32(2*rows+2, 2*cols+2, ic, 0)
	s := portable.Winograd{X: x, Y: d.tensorF32(h, w, oc, 0), Rows: 1 + d.IntN(rows), Cols: 1 + d.IntN(cols), Epilogue: d.epilogueF32()}
	if d.k.Sum {
		s.R = d.tensorF32(h, w, oc, 0)
	}
	tiles := s.Rows * s.Cols
	room := func(bytes int) int {
		d.arena = (d.arena + 63) / 64 * 64
		at := d.arena
		d.arena += bytes
		return at
	}
	s.VStep, s.MStep, s.WStep = 4*tiles*ic, 4*tiles*oc, 64*(ic+d.IntN(2))
	s.V, s.M, s.Dump = room(16*s.VStep), room(16*s.MStep), room(s.Y.Row+s.Y.Pix+4*oc)
	s.W, s.Bias = d.floats(oc*s.WStep/4, 1/math.Sqrt(float64(ic))), d.floats(oc, 1)
	isa := d.k.ISA
	d.others = []spec.Kernel{{Family: spec.DenseF32, ISA: isa, P: 1, OB: 1}, {Family: spec.WinogradInput, ISA: isa}}
	s.Input[isa], s.Outputs[isa] = 2, 0
	if d.k.Family == spec.WinogradInput {
		d.others[1].Family = spec.WinogradOutput
		s.Input[isa], s.Outputs[isa] = 0, 2
	}
	s.Tiling[isa] = portable.Tiling{Merge: 1, Rows: 1, Tiles: 1 + d.IntN(2), Parts: []portable.Part{{Tiles: oc / 16, OB: 1, P: 1, Main: 1, Rest: -1}}}
	return s
}
