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
	d := &depthwiseF32{denseF32: denseF32{denseTile{builder: b, in: b.GP64()}}}
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
	switch {
	case !d.z:
		d.n = d.get("N")
		if !d.k.Bytes {
			d.mask = d.floatMask(0)
		}
	case d.k.Bytes:
		d.mask = d.K()
		d.KMOVQ(d.arg("Mask"), d.mask)
	default:
		d.mask = d.floatMask(0)
	}
}

// taps adds the products of every tap.
func (d *depthwiseF32) taps() {
	w, off, n, base, odd := d.get("W"), d.get("Off"), d.get("K"), d.GP64(), d.GP64()
	d.loop("tap", n, func() {
		d.MOVLQSX(at(off, 0), base)
		d.ADDQ(d.in, base)
		v := d.vec()
		d.load(at(w, 0), v)
		for p, acc := range d.acc {
			d.VFMADD231PS(d.pixel(base, odd, p), v, acc[0])
		}
		d.ADDQ(operand.Imm(64), w)
		d.ADDQ(operand.Imm(4), off)
	})
}

// store writes the valid channels of each pixel.
func (d *depthwiseF32) store() {
	p, pitch := d.get("OutAt"), d.get("OutPix")
	put := func(all bool) func() {
		return func() {
			for _, acc := range d.acc {
				if all {
					d.storeVec(acc[0], at(p, 0))
				} else {
					d.storeFloats(acc[0], at(p, 0), d.mask)
				}
				d.ADDQ(pitch, p)
			}
		}
	}
	switch {
	case d.k.Bytes:
		d.storeAsBytes(p, pitch)
		return
	case d.z:
		put(false)()
	default:
		d.ifWhole(put(true), put(false))
	}
	d.MOVQ(p, d.arg("OutAt"))
}

// ifWhole emits two forms for AVX2: for a whole vector of channels and for fewer.
func (d *depthwiseF32) ifWhole(whole, some func()) {
	fewer, done := d.label("some"), d.label("stored")
	d.CMPQ(d.n, operand.U32(8))
	d.JLT(operand.LabelRef(fewer))
	whole()
	d.JMP(operand.LabelRef(done))
	d.Label(fewer)
	some()
	d.Label(done)
}

// storeAsBytes quantizes the sums and writes the valid channels of each pixel.
func (d *depthwiseF32) storeAsBytes(p, pitch reg.Register) {
	pack := d.packing(false)
	var out []reg.VecVirtual
	for _, acc := range d.acc {
		d.toInt(acc[0], d.arg("OutMul"), d.arg("OutAdd"), "ByteHi")
		out = append(out, d.pack(pack, acc))
	}
	put := func(all bool) func() {
		return func() {
			for _, v := range out {
				if all {
					d.VMOVQ(v.AsX(), at(p, 0))
				} else {
					to := d.GP64()
					d.MOVQ(p, to)
					d.storeSome(v, to, d.n, d.mask)
				}
				d.ADDQ(pitch, p)
			}
		}
	}
	if d.z {
		put(false)()
	} else {
		d.ifWhole(put(true), put(false))
	}
	d.MOVQ(p, d.arg("OutAt"))
}
