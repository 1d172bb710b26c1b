// Package npy reads and writes numpy's array files, .npy and .npz, as float32 and as integers.
//
// Arrays are read as a stream, so that one of any length needs no more memory
// than the piece that is asked for. Files come from users: the shape in a header
// is checked against the size of the file before anything of that size is made.
//
// It is not built on github.com/sbinet/npyio: version 0.6 reads no float16 and converts no
// types, and a header without a newline makes it panic, one with a length of 4 GiB allocate that.
package npy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
)

// Reader reads the elements of one array in C order: the last axis varies fastest.
type Reader struct {
	name  string
	open  func() (io.ReadCloser, error) // the file from its start
	size  int64                         // of the file, header included
	head  *header
	dec   decoder
	in    io.ReadCloser
	buf   *bufio.Reader
	left  int64 // elements not read yet
	whole any   // the reordered elements of an array in Fortran order: []float32 or []int64
	chunk []byte
}

// Open opens an .npy file. Errors name the file and say what is wrong with it.
func Open(path string) (*Reader, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	return newReader(path, st.Size(), func() (io.ReadCloser, error) { return os.Open(path) })
}

func newReader(name string, size int64, open func() (io.ReadCloser, error)) (*Reader, error) {
	r := &Reader{name: name, size: size, open: open}
	if err := r.Reset(); err != nil {
		return nil, err
	}
	return r, nil
}

// Shape returns the lengths of the axes; a scalar has none.
func (r *Reader) Shape() []int { return slices.Clone(r.head.shape) }

// IsInteger reports whether the array is of integers or truth values.
func (r *Reader) IsInteger() bool { return integers[r.head.kind] != nil }

// Reset goes back to the first element.
func (r *Reader) Reset() error {
	if err := r.Close(); err != nil {
		return err
	}
	in, err := r.open()
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	r.in, r.buf = in, bufio.NewReaderSize(in, 1<<16)
	if err := r.start(); err != nil {
		r.Close()
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}

// start reads the header and checks that the file has just the data it announces.
func (r *Reader) start() error {
	h, err := readHeader(r.buf)
	if err != nil {
		return err
	}
	r.head, r.dec, r.left, r.whole = h, decoders[h.kind], h.elems, nil
	if have, want := r.size-h.bytes, h.elems*int64(r.dec.size); have != want {
		return fmt.Errorf("shape %v of %d-byte numbers needs %d bytes of data, the file has %d", h.shape, r.dec.size, want, have)
	}
	return nil
}

// Close closes the file. The Reader may be used again after a Reset.
func (r *Reader) Close() error {
	if r.in == nil {
		return nil
	}
	err := r.in.Close()
	r.in, r.buf, r.left, r.whole = nil, nil, 0, nil
	return err
}

// Read fills dst with the next elements. At the end of the array it returns io.EOF,
// and an error that names the file if fewer than len(dst) elements are left.
// An array in Fortran order is held in memory as a whole from the first Read on.
func (r *Reader) Read(dst []float32) error { return read(r, dst, r.dec.get) }

// ReadIntegers is Read for an array of integers or truth values, which need not be of the type of dst;
// a number outside it, and an array of real numbers, is an error.
func ReadIntegers[T int64 | int32 | int8 | uint8](r *Reader, dst []T) error {
	get, ok := integers[r.head.kind]
	if !ok {
		return fmt.Errorf("%s: holds real numbers (%s), integers are wanted", r.name, r.head.kind)
	}
	wide := make([]int64, len(dst))
	if err := read(r, wide, get); err != nil {
		return err
	}
	for i, v := range wide {
		if dst[i] = T(v); int64(dst[i]) != v {
			return fmt.Errorf("%s: element %d is %d, outside %T", r.name, i, v, dst[i])
		}
	}
	return nil
}

// read is Read with the decoder of an element.
func read[T float32 | int64](r *Reader, dst []T, get func(o binary.ByteOrder, b []byte) T) error {
	switch {
	case r.left == 0 && len(dst) > 0:
		return io.EOF
	case int64(len(dst)) > r.left:
		return fmt.Errorf("%s: %d elements wanted, %d left", r.name, len(dst), r.left)
	case r.head.fortran && len(r.head.shape) > 1:
		return readFortran(r, dst, get)
	}
	r.left -= int64(len(dst))
	return decode(r, dst, get, r.left == 0)
}

// decode reads elements in the file's order. Behind the last it looks for the
// end, which is where an archive's checksum is verified.
func decode[T float32 | int64](r *Reader, dst []T, get func(o binary.ByteOrder, b []byte) T, last bool) error {
	r.chunk = slices.Grow(r.chunk[:0], 1<<13)[:1<<13]
	for len(dst) > 0 {
		n := min(len(dst), len(r.chunk)/r.dec.size)
		b := r.chunk[:n*r.dec.size]
		if _, err := io.ReadFull(r.buf, b); err != nil {
			return fmt.Errorf("%s: data is cut off: %w", r.name, err)
		}
		for i := range n {
			dst[i] = get(r.head.order, b[i*r.dec.size:])
		}
		dst = dst[n:]
	}
	if last {
		if _, err := r.buf.ReadByte(); err != io.EOF {
			return fmt.Errorf("%s: data does not end where it should: %v", r.name, err)
		}
	}
	return nil
}

func readFortran[T float32 | int64](r *Reader, dst []T, get func(o binary.ByteOrder, b []byte) T) error {
	whole, ok := r.whole.([]T)
	if !ok {
		whole = make([]T, r.head.elems)
		if err := decode(r, whole, get, true); err != nil {
			return err
		}
		whole = toC(whole, r.head.shape)
		r.whole = whole
	}
	copy(dst, whole[int64(len(whole))-r.left:])
	r.left -= int64(len(dst))
	return nil
}

// toC reorders elements whose first axis varies fastest.
func toC[T float32 | int64](in []T, shape []int) []T {
	out := make([]T, len(in))
	index := make([]int, len(shape))
	for i := range out {
		from, stride := 0, 1
		for a, x := range index {
			from += x * stride
			stride *= shape[a]
		}
		out[i] = in[from]
		for a := len(index) - 1; a >= 0; a-- {
			if index[a]++; index[a] < shape[a] {
				break
			}
			index[a] = 0
		}
	}
	return out
}

// ReadAll returns the elements that are left.
func (r *Reader) ReadAll() ([]float32, error) {
	out := make([]float32, r.left)
	if len(out) == 0 {
		return out, nil
	}
	return out, r.Read(out)
}
