package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// scale turns exact sums into what is rounded: v = f32(acc) * mul.
func (b *builder) scale(v reg.Register, mul operand.Op) {
	b.VCVTDQ2PS(v, v)
	b.VMULPS(mul, v, v)
}

// sum adds the residual operand r, dwords, to v: the clamp before it, then
// v + f32(r-ResZero)*ResMul with the product rounded first. It clobbers r.
func (b *builder) sum(v, r reg.Register) {
	if b.k.Pre {
		b.maxField("PreLo", v)
		b.minField("PreHi", v)
	}
	b.subField("ResZero", r)
	b.VCVTDQ2PS(r, r)
	b.mulField("ResMul", r)
	b.VADDPS(r, v, v)
}

// round limits v where pack would not do it, and converts to integers, still
// without the zero point.
func (b *builder) round(v reg.Register) {
	if b.k.Clamp {
		b.maxField("Lo", v)
		b.minField("Hi", v)
	}
	b.VCVTPS2DQ(v, v)
}

// packing holds the registers that pack needs.
type packing struct {
	zero  reg.Register // the zero point in every word
	order reg.Register // dword permutation; nil keeps the order of the unpack instructions
	most  reg.Register // the upper limit in every byte; nil: there is none, or spare registers are few
	limit bool         // there is one
}

// limited adds the upper limit of the result to pack. Few says that it has to be
// loaded each time.
func (b *builder) limited(p packing, few bool) packing {
	p.limit = true
	if !few {
		p.most = b.spread("Most")
	}
	return p
}

// packing prepares pack. Unpacked says that the vectors come from byte unpacks,
// whose order packing undoes by itself.
func (b *builder) packing(unpacked bool) packing {
	p := packing{zero: b.vec()}
	b.VPBROADCASTW(b.arg("Zero"), p.zero)
	if unpacked {
		return p
	}
	p.order = b.vec()
	c := b.get("Consts")
	if b.wide() {
		b.load(at(c, spec.ConstTranspose), p.order)
	} else {
		b.load(at(c, spec.ConstPairs), p.order)
	}
	return p
}

// pack narrows up to four vectors of dwords to bytes in v[0], adding the zero
// point in between: saturation to words and then to bytes is the limit to
// 0..255, of which the upper one may be lower. Vectors that are not there may repeat; their bytes are not stored.
func (b *builder) pack(p packing, v []reg.VecVirtual) reg.VecVirtual {
	last := len(v) - 1
	out := v[0]
	b.VPACKSSDW(v[min(1, last)], v[0], out)
	b.VPADDSW(p.zero, out, out)
	high := out
	if last >= 2 {
		high = v[2]
		b.VPACKSSDW(v[min(3, last)], v[2], high)
		b.VPADDSW(p.zero, high, high)
	}
	b.VPACKUSWB(high, out, out)
	if p.limit {
		most := p.most
		if most == nil {
			most = b.spread("Most")
		}
		b.VPMINUB(most, out, out)
	}
	if p.order != nil {
		b.VPERMD(out, p.order, out)
	}
	return out
}

// lookup replaces every byte of the vectors by its entry in the table. VPSHUFB takes the lower
// four bits of a byte as index where the top bit is not set, else gives zero. A byte x loses 16
// before each of the parts but the first, so it finds some parts in a row; plan.PackTable makes parts
// whose exclusive or over those is the entry. Up to the ninth part a byte of 128 and more loses
// its top bit; from there on the difference saturates as a signed byte, so that none gets it back.
func (b *builder) lookup(v []reg.VecVirtual) []reg.VecVirtual {
	if b.k.VBMI {
		return b.lookupVBMI(v)
	}
	t, sixteen := b.get("Table"), b.constant(spec.ConstSixteens)
	sum := make([]reg.VecVirtual, len(v))
	part, found := b.vec(), b.vec()
	for n := range 16 {
		if b.z {
			b.VBROADCASTI32X4(at(t, 256+16*n), part)
		} else {
			b.VBROADCASTI128(at(t, 256+16*n), part)
		}
		for i, x := range v {
			switch {
			case n == 0:
				sum[i] = b.vec()
				b.VPSHUFB(x, part, sum[i])
				continue
			case n <= 8:
				b.VPSUBB(sixteen, x, x)
			default:
				b.VPSUBSB(sixteen, x, x)
			}
			b.VPSHUFB(x, part, found)
			b.xor(found, sum[i])
		}
	}
	return sum
}

// lookupVBMI is lookup with a permutation of the lower and one of the upper 128
// entries, which look at the lower seven bits; the top bit chooses between them.
func (b *builder) lookupVBMI(v []reg.VecVirtual) []reg.VecVirtual {
	t := b.get("Table")
	var part [4]reg.VecVirtual
	for i := range part {
		part[i] = b.ZMM()
		b.load(at(t, 64*i), part[i])
	}
	out := make([]reg.VecVirtual, len(v))
	for i, narrow := range v {
		out[i] = b.ZMM()
		x, top := narrow.AsZ(), b.K()
		b.VPMOVB2M(x, top)
		b.move(x, out[i])
		b.VPERMI2B(part[1], part[0], out[i])
		b.VPERMI2B(part[3], part[2], x)
		b.VMOVDQU8(x, top, out[i])
	}
	return out
}
