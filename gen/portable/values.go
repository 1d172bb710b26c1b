package portable

import "unsafe"

// kind is the type of a tensor's elements.
type kind uint8

const (
	kindF32 kind = iota // float32
	kindI64             // int64
	kindS32             // int32
	kindU8              // uint8; truth values are 0 and 1
	kindS8              // int8
)

// number is what elements are in Go.
type number interface {
	float32 | int64 | int32 | uint8 | int8
}

// size returns the bytes of an element.
func (k kind) size() int {
	switch k {
	case kindF32, kindS32:
		return 4
	case kindI64:
		return 8
	}
	return 1
}

// values says where a tensor lies, row-major: in the arena, or in the weights where it
// is a constant.
type values struct {
	Off, N int // elements
	Kind   kind
	Const  bool
}

// operand is values made ready.
type operand struct {
	values
	memory []byte // of a constant: its elements as the machine has them, on a cache line
}

func (v values) bind(m *model) operand {
	o := operand{values: v}
	if !v.Const || v.N == 0 {
		return o
	}
	o.memory = alignedBytes(v.N * v.Kind.size())
	switch v.Kind.size() {
	case 1:
		copy(o.memory, m.blob[v.Off:])
	case 4: // of float32 as well: the bits
		words := numbers[int32](nil, &o)
		for i := range words {
			words[i] = int32(m.word(v.Off + 4*i))
		}
	default:
		words := numbers[int64](nil, &o)
		for i := range words {
			words[i] = int64(m.word(v.Off+8*i)) | int64(m.word(v.Off+8*i+4))<<32
		}
	}
	return o
}

// bytes returns the memory of the tensor's elements.
func (o *operand) bytes(w *work) []byte {
	n := o.N * o.Kind.size()
	if o.Const {
		return o.memory[:n]
	}
	return w.arena[o.Off:][:n]
}

// numbers returns the tensor's elements; T is the type of its kind.
func numbers[T number](w *work, o *operand) []T {
	if o.N == 0 {
		return nil
	}
	memory := o.memory
	if !o.Const {
		memory = w.arena[o.Off:]
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[0])), o.N)
}

// get returns the elements of a tensor of float32.
func (o *operand) get(w *work) []float32 { return numbers[float32](w, o) }
