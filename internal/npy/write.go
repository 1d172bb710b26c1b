package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// element is what arrays that are written are made of; bool for truth values.
type element interface {
	float32 | int64 | int32 | int8 | uint8 | bool
}

// description returns numpy's name of a type, in little-endian order.
func description[T element]() string {
	var zero T
	switch any(zero).(type) {
	case float32:
		return "<f4"
	case int64:
		return "<i8"
	case int32:
		return "<i4"
	case int8:
		return "|i1"
	case uint8:
		return "|u1"
	}
	return "|b1"
}

// headerText returns the header of an array in C order, of version 1.
// It is padded with spaces to a multiple of 64 bytes, as numpy does.
func headerText(shape []int, descr string) []byte {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = fmt.Sprint(d)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple)
	total := (10 + len(text) + 1 + 63) / 64 * 64
	var b bytes.Buffer
	b.WriteString(magic + "\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(total-10)))
	fmt.Fprintf(&b, "%-*s\n", total-11, text)
	return b.Bytes()
}

// Write writes data, in C order, as an .npy file.
func Write[T element](w io.Writer, shape []int, data []T) error {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n != len(data) || len(shape) > maxAxes {
		return fmt.Errorf("npy: %d elements for the shape %v", len(data), shape)
	}
	if _, err := w.Write(headerText(shape, description[T]())); err != nil {
		return err
	}
	return writeData(w, data)
}

func writeData[T element](w io.Writer, data []T) error {
	chunk := make([]byte, 0, 1<<15)
	for len(data) > 0 {
		n := min(len(data), cap(chunk)/8)
		var err error
		if chunk, err = binary.Append(chunk[:0], binary.LittleEndian, data[:n]); err != nil {
			return err
		}
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
