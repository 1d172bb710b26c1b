package npy

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// values holds what testdata/make.py calls base, plus offset.
func values(offset float32) []float32 {
	out := make([]float32, 24)
	for i := range out {
		out[i] = float32(i) - 5 + offset
	}
	return out
}

// same compares bits, so that it tells zeros and finds NaN equal.
func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool {
		return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
	})
}

func TestReadNumpy(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		file  string
		shape []int
		want  []float32
	}{
		{"values_f2", []int{2, 3, 4}, values(0)},
		{"values_f4", []int{2, 3, 4}, values(0)},
		{"values_f8", []int{2, 3, 4}, values(0)},
		{"values_i1", []int{2, 3, 4}, values(0)},
		{"values_i4", []int{2, 3, 4}, values(0)},
		{"values_i8", []int{2, 3, 4}, values(0)},
		{"values_be_f4", []int{2, 3, 4}, values(0)},
		{"values_be_f8", []int{2, 3, 4}, values(0)},
		{"values_be_i4", []int{2, 3, 4}, values(0)},
		{"values_u1", []int{2, 3, 4}, values(5)},
		{"values_i2", []int{2, 3, 4}, values(0)},
		{"values_u2", []int{2, 3, 4}, values(5)},
		{"values_be_u4", []int{2, 3, 4}, values(5)},
		{"fortran", []int{2, 3, 4}, values(0)},
		{"version2", []int{2, 3, 4}, values(0)},
		{"version3", []int{2, 3, 4}, values(0)},
		{"scalar", nil, []float32{2.5}},
		{"empty", []int{0, 3}, []float32{}},
		{"halves", []int{11}, []float32{0, float32(math.Copysign(0, -1)), 1, -2.5, 65504, 1.0 / (1 << 14), 1.0 / (1 << 24), -1.0 / (1 << 20), inf, -inf, nan}},
		{"special", []int{6}, []float32{inf, -inf, nan, inf, 0.1, 0}},
	} {
		t.Run(c.file, func(t *testing.T) {
			r, err := Open("testdata/" + c.file + ".npy")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for range 2 { // the second time after Reset
				got, err := r.ReadAll()
				if err != nil || !same(got, c.want) || !slices.Equal(r.Shape(), c.shape) {
					t.Errorf("shape %v, %v, error %v, want shape %v, %v", r.Shape(), got, err, c.shape, c.want)
				}
				if err := r.Read(make([]float32, 1)); err != io.EOF {
					t.Errorf("behind the end: %v", err)
				}
				if err := r.Reset(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestReadInPieces(t *testing.T) {
	for _, file := range []string{"values_f8", "fortran"} {
		r, err := Open("testdata/" + file + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		want := values(0)
		for _, n := range []int{12, 1, 7} {
			got := make([]float32, n)
			if err := r.Read(got); err != nil || !same(got, want[:n]) {
				t.Errorf("%s: %v, %v, want %v", file, got, err, want[:n])
			}
			want = want[n:]
		}
		if err := r.Read(make([]float32, 5)); err == nil || !strings.Contains(err.Error(), "4 left") {
			t.Errorf("%s: 5 of 4 elements: %v", file, err)
		}
	}
}

// file writes an .npy file with a header of version 1 and n zero bytes of data.
func file(t *testing.T, header string, n int) string {
	t.Helper()
	b := append([]byte(magic+"\x01\x00"), byte(len(header)), byte(len(header)>>8))
	b = append(append(b, header...), make([]byte, n)...)
	return write(t, b)
}

func write(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.npy")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHeaderForms(t *testing.T) {
	for _, h := range []string{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}",
		`{"shape":(2,3,),"fortran_order":False,"descr":"<f4"}`,
	} {
		r, err := Open(file(t, h, 24))
		if err != nil || !slices.Equal(r.Shape(), []int{2, 3}) {
			t.Errorf("%s: %v", h, err)
			continue
		}
		r.Close()
	}
}

func TestHostile(t *testing.T) {
	good := func(shape string) string {
		return "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n"
	}
	whole, err := os.ReadFile("testdata/values_f4.npy")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want string }{
		{"empty file", write(t, nil), "magic"},
		{"text", write(t, []byte("hello, this is no array at all")), "magic"},
		{"cut magic", write(t, whole[:7]), "magic"},
		{"cut length", write(t, whole[:9]), "cut off"},
		{"cut header", write(t, whole[:50]), "cut off"},
		{"cut data", write(t, whole[:len(whole)-1]), "needs 96 bytes of data, the file has 95"},
		{"longer", write(t, append(slices.Clone(whole), 0)), "the file has 97"},
		{"version", write(t, []byte(magic+"\x09\x00\x00\x00")), "version 9"},
		{"header of 4 GiB", write(t, []byte(magic+"\x02\x00\xff\xff\xff\xff{")), "header of 4294967295 bytes"},
		{"huge shape", file(t, good("(1000000, 1000000)"), 8), "needs 4000000000000 bytes"},
		{"overflow", file(t, good("(4294967296, 4294967296, 4294967296)"), 8), "too large"},
		{"overflow to zero", file(t, good("(9223372036854775807, 0)"), 0), "not a tuple of lengths"},
		{"number too long", file(t, good("(99999999999999999999,)"), 8), "not a tuple of lengths"},
		{"negative", file(t, good("(-1, 3)"), 8), "not a tuple of lengths"},
		{"many axes", file(t, good("("+strings.Repeat("1,", 65)+")"), 4), "not a tuple of lengths"},
		{"unclosed tuple", file(t, good("(1, 2"), 8), "not a tuple of lengths"},
		{"no tuple", file(t, good("4"), 16), "not a tuple"},
		{"no newline, no brace", file(t, "{'descr': '<f4', ", 8), "quotes"},
		{"nothing", file(t, "", 8), "want a dictionary"},
		{"only braces", file(t, "{}", 8), "alone"},
		{"key twice", file(t, "{'shape': (1,), 'shape': (1,)}", 8), "single value"},
		{"unknown key", file(t, "{'shape': (1,), 'x': 3}", 8), `unknown key "x"`},
		{"order", file(t, "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}", 4), "neither True nor False"},
		{"rest", file(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", 4), "alone"},
		{"object", file(t, "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 4), `"|O" is not supported`},
		{"complex", "testdata/complex.npy", `"<c8" is not supported`},
		{"records", "testdata/records.npy", "records are not supported"},
		{"folder", t.TempDir(), "not a regular file"},
		{"missing", "testdata/missing.npy", "no such file"},
	} {
		r, err := Open(c.path)
		if err == nil {
			r.Close()
			t.Errorf("%s: no error", c.name)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v, want %q and the file in it", c.name, err, c.want)
		}
	}
}

func TestArchive(t *testing.T) {
	a, err := OpenArchive("testdata/packed.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if got := a.Names(); !slices.Equal(got, []string{"image", "scale"}) {
		t.Errorf("names %q", got)
	}
	for name, want := range map[string][]float32{"image": values(0), "scale": make([]float32, 20000)} {
		r, err := a.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := r.ReadAll(); err != nil || !same(got, want) {
				t.Errorf("%s: %v, %v", name, len(got), err)
			}
			if err := r.Reset(); err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
	}
	if _, err := a.Open("x"); err == nil || !strings.Contains(err.Error(), `["image" "scale"]`) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := OpenArchive("testdata/scalar.npy"); err == nil || !strings.Contains(err.Error(), "not an .npz") {
		t.Errorf("no archive: %v", err)
	}
}

// A damaged archive may fail at any point, but only by an error.
func TestDamagedArchive(t *testing.T) {
	whole, err := os.ReadFile("testdata/packed.npz")
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for i := range whole {
		b := slices.Clone(whole)
		b[i] ^= 0xff
		if readArchive(write(t, b)) != nil {
			failed++
		}
	}
	if failed < len(whole)*2/3 {
		t.Errorf("%d of %d damages were found", failed, len(whole))
	}
}

func readArchive(path string) error {
	a, err := OpenArchive(path)
	if err != nil {
		return err
	}
	defer a.Close()
	for _, name := range []string{"image", "scale"} {
		r, err := a.Open(name)
		if err != nil {
			return err
		}
		_, err = r.ReadAll()
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// Ours is the file that numpy writes, to the byte.
func TestWriteEqualsNumpy(t *testing.T) {
	want, err := os.ReadFile("testdata/values_f4.npy")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, []int{2, 3, 4}, values(0)); err != nil || !bytes.Equal(b.Bytes(), want) {
		t.Errorf("error %v\n% x\n% x", err, b.Bytes(), want)
	}
	if err := Write(&b, []int{2, 3}, values(0)); err == nil {
		t.Error("24 elements for 2x3: no error")
	}
	for _, shape := range [][]int{nil, {1}, {24}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 24}} {
		b.Reset()
		n := 1
		for _, d := range shape {
			n *= d
		}
		if err := Write(&b, shape, values(0)[:n]); err != nil {
			t.Fatal(err)
		}
		r, err := Open(write(t, b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := r.ReadAll(); err != nil || !same(got, values(0)[:n]) || !slices.Equal(r.Shape(), shape) || r.head.bytes%64 != 0 {
			t.Errorf("shape %v: %v %v, header of %d bytes, error %v", shape, r.Shape(), got, r.head.bytes, err)
		}
	}
}

func TestStack(t *testing.T) {
	for _, ext := range []string{".npz", ".npy"} {
		path := filepath.Join(t.TempDir(), "out"+ext)
		s, err := NewStack(path)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"/head/Gemm_output", "scores"}
		if ext == ".npy" {
			names = names[:1]
		}
		const runs = 3
		for i := range runs {
			for j, name := range names {
				v := values(float32(100*i + j))
				if err := Append(s, name, []int{1, 3, 8}, v); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, shape := range [][]int{{1, 24}, {1, 4, 6}, {}, {5}} {
			if err := Append(s, names[0], shape, values(0)); err == nil {
				t.Errorf("%s: shape %v: no error", ext, shape)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for j, name := range names {
			r := openStacked(t, path, name)
			var want []float32
			for i := range runs {
				want = append(want, values(float32(100*i+j))...)
			}
			if got, err := r.ReadAll(); err != nil || !same(got, want) || fmt.Sprint(r.Shape()) != "[3 3 8]" {
				t.Errorf("%s: shape %v, error %v", name, r.Shape(), err)
			}
		}
		onlyFile(t, path)
	}
}

func openStacked(t *testing.T, path, name string) *Reader {
	t.Helper()
	if filepath.Ext(path) == ".npy" {
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	a, err := OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	r, err := a.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// onlyFile checks that the folder of path holds nothing else.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestStackErrors(t *testing.T) {
	if _, err := NewStack("out.txt"); err == nil || !strings.Contains(err.Error(), ".npy or .npz") {
		t.Errorf("out.txt: %v", err)
	}
	path := filepath.Join(t.TempDir(), "out.npy")
	if err := os.WriteFile(path, []byte("previous"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, _ := NewStack(path)
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("empty: %v", err)
	}
	s, _ = NewStack(path)
	if err := Append(s, "a", []int{1}, []float32{1}); err != nil {
		t.Fatal(err)
	}
	if err := Append(s, "b", []int{1}, []float32{1}); err == nil || !strings.Contains(err.Error(), "use .npz") {
		t.Errorf("second array in .npy: %v", err)
	}
	s.Discard()
	onlyFile(t, path)
	if b, err := os.ReadFile(path); err != nil || string(b) != "previous" {
		t.Errorf("the previous file is %q, %v", b, err)
	}
	s, _ = NewStack(filepath.Join(t.TempDir(), "none", "out.npz"))
	if err := Append(s, "a", []int{1}, []float32{1}); err == nil {
		t.Error("missing folder: no error")
	}
}
