package npy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIntegers(t *testing.T) {
	open := func(write func(b *bytes.Buffer) error) *Reader {
		t.Helper()
		var b bytes.Buffer
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	r := open(func(b *bytes.Buffer) error { return Write(b, []int{2, 2}, []int64{1, -2, 1 << 62, 4}) })
	var wide [4]int64
	if err := ReadIntegers(r, wide[:]); err != nil || wide != [4]int64{1, -2, 1 << 62, 4} {
		t.Errorf("got %v, %v", wide, err)
	}
	if err := r.Reset(); err != nil {
		t.Fatal(err)
	}
	var narrow [4]int8
	if err := ReadIntegers(r, narrow[:]); err == nil || !strings.Contains(err.Error(), "element 2 is 4611686018427387904, outside int8") {
		t.Errorf("error %v", err)
	}
	truths := open(func(b *bytes.Buffer) error { return Write(b, []int{3}, []bool{true, false, true}) })
	var b [3]uint8
	if err := ReadIntegers(truths, b[:]); err != nil || b != [3]uint8{1, 0, 1} || !truths.IsInteger() {
		t.Errorf("got %v, %v", b, err)
	}
	reals := open(func(b *bytes.Buffer) error { return Write(b, []int{1}, []float32{0.5}) })
	if err := ReadIntegers(reals, b[:1]); err == nil || !strings.Contains(err.Error(), "holds real numbers") || reals.IsInteger() {
		t.Errorf("error %v", err)
	}
}

// TestIntegersOfNumpy reads integers that Go's types of a package lack.
func TestIntegersOfNumpy(t *testing.T) {
	for file, offset := range map[string]float32{"values_i2": 0, "values_u2": 5, "values_be_u4": 5} {
		r, err := Open("testdata/" + file + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var got [24]int32
		if err := ReadIntegers(r, got[:]); err != nil {
			t.Fatal(err)
		}
		for i, v := range values(offset) {
			if float32(got[i]) != v {
				t.Errorf("%s: element %d is %d, want %v", file, i, got[i], v)
			}
		}
	}
}
