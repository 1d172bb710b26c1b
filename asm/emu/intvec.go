package emu

import (
	"math/bits"
	"unsafe"
)

// integer is a lane of an integer operation.
type integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// bin makes the spec of a lanewise d = f(a, b); elem 4 and 8 have the embedded
// broadcast.
func bin[T any](elem int, f func(d, a, b []T)) vspec {
	s := vspec{srcs: 2, elem: elem, is: lanewise, run: func(o *vop) {
		f(lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](o.b, o.w))
	}}
	if elem >= 4 {
		s.is |= broadcasts
	}
	return s
}

// un makes the spec of a lanewise d = f(b).
func un[T any](elem int, f func(d, b []T)) vspec {
	s := vspec{srcs: 1, elem: elem, is: lanewise, run: func(o *vop) {
		f(lanes[T](o.d, o.w), lanes[T](o.b, o.w))
	}}
	if elem >= 4 {
		s.is |= broadcasts
	}
	return s
}

// with returns the spec with more traits.
func (s vspec) with(t traits) vspec {
	s.is |= t
	return s
}

// integerOps has the arithmetic and logic of integer lanes.
func integerOps() map[string]vspec {
	t := map[string]vspec{
		"VPADDB": bin(1, add[uint8]), "VPADDW": bin(2, add[uint16]),
		"VPADDD": bin(4, add[uint32]), "VPADDQ": bin(8, add[uint64]),
		"VPSUBB": bin(1, sub[uint8]).with(cancels), "VPSUBW": bin(2, sub[uint16]).with(cancels),
		"VPSUBD": bin(4, sub[uint32]).with(cancels), "VPSUBQ": bin(8, sub[uint64]).with(cancels),
		"VPADDSB": bin(1, addSat[int8]), "VPADDSW": bin(2, addSat[int16]),
		"VPADDUSB": bin(1, addSat[uint8]), "VPADDUSW": bin(2, addSat[uint16]),
		"VPSUBSB": bin(1, subSat[int8]), "VPSUBSW": bin(2, subSat[int16]),
		"VPSUBUSB": bin(1, subSat[uint8]), "VPSUBUSW": bin(2, subSat[uint16]),
		"VPMULLW": bin(2, mul[uint16]), "VPMULLD": bin(4, mul[uint32]), "VPMULLQ": bin(8, mul[uint64]),
		"VPMULHW": bin(2, mulHigh[int16]), "VPMULHUW": bin(2, mulHigh[uint16]),
		"VPMULHRSW": bin(2, mulRound), "VPMULUDQ": bin(8, mulEvenU), "VPMULDQ": bin(8, mulEven),
		"VPAVGB": bin(1, avg[uint8]), "VPAVGW": bin(2, avg[uint16]),
		"VPMAXUB": bin(1, maxOf[uint8]), "VPMAXUW": bin(2, maxOf[uint16]), "VPMAXUD": bin(4, maxOf[uint32]),
		"VPMAXUQ": bin(8, maxOf[uint64]), "VPMAXSQ": bin(8, maxOf[int64]),
		"VPMAXSB": bin(1, maxOf[int8]), "VPMAXSW": bin(2, maxOf[int16]), "VPMAXSD": bin(4, maxOf[int32]),
		"VPMINUB": bin(1, minOf[uint8]), "VPMINUW": bin(2, minOf[uint16]), "VPMINUD": bin(4, minOf[uint32]),
		"VPMINUQ": bin(8, minOf[uint64]), "VPMINSQ": bin(8, minOf[int64]),
		"VPMINSB": bin(1, minOf[int8]), "VPMINSW": bin(2, minOf[int16]), "VPMINSD": bin(4, minOf[int32]),
		"VPABSB": un(1, abs[int8]), "VPABSW": un(2, abs[int16]), "VPABSD": un(4, abs[int32]), "VPABSQ": un(8, abs[int64]),
		"VPSIGNB": bin(0, sign[int8]), "VPSIGNW": bin(0, sign[int16]), "VPSIGND": bin(0, sign[int32]),

		"VPMADDUBSW": multiplies(2, maddubs).with(wholeMem),
		"VPMADDWD":   multiplies(4, maddwd).with(wholeMem),
		"VPDPBUSD":   multiplies(4, dpbusd).with(accumulates | broadcasts),
		"VPDPBUSDS":  multiplies(4, dpbusds).with(accumulates | broadcasts),
		"VPDPWSSD":   multiplies(4, dpwssd).with(accumulates | broadcasts),
		"VPSADBW":    {srcs: 2, run: sadbw, is: lanewise},

		"VPCMPEQB": bin(0, cmpEq[int8]).with(cancels), "VPCMPEQW": bin(0, cmpEq[int16]).with(cancels),
		"VPCMPEQD": bin(0, cmpEq[int32]).with(cancels), "VPCMPEQQ": bin(0, cmpEq[int64]).with(cancels),
		"VPCMPGTB": bin(0, cmpGt[int8]).with(cancels), "VPCMPGTW": bin(0, cmpGt[int16]).with(cancels),
		"VPCMPGTD": bin(0, cmpGt[int32]).with(cancels), "VPCMPGTQ": bin(0, cmpGt[int64]).with(cancels),

		"VPTERNLOGD$": ternary(4), "VPTERNLOGQ$": ternary(8),
		"VPBLENDVB": {srcs: 3, run: blendVB, is: lanewise}, "VBLENDVPS": {srcs: 3, run: blendVPS, is: lanewise},
		"VPBLENDMB": blendM(1), "VPBLENDMW": blendM(2), "VPBLENDMD": blendM(4), "VPBLENDMQ": blendM(8),
		"VBLENDMPS": blendM(4),
	}
	for name, f := range map[string]func(d, a, b []uint64){"AND": and, "ANDN": andn, "OR": or, "XOR": xor} {
		w, d, q := bin(0, f), bin(4, f), bin(8, f)
		if name == "XOR" || name == "ANDN" {
			w, d, q = w.with(cancels), d.with(cancels), q.with(cancels)
		}
		t["VP"+name], t["VP"+name+"D"], t["VP"+name+"Q"] = w, d, q
		t["V"+name+"PS"], t["V"+name+"PD"] = d, q
	}
	return t
}

