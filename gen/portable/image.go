package portable

// From a picture to a network's input, in three stages that run
// row by row:
//
//  1. read: any image.Image to 8-bit RGB. Colour is premultiplied by alpha, as
//     color.Color's RGBA method gives it, so what is transparent becomes black. One
//     channel: the luma of that RGB.
//  2. resize: a triangle filter ("bilinear"), widened by the reduction so
//     that every source pixel counts ("antialiased"), columns first, then rows, each
//     rounded to 8 bits. It is the filter of Pillow's Image.resize, with the same 22-bit
//     fixed-point weights.
//  3. map: one table of 256 elements a channel, which holds the normalisation and, where
//     the input is of bytes, its quantization.
//
// There is no floating point arithmetic in it: a picture gives the same input on every machine.

import (
	"fmt"
	"image"
	"image/color"
)

// weightBits is the precision of the filter's weights: those of one output add
// up to exactly 1<<weightBits, so a sum of weight times byte stays below 1<<31.
const weightBits = 32 - 8 - 2

// maxImageSide bounds the sides of a source. It keeps the products of the filter's
// arithmetic in 64 bits, and refuses image.Uniform, whose bounds are 2e9 wide.
const maxImageSide = 1 << 16

// imageElement is what a network's input is made of: bytes where it is quantized.
type imageElement interface{ uint8 | float32 }

// imageFormat says which picture a network takes.
type imageFormat[E imageElement] struct {
	width, height int  // of the network's input
	channels      int  // 3, or 1 for luma
	shorter       int  // if not 0: scale until the shorter side has this length, then cut the centre
	stretch       bool // scale to width x height whatever the proportions; else, and shorter 0, the size must match
	bgr           bool // the network's channel order is blue, green, red

	rowPitch, pixelPitch, channelPitch int // elements from a row of the result to the next, from a pixel, from a channel

	table *[3][256]E // element of each channel of the result by byte of the picture; nil leaves them as they are
}

// imageScratch is memory that calls of load reuse. Its zero value is ready. It
// serves one call at a time.
type imageScratch struct {
	x, y    imageAxis
	pixels  []uint8      // one source row, or one of the result
	rows    []uint8      // ring of y.taps rows that have their final width
	sums    []uint32     // one row of sums over rows
	palette [256][3]byte // colours of a paletted source
}

// load writes img to dst, height rows of width pixels of channels elements at
// f's pitches; what is between them is left alone.
func (f *imageFormat[E]) load(dst []E, img image.Image, s *imageScratch) error {
	if need := (f.height-1)*f.rowPitch + (f.width-1)*f.pixelPitch + (f.channels-1)*f.channelPitch + 1; len(dst) < need {
		return fmt.Errorf("input buffer has %d elements, want %d", len(dst), need)
	}
	b := img.Bounds()
	w, h, err := f.scaled(b.Dx(), b.Dy())
	if err != nil {
		return err
	}
	s.x.filter(b.Dx(), w, cropOffset(w, f.width), f.width)
	s.y.filter(b.Dy(), h, cropOffset(h, f.height), f.height)
	if p, ok := img.(*image.Paletted); ok {
		s.readPalette(p.Palette)
	}
	n := f.width * f.channels
	s.pixels = grow(s.pixels, max(3*b.Dx(), n))
	s.rows = grow(s.rows, s.y.taps*n)
	s.sums = grow(s.sums, n)

	next := s.y.start[0] // first source row that rows does not have
	for y := range f.height {
		for ; next < s.y.end[y]; next++ {
			slot := next % s.y.taps
			s.readRow(img, b.Min.X+s.x.start[0], b.Min.X+s.x.end[f.width-1], b.Min.Y+next, f.channels)
			s.x.columns(s.rows[slot*n:][:n], s.pixels, f.channels)
		}
		f.store(dst[y*f.rowPitch:], s.mixRows(y, n))
	}
	return nil
}

// scaled returns the size to which a w x h source is scaled before the cut, by
// torchvision's Resize: the longer side is rounded down.
func (f *imageFormat[E]) scaled(w, h int) (int, int, error) {
	switch {
	case w < 1 || h < 1:
		return 0, 0, fmt.Errorf("image of %dx%d pixels is empty", w, h)
	case w > maxImageSide || h > maxImageSide:
		return 0, 0, fmt.Errorf("image of %dx%d pixels: sides above %d are not supported", w, h, maxImageSide)
	case f.stretch:
		return f.width, f.height, nil
	case f.shorter == 0:
		if w != f.width || h != f.height {
			return 0, 0, fmt.Errorf("image is %dx%d pixels, the network takes %dx%d and no resize is configured", w, h, f.width, f.height)
		}
		return w, h, nil
	}
	sw, sh := f.shorter, f.shorter
	if w < h {
		sh = int(int64(f.shorter) * int64(h) / int64(w))
	} else {
		sw = int(int64(f.shorter) * int64(w) / int64(h))
	}
	if sw < f.width || sh < f.height {
		return 0, 0, fmt.Errorf("image of %dx%d pixels is scaled to %dx%d, which is smaller than the network's %dx%d", w, h, sw, sh, f.width, f.height)
	}
	return sw, sh, nil
}

