package npy

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Whatever the bytes, a header is an error or a description whose size can be counted.
func FuzzHeader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 128)])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readHeader(bytes.NewReader(b))
		if err != nil {
			return
		}
		if h.bytes > int64(len(b)) || h.elems < 0 || len(h.shape) > maxAxes || decoders[h.kind].size == 0 {
			t.Errorf("%+v of %q", h, b)
		}
	})
}

// Whatever the bytes, an array is an error or as many elements as its shape has, and memory
// stays in proportion to the file.
func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npy")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := newReader("fuzz", int64(len(b)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil })
		if err != nil {
			return
		}
		v, err := r.ReadAll()
		if n := product(r.Shape()); err != nil || len(v) != n {
			t.Errorf("%d elements of %v, error %v", len(v), r.Shape(), err)
		}
	})
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Whatever the bytes, an archive is an error or a list of arrays, each an error or one whose
// elements can be read in pieces.
func FuzzArchive(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npz")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	path := filepath.Join(f.TempDir(), "fuzz.npz")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		a, err := OpenArchive(path)
		if err != nil {
			return
		}
		defer a.Close()
		for _, name := range a.Names() {
			r, err := a.Open(name)
			if err != nil {
				continue
			}
			piece := make([]float32, 1)
			for range min(product(r.Shape()), 100) {
				if r.Read(piece) != nil {
					break
				}
			}
			r.Close()
		}
	})
}
