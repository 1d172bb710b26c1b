// Package idx reads Fashion-MNIST's files.
package idx

import (
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
)

// Folder is where Debian's package dataset-fashion-mnist has the files.
const Folder = "/usr/share/datasets/fashion-mnist"

const side = 28

// Split returns the pictures and the classes of a split, train or t10k.
func Split(folder, split string) ([]*image.Gray, []uint8, error) {
	pixels, err := read(filepath.Join(folder, split+"-images-idx3-ubyte.gz"), 3)
	if err != nil {
		return nil, nil, err
	}
	classes, err := read(filepath.Join(folder, split+"-labels-idx1-ubyte.gz"), 1)
	if err != nil {
		return nil, nil, err
	}
	if len(pixels) != len(classes)*side*side {
		return nil, nil, fmt.Errorf("%s: %d pixels for %d labels", split, len(pixels), len(classes))
	}
	pictures := make([]*image.Gray, len(classes))
	for i := range pictures {
		pictures[i] = &image.Gray{Pix: pixels[i*side*side:][:side*side], Stride: side, Rect: image.Rect(0, 0, side, side)}
	}
	return pictures, classes, nil
}

// read reads a file of bytes in the format of MNIST: a magic number, the
// lengths of the axes, then the bytes.
func read(path string, axes int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	head := 4 + 4*axes
	if len(b) < head || binary.BigEndian.Uint32(b) != uint32(0x800+axes) {
		return nil, fmt.Errorf("%s: not an IDX file of bytes with %d axes", path, axes)
	}
	return b[head:], nil
}
