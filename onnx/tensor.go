package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

var dataTypeNames = map[DataType]string{
	TypeFloat: "float", TypeUint8: "uint8", TypeInt8: "int8", TypeUint16: "uint16", TypeInt16: "int16",
	TypeInt32: "int32", TypeInt64: "int64", TypeString: "string", TypeBool: "bool", TypeFloat16: "float16",
	TypeDouble: "double", TypeUint32: "uint32", TypeUint64: "uint64", TypeComplex64: "complex64", TypeBFloat16: "bfloat16",
}

// String returns the name that ONNX's documentation uses.
func (d DataType) String() string {
	if s, ok := dataTypeNames[d]; ok {
		return s
	}
	return fmt.Sprintf("type %d", int32(d))
}

// irType returns the type of ir that holds d: every floating point type becomes
// F32, the integers that ir lacks a wider one; Invalid for the others.
func (d DataType) irType() ir.DType {
	switch d {
	case TypeFloat, TypeFloat16, TypeBFloat16, TypeDouble:
		return ir.F32
	case TypeUint8:
		return ir.U8
	case TypeInt8:
		return ir.S8
	case TypeInt32, TypeInt16, TypeUint16:
		return ir.S32
	case TypeInt64, TypeUint32, TypeUint64:
		return ir.I64
	case TypeBool:
		return ir.Bool
	}
	return ir.Invalid
}

// size returns the bytes of one element in RawData.
func (d DataType) size() int {
	switch d {
	case TypeUint8, TypeInt8, TypeBool:
		return 1
	case TypeUint16, TypeInt16, TypeFloat16, TypeBFloat16:
		return 2
	case TypeFloat, TypeInt32, TypeUint32:
		return 4
	}
	return 8
}

// Tensor converts t's data: float16, bfloat16 and double become F32, the
// integers that ir lacks S32 or I64. It copies. The error says what doesn't fit; data
// in an external file are an error here, since only an import knows the folder.
func (t *TensorProto) Tensor() (*ir.Tensor, error) { return t.tensor(externalFiles{}) }

func (t *TensorProto) tensor(files externalFiles) (*ir.Tensor, error) {
	typ := t.DataType.irType()
	if typ == ir.Invalid {
		return nil, fmt.Errorf("elements of %s: want a number type or bool", t.DataType)
	}
	shape, n, err := t.shape()
	if err != nil {
		return nil, err
	}
	raw := t.RawData
	if t.DataLocation == 1 {
		if raw, err = files.read(t.External, n*t.DataType.size()); err != nil {
			return nil, err
		}
	}
	out := &ir.Tensor{Type: typ, Shape: shape}
	if len(raw) > 0 || t.DataLocation == 1 {
		if len(raw) != n*t.DataType.size() {
			return nil, fmt.Errorf("has %d bytes of data, %s of %s needs %d: the file is damaged, export the model again", len(raw), t.DataType, shape, n*t.DataType.size())
		}
		return out, fillRaw(out, t.DataType, raw, n)
	}
	if have := t.typedLen(); have != n {
		return nil, fmt.Errorf("has %d elements of data, %s of %s needs %d: the file is damaged, export the model again", have, t.DataType, shape, n)
	}
	return out, t.fillTyped(out, n)
}

// shape returns the dimensions and the number of elements, at most ir.MaxElems.
func (t *TensorProto) shape() (ir.Shape, int, error) {
	s := make(ir.Shape, len(t.Dims))
	for i, d := range t.Dims {
		if d < 0 || d > ir.MaxElems {
			return nil, 0, fmt.Errorf("dimension %d is %d: want 0 to %d", i, d, int64(ir.MaxElems))
		}
		s[i] = int(d)
	}
	n, err := elems(s)
	return s, n, err
}

// maxRank bounds the axes of a tensor; networks have up to six.
const maxRank = 32

// elems multiplies the extents of s, none negative, without overflow.
func elems(s ir.Shape) (int, error) {
	if len(s) > maxRank {
		return 0, fmt.Errorf("%d axes: at most %d are supported", len(s), maxRank)
	}
	n := 1
	for _, d := range s {
		if d == 0 {
			return 0, nil
		}
		if n > ir.MaxElems/d {
			return 0, fmt.Errorf("shape %s has more than %d elements", s, int64(ir.MaxElems))
		}
		n *= d
	}
	return n, nil
}

// typedLen returns the length of the typed field that DataType uses.
func (t *TensorProto) typedLen() int {
	switch t.DataType {
	case TypeFloat:
		return len(t.FloatData)
	case TypeDouble:
		return len(t.DoubleData)
	case TypeInt64:
		return len(t.Int64Data)
	case TypeUint32, TypeUint64:
		return len(t.Uint64Data)
	}
	return len(t.Int32Data)
}

