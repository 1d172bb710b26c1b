package calibdata

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
)

// Whatever the bytes, a picture is an error that names the file, or an input of the network's size.
func FuzzImage(f *testing.F) {
	palette := image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.White, color.Transparent})
	for _, m := range []image.Image{picture(7), palette, image.NewGray16(image.Rect(0, 0, 5, 9)), image.NewNRGBA64(image.Rect(0, 0, 1, 1))} {
		var p, j bytes.Buffer
		if err := png.Encode(&p, m); err != nil {
			f.Fatal(err)
		}
		if err := jpeg.Encode(&j, m, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(p.Bytes(), uint16(2), false)
		f.Add(j.Bytes(), uint16(0), true)
	}
	path := filepath.Join(f.TempDir(), "fuzz.png")
	f.Fuzz(func(t *testing.T, b []byte, shorter uint16, stretch bool) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width*c.Height > 1<<22 {
			return // allowed, and slow
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		s := Spec{ImageSpec: portable.ImageSpec{Width: 3, Height: 2, Channels: 3, Resize: int(shorter), Stretch: stretch}, Scale: 1}
		x, err := LoadImage(path, s)
		switch {
		case err == nil && (len(x.F32) != s.Size() || !x.Shape.Equal(s.Shape())):
			t.Errorf("%d numbers of shape %s", len(x.F32), x.Shape)
		case err != nil && s.Validate() == nil && !strings.Contains(err.Error(), path):
			t.Errorf("an error without the file: %v", err)
		}
	})
}
