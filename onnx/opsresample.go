package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// maxTaps bounds the taps of all positions of a resized axis together.
const maxTaps = 1 << 24

// resample imports linear and cubic resizing: a Resample for each axis that changes. Axes
// that shrink come first; of several that grow the last one, whose steps are the slowest.
func (c *call) resample(r *resizing) error {
	x, maps, err := c.resized(r)
	if err != nil {
		return err
	}
	border := ir.Pad{Before: make([]int, len(maps)), After: make([]int, len(maps)), Value: r.extrapolation}
	var steps []ir.Resample
	for a, m := range maps {
		inside, err := r.inside(m)
		if err != nil {
			return fmt.Errorf("axis %d: %w", a, err)
		}
		border.Before[a], border.After[a] = inside.from, m.out-inside.from-len(inside.at)
		s, err := r.taps(m, inside.at)
		if err != nil {
			return fmt.Errorf("axis %d: %w", a, err)
		}
		if s.Axis = a; len(inside.at) != m.in || !isCopy(s) {
			steps = append(steps, s)
		}
	}
	grows := func(s ir.Resample) float64 { return float64(len(s.Index)/s.Taps) / float64(x.Shape[s.Axis]) }
	slices.SortStableFunc(steps, func(a, b ir.Resample) int {
		switch ga, gb := grows(a), grows(b); {
		case ga < 1 && gb < 1:
			return a.Axis - b.Axis
		case ga < 1:
			return -1
		case gb < 1:
			return 1
		}
		return b.Axis - a.Axis
	})
	var ops []ir.Op
	for _, s := range steps {
		ops = append(ops, s)
	}
	return c.resizeChain(x, ops, border)
}

// isCopy reports whether every position takes itself.
func isCopy(s ir.Resample) bool {
	for i, v := range s.Weight {
		if p := i / s.Taps; v != 0 && s.Index[i] != p || v != 0 && v != 1 {
			return false
		}
	}
	return true
}

// coordinates are where positions of a resized axis lie in the operand, from a first one on:
// those before and behind lie outside.
type coordinates struct {
	from int
	at   []float32
}

// inside returns the positions that are read: all, unless those outside of the operand get
// the extrapolation value.
func (r *resizing) inside(m axisMap) (coordinates, error) {
	if m.out > 1<<24 { // more is no image
		return coordinates{}, fmt.Errorf("becomes %d long", m.out)
	}
	var c coordinates
	for i := range m.out {
		x, err := r.coordinate(m, float32(i))
		if err != nil {
			return c, err
		}
		if r.coord == "tf_crop_and_resize" && !(x >= 0 && x <= float32(m.in-1)) {
			continue
		}
		if len(c.at) == 0 {
			c.from = i
		}
		c.at = append(c.at, x)
	}
	if len(c.at) == 0 {
		return c, fmt.Errorf("the region from %g to %g lies outside of the operand, so that nothing of it is read", m.from, m.to)
	}
	return c, nil
}

// taps returns the Resample of an axis whose positions lie at the given coordinates. Taps
// outside of the operand are the elements at its ends, or are left out with exclude_outside.
func (r *resizing) taps(m axisMap, at []float32) (ir.Resample, error) {
	kernel, reach := triangle, 1.0
	if r.mode == "cubic" {
		kernel, reach = func(x float64) float64 { return cubic(x, float64(r.cubicA)) }, 2
	}
	squeeze := 1.0 // of the kernel, so that it covers what falls on one position
	if r.antialias {
		squeeze = min(float64(m.scale), 1)
	}
	s := ir.Resample{Taps: 2 * int(math.Ceil(reach/squeeze))}
	if s.Taps > maxTaps/max(len(at), 1) {
		return s, fmt.Errorf("%d positions of %d elements each are too many", len(at), s.Taps)
	}
	w := make([]float64, s.Taps)
	for _, x := range at {
		first := int(math.Floor(float64(x))) + 1 - s.Taps/2
		sum := 0.0
		for i := range w {
			w[i] = kernel((float64(first+i) - float64(x)) * squeeze)
			if p := first + i; r.exclude && (p < 0 || p >= m.in) {
				w[i] = 0
			}
			sum += w[i]
		}
		for i, v := range w {
			if r.antialias || r.exclude {
				v /= sum
			}
			s.Index = append(s.Index, min(max(first+i, 0), m.in-1))
			s.Weight = append(s.Weight, float32(v))
		}
	}
	return s, nil
}

// triangle is the kernel of linear interpolation.
func triangle(x float64) float64 { return max(1-math.Abs(x), 0) }

// cubic is Keys' kernel of cubic interpolation.
func cubic(x, a float64) float64 {
	x = math.Abs(x)
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}
