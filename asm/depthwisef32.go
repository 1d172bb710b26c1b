package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// depthwiseF32 emits the convolution of each channel of float32 by itself: tiles
// of P pixels by one vector of channels, over blocks of 16 channels, rows and
// tiles of a row. On AVX2 a call does one half of the blocks' channels. The weights
// of a block are 16 for each tap.
func (b *builder) depthwiseF32() {
	d := &depthwiseF32{denseF32: denseF32{denseTile{b: b, in: b.GP64()}}}
	d.pitches()
	d.valid()
	b.countdown("block", "Blocks", func() {
		b.set("RowsLeft", "Rows")
		b.set("InRowAt", "In")
		for _, f := range d.fields() {
			b.set(f.name+"RowAt", f.name)
		}
		b.countdown("row", "RowsLeft", func() { d.row(1, d.taps, d.store) })
		b.ADDQ(operand.Imm(64), b.arg("In"))
		for _, f := range d.fields() {
			b.ADDQ(operand.Imm(uint64(f.block)), b.arg(f.name))
		}
		b.advance("W", "WStep")
	})
}

type depthwiseF32 struct {
	denseF32
	n, mask reg.Register // valid channels: a count on AVX2, which also has a vector of masks, an opmask on AVX-512
}

// valid loads the masks. Whole vectors are stored without one on AVX2, where
// masked stores are slow on some CPUs.
func (d *depthwiseF32) valid() {
	b := d.b
	switch {
	case !b.z:
		d.n = b.get("N")
		if !b.k.Bytes {
			d.mask = b.floatMask(0)
		}
	case b.k.Bytes:
		d.mask = b.K()
		b.KMOVQ(b.arg("Mask"), d.mask)
	default:
		d.mask = b.floatMask(0)
	}
}

// taps adds the products of every tap.
func (d *depthwiseF32) taps() {
	b := d.b
	w, off, n, base, odd := b.get("W"), b.get("Off"), b.get("K"), b.GP64(), b.GP64()
	b.loop("tap", n, func() {
		b.MOVLQSX(at(off, 0), base)
		b.ADDQ(d.in, base)
		v := b.vec()
		b.load(at(w, 0), v)
		for p, acc := range d.acc {
			b.VFMADD231PS(d.pixel(base, odd, p), v, acc[0])
		}
		b.ADDQ(operand.Imm(64), w)
		b.ADDQ(operand.Imm(4), off)
	})
}

// store writes the valid channels of each pixel.
func (d *depthwiseF32) store() {
	b := d.b
	p, pitch := b.get("OutAt"), b.get("OutPix")
	put := func(all bool) func() {
		return func() {
			for _, acc := range d.acc {
				if all {
					b.storeVec(acc[0], at(p, 0))
				} else {
					b.storeFloats(acc[0], at(p, 0), d.mask)
				}
				b.ADDQ(pitch, p)
			}
		}
	}
	switch {
	case b.k.Bytes:
		d.storeAsBytes(p, pitch)
		return
	case b.z:
		put(false)()
	default:
		d.ifWhole(put(true), put(false))
	}
	b.MOVQ(p, b.arg("OutAt"))
}

// ifWhole emits two forms for AVX2: for a whole vector of channels and for fewer.
func (d *depthwiseF32) ifWhole(whole, some func()) {
	b := d.b
	fewer, done := b.label("some"), b.label("stored")
	b.CMPQ(d.n, operand.U32(8))
	b.JLT(operand.LabelRef(fewer))
	whole()
	b.JMP(operand.LabelRef(done))
	b.Label(fewer)
	some()
	b.Label(done)
}

// storeAsBytes quantizes the sums and writes the valid channels of each pixel.
func (d *depthwiseF32) storeAsBytes(p, pitch reg.Register) {
	b := d.b
	pack := b.packing(false)
	var out []reg.VecVirtual
	for _, acc := range d.acc {
		b.toInt(acc[0], b.arg("OutMul"), b.arg("OutAdd"), "ByteHi")
		out = append(out, b.pack(pack, acc))
	}
	put := func(all bool) func() {
		return func() {
			for _, v := range out {
				if all {
					b.VMOVQ(v.AsX(), at(p, 0))
				} else {
					to := b.GP64()
					b.MOVQ(p, to)
					b.storeSome(v, to, d.n, d.mask)
				}
				b.ADDQ(pitch, p)
			}
		}
	}
	if b.z {
		put(false)()
	} else {
		d.ifWhole(put(true), put(false))
	}
	b.MOVQ(p, b.arg("OutAt"))
}
