package npy

import (
	"encoding/binary"
	"math"
)

// decoder turns the bytes of one element into a float32.
type decoder struct {
	size int
	get  func(o binary.ByteOrder, b []byte) float32
}

// integers are the decoders of integers and truth values, by numpy's letter and size.
var integers = map[string]func(o binary.ByteOrder, b []byte) int64{
	"b1": func(_ binary.ByteOrder, b []byte) int64 { return int64(min(b[0], 1)) },
	"u1": func(_ binary.ByteOrder, b []byte) int64 { return int64(b[0]) },
	"i1": func(_ binary.ByteOrder, b []byte) int64 { return int64(int8(b[0])) },
	"u2": func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint16(b)) },
	"i2": func(o binary.ByteOrder, b []byte) int64 { return int64(int16(o.Uint16(b))) },
	"u4": func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint32(b)) },
	"i4": func(o binary.ByteOrder, b []byte) int64 { return int64(int32(o.Uint32(b))) },
	"i8": func(o binary.ByteOrder, b []byte) int64 { return int64(o.Uint64(b)) },
}

// decoders by numpy's letter and size. Numbers that float32 does not have are
// rounded to the nearest that it has; too large ones become infinite.
var decoders = map[string]decoder{
	"f2": {2, func(o binary.ByteOrder, b []byte) float32 { return half(o.Uint16(b)) }},
	"f4": {4, func(o binary.ByteOrder, b []byte) float32 { return math.Float32frombits(o.Uint32(b)) }},
	"f8": {8, func(o binary.ByteOrder, b []byte) float32 { return float32(math.Float64frombits(o.Uint64(b))) }},
	"u1": {1, func(_ binary.ByteOrder, b []byte) float32 { return float32(b[0]) }},
	"b1": {1, func(_ binary.ByteOrder, b []byte) float32 { return float32(min(b[0], 1)) }},
	"i1": {1, func(_ binary.ByteOrder, b []byte) float32 { return float32(int8(b[0])) }},
	"u2": {2, func(o binary.ByteOrder, b []byte) float32 { return float32(o.Uint16(b)) }},
	"i2": {2, func(o binary.ByteOrder, b []byte) float32 { return float32(int16(o.Uint16(b))) }},
	"u4": {4, func(o binary.ByteOrder, b []byte) float32 { return float32(o.Uint32(b)) }},
	"i4": {4, func(o binary.ByteOrder, b []byte) float32 { return float32(int32(o.Uint32(b))) }},
	"i8": {8, func(o binary.ByteOrder, b []byte) float32 { return float32(int64(o.Uint64(b))) }},
}

// half converts IEEE 754 binary16, which has 5 bits of exponent and 10 of fraction.
func half(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp, frac := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exp {
	case 0: // zero, or frac * 2^-24
		f := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f: // infinite, or not a number
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}
