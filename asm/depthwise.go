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
	d := &depthwise{builder: b, in: b.GP64()}
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
	*builder
	in      reg.GPVirtual
	n, mask reg.Register // valid channels: a count on AVX2, an opmask on AVX-512
}

func (d *depthwise) row() {
	d.set("TilesLeft", "Pixels")
	d.MOVQ(d.arg("InRowAt"), d.in)
	d.set("OutAt", "OutRowAt")
	if d.k.Sum {
		d.set("ResAt", "ResRowAt")
	}
	d.countdown("pixel", "TilesLeft", func() {
		d.pixel()
		d.ADDQ(d.arg("InPix"), d.in)
		d.advance("OutAt", "OutPix")
		if d.k.Sum {
			d.advance("ResAt", "ResPix")
		}
	})
	d.advance("InRowAt", "InRow")
	d.advance("OutRowAt", "OutRow")
	if d.k.Sum {
		d.advance("ResRowAt", "ResRow")
	}
}

func (d *depthwise) pixel() {
	d.Comment("Sums start as the bias.")
	acc := make([]reg.VecVirtual, 4)
	bias := d.get("Bias")
	for j := range acc {
		acc[j] = d.vec()
		d.load(at(bias, 64*j), acc[j])
	}
	off, w, n := d.get("Off"), d.get("W"), d.get("K")
	words := reg.VecVirtual(nil)
	switch {
	case d.k.Exact:
		words = d.constant(spec.ConstLow)
	case !d.z:
		words = d.constant(spec.ConstOnes)
	}
	d.Comment("Four taps at a time, transposed to one dword a channel.")
	d.loop("taps", n, func() {
		for j, x := range d.transpose(d.taps(off)) {
			d.dot(at(w, 64*j), x, acc[j], words)
		}
		d.ADDQ(operand.Imm(16), off)
		d.ADDQ(operand.U32(256), w)
	})
	d.epilogue(acc)
}

// taps loads the block's channels at four offsets.
func (d *depthwise) taps(off reg.Register) []reg.VecVirtual {
	var t []reg.VecVirtual
	for i := range 4 {
		o, v := d.GP64(), d.vec()
		d.MOVLQSX(at(off, 4*i), o)
		d.load(at(d.in, 0).Idx(o, 1), v)
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
	switch {
	case d.z:
		d.VPDPBUSD(w, x, acc)
	case !d.k.Exact:
		d.VPMADDUBSW(w, x, x)
		d.VPMADDWD(constant, x, x)
		d.VPADDD(x, acc, acc)
	default:
		even, odd, y := d.vec(), d.vec(), d.vec()
		d.load(w, odd)
		d.VPSLLW(operand.U8(8), odd, even)
		d.VPSRAW(operand.U8(8), even, even)
		d.VPSRAW(operand.U8(8), odd, odd)
		d.VPAND(constant, x, y)
		d.VPMADDWD(even, y, y)
		d.VPADDD(y, acc, acc)
		d.VPSRLW(operand.U8(8), x, x)
		d.VPMADDWD(odd, x, x)
		d.VPADDD(x, acc, acc)
	}
}

func (d *depthwise) epilogue(acc []reg.VecVirtual) {
	d.Comment("Epilogue: scale, round, pack to bytes, store.")
	mul := d.get("Mul")
	var res []reg.VecVirtual
	if d.k.Sum {
		r := d.vec()
		d.load(at(d.get("ResAt"), 0), r)
		// Zeros as second to fourth tap widen bytes to dwords in the sums' order.
		zero := d.constant(spec.ConstZero)
		res = d.transpose([]reg.VecVirtual{r, zero, zero, zero})
	}
	pack := d.limited(d.packing(true), false)
	for j, v := range acc {
		d.scale(v, at(mul, 64*j))
		if d.k.Sum {
			d.sum(v, res[j])
		}
		d.round(v)
	}
	out := d.pack(pack, acc)
	if d.k.Table {
		out = d.lookup([]reg.VecVirtual{out})[0]
	}
	d.storeBlock(out, d.get("OutAt"), d.n, d.mask)
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
