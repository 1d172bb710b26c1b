package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxDeflate is the most that a compressed byte can stand for (RFC 1951: 258
// bytes out of two bits), which bounds what a header in an archive can announce.
const maxDeflate = 1032

// Archive is an .npz file: a zip of arrays, each with a name.
type Archive struct {
	path    string
	size    uint64 // of the file
	zip     *zip.ReadCloser
	names   []string
	members map[string]*zip.File
}

// OpenArchive opens an .npz file.
func OpenArchive(path string) (*Archive, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s: not an .npz archive: %w", path, err)
	}
	a := &Archive{path: path, size: uint64(st.Size()), zip: z, members: map[string]*zip.File{}}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		if a.members[name] != nil {
			z.Close()
			return nil, fmt.Errorf("%s: two arrays are named %q", path, name)
		}
		a.names = append(a.names, name)
		a.members[name] = f
	}
	return a, nil
}

// Names returns the arrays' names, without .npy, in the archive's order.
func (a *Archive) Names() []string { return a.names }

// Open opens an array. The archive must stay open while it is read.
func (a *Archive) Open(name string) (*Reader, error) {
	f := a.members[name]
	if f == nil {
		return nil, fmt.Errorf("%s: no array is named %q, there are %q", a.path, name, a.names)
	}
	label := a.path + ": " + name
	if packed := f.CompressedSize64; packed > a.size || f.UncompressedSize64/maxDeflate > packed {
		return nil, fmt.Errorf("%s: %d bytes out of %d compressed ones are not possible", label, f.UncompressedSize64, f.CompressedSize64)
	}
	return newReader(label, int64(f.UncompressedSize64), func() (io.ReadCloser, error) { return f.Open() })
}

// Close closes the file.
func (a *Archive) Close() error { return a.zip.Close() }
