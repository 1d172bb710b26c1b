package npy

import (
	"bytes"
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
