package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// denseF32 emits a tile of P pixels by OB blocks of 16 channels of float32, with
// the loops of the dense family. An entry of the offset list is four inputs side
// by side, or one where a run's length is no multiple of four; each input is
// spread and multiplied with 16 weights a block.
//
// Sums start from memory: from the bias, or from what an earlier part of the K
// steps left in the result, so that a part's weights can stay in the cache for
// all pixels. Each is one chain of fused multiply-adds in the order of the list.
func (b *builder) denseF32() {
	t := &denseF32{denseTile{builder: b, in: b.GP64()}}
	t.pitches()
	b.countdown("block", "Blocks", func() {
		b.set("RowsLeft", "Rows")
		b.set("InRowAt", "In")
		for _, f := range t.fields() {
			b.set(f.name+"RowAt", f.name)
		}
		b.countdown("row", "RowsLeft", func() { t.row(t.vectors(), t.steps, t.store) })
		t.nextBlock()
	})
}

type denseF32 struct{ denseTile }

// field is an address that moves with the tiles.
type field struct {
	name  string
	block int // bytes of a block of 16 channels
}

// fields are the addresses that rows and blocks move on, but for W. Their
// pixels are Pix apart, their rows Row, and the kernel walks through RowAt and At.
func (t *denseF32) fields() []field {
	out := 64
	if t.k.Bytes {
		out = 16
	}
	all := []field{{"Out", out}, {"Start", 64}}
	if t.k.Sum {
		all = append(all, field{"Res", 64})
	}
	return all
}

// row emits the tiles of a row, each of vectors of channels for every pixel.
func (t *denseF32) row(vectors int, steps, epilogue func()) {
	t.set("TilesLeft", "Pixels")
	t.MOVQ(t.arg("InRowAt"), t.in)
	for _, f := range t.fields() {
		t.set(f.name+"At", f.name+"RowAt")
	}
	t.countdown("tile", "TilesLeft", func() {
		t.start(vectors)
		steps()
		t.Comment("Epilogue: limits, residual operand, store.")
		t.finish(t.acc)
		epilogue()
		t.Comment("Next tile.")
		skip := t.GP64()
		t.IMUL3Q(operand.I32(int32(t.k.P)), t.pitch[1], skip)
		t.ADDQ(skip, t.in)
	})
	t.advance("InRowAt", "InRow")
	for _, f := range t.fields() {
		t.advance(f.name+"RowAt", f.name+"Row")
	}
}

// start loads the sums.
func (t *denseF32) start(vectors int) {
	t.Comment("Sums start from the bias, or from where an earlier part left them.")
	t.acc = nil
	p, pitch := t.get("StartAt"), t.get("StartPix")
	for range t.k.P {
		var row []reg.VecVirtual
		for j := range vectors {
			v := t.vec()
			t.load(at(p, 4*t.lanes()*j), v)
			row = append(row, v)
		}
		t.acc = append(t.acc, row)
		t.ADDQ(pitch, p)
	}
	t.MOVQ(p, t.arg("StartAt"))
}

// steps adds the products of all K steps: inputs of each pixel, spread, times
// weights of every channel.
func (t *denseF32) steps() {
	w, off, base := t.get("W"), t.get("Off"), t.GP64()
	blocks := t.blockOperands(w)
	odd := t.GP64()
	quads, singles := t.get("K"), t.get("Singles")
	group := func(stem string, n reg.Register, inputs int) {
		done := t.label("done")
		t.TESTQ(n, n)
		t.JEQ(operand.LabelRef(done))
		t.loop(stem, n, func() {
			t.MOVLQSX(at(off, 0), base)
			t.ADDQ(t.in, base)
			if t.k.P > 9 {
				t.LEAQ(at(base, 0).Idx(t.pitch[1], 1), odd)
			}
			for i := range inputs {
				t.input(4*i, 64*i, blocks, base, odd)
			}
			t.ADDQ(operand.U32(uint32(64*inputs)), w)
			t.ADDQ(operand.Imm(4), off)
		})
		t.Label(done)
	}
	group("four", quads, 4)
	group("one", singles, 1)
}

// blockOperands returns where the weights of each block of the tile are, from w on.
func (t *denseF32) blockOperands(w reg.Register) []operand.Mem {
	all := []operand.Mem{{Base: w}}
	if t.k.OB == 1 {
		return all
	}
	step := t.get("WStep")
	odd := map[int]reg.Register{1: step}
	for _, n := range []int{3, 5} {
		if t.k.OB > n {
			r := t.GP64()
			t.IMUL3Q(operand.I32(int32(n)), step, r)
			odd[n] = r
		}
	}
	for b := 1; b < t.k.OB; b++ {
		scale, n := 1, b
		for n%2 == 0 {
			scale, n = scale*2, n/2
		}
		all = append(all, at(w, 0).Idx(odd[n], uint8(scale)))
	}
	return all
}

