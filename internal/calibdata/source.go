package calibdata

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ingot-go/ingot/internal/npy"
	"github.com/ingot-go/ingot/ir"
)

// Source yields samples: for each, one tensor for every input of the model, of its type.
type Source interface {
	Next() ([]*ir.Tensor, error) // io.EOF behind the last sample
	Reset() error                // back to the first
	Len() int                    // samples from the first on
	Close() error
}

// Open opens what path is: a folder of images, which become the model's only
// input as s says; an .npy array for the only input; or an .npz archive with an array for each
// input under its name. Arrays have the input's own shape (a single sample), its shape with any multiple
// of its first axis, or one axis more in front; they hold what the model takes, so s is not
// applied. Integers serve for inputs of float32, and for those of integers if they fit; real numbers
// serve for float32 alone. Errors name the file.
func Open(path string, in []*ir.Value, s Spec) (Source, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case st.IsDir():
		return openImages(path, in, s)
	case ext == ".npy":
		return openArray(path, in)
	case ext == ".npz":
		return openArchive(path, in)
	}
	return nil, fmt.Errorf("%s: want a folder of images, an .npy or an .npz file", path)
}

func names(in []*ir.Value) []string {
	all := make([]string, len(in))
	for i, v := range in {
		all[i] = v.Name
	}
	return all
}

// arrays is a Source of one stacked array for each input.
type arrays struct {
	files   []*npy.Reader
	shapes  []ir.Shape
	types   []ir.DType
	len     int
	next    int
	archive io.Closer // nil for an .npy
}

func openArray(path string, in []*ir.Value) (Source, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("%s: one array can't feed the %d inputs %q, use an .npz", path, len(in), names(in))
	}
	r, err := npy.Open(path)
	if err != nil {
		return nil, err
	}
	return start(&arrays{}, path, in, func(string) (*npy.Reader, error) { return r, nil })
}

func openArchive(path string, in []*ir.Value) (Source, error) {
	z, err := npy.OpenArchive(path)
	if err != nil {
		return nil, err
	}
	return start(&arrays{archive: z}, path, in, z.Open)
}

// start opens the array of each input and checks that they fit; on errors it closes all.
func start(a *arrays, path string, in []*ir.Value, open func(name string) (*npy.Reader, error)) (_ Source, err error) {
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	for i, v := range in {
		r, err := open(v.Name)
		if err != nil {
			return nil, err
		}
		a.files = append(a.files, r)
		if v.Type != ir.F32 && !r.IsInteger() {
			return nil, fmt.Errorf("%s: holds real numbers, the input %q takes %s", path, v.Name, v.Type.GoType())
		}
		n, err := samples(v, r.Shape())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if i > 0 && n != a.len {
			return nil, fmt.Errorf("%s: %d samples of input %q, %d of %q", path, a.len, in[0].Name, n, v.Name)
		}
		a.len = n
		a.shapes, a.types = append(a.shapes, v.Shape), append(a.types, v.Type)
	}
	return a, nil
}

// samples returns how many inputs v an array of the given shape holds.
func samples(v *ir.Value, have []int) (int, error) {
	s, want := ir.Shape(have), v.Shape
	switch {
	case s.Equal(want):
		return 1, nil
	case len(s) == 0 || s[0] == 0:
		return 0, fmt.Errorf("array of shape %s for input %q holds no sample", s, v.Name)
	case s[1:].Equal(want):
		return s[0], nil
	case len(want) > 0 && want[0] == 1 && s.Equal(want[1:]):
		return 1, nil
	case len(want) > 0 && s[1:].Equal(want[1:]) && s[0]%want[0] == 0:
		return s[0] / want[0], nil
	}
	return 0, fmt.Errorf("array of shape %s does not hold inputs %q of shape %s: want that shape, or any number stacked along the first axis", s, v.Name, want)
}

func (a *arrays) Next() ([]*ir.Tensor, error) {
	if a.next == a.len {
		return nil, io.EOF
	}
	out := make([]*ir.Tensor, len(a.files))
	for i, r := range a.files {
		out[i] = ir.NewTensor(a.types[i], a.shapes[i])
		if err := read(r, out[i]); err != nil {
			return nil, err
		}
	}
	a.next++
	return out, nil
}

// read fills a tensor with the next elements of an array.
func read(r *npy.Reader, t *ir.Tensor) error {
	switch t.Type {
	case ir.F32:
		return r.Read(t.F32)
	case ir.U8:
		return npy.ReadIntegers(r, t.U8)
	case ir.S8:
		return npy.ReadIntegers(r, t.S8)
	case ir.S32:
		return npy.ReadIntegers(r, t.S32)
	case ir.I64:
		return npy.ReadIntegers(r, t.I64)
	}
	if err := npy.ReadIntegers(r, t.U8); err != nil {
		return err
	}
	for i, v := range t.U8 { // truth values
		t.U8[i] = min(v, 1)
	}
	return nil
}

func (a *arrays) Reset() error {
	a.next = 0
	for _, r := range a.files {
		if err := r.Reset(); err != nil {
			return err
		}
	}
	return nil
}

func (a *arrays) Len() int { return a.len }

func (a *arrays) Close() error {
	var errs []error
	for _, r := range a.files {
		errs = append(errs, r.Close())
	}
	if a.archive != nil {
		errs = append(errs, a.archive.Close())
	}
	return errors.Join(errs...)
}
