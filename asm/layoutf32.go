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
	*builder
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
	l := &layoutF32{builder: b, i: b.GP64(), pixel: b.GP64(), step: b.GP64()}
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
	l.countdown("row", "RowsLeft", func() {
		l.MOVQ(operand.I32(0), l.arg("Left")) // the channel
		more := l.label("channels")
		l.Label(more)
		c := l.get("Left")
		if !l.few {
			last := l.get("N")
			l.SUBQ(operand.Imm(square), last)
			l.CMPQ(c, last)
			l.CMOVQGT(last, c)
		}
		l.MOVQ(l.arg(pixels), l.pixel)
		l.LEAQ(at(l.pixel, 0).Idx(c, 4), l.pixel)
		l.findPlanes(planes, c)
		l.pixels(pixels+"Pix", body)
		if !l.few {
			l.ADDQ(operand.Imm(square), l.arg("Left"))
			l.MOVQ(l.arg("Left"), l.i)
			l.CMPQ(l.i, l.arg("N"))
			l.JLT(operand.LabelRef(more))
		}
		l.advance("In", "InRow")
		l.advance("Out", "OutRow")
	})
}

// findPlanes sets the addresses of the planes from channel c on.
func (l *layoutF32) findPlanes(field string, c reg.GPVirtual) {
	distance := l.get("In2Row")
	l.IMULQ(distance, c)
	l.ADDQ(l.arg(field), c)
	l.MOVQ(c, l.planes[0])
	for i := 1; i < square; i++ {
		if l.few {
			zero := l.i
			l.MOVQ(operand.I32(0), zero)
			l.CMPQ(l.arg("N"), operand.Imm(uint64(i)))
			l.CMOVQLE(zero, distance)
		}
		l.MOVQ(l.planes[i-1], l.planes[i])
		l.ADDQ(distance, l.planes[i])
	}
}

// pixels emits the loop over the pixels of a row, step the field of the bytes between them.
func (l *layoutF32) pixels(step string, body func(l *layoutF32)) {
	again, whole, next, done := l.label("pixels"), l.label("whole"), l.label("next"), l.label("pixelsDone")
	l.MOVQ(operand.I32(0), l.i)
	l.set("TilesLeft", "Pixels")
	l.Label(again)
	body(l)
	n := l.get("TilesLeft")
	l.SUBQ(operand.Imm(square), n)
	l.JLE(operand.LabelRef(done))
	l.CMPQ(n, operand.Imm(square))
	l.JGE(operand.LabelRef(whole))
	l.MOVQ(operand.I32(square), l.arg("TilesLeft"))
	l.JMP(operand.LabelRef(next))
	l.Label(whole)
	l.MOVQ(n, l.arg("TilesLeft"))
	l.MOVQ(operand.I32(square), n)
	l.Label(next)
	l.ADDQ(n, l.i)
	l.IMULQ(l.arg(step), n)
	l.ADDQ(n, l.pixel)
	l.JMP(operand.LabelRef(again))
	l.Label(done)
}

// walk calls f for each of eight pixels.
func (l *layoutF32) walk(f func(i int, p reg.GPVirtual)) {
	p := l.GP64()
	l.MOVQ(l.pixel, p)
	for i := range square {
		f(i, p)
		if i < square-1 {
			l.ADDQ(l.step, p)
		}
	}
}

// prepareFew makes ready to store pixels of fewer than eight channels: a mask on
// AVX-512; on AVX2 storePixel moves on by what it writes.
func (l *layoutF32) prepareFew() {
	if l.z {
		l.mask = l.K()
		l.KMOVB(l.arg("Mask"), l.mask)
		return
	}
	n := l.get("N")
	l.SHLQ(operand.U8(2), n)
	l.SUBQ(n, l.step)
}

// storePixel writes the channels of a pixel.
func (l *layoutF32) storePixel(v reg.VecVirtual, p reg.GPVirtual) {
	switch {
	case !l.few:
		l.VMOVUPS(v, at(p, 0))
		return
	case l.z:
		l.VMOVUPS(v, l.mask, at(p, 0))
		return
	}
	part := func(n int, store, shift func()) {
		skip := l.label("skip")
		l.TESTQ(operand.U32(uint32(n)), l.arg("N"))
		l.JEQ(operand.LabelRef(skip))
		store()
		l.ADDQ(operand.Imm(uint64(4*n)), p)
		shift()
		l.Label(skip)
	}
	x := l.XMM()
	l.VMOVDQU(v.AsX(), x)
	part(4, func() { l.VMOVUPS(x, at(p, 0)) }, func() { l.VEXTRACTF128(operand.U8(1), v, x) })
	part(2, func() { l.VMOVQ(x, at(p, 0)) }, func() { l.VPSRLDQ(operand.U8(8), x, x) })
	part(1, func() { l.VMOVD(x, at(p, 0)) }, func() {})
}
