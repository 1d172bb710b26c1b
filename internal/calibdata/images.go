package calibdata

import (
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // registers the decoder
	_ "image/png"  // registers the decoder
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ingot-go/ingot/ir"
)

// maxPixels is the largest image that is decoded.
const maxPixels = 64 << 20

// DecodeImage reads a PNG or JPEG file. Errors name the file: one that is
// neither, is damaged, or has more than 64 megapixels, which is found out before it is decoded. A
// camera's orientation tag is not applied.
func DecodeImage(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, fmt.Errorf("%s: is neither a PNG nor a JPEG image, whatever its name says", path)
	case err != nil:
		return nil, fmt.Errorf("%s: damaged image: %w", path, err)
	case c.Width < 1 || c.Height < 1 || int64(c.Width) > maxPixels/int64(c.Height):
		return nil, fmt.Errorf("%s: image of %dx%d pixels, want at most %d megapixels", path, c.Width, c.Height, maxPixels>>20)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: damaged image: %w", path, err)
	}
	return img, nil
}

// LoadImage reads a PNG or JPEG file as an input of the model.
func LoadImage(path string, s Spec) (*ir.Tensor, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	img, err := DecodeImage(path)
	if err != nil {
		return nil, err
	}
	pixels := make([]uint8, s.Size())
	if err := s.Pixels(img, pixels); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s.tensor(pixels), nil
}

// images is a Source of the image files of one folder.
type images struct {
	files []string
	spec  Spec
	next  int
}

// ImageFiles returns the paths of the files in dir whose names end in .png, .jpg or .jpeg, in any
// case, sorted by name. Hidden files and folders inside dir are not looked at. None at all is an error.
func ImageFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries { // ReadDir sorts them
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !slices.Contains([]string{".png", ".jpg", ".jpeg"}, ext) {
			continue
		}
		files = append(files, filepath.Join(dir, e.Name()))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no image in this folder: want files that end in .png, .jpg or .jpeg", dir)
	}
	return files, nil
}

func openImages(dir string, in []*ir.Value, s Spec) (Source, error) {
	if len(in) != 1 {
		return nil, fmt.Errorf("%s: images can't feed a model with the %d inputs %q, use an .npz", dir, len(in), names(in))
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !in[0].Shape.Equal(s.Shape()) {
		return nil, fmt.Errorf("%s: images make %s inputs of shape %s, the model's input %q is %s", dir, s.Layout, s.Shape(), in[0].Name, in[0].Shape)
	}
	files, err := ImageFiles(dir)
	if err != nil {
		return nil, err
	}
	return &images{files: files, spec: s}, nil
}

func (m *images) Next() ([]*ir.Tensor, error) {
	if m.next == len(m.files) {
		return nil, io.EOF
	}
	t, err := LoadImage(m.files[m.next], m.spec)
	if err != nil {
		return nil, err
	}
	m.next++
	return []*ir.Tensor{t}, nil
}

func (m *images) Reset() error { m.next = 0; return nil }
func (m *images) Len() int     { return len(m.files) }
func (m *images) Close() error { return nil }
