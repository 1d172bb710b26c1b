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
	t := &denseF32{denseTile{b: b, in: b.GP64()}}
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
	b := t.b
	out := 64
	if b.k.Bytes {
		out = 16
	}
	all := []field{{"Out", out}, {"Start", 64}}
	if b.k.Sum {
		all = append(all, field{"Res", 64})
	}
	return all
}

// row emits the tiles of a row, each of vectors of channels for every pixel.
func (t *denseF32) row(vectors int, steps, epilogue func()) {
	b := t.b
	b.set("TilesLeft", "Pixels")
	b.MOVQ(b.arg("InRowAt"), t.in)
	for _, f := range t.fields() {
		b.set(f.name+"At", f.name+"RowAt")
	}
	b.countdown("tile", "TilesLeft", func() {
		t.start(vectors)
		steps()
		b.Comment("Epilogue: limits, residual operand, store.")
		t.finish(t.acc)
		epilogue()
		b.Comment("Next tile.")
		skip := b.GP64()
		b.IMUL3Q(operand.I32(int32(b.k.P)), t.pitch[1], skip)
		b.ADDQ(skip, t.in)
	})
	b.advance("InRowAt", "InRow")
	for _, f := range t.fields() {
		b.advance(f.name+"RowAt", f.name+"Row")
	}
}

// start loads the sums.
func (t *denseF32) start(vectors int) {
	b := t.b
	b.Comment("Sums start from the bias, or from where an earlier part left them.")
	t.acc = nil
	p, pitch := b.get("StartAt"), b.get("StartPix")
	for range b.k.P {
		var row []reg.VecVirtual
		for j := range vectors {
			v := b.vec()
			b.load(at(p, 4*b.lanes()*j), v)
			row = append(row, v)
		}
		t.acc = append(t.acc, row)
		b.ADDQ(pitch, p)
	}
	b.MOVQ(p, b.arg("StartAt"))
}

// steps adds the products of all K steps: inputs of each pixel, spread, times
// weights of every channel.
func (t *denseF32) steps() {
	b := t.b
	w, off, base := b.get("W"), b.get("Off"), b.GP64()
	blocks := t.blockOperands(w)
	odd := b.GP64()
	quads, singles := b.get("K"), b.get("Singles")
	group := func(stem string, n reg.Register, inputs int) {
		done := b.label("done")
		b.TESTQ(n, n)
		b.JEQ(operand.LabelRef(done))
		b.loop(stem, n, func() {
			b.MOVLQSX(at(off, 0), base)
			b.ADDQ(t.in, base)
			if b.k.P > 9 {
				b.LEAQ(at(base, 0).Idx(t.pitch[1], 1), odd)
			}
			for i := range inputs {
				t.input(4*i, 64*i, blocks, base, odd)
			}
			b.ADDQ(operand.U32(uint32(64*inputs)), w)
			b.ADDQ(operand.Imm(4), off)
		})
		b.Label(done)
	}
	group("four", quads, 4)
	group("one", singles, 1)
}

// blockOperands returns where the weights of each block of the tile are, from w on.
func (t *denseF32) blockOperands(w reg.Register) []operand.Mem {
	all := []operand.Mem{{Base: w}}
	if t.b.k.OB == 1 {
		return all
	}
	step := t.b.get("WStep")
	odd := map[int]reg.Register{1: step}
	for _, n := range []int{3, 5} {
		if t.b.k.OB > n {
			r := t.b.GP64()
			t.b.IMUL3Q(operand.I32(int32(n)), step, r)
			odd[n] = r
		}
	}
	for b := 1; b < t.b.k.OB; b++ {
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
	b := t.b
	pixel := func(p int) operand.Mem {
		m := t.pixel(base, odd, p)
		m.Disp += disp
		return m
	}
	weights := func(j int) operand.Mem {
		perBlock := 16 / b.lanes()
		m := blocks[j/perBlock]
		m.Disp += wdisp + 4*b.lanes()*(j%perBlock)
		return m
	}
	if t.vectors() <= b.k.P {
		w := make([]reg.VecVirtual, t.vectors())
		for j := range w {
			w[j] = b.vec()
			b.load(weights(j), w[j])
		}
		for p, acc := range t.acc {
			x := b.vec()
			b.VBROADCASTSS(pixel(p), x)
			for j, v := range w {
				b.VFMADD231PS(v, x, acc[j])
			}
		}
		return
	}
	x := make([]reg.VecVirtual, b.k.P)
	for p := range x {
		x[p] = b.vec()
		b.VBROADCASTSS(pixel(p), x[p])
	}
	for j := range t.vectors() {
		if b.k.P == 1 {
			b.VFMADD231PS(weights(j), x[0], t.acc[0][j])
			continue
		}
		w := b.vec()
		b.load(weights(j), w)
		for p, acc := range t.acc {
			b.VFMADD231PS(w, x[p], acc[j])
		}
	}
}

// store writes the sums, or the bytes that they become.
func (t *denseF32) store() {
	b := t.b
	p, pitch := b.get("OutAt"), b.get("OutPix")
	if b.k.Bytes {
		t.storeAsBytes(p, pitch)
		return
	}
	t.storeTile(p, pitch)
}

// finish applies the limits before the sum, the residual operand at ResAt, which
// moves on, and the limits of the result.
func (t *denseF32) finish(acc [][]reg.VecVirtual) {
	b := t.b
	each := func(f func(v reg.Register)) {
		for _, row := range acc {
			for _, v := range row {
				f(v)
			}
		}
	}
	if b.k.Pre {
		b.limit("PreLo", "PreHi", each)
	}
	if b.k.Sum {
		p, pitch := b.get("ResAt"), b.get("ResPix")
		for _, row := range acc {
			for j, v := range row {
				b.VADDPS(at(p, 4*b.lanes()*j), v, v)
			}
			b.ADDQ(pitch, p)
		}
		b.MOVQ(p, b.arg("ResAt"))
	}
	if b.k.Clamp {
		b.limit("Lo", "Hi", each)
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
	b := t.b
	pack := b.packing(false)
	var n, mask reg.Register
	if b.k.Tail && b.z {
		mask = b.K()
		b.KMOVQ(b.arg("Mask"), mask)
	} else if b.k.Tail {
		n = b.get("N")
	}
	for _, acc := range t.acc {
		for i := 0; i < len(acc); i += 4 {
			group := acc[i:min(len(acc), i+4)]
			for _, v := range group {
				b.toInt(v, b.arg("OutMul"), b.arg("OutAdd"), "ByteHi")
			}
			to := b.GP64()
			b.LEAQ(at(p, i*b.lanes()), to)
			if v := b.pack(pack, group); b.k.Tail {
				b.storeSome(v, to, n, mask)
			} else {
				b.storeBytes(v, len(group)*b.lanes(), to)
			}
		}
		b.ADDQ(pitch, p)
	}
	b.MOVQ(p, b.arg("OutAt"))
}

// nextBlock moves on by the tile's channels.
func (t *denseF32) nextBlock() {
	b := t.b
	for _, f := range t.fields() {
		b.ADDQ(operand.U32(uint32(f.block*b.k.OB)), b.arg(f.name))
	}
	step := b.get("WStep")
	b.IMUL3Q(operand.I32(int32(b.k.OB)), step, step)
	b.ADDQ(step, b.arg("W"))
}
