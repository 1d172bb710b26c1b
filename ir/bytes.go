package ir

import "unsafe"

// Bytes returns the memory of t's elements, in the machine's byte order; truth values are 0 and 1.
func (t *Tensor) Bytes() []byte {
	switch t.Type {
	case F32:
		return memory(t.F32)
	case U8, Bool:
		return t.U8
	case S8:
		return memory(t.S8)
	case S32:
		return memory(t.S32)
	case I64:
		return memory(t.I64)
	}
	return nil
}

func memory[T float32 | int8 | int32 | int64](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(v[0])))
}

// goTypes are the types of elements in Go, by DType.
var goTypes = [...]string{Invalid: "", F32: "float32", U8: "uint8", S8: "int8", S32: "int32", I64: "int64", Bool: "bool"}

// GoType returns the name of Go's type for elements of t, empty for none.
func (t DType) GoType() string {
	if int(t) < len(goTypes) {
		return goTypes[t]
	}
	return ""
}

// ParseGoType returns the type of elements whose name in Go is given, Invalid for none.
func ParseGoType(name string) DType {
	for t, n := range goTypes {
		if n == name && n != "" {
			return DType(t)
		}
	}
	return Invalid
}