func (t *TensorProto) fillTyped(out *ir.Tensor, n int) error {
	i32 := func(i int) int64 { return int64(t.Int32Data[i]) }
	switch t.DataType {
	case TypeFloat:
		out.F32 = append([]float32{}, t.FloatData...)
	case TypeDouble:
		out.F32 = floats(n, func(i int) float32 { return float32(t.DoubleData[i]) })
	case TypeFloat16:
		out.F32 = floats(n, func(i int) float32 { return halfToFloat(uint16(t.Int32Data[i])) })
	case TypeBFloat16:
		out.F32 = floats(n, func(i int) float32 { return bfloatToFloat(uint16(t.Int32Data[i])) })
	case TypeInt64:
		out.I64 = append([]int64{}, t.Int64Data...)
	case TypeUint32, TypeUint64:
		return fillInts(out, n, func(i int) int64 { return int64(t.Uint64Data[i]) })
	default:
		return fillInts(out, n, i32)
	}
	return nil
}

func fillRaw(out *ir.Tensor, d DataType, b []byte, n int) error {
	le := binary.LittleEndian
	u16 := func(i int) uint16 { return le.Uint16(b[2*i:]) }
	u32 := func(i int) uint32 { return le.Uint32(b[4*i:]) }
	u64 := func(i int) uint64 { return le.Uint64(b[8*i:]) }
	switch d {
	case TypeFloat: // most of a file
		out.F32 = make([]float32, n)
		for i := range out.F32 {
			out.F32[i] = math.Float32frombits(le.Uint32(b[4*i:]))
		}
	case TypeDouble:
		out.F32 = floats(n, func(i int) float32 { return float32(math.Float64frombits(u64(i))) })
	case TypeFloat16:
		out.F32 = floats(n, func(i int) float32 { return halfToFloat(u16(i)) })
	case TypeBFloat16:
		out.F32 = floats(n, func(i int) float32 { return bfloatToFloat(u16(i)) })
	case TypeUint8, TypeBool:
		return fillInts(out, n, func(i int) int64 { return int64(b[i]) })
	case TypeInt8:
		return fillInts(out, n, func(i int) int64 { return int64(int8(b[i])) })
	case TypeInt16:
		return fillInts(out, n, func(i int) int64 { return int64(int16(u16(i))) })
	case TypeUint16:
		return fillInts(out, n, func(i int) int64 { return int64(u16(i)) })
	case TypeInt32:
		return fillInts(out, n, func(i int) int64 { return int64(int32(u32(i))) })
	case TypeUint32:
		return fillInts(out, n, func(i int) int64 { return int64(u32(i)) })
	default: // int64, uint64
		return fillInts(out, n, func(i int) int64 { return int64(u64(i)) })
	}
	return nil
}

func floats(n int, at func(int) float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = at(i)
	}
	return v
}

// intLimits returns the least and greatest integer of a type.
func intLimits(t ir.DType) (lo, hi int64) {
	switch t {
	case ir.U8:
		return 0, math.MaxUint8
	case ir.S8:
		return math.MinInt8, math.MaxInt8
	case ir.S32:
		return math.MinInt32, math.MaxInt32
	case ir.Bool:
		return 0, 1
	}
	return math.MinInt64, math.MaxInt64
}

// fillInts sets the slice that out.Type names; a number outside the type is an error.
func fillInts(out *ir.Tensor, n int, at func(int) int64) error {
	lo, hi := intLimits(out.Type)
	for i := range n {
		if v := at(i); v < lo || v > hi {
			return fmt.Errorf("element %d is %d, outside %s", i, v, out.Type)
		}
	}
	switch out.Type {
	case ir.U8, ir.Bool:
		out.U8 = convert[uint8](n, at)
	case ir.S8:
		out.S8 = convert[int8](n, at)
	case ir.S32:
		out.S32 = convert[int32](n, at)
	default:
		out.I64 = convert[int64](n, at)
	}
	return nil
}

func convert[T uint8 | int8 | int32 | int64](n int, at func(int) int64) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(at(i))
	}
	return v
}

// halfToFloat converts an IEEE 754 binary16 number.
func halfToFloat(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0: // zero or subnormal: frac * 2^-24, exact in float32
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(v))
	case 31: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// bfloatToFloat converts a bfloat16, the upper half of a float32.
func bfloatToFloat(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) }

// NewTensor makes the TensorProto that holds t, in RawData.
func NewTensor(name string, t *ir.Tensor) *TensorProto {
	p := &TensorProto{Name: name, RawData: []byte{}}
	for _, d := range t.Shape {
		p.Dims = append(p.Dims, int64(d))
	}
	le := binary.LittleEndian
	switch t.Type {
	case ir.F32:
		p.DataType = TypeFloat
		for _, v := range t.F32 {
			p.RawData = le.AppendUint32(p.RawData, math.Float32bits(v))
		}
	case ir.I64:
		p.DataType = TypeInt64
		for _, v := range t.I64 {
			p.RawData = le.AppendUint64(p.RawData, uint64(v))
		}
	case ir.S32:
		p.DataType = TypeInt32
		for _, v := range t.S32 {
			p.RawData = le.AppendUint32(p.RawData, uint32(v))
		}
	case ir.S8:
		p.DataType = TypeInt8
		for _, v := range t.S8 {
			p.RawData = append(p.RawData, byte(v))
		}
	case ir.U8:
		p.DataType, p.RawData = TypeUint8, append(p.RawData, t.U8...)
	case ir.Bool:
		p.DataType, p.RawData = TypeBool, append(p.RawData, t.U8...)
	}
	return p
}
