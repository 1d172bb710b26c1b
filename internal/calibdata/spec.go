// Package calibdata reads calibration and test inputs: a folder of images,
// an .npy array or an .npz archive, one sample at a time, so that memory does not grow
// with their number.
package calibdata

import (
	"fmt"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// Layout is the order of the axes of an image input.
type Layout uint8

// The layouts of a batch of N images with C channels.
const (
	NCHW Layout = iota
	NHWC
)

// String returns NCHW or NHWC.
func (l Layout) String() string {
	if l == NHWC {
		return "NHWC"
	}
	return "NCHW"
}

// Spec says how a picture becomes the input of a model, of float32 or of bytes. Channels are
// counted in the model's order: with BGR, channel 0 is blue.
type Spec struct {
	portable.ImageSpec
	Layout    Layout
	Bytes     bool      // the input is uint8, the picture's bytes: Scale is 1, and there are no Mean and Std
	Scale     float32   // factor of a byte: 1/255 where the model takes 0 to 1, 1 where it takes 0 to 255
	Mean, Std []float32 // what is subtracted and divided by after that: one, one a channel, or none
}

// Validate returns an error that names the field that makes no sense, and what it may be.
func (s Spec) Validate() error {
	if err := s.ImageSpec.Validate(); err != nil {
		return err
	}
	if !(s.Scale > 0) || s.Scale > 1e30 {
		return fmt.Errorf("image input: scale %v: want a positive number, such as 1/255", s.Scale)
	}
	for _, l := range []struct {
		name string
		v    []float32
	}{{"mean", s.Mean}, {"std", s.Std}} {
		if n := len(l.v); n > 1 && n != s.Channels {
			return fmt.Errorf("image input: %s has %d numbers: want one, or one for each of %d channels", l.name, n, s.Channels)
		}
	}
	for c := range s.Channels {
		if m, d := of(s.Mean, c, 0), of(s.Std, c, 1); !(d > 0) || d > 1e30 || !(m < 1e30 && m > -1e30) {
			return fmt.Errorf("image input: mean %v and std %v of channel %d: want finite numbers, std positive", m, d, c)
		}
	}
	return nil
}

// Normalize returns the model's input for the byte v of channel c:
// (v*Scale - Mean[c]) / Std[c], each step rounded to float32. The tables of generated
// packages are made with it too.
func (s Spec) Normalize(c int, v uint8) float32 {
	x := float32(float32(v) * s.Scale)
	x = float32(x - of(s.Mean, c, 0))
	return float32(x / of(s.Std, c, 1))
}

// of returns the number of channel c, absent where there is none.
func of(l []float32, c int, absent float32) float32 {
	switch len(l) {
	case 0:
		return absent
	case 1:
		return l[0]
	}
	return l[c]
}

// Shape returns the shape of one image as the model's input: [1,C,H,W] or [1,H,W,C].
func (s Spec) Shape() ir.Shape {
	if s.Layout == NHWC {
		return ir.Shape{1, s.Height, s.Width, s.Channels}
	}
	return ir.Shape{1, s.Channels, s.Height, s.Width}
}

// tensor turns the pixels that ImageSpec.Pixels gives into an input of the model.
func (s Spec) tensor(pixels []uint8) *ir.Tensor {
	typ := ir.F32
	if s.Bytes {
		typ = ir.U8
	}
	t := ir.NewTensor(typ, s.Shape())
	plane := s.Width * s.Height
	for c := range s.Channels {
		var table [256]float32
		for v := range table {
			table[v] = s.Normalize(c, uint8(v))
		}
		for i := range plane {
			to := c*plane + i
			if s.Layout == NHWC {
				to = i*s.Channels + c
			}
			if s.Bytes {
				t.U8[to] = pixels[i*s.Channels+c]
			} else {
				t.F32[to] = table[pixels[i*s.Channels+c]]
			}
		}
	}
	return t
}
