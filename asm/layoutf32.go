package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// square is the pixels and the channels that the layout kernels transpose at a time.
const square = 8

// layoutF32 emits the kernels between planes and pixels: rows, eight channels, eight
// pixels. The last eight of each may overlap those before them; there are at
// least eight pixels. With fewer channels the planes that lack are the last one.
type layoutF32 struct {
	b      *builder
	planes [square]reg.GPVirtual // of the channels, where the row starts
	i      reg.GPVirtual         // first of the eight pixels
	pixel  reg.GPVirtual         // its address
	step   reg.GPVirtual         // what walk adds to get to the next
	mask   reg.Register          // of the channels of a pixel, where few, on AVX-512
	few    bool                  // fewer than eight channels
}

// pixelsF32 emits the conversion of planes In2Row apart to pixels OutPix apart.
func (b *builder) pixelsF32() {
	b.layoutF32("In", "Out", func(l *layoutF32) {
		var pixels []reg.VecVirtual
		for half := range 2 {
			v := make([]reg.VecVirtual, 4)
			for i := range v {
				v[i] = b.pair(l.plane(i, 4*half), l.plane(i+4, 4*half))
			}
			pixels = append(pixels, b.transpose4(v)...)
		}
		l.walk(func(i int, p reg.GPVirtual) { l.storePixel(pixels[i], p) })
	})
}

// planesF32 emits the conversion of pixels InPix apart to planes In2Row apart. It
// reads eight channels of a pixel also where there are fewer.
func (b *builder) planesF32() {
	b.layoutF32("Out", "In", func(l *layoutF32) {
		halves := [2][]reg.VecVirtual{make([]reg.VecVirtual, 4), make([]reg.VecVirtual, 4)} // of the channels
		l.walk(func(i int, p reg.GPVirtual) {
			for h, v := range halves {
				if i < 4 {
					v[i] = b.YMM()
					b.VBROADCASTF128(at(p, 16*h), v[i])
				} else {
					b.VINSERTF128(operand.U8(1), at(p, 16*h), v[i-4], v[i-4])
				}
			}
		})
		// The last first: of planes that are the same the right one is written last.
		for h := 1; h >= 0; h-- {
			out := b.transpose4(halves[h])
			for i := 3; i >= 0; i-- {
				b.VMOVUPS(out[i], l.plane(4*h+i, 0))
			}
		}
	})
}

// plane is a channel's number at one of the pixels.
func (l *layoutF32) plane(c, pixel int) operand.Mem { return at(l.planes[c], 4*pixel).Idx(l.i, 4) }

// pair loads 16 bytes from each of two places.
func (b *builder) pair(low, high operand.Mem) reg.VecVirtual {
	v := b.YMM()
	b.VBROADCASTF128(low, v)
	b.VINSERTF128(operand.U8(1), high, v, v)
	return v
}

// transpose4 transposes 4x4 dwords in each half of four ymm.
func (b *builder) transpose4(v []reg.VecVirtual) []reg.VecVirtual {
	out := make([]reg.VecVirtual, 4)
	for i, unpack := range []func(...operand.Op){b.VUNPCKLPS, b.VUNPCKHPS} {
		ab, cd := b.YMM(), b.YMM()
		unpack(v[1], v[0], ab)
		unpack(v[3], v[2], cd)
		out[2*i], out[2*i+1] = b.YMM(), b.YMM()
		b.VUNPCKLPD(cd, ab, out[2*i])
		b.VUNPCKHPD(cd, ab, out[2*i+1])
	}
	return out
}

// layoutF32 emits the loops: planes and pixels are the fields that say where they start.
func (b *builder) layoutF32(planes, pixels string, body func(l *layoutF32)) {
	few, done := b.label("few"), b.label("done")
	b.set("RowsLeft", "Rows")
	b.CMPQ(b.arg("N"), operand.Imm(square))
	b.JLT(operand.LabelRef(few))
	l := &layoutF32{b: b, i: b.GP64(), pixel: b.GP64(), step: b.GP64()}
	for c := range l.planes {
		l.planes[c] = b.GP64()
	}
	b.MOVQ(b.arg(pixels+"Pix"), l.step)
	l.rows(planes, pixels, body)
	b.JMP(operand.LabelRef(done))
	b.Label(few)
	l.few = true
	b.MOVQ(b.arg(pixels+"Pix"), l.step)
	if pixels == "Out" {
		l.prepareFew()
	}
	l.rows(planes, pixels, body)
	b.Label(done)
}

