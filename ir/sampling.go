package ir

import (
	"errors"
	"fmt"
)

// SampleMode says how GridSample reads between the elements.
type SampleMode uint8

// The modes of GridSample.
const (
	SampleLinear  SampleMode = iota // the four elements around
	SampleNearest                   // ties to even
	SampleCubic                     // the sixteen around, by Keys' kernel with a = -0.75
)

var sampleModeNames = [...]string{"linear", "nearest", "cubic"}

// String returns the name that the text form uses.
func (m SampleMode) String() string {
	if int(m) < len(sampleModeNames) {
		return sampleModeNames[m]
	}
	return "invalid"
}

// EdgeMode says what GridSample reads outside of the operand.
type EdgeMode uint8

// The edges of GridSample.
const (
	EdgeZeros   EdgeMode = iota // zeros
	EdgeRepeat                  // the nearest element inside
	EdgeReflect                 // the elements mirrored
)

var edgeModeNames = [...]string{"zeros", "repeat", "reflect"}

// String returns the name that the text form uses.
func (m EdgeMode) String() string {
	if int(m) < len(edgeModeNames) {
		return edgeModeNames[m]
	}
	return "invalid"
}

// GridSample reads X at the positions that the grid gives, column before row, from -1 at
// one end to 1 at the other: of the outermost elements' middles with AlignCorners, else of
// their outer edges. What is not a number counts as -1 there.
//
// In: X f32 [N,C,H,W]; grid f32 [N,OH,OW,2]. Out: f32 [N,C,OH,OW].
type GridSample struct {
	Mode         SampleMode
	Edge         EdgeMode
	AlignCorners bool
}

// Kind returns the name in the text form.
func (GridSample) Kind() string { return "GridSample" }

// Infer checks the operands and returns the result's type.
func (GridSample) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	if err := errors.Join(wantType(in[0], 0, F32), wantType(in[1], 1, F32)); err != nil {
		return nil, err
	}
	x, g := in[0].Shape, in[1].Shape
	if len(x) != 4 || len(g) != 4 || g[0] != x[0] || g[3] != 2 {
		return nil, fmt.Errorf("a grid of %s does not fit the input %s: want [N,H,W,2] for [N,C,H,W]", g, x)
	}
	if x[2]*x[3] == 0 {
		return nil, fmt.Errorf("there is nothing to read in %s", x)
	}
	return one(F32, Shape{x[0], x[1], g[1], g[2]})
}

func checkGridSample(o GridSample) error {
	if int(o.Mode) >= len(sampleModeNames) || int(o.Edge) >= len(edgeModeNames) {
		return fmt.Errorf("unknown mode %d or edge %d", o.Mode, o.Edge)
	}
	return nil
}

// RoiAlign cuts regions into Height x Width bins of X and takes the mean of Samples x
// Samples points of each, read between the elements; with Max the largest of the four
// weighted elements around any of the points. Samples 0 takes as many as a bin is long,
// rounded up. Corners of regions are times Scale; with HalfPixel they are shifted by half
// an element, else a region is at least one long and wide. Points further than one element
// outside read 0.
//
// In: X f32 [N,C,H,W]; regions f32 [R,4]: left, top, right, bottom; the image of each
// i64 [R]: one that there is not reads as zeros. Out: f32 [R,C,Height,Width].
type RoiAlign struct {
	Height, Width, Samples int
	Scale                  float32
	Max, HalfPixel         bool
}

// Kind returns the name in the text form.
func (RoiAlign) Kind() string { return "RoiAlign" }

// RoiSamples is the largest number of points a bin has along an axis.
const RoiSamples = 4096

// Infer checks the operands and returns the result's type.
func (o RoiAlign) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 3, 3); err != nil {
		return nil, err
	}
	if err := errors.Join(wantType(in[0], 0, F32), wantType(in[1], 1, F32), wantType(in[2], 2, I64)); err != nil {
		return nil, err
	}
	x, r, b := in[0].Shape, in[1].Shape, in[2].Shape
	if len(x) != 4 || len(r) != 2 || r[1] != 4 || len(b) != 1 || b[0] != r[0] {
		return nil, fmt.Errorf("input %s, regions %s, images %s: want [N,C,H,W], [R,4] and [R]", x, r, b)
	}
	if o.Height < 1 || o.Width < 1 || o.Samples < 0 || o.Samples > RoiSamples || x[2]*x[3] == 0 {
		return nil, fmt.Errorf("%dx%d bins with %d samples of %s: want positive numbers, and at most %d samples", o.Height, o.Width, o.Samples, x, RoiSamples)
	}
	return one(F32, Shape{r[0], x[1], o.Height, o.Width})
}
