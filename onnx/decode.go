package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message as it lies on the wire.
type field struct {
	num protowire.Number
	typ protowire.Type
	u   uint64 // of varint, fixed32 and fixed64
	b   []byte // of bytes; shares the file's memory
}

// errWire marks bytes that are no protobuf message.
var errWire = errors.New("not a protobuf message, or cut short")

// eachField calls f for every field of the message b, in the order of the wire.
func eachField(b []byte, f func(field) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %v", errWire, protowire.ParseError(n))
		}
		b = b[n:]
		x := field{num: num, typ: typ}
		switch typ {
		case protowire.VarintType:
			x.u, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			x.u = uint64(v)
		case protowire.Fixed64Type:
			x.u, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			x.b, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("%w: field %d: %v", errWire, num, protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// want returns an error unless the field has the wire type t.
func (x field) want(t protowire.Type) error {
	if x.typ != t {
		return fmt.Errorf("%w: field %d has wire type %d, want %d", errWire, x.num, x.typ, t)
	}
	return nil
}

func (x field) str(p *string) error {
	*p = string(x.b)
	return x.want(protowire.BytesType)
}

func (x field) bytes(p *[]byte) error {
	*p = x.b
	return x.want(protowire.BytesType)
}

func (x field) addStr(p *[]string) error {
	*p = append(*p, string(x.b))
	return x.want(protowire.BytesType)
}

func (x field) addBytes(p *[][]byte) error {
	*p = append(*p, x.b)
	return x.want(protowire.BytesType)
}

func setInt[T ~int32 | ~int64](x field, p *T) error {
	*p = T(x.u)
	return x.want(protowire.VarintType)
}

// addVarints appends a repeated varint field, packed or not.
func addVarints[T int32 | int64 | uint64](x field, p *[]T) error {
	if x.typ == protowire.VarintType {
		*p = append(*p, T(x.u))
		return nil
	}
	for b := x.b; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fmt.Errorf("%w: field %d: %v", errWire, x.num, protowire.ParseError(n))
		}
		*p, b = append(*p, T(v)), b[n:]
	}
	return x.want(protowire.BytesType)
}

// addFloats appends a repeated float field, packed or not.
func addFloats(x field, p *[]float32) error {
	if x.typ == protowire.Fixed32Type {
		*p = append(*p, math.Float32frombits(uint32(x.u)))
		return nil
	}
	for b := x.b; len(b) > 0; {
		v, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			return fmt.Errorf("%w: field %d: %v", errWire, x.num, protowire.ParseError(n))
		}
		*p, b = append(*p, math.Float32frombits(v)), b[n:]
	}
	return x.want(protowire.BytesType)
}

// addDoubles appends a repeated double field, packed or not.
func addDoubles(x field, p *[]float64) error {
	if x.typ == protowire.Fixed64Type {
		*p = append(*p, math.Float64frombits(x.u))
		return nil
	}
	for b := x.b; len(b) > 0; {
		v, n := protowire.ConsumeFixed64(b)
		if n < 0 {
			return fmt.Errorf("%w: field %d: %v", errWire, x.num, protowire.ParseError(n))
		}
		*p, b = append(*p, math.Float64frombits(v)), b[n:]
	}
	return x.want(protowire.BytesType)
}

// sub decodes an embedded message with f.
func sub(x field, f func([]byte) error) error {
	if err := x.want(protowire.BytesType); err != nil {
		return err
	}
	return f(x.b)
}

// add decodes an embedded message into a new T and appends it.
func add[T any](x field, p *[]*T, f func(*T, []byte) error) error {
	v := new(T)
	*p = append(*p, v)
	return sub(x, func(b []byte) error { return f(v, b) })
}