// rows emits the loops over rows and channels.
func (l *layoutF32) rows(planes, pixels string, body func(l *layoutF32)) {
	b := l.b
	b.countdown("row", "RowsLeft", func() {
		b.MOVQ(operand.I32(0), b.arg("Left")) // the channel
		more := b.label("channels")
		b.Label(more)
		c := b.get("Left")
		if !l.few {
			last := b.get("N")
			b.SUBQ(operand.Imm(square), last)
			b.CMPQ(c, last)
			b.CMOVQGT(last, c)
		}
		b.MOVQ(b.arg(pixels), l.pixel)
		b.LEAQ(at(l.pixel, 0).Idx(c, 4), l.pixel)
		l.findPlanes(planes, c)
		l.pixels(pixels+"Pix", body)
		if !l.few {
			b.ADDQ(operand.Imm(square), b.arg("Left"))
			b.MOVQ(b.arg("Left"), l.i)
			b.CMPQ(l.i, b.arg("N"))
			b.JLT(operand.LabelRef(more))
		}
		b.advance("In", "InRow")
		b.advance("Out", "OutRow")
	})
}

// findPlanes sets the addresses of the planes from channel c on.
func (l *layoutF32) findPlanes(field string, c reg.GPVirtual) {
	b := l.b
	distance := b.get("In2Row")
	b.IMULQ(distance, c)
	b.ADDQ(b.arg(field), c)
	b.MOVQ(c, l.planes[0])
	for i := 1; i < square; i++ {
		if l.few {
			zero := l.i
			b.MOVQ(operand.I32(0), zero)
			b.CMPQ(b.arg("N"), operand.Imm(uint64(i)))
			b.CMOVQLE(zero, distance)
		}
		b.MOVQ(l.planes[i-1], l.planes[i])
		b.ADDQ(distance, l.planes[i])
	}
}

// pixels emits the loop over the pixels of a row, step the field of the bytes between them.
func (l *layoutF32) pixels(step string, body func(l *layoutF32)) {
	b := l.b
	again, whole, next, done := b.label("pixels"), b.label("whole"), b.label("next"), b.label("pixelsDone")
	b.MOVQ(operand.I32(0), l.i)
	b.set("TilesLeft", "Pixels")
	b.Label(again)
	body(l)
	n := b.get("TilesLeft")
	b.SUBQ(operand.Imm(square), n)
	b.JLE(operand.LabelRef(done))
	b.CMPQ(n, operand.Imm(square))
	b.JGE(operand.LabelRef(whole))
	b.MOVQ(operand.I32(square), b.arg("TilesLeft"))
	b.JMP(operand.LabelRef(next))
	b.Label(whole)
	b.MOVQ(n, b.arg("TilesLeft"))
	b.MOVQ(operand.I32(square), n)
	b.Label(next)
	b.ADDQ(n, l.i)
	b.IMULQ(b.arg(step), n)
	b.ADDQ(n, l.pixel)
	b.JMP(operand.LabelRef(again))
	b.Label(done)
}

// walk calls f for each of eight pixels.
func (l *layoutF32) walk(f func(i int, p reg.GPVirtual)) {
	b := l.b
	p := b.GP64()
	b.MOVQ(l.pixel, p)
	for i := range square {
		f(i, p)
		if i < square-1 {
			b.ADDQ(l.step, p)
		}
	}
}

// prepareFew makes ready to store pixels of fewer than eight channels: a mask on
// AVX-512; on AVX2 storePixel moves on by what it writes.
func (l *layoutF32) prepareFew() {
	b := l.b
	if b.z {
		l.mask = b.K()
		b.KMOVB(b.arg("Mask"), l.mask)
		return
	}
	n := b.get("N")
	b.SHLQ(operand.U8(2), n)
	b.SUBQ(n, l.step)
}

// storePixel writes the channels of a pixel.
func (l *layoutF32) storePixel(v reg.VecVirtual, p reg.GPVirtual) {
	b := l.b
	switch {
	case !l.few:
		b.VMOVUPS(v, at(p, 0))
		return
	case b.z:
		b.VMOVUPS(v, l.mask, at(p, 0))
		return
	}
	part := func(n int, store, shift func()) {
		skip := b.label("skip")
		b.TESTQ(operand.U32(uint32(n)), b.arg("N"))
		b.JEQ(operand.LabelRef(skip))
		store()
		b.ADDQ(operand.Imm(uint64(4*n)), p)
		shift()
		b.Label(skip)
	}
	x := b.XMM()
	b.VMOVDQU(v.AsX(), x)
	part(4, func() { b.VMOVUPS(x, at(p, 0)) }, func() { b.VEXTRACTF128(operand.U8(1), v, x) })
	part(2, func() { b.VMOVQ(x, at(p, 0)) }, func() { b.VPSRLDQ(operand.U8(8), x, x) })
	part(1, func() { b.VMOVD(x, at(p, 0)) }, func() {})
}