// cropOffset returns where torchvision's CenterCrop cuts size out of total: at
// half of the rest, a half rounded to even.
func cropOffset(total, size int) int {
	half := (total - size) / 2
	if (total-size)%2 != 0 && half%2 != 0 {
		half++
	}
	return half
}

// imageAxis is the filter along one axis. Output i is the sum of the source's
// start[i] to end[i]-1 with the weights from weight[i*taps] on.
type imageAxis struct {
	in, out, first int
	taps           int // upper bound of end[i]-start[i]
	start, end     []int
	weight         []uint32
}

// filter computes outputs first to first+n-1 of an axis that is scaled from in
// to out positions, unless a already holds just these.
//
// With positions doubled and multiplied by out, source x lies at
// (2x+1)*out and output i at (2i+1)*in, and the triangle reaches 2*max(in, out) to both
// sides: all integers, so the weights are exact up to their last rounding.
func (a *imageAxis) filter(in, out, first, n int) {
	if a.in == in && a.out == out && a.first == first && len(a.start) == n {
		return
	}
	reach := 2 * int64(max(in, out))
	a.in, a.out, a.first = in, out, first
	a.taps = int(reach/int64(out)) + 1
	a.start, a.end, a.weight = grow(a.start, n), grow(a.end, n), grow(a.weight, n*a.taps)
	for i := range n {
		centre := (2*int64(first+i) + 1) * int64(in)
		x := 0
		if before := centre - reach - int64(out); before >= 0 {
			x = int(before/(2*int64(out))) + 1
		}
		a.start[i] = x
		var total int64
		for ; x < in && triangle(x, out, centre, reach) > 0; x++ {
			total += triangle(x, out, centre, reach)
		}
		a.end[i] = x
		// The remainder of each division goes on to the next weight, so
		// that they add up exactly and one colour stays that colour.
		rest := total / 2
		w := a.weight[i*a.taps:]
		for x := a.start[i]; x < a.end[i]; x++ {
			v := triangle(x, out, centre, reach)<<weightBits + rest
			w[x-a.start[i]] = uint32(v / total)
			rest = v % total
		}
	}
}

// triangle is reach less the distance of source x from centre; not positive
// outside the filter.
func triangle(x, out int, centre, reach int64) int64 {
	d := (2*int64(x)+1)*int64(out) - centre
	return reach - max(d, -d)
}

// columns filters one row: src holds the source's positions from
// start[0] on, dst takes all outputs; both have 1 or 3 channels.
func (a *imageAxis) columns(dst, src []uint8, channels int) {
	switch {
	case a.in == a.out:
		copy(dst, src)
	case channels == 1:
		for i := range dst {
			sum := uint32(1) << (weightBits - 1)
			p := src[a.start[i]-a.start[0] : a.end[i]-a.start[0]]
			w := a.weight[i*a.taps:][:len(p)]
			for j, v := range p {
				sum += w[j] * uint32(v)
			}
			dst[i] = uint8(sum >> weightBits)
		}
	default:
		for i := range a.start {
			r := uint32(1) << (weightBits - 1)
			g, b := r, r
			p := src[3*(a.start[i]-a.start[0]) : 3*(a.end[i]-a.start[0])]
			for _, w := range a.weight[i*a.taps:][:len(p)/3] {
				r += w * uint32(p[0])
				g += w * uint32(p[1])
				b += w * uint32(p[2])
				p = p[3:]
			}
			dst[3*i] = uint8(r >> weightBits)
			dst[3*i+1] = uint8(g >> weightBits)
			dst[3*i+2] = uint8(b >> weightBits)
		}
	}
}

// mixRows returns row y of the result, n bytes, out of the ring of rows.
func (s *imageScratch) mixRows(y, n int) []uint8 {
	first, end := s.y.start[y], s.y.end[y]
	row := s.rows[first%s.y.taps*n:][:n]
	if end == first+1 {
		return row
	}
	for i := range s.sums {
		s.sums[i] = 1 << (weightBits - 1)
	}
	for r := first; r < end; r++ {
		w := s.y.weight[y*s.y.taps+r-first]
		sums := s.sums[:n]
		for i, v := range s.rows[r%s.y.taps*n:][:n] {
			sums[i] += w * uint32(v)
		}
	}
	// The source row's buffer is free between two reads and takes the result.
	row = s.pixels[:n]
	for i, v := range s.sums {
		row[i] = uint8(v >> weightBits)
	}
	return row
}