// multiplies is a dot product of narrow lanes; elem is the result's.
func multiplies(elem int, run func(*vop)) vspec {
	return vspec{srcs: 2, elem: elem, run: run, is: lanewise}
}

func add[T integer](d, a, b []T) {
	for i := range d {
		d[i] = a[i] + b[i]
	}
}

func sub[T integer](d, a, b []T) {
	for i := range d {
		d[i] = a[i] - b[i]
	}
}

func mul[T integer](d, a, b []T) {
	for i := range d {
		d[i] = a[i] * b[i]
	}
}

// narrow is a lane that saturates.
type narrow interface{ int8 | int16 | uint8 | uint16 }

// saturate clamps x to T's range.
func saturate[T integer](x int64) T {
	size := 8 * uint(unsafe.Sizeof(T(0)))
	lo, hi := int64(0), int64(1)<<size-1
	if ^T(0) < 0 {
		lo, hi = -1<<(size-1), 1<<(size-1)-1
	}
	return T(min(max(x, lo), hi))
}

func addSat[T narrow](d, a, b []T) {
	for i := range d {
		d[i] = saturate[T](int64(a[i]) + int64(b[i]))
	}
}

func subSat[T narrow](d, a, b []T) {
	for i := range d {
		d[i] = saturate[T](int64(a[i]) - int64(b[i]))
	}
}

func mulHigh[T int16 | uint16](d, a, b []T) {
	for i := range d {
		d[i] = T(int64(a[i]) * int64(b[i]) >> 16)
	}
}

func mulRound(d, a, b []int16) {
	for i := range d {
		d[i] = int16((int32(a[i])*int32(b[i])>>14 + 1) >> 1)
	}
}

func mulEvenU(d, a, b []uint64) {
	for i := range d {
		d[i] = uint64(uint32(a[i])) * uint64(uint32(b[i]))
	}
}

func mulEven(d, a, b []uint64) {
	for i := range d {
		d[i] = uint64(int64(int32(a[i])) * int64(int32(b[i])))
	}
}

func avg[T uint8 | uint16](d, a, b []T) {
	for i := range d {
		d[i] = T((uint32(a[i]) + uint32(b[i]) + 1) >> 1)
	}
}

func maxOf[T integer](d, a, b []T) {
	for i := range d {
		d[i] = max(a[i], b[i])
	}
}

func minOf[T integer](d, a, b []T) {
	for i := range d {
		d[i] = min(a[i], b[i])
	}
}

func abs[T integer](d, b []T) {
	for i, x := range b {
		if x < 0 {
			x = -x
		}
		d[i] = x
	}
}

func sign[T integer](d, a, b []T) {
	for i, x := range a {
		switch {
		case b[i] < 0:
			x = -x
		case b[i] == 0:
			x = 0
		}
		d[i] = x
	}
}

func cmpEq[T integer](d, a, b []T) {
	for i := range d {
		d[i] = -T(b2u(a[i] == b[i]))
	}
}

func cmpGt[T integer](d, a, b []T) {
	for i := range d {
		d[i] = -T(b2u(a[i] > b[i]))
	}
}

func and(d, a, b []uint64) {
	for i := range d {
		d[i] = a[i] & b[i]
	}
}

func andn(d, a, b []uint64) {
	for i := range d {
		d[i] = ^a[i] & b[i]
	}
}

func or(d, a, b []uint64) {
	for i := range d {
		d[i] = a[i] | b[i]
	}
}

func xor(d, a, b []uint64) {
	for i := range d {
		d[i] = a[i] ^ b[i]
	}
}

