package portable

import (
	"errors"
	"fmt"
	"image"
)

// ImageSpec says how a picture becomes the pixels of a network's input. It is
// what a generated package does with an image.Image, without the last stage, the
// normalisation and quantization; calibration uses it so that both see the same pixels.
type ImageSpec struct {
	Width, Height int  // of the network's input
	Channels      int  // 3, or 1 for luma
	Resize        int  // if not 0: scale until the shorter side has this length, then cut the centre
	Stretch       bool // scale to Width x Height whatever the proportions; without it and Resize the size must match
	BGR           bool // channel order blue, green, red
}

// Validate returns an error that names the field that makes no sense, and what it may be.
func (s ImageSpec) Validate() error {
	switch {
	case s.Width < 1 || s.Height < 1 || s.Width > maxImageSide || s.Height > maxImageSide:
		return fmt.Errorf("image input of %dx%d: want sides from 1 to %d", s.Width, s.Height, maxImageSide)
	case s.Channels != 1 && s.Channels != 3:
		return fmt.Errorf("image input of %d channels: want 3 (colour) or 1 (grey)", s.Channels)
	case s.BGR && s.Channels == 1:
		return errors.New("image input: channel order BGR needs 3 channels, there is 1")
	case s.Stretch && s.Resize != 0:
		return errors.New("image input: stretch and resize exclude each other")
	case s.Resize != 0 && (s.Resize < min(s.Width, s.Height) || s.Resize > maxImageSide):
		return fmt.Errorf("image input: resize of the shorter side to %d: want at least the %d that the network takes, at most %d",
			s.Resize, min(s.Width, s.Height), maxImageSide)
	}
	return nil
}

// Size returns the bytes that Pixels writes.
func (s ImageSpec) Size() int { return s.Width * s.Height * s.Channels }

// Pixels writes img to dst, at least Size bytes, as rows of pixels of
// Channels bytes (HWC). Errors: an invalid s, a short dst, an empty image, one
// of the wrong size where nothing is resized, one that is scaled to less
// than Width x Height.
func (s ImageSpec) Pixels(img image.Image, dst []uint8) error {
	if err := s.Validate(); err != nil {
		return err
	}
	f := imageFormat[uint8]{
		width: s.Width, height: s.Height, channels: s.Channels,
		shorter: s.Resize, stretch: s.Stretch, bgr: s.BGR,
		rowPitch: s.Width * s.Channels, pixelPitch: s.Channels, channelPitch: 1,
	}
	return f.load(dst, img, new(imageScratch))
}