// input adds the products of one input of every pixel, at a distance from base.
// Of pixels and vectors of weights the fewer wait in registers.
func (t *denseF32) input(disp, wdisp int, blocks []operand.Mem, base, odd reg.Register) {
	pixel := func(p int) operand.Mem {
		m := t.pixel(base, odd, p)
		m.Disp += disp
		return m
	}
	weights := func(j int) operand.Mem {
		perBlock := 16 / t.lanes()
		m := blocks[j/perBlock]
		m.Disp += wdisp + 4*t.lanes()*(j%perBlock)
		return m
	}
	if t.vectors() <= t.k.P {
		w := make([]reg.VecVirtual, t.vectors())
		for j := range w {
			w[j] = t.vec()
			t.load(weights(j), w[j])
		}
		for p, acc := range t.acc {
			x := t.vec()
			t.VBROADCASTSS(pixel(p), x)
			for j, v := range w {
				t.VFMADD231PS(v, x, acc[j])
			}
		}
		return
	}
	x := make([]reg.VecVirtual, t.k.P)
	for p := range x {
		x[p] = t.vec()
		t.VBROADCASTSS(pixel(p), x[p])
	}
	for j := range t.vectors() {
		if t.k.P == 1 {
			t.VFMADD231PS(weights(j), x[0], t.acc[0][j])
			continue
		}
		w := t.vec()
		t.load(weights(j), w)
		for p, acc := range t.acc {
			t.VFMADD231PS(w, x[p], acc[j])
		}
	}
}

// store writes the sums, or the bytes that they become.
func (t *denseF32) store() {
	p, pitch := t.get("OutAt"), t.get("OutPix")
	if t.k.Bytes {
		t.storeAsBytes(p, pitch)
		return
	}
	t.storeTile(p, pitch)
}

// finish applies the limits before the sum, the residual operand at ResAt, which
// moves on, and the limits of the result.
func (t *denseF32) finish(acc [][]reg.VecVirtual) {
	each := func(f func(v reg.Register)) {
		for _, row := range acc {
			for _, v := range row {
				f(v)
			}
		}
	}
	if t.k.Pre {
		t.limit("PreLo", "PreHi", each)
	}
	if t.k.Sum {
		p, pitch := t.get("ResAt"), t.get("ResPix")
		for _, row := range acc {
			for j, v := range row {
				t.VADDPS(at(p, 4*t.lanes()*j), v, v)
			}
			t.ADDQ(pitch, p)
		}
		t.MOVQ(p, t.arg("ResAt"))
	}
	if t.k.Clamp {
		t.limit("Lo", "Hi", each)
	}
}

// limit keeps vectors within two fields.
func (b *builder) limit(lo, hi string, each func(func(v reg.Register))) {
	low, high := b.spread(lo), b.spread(hi)
	each(func(v reg.Register) {
		b.VMAXPS(v, low, v) // the second source where v is no number
		b.VMINPS(v, high, v)
	})
}

// storeAsBytes quantizes the sums: v*OutMul + OutAdd, limited, rounded, packed.
func (t *denseF32) storeAsBytes(p, pitch reg.Register) {
	pack := t.packing(false)
	var n, mask reg.Register
	if t.k.Tail && t.z {
		mask = t.K()
		t.KMOVQ(t.arg("Mask"), mask)
	} else if t.k.Tail {
		n = t.get("N")
	}
	for _, acc := range t.acc {
		for i := 0; i < len(acc); i += 4 {
			group := acc[i:min(len(acc), i+4)]
			for _, v := range group {
				t.toInt(v, t.arg("OutMul"), t.arg("OutAdd"), "ByteHi")
			}
			to := t.GP64()
			t.LEAQ(at(p, i*t.lanes()), to)
			if v := t.pack(pack, group); t.k.Tail {
				t.storeSome(v, to, n, mask)
			} else {
				t.storeBytes(v, len(group)*t.lanes(), to)
			}
		}
		t.ADDQ(pitch, p)
	}
	t.MOVQ(p, t.arg("OutAt"))
}

// nextBlock moves on by the tile's channels.
func (t *denseF32) nextBlock() {
	for _, f := range t.fields() {
		t.ADDQ(operand.U32(uint32(f.block*t.k.OB)), t.arg(f.name))
	}
	step := t.get("WStep")
	t.IMUL3Q(operand.I32(int32(t.k.OB)), step, step)
	t.ADDQ(step, t.arg("W"))
}
