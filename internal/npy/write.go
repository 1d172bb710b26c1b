package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// headerText returns the header of a float32 array in C order, of version 1.
// It is padded with spaces to a multiple of 64 bytes, as numpy does.
func headerText(shape []int) []byte {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = fmt.Sprint(d)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", tuple)
	total := (10 + len(text) + 1 + 63) / 64 * 64
	var b bytes.Buffer
	b.WriteString(magic + "\x01\x00")
	b.Write(binary.LittleEndian.AppendUint16(nil, uint16(total-10)))
	fmt.Fprintf(&b, "%-*s\n", total-11, text)
	return b.Bytes()
}

// Write writes data, in C order, as an .npy file of float32.
func Write(w io.Writer, shape []int, data []float32) error {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n != len(data) || len(shape) > maxAxes {
		return fmt.Errorf("npy: %d elements for the shape %v", len(data), shape)
	}
	if _, err := w.Write(headerText(shape)); err != nil {
		return err
	}
	return writeData(w, data)
}

func writeData(w io.Writer, data []float32) error {
	chunk := make([]byte, 0, 1<<15)
	for len(data) > 0 {
		n := min(len(data), cap(chunk)/4)
		chunk = chunk[:0]
		for _, v := range data[:n] {
			chunk = binary.LittleEndian.AppendUint32(chunk, math.Float32bits(v))
		}
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
