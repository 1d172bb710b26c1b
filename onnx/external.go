package onnx

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxExternal is the bytes of external data that one import reads: the same piece of a file
// may be read for many tensors, so the file's size is no limit.
const maxExternal = 2 << 30

// externalFiles reads tensors that lie in files beside the model. dir is the
// model's folder, empty where it has none; total counts the bytes that were read.
type externalFiles struct {
	dir   string
	total *int64
}

// read returns the size bytes that the entries (location, offset, length) name.
// The file must lie inside the model's folder: a model is untrusted input, and
// one that names /etc/passwd or a symbolic link to it must not get it.
func (f externalFiles) read(entries []StringStringPair, size int) ([]byte, error) {
	var location string
	var offset int64
	length := int64(size)
	for _, e := range entries {
		var err error
		switch e.Key {
		case "location":
			location = e.Value
		case "offset":
			offset, err = strconv.ParseInt(e.Value, 10, 64)
		case "length":
			length, err = strconv.ParseInt(e.Value, 10, 64)
		}
		if err != nil {
			return nil, fmt.Errorf("external data: %s %q is no number", e.Key, e.Value)
		}
	}
	if f.dir == "" {
		return nil, fmt.Errorf("external data in %q: the model's folder is not known; import it from a file", location)
	}
	if err := checkLocation(location); err != nil {
		return nil, err
	}
	if offset < 0 || length != int64(size) {
		return nil, fmt.Errorf("external data in %q: offset %d and length %d, the tensor needs %d bytes", location, offset, length, size)
	}
	if *f.total += length; *f.total > maxExternal {
		return nil, fmt.Errorf("external data in %q: the tensors take more than %d bytes in all", location, int64(maxExternal))
	}
	b, err := f.readAt(location, offset, length)
	if err != nil {
		return nil, fmt.Errorf("external data in %q: %w", location, err)
	}
	return b, nil
}

// checkLocation refuses names that leave the folder by themselves; links that
// leave it are refused when the file is opened.
func checkLocation(name string) error {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' })
	if !filepath.IsLocal(filepath.FromSlash(name)) || slices.Contains(parts, "..") || strings.HasPrefix(name, `\`) {
		return fmt.Errorf("external data in %q: the name must stay inside the model's folder, without .. and not absolute", name)
	}
	return nil
}

func (f externalFiles) readAt(name string, offset, length int64) ([]byte, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name) // before opening, which would wait on a pipe
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	if offset > info.Size() || length > info.Size()-offset {
		return nil, fmt.Errorf("has %d bytes, the tensor wants %d from %d on; the file may be cut short", info.Size(), length, offset)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b := make([]byte, length)
	_, err = io.ReadFull(io.NewSectionReader(file, offset, length), b)
	return b, err
}
