package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// depthwise emits a kernel of the family: for some windows, or for any list of taps.
func (b *builder) depthwise() {
	switch b.k.Window {
	case 0:
		b.taps()
	case 1:
		b.affine()
	default:
		b.window()
	}
}

// taps emits the convolution of one block of channels, as many as a vector
// has bytes. Taps go in groups of four: byte and word unpacks turn four taps of
// every channel into one dword a channel, which one dot product sums. Unpacks
// leave the channels in an order of four vectors that packing undoes; weights,
// bias and multipliers are stored in that order (docs/numerics.md).
func (b *builder) taps() {
	d := &depthwise{b: b, in: b.GP64()}
	b.set("RowsLeft", "Rows")
	b.set("InRowAt", "In")
	b.set("OutRowAt", "Out")
	if b.k.Sum {
		b.set("ResRowAt", "Res")
	}
	if b.z {
		d.mask = b.K()
		b.KMOVQ(b.arg("Mask"), d.mask)
	} else {
		d.n = b.get("N")
	}
	b.countdown("row", "RowsLeft", d.row)
}

type depthwise struct {
	b       *builder
	in      reg.GPVirtual
	n, mask reg.Register // valid channels: a count on AVX2, an opmask on AVX-512
}

func (d *depthwise) row() {
	b := d.b
	b.set("TilesLeft", "Pixels")
	b.MOVQ(b.arg("InRowAt"), d.in)
	b.set("OutAt", "OutRowAt")
	if b.k.Sum {
		b.set("ResAt", "ResRowAt")
	}
	b.countdown("pixel", "TilesLeft", func() {
		d.pixel()
		b.ADDQ(b.arg("InPix"), d.in)
		b.advance("OutAt", "OutPix")
		if b.k.Sum {
			b.advance("ResAt", "ResPix")
		}
	})
	b.advance("InRowAt", "InRow")
	b.advance("OutRowAt", "OutRow")
	if b.k.Sum {
		b.advance("ResRowAt", "ResRow")
	}
}

func (d *depthwise) pixel() {
	b := d.b
	b.Comment("Sums start as the bias.")
	acc := make([]reg.VecVirtual, 4)
	bias := b.get("Bias")
	for j := range acc {
		acc[j] = b.vec()
		b.load(at(bias, 64*j), acc[j])
	}
	off, w, n := b.get("Off"), b.get("W"), b.get("K")
	words := reg.VecVirtual(nil)
	switch {
	case b.k.Exact:
		words = b.constant(spec.ConstLow)
	case !b.z:
		words = b.constant(spec.ConstOnes)
	}
	b.Comment("Four taps at a time, transposed to one dword a channel.")
	b.loop("taps", n, func() {
		for j, x := range b.transpose(d.taps(off)) {
			d.dot(at(w, 64*j), x, acc[j], words)
		}
		b.ADDQ(operand.Imm(16), off)
		b.ADDQ(operand.U32(256), w)
	})
	d.epilogue(acc)
}

// taps loads the block's channels at four offsets.
func (d *depthwise) taps(off reg.Register) []reg.VecVirtual {
	b := d.b
	var t []reg.VecVirtual
	for i := range 4 {
		o, v := b.GP64(), b.vec()
		b.MOVLQSX(at(off, 4*i), o)
		b.load(at(d.in, 0).Idx(o, 1), v)
		t = append(t, v)
	}
	return t
}

// transpose turns four vectors of bytes into four of dwords, each with the four
// bytes of one channel.
func (b *builder) transpose(t []reg.VecVirtual) []reg.VecVirtual {
	pair := []reg.VecVirtual{b.vec(), b.vec(), b.vec(), b.vec()}
	b.VPUNPCKLBW(t[1], t[0], pair[0])
	b.VPUNPCKHBW(t[1], t[0], pair[1])
	b.VPUNPCKLBW(t[3], t[2], pair[2])
	b.VPUNPCKHBW(t[3], t[2], pair[3])
	out := make([]reg.VecVirtual, 4)
	for i := range 2 {
		out[2*i], out[2*i+1] = b.vec(), b.vec()
		b.VPUNPCKLWD(pair[2+i], pair[i], out[2*i])
		b.VPUNPCKHWD(pair[2+i], pair[i], out[2*i+1])
	}
	return out
}

// dot adds the products of x's bytes with the weights to acc, dword by dword.
// It clobbers x. Const is the words 1, or 0xff for the exact form.
func (d *depthwise) dot(w operand.Mem, x, acc, constant reg.VecVirtual) {
	b := d.b
	switch {
	case b.z:
		b.VPDPBUSD(w, x, acc)
	case !b.k.Exact:
		b.VPMADDUBSW(w, x, x)
		b.VPMADDWD(constant, x, x)
		b.VPADDD(x, acc, acc)
	default:
		even, odd, y := b.vec(), b.vec(), b.vec()
		b.load(w, odd)
		b.VPSLLW(operand.U8(8), odd, even)
		b.VPSRAW(operand.U8(8), even, even)
		b.VPSRAW(operand.U8(8), odd, odd)
		b.VPAND(constant, x, y)
		b.VPMADDWD(even, y, y)
		b.VPADDD(y, acc, acc)
		b.VPSRLW(operand.U8(8), x, x)
		b.VPMADDWD(odd, x, x)
		b.VPADDD(x, acc, acc)
	}
}

func (d *depthwise) epilogue(acc []reg.VecVirtual) {
	b := d.b
	b.Comment("Epilogue: scale, round, pack to bytes, store.")
	mul := b.get("Mul")
	var res []reg.VecVirtual
	if b.k.Sum {
		r := b.vec()
		b.load(at(b.get("ResAt"), 0), r)
		// Zeros as second to fourth tap widen bytes to dwords in the sums' order.
		zero := b.constant(spec.ConstZero)
		res = b.transpose([]reg.VecVirtual{r, zero, zero, zero})
	}
	pack := b.limited(b.packing(true), false)
	for j, v := range acc {
		b.scale(v, at(mul, 64*j))
		if b.k.Sum {
			b.sum(v, res[j])
		}
		b.round(v)
	}
	out := b.pack(pack, acc)
	if b.k.Table {
		out = b.lookup([]reg.VecVirtual{out})[0]
	}
	b.storeBlock(out, b.get("OutAt"), d.n, d.mask)
}

// storeBlock writes a vector of bytes, or on AVX2 as many as n counts when that
// is fewer. It clobbers v, and p on AVX2.
func (b *builder) storeBlock(v reg.VecVirtual, p, n, mask reg.Register) {
	if b.z {
		b.VMOVDQU8(v, mask, at(p, 0))
		return
	}
	some, done := b.label("some"), b.label("stored")
	b.CMPQ(n, operand.U32(32))
	b.JLT(operand.LabelRef(some))
	b.storeVec(v, at(p, 0))
	b.JMP(operand.LabelRef(done))
	b.Label(some)
	b.storeSome(v, p, n, mask)
	b.Label(done)
}
