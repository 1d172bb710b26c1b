package differential

import (
	"math"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// dense is a layer of one or two tiles of the kernel in each direction.
func (d *direct) dense() portable.Step {
	k := d.k
	kh, kw, ic, stride := 1+d.IntN(2), 1+d.IntN(2), 1+d.IntN(9), 1+d.IntN(2)
	h, w := 1+d.IntN(3), k.P*(1+d.IntN(2))
	tiles := 1 + d.IntN(2)
	oc := 16 * k.OB * tiles
	if k.Tail {
		tiles, oc = 1, 1+d.IntN(15)
		if k.Half {
			oc = 1 + d.IntN(8)
		}
	}
	border := d.IntN(2)
	x := d.tensor(h*stride+kh, w*stride+kw, ic, border)
	s := portable.Dense{X: x, Y: d.tensor(h, w, oc, 0), KH: kh, Runs: kw, RunLen: ic, RowStep: x.Row, RunStep: x.Pix,
		StrideH: stride, StrideW: stride, Top: border, Left: border, Groups: 1, WZero: -1, Ones: -1, Epilogue: d.epilogue()}
	if k.Sum {
		s.R = d.tensor(h, w, oc, 0)
	}
	if k.Float {
		s.Y, s.Scale = d.tensorF32(h, w, oc, 0), float32(d.Float64())
	}
	blocks, group := (oc+15)/16, (ic+3)/4
	steps := kh * kw * group
	valid := func(step, j int) bool { return step%group*4+j < ic }
	s.W, s.Order = d.denseWeights(blocks, steps, oc, valid)
	n := 16 * blocks
	s.Bias = d.list(n, func(int) uint32 { return uint32(d.IntN(1<<20) - 1<<19) })
	s.Mul = d.list(n, func(int) uint32 { return math.Float32bits(d.factor(255*128*4*float64(steps) + 1<<19)) })
	if k.WZero {
		s.WZero = d.list(n, func(int) uint32 { return uint32(d.IntN(256) - 128) })
		ones := make([]byte, 4*steps)
		for i := range ones {
			if valid(i/4, i%4) {
				ones[i] = 1
			}
		}
		s.Ones = d.add(ones)
	}
	part := portable.Part{Tiles: tiles, OB: k.OB, P: k.P, Rest: -1}
	if k.Tail {
		part.N = oc
	}
	s.Tiling[k.ISA] = portable.Tiling{Merge: 1, Rows: 1 + d.IntN(2), Tiles: 1 + d.IntN(2), WeightsOuter: d.yes(), Parts: []portable.Part{part}}
	return s
}

// weight is small enough that two of them can't saturate VPMADDUBSW, or any.
func (d *direct) weight(small bool) byte {
	switch {
	case small:
		return byte(d.IntN(129) - 64)
	case d.yes():
		return byte(d.pick(-128, -127, 127))
	}
	return byte(d.Uint32())
}

func (d *direct) pool() portable.Step {
	s := portable.Pool{KH: 1 + d.IntN(3), KW: 1 + d.IntN(3), StrideH: 1 + d.IntN(2), StrideW: 1 + d.IntN(2),
		DilH: 1 + d.IntN(2), DilW: 1 + d.IntN(2), Max: d.k.Family == spec.MaxPool, InZero: byte(d.Uint32()),
		Epilogue: d.epilogue(), Rows: [2]int{1 + d.IntN(2), 1 + d.IntN(2)}}
	// A window has a tap inside wherever it lies.
	s.Top, s.Left = d.IntN((s.KH-1)*s.DilH+1), d.IntN((s.KW-1)*s.DilW+1)
	h, w, c := 3+d.IntN(4), 3+d.IntN(4), 1+d.IntN(140)
	s.X = d.tensor(h, w, c, 0)
	s.Y = d.tensor((h+s.Top-1)/s.StrideH+1, (w+s.Left-1)/s.StrideW+1, c, 0)
	if s.Max {
		return s
	}
	for range s.KH * s.KW {
		s.Mul = append(s.Mul, d.factor(255*9))
	}
	if d.yes() {
		s.Count = &[4]int{d.IntN(s.Top + 1), d.IntN(s.Left + 1), 1, 1}
	}
	return s
}

// binary may repeat the second operand's only row or column.
func (d *direct) binary() portable.Step {
	a, y := d.sameTensors()
	h, w := a.H, a.W
	channels := d.k.Family == spec.MulChannels
	if d.yes() || channels {
		h = 1
	}
	if d.yes() || channels {
		w = 1
	}
	s := portable.Binary{A: a, B: d.tensor(h, w, a.C, 0), Y: y, Product: channels || d.k.Family == spec.Mul,
		ZeroA: byte(d.Uint32()), ZeroB: byte(d.Uint32()), Epilogue: d.epilogue()}
	s.MulA, s.MulB = d.factor(512), d.factor(512)
	if s.Product {
		s.MulA = d.factor(1 << 16)
	}
	return s
}

func (d *direct) quantize() portable.Step {
	h, w, c, planes := 1+d.IntN(3), 1+d.IntN(70), 1+d.IntN(3), 1
	switch d.k.Family {
	case spec.QuantizeRGB:
		w, c, planes = portable.ShortRGB+d.IntN(200), 3, 3
	case spec.QuantizeEight:
		w, c, planes = portable.ShortRun+d.IntN(70), 8+d.IntN(30), 8
	}
	x := (d.arena + 3) / 4 * 4
	d.arena = x + 4*h*w*c
	s := portable.Quantize{Input: -1, X: x, Y: d.tensor(h, w, c, 0), Zero: byte(d.Uint32()), Planes: planes}
	if planes == 3 {
		s.Y.Pix = 3
	}
	for range d.pick(1, c) {
		s.Mul, s.Add = append(s.Mul, float32(20*d.NormFloat64())), append(s.Add, float32(d.NormFloat64()))
	}
	return s
}

// dequantize is of one channel, or of one pixel.
func (d *direct) dequantize() portable.Step {
	h, w, c := 1+d.IntN(3), 1+d.IntN(70), 1
	if d.yes() {
		h, w, c = 1, 1, w
	}
	y := (d.arena + 3) / 4 * 4
	d.arena = y + 4*h*w*c
	x := d.tensor(h, w, c, 0)
	if c == 1 { // the kernel needs pixels side by side
		x.Pix = 1
	}
	return portable.Dequantize{X: x, Output: -1, Y: y, Zero: byte(d.Uint32()), Scale: float32(d.NormFloat64())}
}