// maddubs multiplies unsigned bytes of a by signed bytes of b and adds pairs
// with signed saturation.
func maddubs(o *vop) {
	d, a, b := lanes[int16](o.d, o.w), lanes[uint16](o.a, o.w), lanes[uint16](o.b, o.w)
	for i := range d {
		x, y := a[i], b[i]
		s := int32(uint8(x))*int32(int8(y)) + int32(x>>8)*int32(int8(y>>8))
		d[i] = int16(min(max(s, -1<<15), 1<<15-1))
	}
}

// maddwd multiplies signed words and adds pairs; it wraps only for four -32768.
func maddwd(o *vop) {
	d, a, b := lanes[int32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		x, y := a[i], b[i]
		d[i] = int32(int16(x))*int32(int16(y)) + int32(x)>>16*(int32(y)>>16)
	}
}

// dpbusd adds four products of unsigned bytes of a and signed bytes of b to
// each lane of d, without saturation.
func dpbusd(o *vop) {
	d, a, b := unsafe.Pointer(o.d), unsafe.Pointer(o.a), unsafe.Pointer(o.b)
	for at := 0; at < o.w; at += 16 {
		dot16((*[4]int32)(unsafe.Add(d, at)), (*[16]uint8)(unsafe.Add(a, at)), (*[16]int8)(unsafe.Add(b, at)))
	}
}

// dot16 is where the emulator spends most of its time. As a function of its
// own, with constant indexes, each byte is one load.
//
//go:noinline
func dot16(d *[4]int32, a *[16]uint8, b *[16]int8) {
	d[0] += int32(a[0])*int32(b[0]) + int32(a[1])*int32(b[1]) + int32(a[2])*int32(b[2]) + int32(a[3])*int32(b[3])
	d[1] += int32(a[4])*int32(b[4]) + int32(a[5])*int32(b[5]) + int32(a[6])*int32(b[6]) + int32(a[7])*int32(b[7])
	d[2] += int32(a[8])*int32(b[8]) + int32(a[9])*int32(b[9]) + int32(a[10])*int32(b[10]) + int32(a[11])*int32(b[11])
	d[3] += int32(a[12])*int32(b[12]) + int32(a[13])*int32(b[13]) + int32(a[14])*int32(b[14]) + int32(a[15])*int32(b[15])
}

func dot4(x, y uint32) int32 {
	return int32(uint8(x))*int32(int8(y)) + int32(uint8(x>>8))*int32(int8(y>>8)) +
		int32(uint8(x>>16))*int32(int8(y>>16)) + int32(x>>24)*(int32(y)>>24)
}

// dpbusds is dpbusd with a saturating sum.
func dpbusds(o *vop) {
	d, a, b := lanes[int32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		d[i] = saturate[int32](int64(d[i]) + int64(dot4(a[i], b[i])))
	}
}

func dpwssd(o *vop) {
	d, a, b := lanes[int32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		d[i] += int32(int16(a[i]))*int32(int16(b[i])) + int32(a[i])>>16*(int32(b[i])>>16)
	}
}

// sadbw sums the absolute differences of eight bytes into each quadword.
func sadbw(o *vop) {
	d, a, b := lanes[uint64](o.d, o.w), lanes[uint8](o.a, o.w), lanes[uint8](o.b, o.w)
	for i := range d {
		s := 0
		for j := 8 * i; j < 8*i+8; j++ {
			s += max(int(a[j]), int(b[j])) - min(int(a[j]), int(b[j]))
		}
		d[i] = uint64(s)
	}
}

// ternary looks each bit's three inputs up in the constant: d is the high bit
// of the index, b the low one.
func ternary(elem int) vspec {
	return vspec{srcs: 2, elem: elem, is: lanewise | accumulates | broadcasts, run: func(o *vop) {
		d, a, b := lanes[uint64](o.d, o.w), lanes[uint64](o.a, o.w), lanes[uint64](o.b, o.w)
		for i := range d {
			var r uint64
			for t := o.imm; t != 0; t &= t - 1 {
				n := bits.TrailingZeros8(t)
				r |= pick(d[i], n>>2) & pick(a[i], n>>1) & pick(b[i], n)
			}
			d[i] = r
		}
	}}
}

// pick returns x where the low bit of n is set, else its complement.
func pick(x uint64, n int) uint64 {
	if n&1 == 0 {
		return ^x
	}
	return x
}

func blendVB(o *vop) {
	d, a, b, c := lanes[uint8](o.d, o.w), lanes[uint8](o.a, o.w), lanes[uint8](o.b, o.w), lanes[int8](o.c, o.w)
	for i := range d {
		if c[i] < 0 {
			d[i] = b[i]
		} else {
			d[i] = a[i]
		}
	}
}

func blendVPS(o *vop) {
	d, a, b, c := lanes[uint32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w), lanes[int32](o.c, o.w)
	for i := range d {
		if c[i] < 0 {
			d[i] = b[i]
		} else {
			d[i] = a[i]
		}
	}
}

// blendM takes b where the mask is set and a elsewhere.
func blendM(elem int) vspec {
	s := bin(elem, func(d, _, b []uint64) { copy(d, b) })
	s.is |= blends
	return s
}