// store maps one row of pixels to the network's elements.
func (f *imageFormat[E]) store(dst []E, row []uint8) {
	for x := range f.width {
		for c := range f.channels {
			from := c
			if f.bgr && f.channels == 3 {
				from = 2 - c
			}
			b := row[x*f.channels+from]
			v := E(b)
			if f.table != nil {
				v = f.table[c][b]
			}
			dst[x*f.pixelPitch+c*f.channelPitch] = v
		}
	}
}

// grow returns a slice of n elements that reuses s where it can.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// readRow reads columns x0 to x1-1 of row y to s.pixels, with 1 or 3 channels.
func (s *imageScratch) readRow(img image.Image, x0, x1, y, channels int) {
	dst := s.pixels[:3*(x1-x0)]
	switch m := img.(type) {
	case *image.RGBA:
		src := m.Pix[m.PixOffset(x0, y):]
		for i := 0; i < x1-x0; i++ {
			dst[3*i], dst[3*i+1], dst[3*i+2] = src[4*i], src[4*i+1], src[4*i+2]
		}
	case *image.NRGBA:
		readNRGBA(dst, m.Pix[m.PixOffset(x0, y):])
	case *image.YCbCr:
		readYCbCr(dst, m, x0, y)
	case *image.Gray:
		for i, v := range m.Pix[m.PixOffset(x0, y):][:x1-x0] {
			dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
		}
	case *image.Paletted:
		for i, v := range m.Pix[m.PixOffset(x0, y):][:x1-x0] {
			copy(dst[3*i:], s.palette[v][:])
		}
	case image.RGBA64Image:
		for x := x0; x < x1; x++ {
			c := m.RGBA64At(x, y)
			p := dst[3*(x-x0):]
			p[0], p[1], p[2] = uint8(c.R>>8), uint8(c.G>>8), uint8(c.B>>8)
		}
	default:
		readAny(dst, img, x0, y)
	}
	if channels == 1 {
		for i := range x1 - x0 {
			dst[i] = luma(dst[3*i], dst[3*i+1], dst[3*i+2])
		}
	}
}

// readAny reads pixels through the interface that every image has.
func readAny(dst []uint8, img image.Image, x0, y int) {
	for i := 0; i < len(dst); i += 3 {
		r, g, b, _ := img.At(x0+i/3, y).RGBA()
		dst[i], dst[i+1], dst[i+2] = uint8(r>>8), uint8(g>>8), uint8(b>>8)
	}
}

// readNRGBA premultiplies as color.NRGBA's RGBA method does: in 16 bits.
func readNRGBA(dst, src []uint8) {
	for i := range len(dst) / 3 {
		p, q := dst[3*i:3*i+3], src[4*i:4*i+4]
		switch a := uint32(q[3]); a {
		case 0xff:
			p[0], p[1], p[2] = q[0], q[1], q[2]
		default:
			for c := range p {
				p[c] = uint8(uint32(q[c]) * 0x101 * a / 0xff >> 8)
			}
		}
	}
}

// readYCbCr reads pixels of any subsampling. A row of them shares one row of
// chroma, whose samples are 1, 2 or 4 pixels wide.
func readYCbCr(dst []uint8, m *image.YCbCr, x0, y int) {
	wide := 1
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		wide = 2
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		wide = 4
	}
	chroma := m.COffset(x0, y)
	for i, luma := range m.Y[m.YOffset(x0, y):][:len(dst)/3] {
		switch x := x0 + i; {
		case i == 0:
		case x <= 0: // where COffset's division rounds upwards
			chroma = m.COffset(x, y)
		case x&(wide-1) == 0:
			chroma++
		}
		p := dst[3*i : 3*i+3]
		p[0], p[1], p[2] = color.YCbCrToRGB(luma, m.Cb[chroma], m.Cr[chroma])
	}
}

// luma has the weights of color.GrayModel, for bytes and rounded, as Pillow's
// conversion to "L" is.
func luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// readPalette keeps the colours of a paletted source. Indices that the palette
// does not have are black.
func (s *imageScratch) readPalette(p color.Palette) {
	s.palette = [256][3]byte{}
	for i, c := range p[:min(len(p), 256)] {
		r, g, b, _ := c.RGBA()
		s.palette[i] = [3]byte{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
	}
}
