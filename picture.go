package ingot

import (
	"fmt"
	"os"
	"strings"

	"github.com/ingot-go/ingot/gen"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/internal/calibdata"
	"github.com/ingot-go/ingot/ir"
)

// Image says how a picture becomes the model's only input. Its size and the number
// of channels are the input's own.
type Image struct {
	Layout    string    // NCHW or NHWC; found from the input's shape if empty
	Colour    string    // rgb, bgr or grey; rgb or grey, by the number of channels, if empty
	Resize    int       // scale until the shorter side has this length, then cut the centre; 0: not
	Stretch   bool      // scale to the input's size whatever the proportions
	Scale     float32   // factor of a byte; 0 means 1/255
	Mean, Std []float32 // subtracted and divided by after that: one, one a channel, or none
}

// pictureDefault is what to do where the options say nothing and it is not plain.
const pictureDefault = "say how pictures become the input in a YAML file (input: layout, colour, resize)"

// chooseImage works out how pictures become the input. Calibrating on a folder of
// pictures without a word about them takes them plain: shorter side scaled to
// that of a square input, bytes to 0..1.
func (b *build) chooseImage() error {
	im := b.o.Image
	if im == nil {
		st, err := os.Stat(b.o.Calibration)
		if b.o.Calibration == "" || err != nil || !st.IsDir() {
			return nil // Open reports what is not there
		}
		im = &Image{}
	}
	s, err := im.spec(b.real.Inputs)
	if err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	if b.o.Image == nil {
		if s.Width != s.Height {
			return fmt.Errorf("%s: input %q takes %dx%d pixels, which is not square: %s", b.o.Model, b.real.Inputs[0].Name, s.Width, s.Height, pictureDefault)
		}
		s.Resize = s.Width
	}
	if err := s.Validate(); err != nil {
		return fmt.Errorf("%s: %w", b.o.Model, err)
	}
	b.spec, b.report.Pictures = &s, describePictures(s)
	return nil
}

// spec returns what im means for a model with these inputs.
func (im Image) spec(inputs []*ir.Value) (s calibdata.Spec, err error) {
	if len(inputs) != 1 || len(inputs[0].Shape) != 4 || inputs[0].Shape[0] != 1 {
		return s, fmt.Errorf("pictures need one input of one image, 1xCxHxW or 1xHxWxC, the model takes %s: calibrate on an .npy or .npz, without input", describeInputs(inputs))
	}
	shape := inputs[0].Shape
	if t := inputs[0].Type; t != ir.F32 && t != ir.U8 {
		return s, fmt.Errorf("pictures can't become the input %q of %s: want float32 or uint8; calibrate on an .npy or .npz, without input", inputs[0].Name, t.GoType())
	}
	if s.Layout, err = layout(im.Layout, shape); err != nil {
		return s, err
	}
	c, h, w := shape[1], shape[2], shape[3]
	if s.Layout == calibdata.NHWC {
		h, w, c = shape[1], shape[2], shape[3]
	}
	if want, ok := map[string]int{"": c, "rgb": 3, "bgr": 3, "grey": 1}[im.Colour]; !ok || want != c {
		return s, fmt.Errorf("colour %q does not fit the input %s of %d channels in layout %s: want rgb or bgr for 3, grey for 1", im.Colour, shape, c, s.Layout)
	}
	s.ImageSpec = portable.ImageSpec{Width: w, Height: h, Channels: c, Resize: im.Resize, Stretch: im.Stretch, BGR: im.Colour == "bgr"}
	s.Scale, s.Mean, s.Std = im.Scale, im.Mean, im.Std
	if inputs[0].Type == ir.U8 {
		if (s.Scale != 0 && s.Scale != 1) || len(s.Mean)+len(s.Std) > 0 {
			return s, fmt.Errorf("the input %q takes the picture's bytes as they are: leave out scale, mean and std", inputs[0].Name)
		}
		s.Scale, s.Bytes = 1, true
	}
	if s.Scale == 0 {
		s.Scale = 1.0 / 255
	}
	return s, nil
}

// layout returns the layout of that name, or finds it from the shape.
func layout(name string, shape ir.Shape) (calibdata.Layout, error) {
	first, last := shape[1] == 1 || shape[1] == 3, shape[3] == 1 || shape[3] == 3
	switch {
	case name == "NCHW" || name == "" && first && !last:
		return calibdata.NCHW, nil
	case name == "NHWC" || name == "" && last && !first:
		return calibdata.NHWC, nil
	case name == "":
		return 0, fmt.Errorf("it is not plain which axis of the input %s holds the channels: %s", shape, pictureDefault)
	}
	return 0, fmt.Errorf("layout %q: want NCHW or NHWC", name)
}

func describeInputs(inputs []*ir.Value) string {
	var all []string
	for _, v := range inputs {
		all = append(all, fmt.Sprintf("%q %s", v.Name, v.Shape))
	}
	return strings.Join(all, ", ")
}

// describePictures says in a line what happens to a picture.
func describePictures(s calibdata.Spec) string {
	colour := "RGB"
	if s.Channels == 1 {
		colour = "grey"
	} else if s.BGR {
		colour = "BGR"
	}
	size := "of exactly"
	if s.Resize > 0 {
		size = fmt.Sprintf("shorter side scaled to %d, cut to", s.Resize)
	} else if s.Stretch {
		size = "stretched to"
	}
	text := fmt.Sprintf("%s, %s %dx%d, ", colour, size, s.Width, s.Height)
	if s.Bytes {
		return text + "bytes as they are"
	}
	text += fmt.Sprintf("byte x %.6g", s.Scale)
	if len(s.Mean) > 0 {
		text += fmt.Sprintf(", less %v", s.Mean)
	}
	if len(s.Std) > 0 {
		text += fmt.Sprintf(", over %v", s.Std)
	}
	return text
}

// picture returns how the package turns a picture into the input.
func (b *build) picture() *gen.Image {
	s := b.spec
	if s == nil {
		return nil
	}
	return &gen.Image{Width: s.Width, Height: s.Height, Channels: s.Channels, Shorter: s.Resize, Stretch: s.Stretch, BGR: s.BGR,
		ChannelsLast: s.Layout == calibdata.NHWC, Normalize: s.Normalize}
}
