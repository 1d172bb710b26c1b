package npy

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Stack writes arrays that arrive in pieces along their first axis, such as
// the outputs of one run after another. The pieces wait in temporary files beside the
// result, which Close puts together: the memory does not grow with their number, and until
// Close has succeeded a file of that name stays as it was.
type Stack struct {
	path    string
	members []*member // in the order of their first piece
}

type member struct {
	name  string
	shape []int // of all pieces joined
	descr string
	file  *os.File
	buf   *bufio.Writer
}

// NewStack returns a Stack for path, which ends in .npy (one array, whose
// name is lost) or .npz. Close or Discard must be called.
func NewStack(path string) (*Stack, error) {
	switch filepath.Ext(path) {
	case ".npy", ".npz":
		return &Stack{path: path}, nil
	}
	return nil, fmt.Errorf("%s: want a name that ends in .npy or .npz", path)
}

// Append adds a piece to the array of that name: shape without its first axis is the
// same for all pieces of an array, as is the type of data.
func Append[T element](s *Stack, name string, shape []int, data []T) error {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if len(shape) == 0 || n != len(data) {
		return fmt.Errorf("%s: %q: %d elements for the shape %v", s.path, name, len(data), shape)
	}
	m, err := s.member(name, shape, description[T]())
	if err != nil {
		return err
	}
	if !slices.Equal(m.shape[1:], shape[1:]) || m.descr != description[T]() {
		return fmt.Errorf("%s: %q: shape %v does not continue %v", s.path, name, shape, m.shape)
	}
	m.shape[0] += shape[0]
	return writeData(m.buf, data)
}

// member returns the array of that name, a new empty one the first time.
func (s *Stack) member(name string, shape []int, descr string) (*member, error) {
	i := slices.IndexFunc(s.members, func(m *member) bool { return m.name == name })
	if i >= 0 {
		return s.members[i], nil
	}
	if len(s.members) == 1 && filepath.Ext(s.path) == ".npy" {
		return nil, fmt.Errorf("%s: an .npy file holds one array, there are %q and %q: use .npz", s.path, s.members[0].name, name)
	}
	f, err := s.temp()
	if err != nil {
		return nil, err
	}
	m := &member{name: name, shape: slices.Clone(shape), descr: descr, file: f, buf: bufio.NewWriter(f)}
	m.shape[0] = 0
	s.members = append(s.members, m)
	return m, nil
}

func (s *Stack) temp() (*os.File, error) {
	return os.CreateTemp(filepath.Dir(s.path), "."+filepath.Base(s.path)+".*")
}

// Close writes the result. The temporary files are gone after it, whatever it returns.
func (s *Stack) Close() (err error) {
	defer s.Discard()
	if len(s.members) == 0 {
		return fmt.Errorf("%s: nothing was written", s.path)
	}
	out, err := s.temp()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(out.Name())
			err = fmt.Errorf("%s: %w", s.path, err)
		}
	}()
	err = errors.Join(s.write(out), out.Chmod(0o644), out.Close())
	if err != nil {
		return err
	}
	return os.Rename(out.Name(), s.path)
}

func (s *Stack) write(out io.Writer) error {
	if filepath.Ext(s.path) == ".npy" {
		return s.members[0].copyTo(out)
	}
	z := zip.NewWriter(out)
	for _, m := range s.members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := m.copyTo(w); err != nil {
			return err
		}
	}
	return z.Close()
}

func (m *member) copyTo(w io.Writer) error {
	if err := m.buf.Flush(); err != nil {
		return err
	}
	if _, err := m.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.Write(headerText(m.shape, m.descr)); err != nil {
		return err
	}
	_, err := io.Copy(w, m.file)
	return err
}

// Discard drops everything. After Close it does nothing.
func (s *Stack) Discard() {
	for _, m := range s.members {
		m.file.Close()
		os.Remove(m.file.Name())
	}
	s.members = nil
}
