package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// upsample imports Upsample: scales are an attribute before opset 9, then an
// operand. Position y of the result is floor(y/scale) of the operand.
func upsample(c *call) error {
	scales := []float32(nil)
	if a := c.attr("scales", AttrFloats); a != nil {
		scales = a.Floats
	}
	if c.imp.opset >= 9 {
		var err error
		if scales, err = c.constFloats(1, "scales"); err != nil {
			return err
		}
	}
	r := &resizing{mode: c.str("mode", "nearest"), coord: "asymmetric", nearest: "floor", scales: scales}
	return c.resizeNearest(r)
}

// resize imports Resize: of opset 10 as Upsample, of opset 11 on with all its
// coordinate modes, of opset 18 on with axes and keep_aspect_ratio_policy.
func resize(c *call) error {
	r := &resizing{mode: c.str("mode", "nearest"), coord: "asymmetric", nearest: "floor"}
	if c.imp.opset == 10 {
		var err error
		if r.scales, err = c.constFloats(1, "scales"); err != nil {
			return err
		}
		return c.resizeNearest(r)
	}
	r.coord = c.str("coordinate_transformation_mode", "half_pixel")
	r.nearest = c.str("nearest_mode", "round_prefer_floor")
	r.policy = c.str("keep_aspect_ratio_policy", "stretch")
	r.axes = c.ints("axes")
	var err error
	if r.coord == "tf_crop_and_resize" {
		if r.roi, err = c.constFloats(1, "roi"); err != nil {
			return err
		}
	}
	if r.scales, err = c.constFloats(2, "scales"); err != nil {
		return err
	}
	if r.sizes, err = c.constInts(3, "sizes"); err != nil {
		return err
	}
	return c.resizeNearest(r)
}

// resizing is what a Resize asks for. Scales, sizes and roi are given for all
// axes or for those in axes.
type resizing struct {
	mode, coord, nearest, policy string
	scales                       []float32
	sizes                        []int64
	roi                          []float32 // all starts, then all ends
	axes                         []int64
}

// axisMap is the resizing of one axis.
type axisMap struct {
	in, out  int
	scale    float32
	from, to float32 // the region of tf_crop_and_resize
}

// resizeNearest computes which element of the operand each position of the
// result takes.
func (c *call) resizeNearest(r *resizing) error {
	if r.mode != "nearest" {
		return fmt.Errorf("mode %q is not supported: use nearest", r.mode)
	}
	if err := c.wantImage(); err != nil {
		return err
	}
	x := c.in[0].Shape
	maps, err := r.maps(x)
	if err != nil {
		return err
	}
	index := [2][]int{{0}, {0}}
	for i, m := range maps {
		idx, err := r.index(m)
		if err == nil {
			err = c.imp.spend(m.out, foldedElem)
		}
		if err != nil {
			return fmt.Errorf("axis %d: %w", i, err)
		}
		if i >= 2 {
			index[2-len(x)+i] = idx // one axis of space is the width
		} else if m.in != m.out || !isIota(idx) {
			return fmt.Errorf("resizes axis %d from %d to %d: only height and width may change", i, m.in, m.out)
		}
	}
	in, err := c.image("input", c.in[0])
	if err != nil {
		return err
	}
	return c.imageResult(ir.ResizeNearest{Y: index[0], X: index[1]}, in)
}

func isIota(idx []int) bool {
	for i, v := range idx {
		if i != v {
			return false
		}
	}
	return true
}

// maps returns the resizing of every axis of a tensor of shape x.
func (r *resizing) maps(x ir.Shape) ([]axisMap, error) {
	where := make([]int, len(x))
	for i := range where {
		where[i] = i
	}
	if r.axes != nil {
		if _, err := axes(r.axes, len(x)); err != nil {
			return nil, err
		}
		where = where[:0]
		for _, a := range r.axes {
			i, _ := axis(a, len(x))
			where = append(where, i)
		}
	}
	if (len(r.scales) == 0) == (len(r.sizes) == 0) {
		return nil, errors.New("want either scales or sizes")
	}
	if n := len(r.scales) + len(r.sizes); n != len(where) {
		return nil, fmt.Errorf("%d scales or sizes for %d axes", n, len(where))
	}
	if r.coord == "tf_crop_and_resize" && len(r.roi) != 2*len(where) {
		return nil, fmt.Errorf("roi has %d numbers, want %d", len(r.roi), 2*len(where))
	}
	maps := make([]axisMap, len(x))
	for i, d := range x {
		maps[i] = axisMap{in: d, out: d, scale: 1, to: 1}
	}
	for i, a := range where {
		if err := r.resizeAxis(&maps[a], i); err != nil {
			return nil, err
		}
	}
	return maps, r.keepAspect(maps, where)
}

// resizeAxis sets the resizing of the axis that entry i of the lists is about.
func (r *resizing) resizeAxis(m *axisMap, i int) error {
	if len(r.roi) > 0 {
		m.from, m.to = r.roi[i], r.roi[i+len(r.roi)/2]
	}
	if len(r.sizes) > 0 {
		if n := r.sizes[i]; n < 1 || n > math.MaxInt32 {
			return fmt.Errorf("sizes %v: %d is no extent", r.sizes, n)
		}
		m.out = int(r.sizes[i])
		m.scale = float32(m.out) / float32(m.in)
		return nil
	}
	m.scale = r.scales[i]
	size := float64(m.in) * float64(m.scale)
	if r.coord == "tf_crop_and_resize" {
		size *= float64(m.to - m.from)
	}
	if !(size >= 1 && size <= math.MaxInt32) {
		return fmt.Errorf("scales %v: %d becomes %g", r.scales, m.in, size)
	}
	m.out = int(math.Floor(size))
	return nil
}

// keepAspect gives the axes one scale where keep_aspect_ratio_policy asks for it.
func (r *resizing) keepAspect(maps []axisMap, where []int) error {
	switch r.policy {
	case "", "stretch":
		return nil
	case "not_larger", "not_smaller":
	default:
		return fmt.Errorf("keep_aspect_ratio_policy %q: want stretch, not_larger or not_smaller", r.policy)
	}
	if len(r.sizes) == 0 {
		return nil // the policy is about sizes only
	}
	var ratios []float64
	for _, a := range where {
		ratios = append(ratios, float64(maps[a].out)/float64(maps[a].in))
	}
	scale := slices.Min(ratios)
	if r.policy == "not_smaller" {
		scale = slices.Max(ratios)
	}
	for _, a := range where {
		m := &maps[a]
		m.scale = float32(scale)
		m.out = int(math.Floor(scale*float64(m.in) + 0.5))
		if m.out < 1 || m.out > math.MaxInt32 {
			return fmt.Errorf("sizes %v: %d becomes %d", r.sizes, m.in, m.out)
		}
	}
	return nil
}

// index returns the element of the operand for each position of the result.
func (r *resizing) index(m axisMap) ([]int, error) {
	if m.out > 1<<24 { // more is no image
		return nil, fmt.Errorf("becomes %d long", m.out)
	}
	idx := make([]int, m.out)
	for i := range idx {
		x, err := r.coordinate(m, float32(i))
		if err != nil {
			return nil, err
		}
		last := float32(m.in - 1)
		if r.coord == "tf_crop_and_resize" && (x < 0 || x > last) {
			return nil, fmt.Errorf("position %d lies outside the operand, at %g: extrapolation is not supported", i, x)
		}
		p, err := r.round(x)
		if err != nil {
			return nil, err
		}
		idx[i] = int(min(max(p, 0), last))
	}
	return idx, nil
}

// coordinate returns where position x of the result lies in the operand, by the
// formulas of ONNX Resize, in float32 as runtimes compute them.
func (r *resizing) coordinate(m axisMap, x float32) (float32, error) {
	in, out := float32(m.in), float32(m.out)
	switch r.coord {
	case "half_pixel":
		return (x+0.5)/m.scale - 0.5, nil
	case "half_pixel_symmetric":
		adjust := out / float32(m.scale*in)
		offset := float32(in / 2 * (1 - adjust))
		return offset + (x+0.5)/m.scale - 0.5, nil
	case "pytorch_half_pixel":
		if m.out == 1 {
			return 0, nil
		}
		return (x+0.5)/m.scale - 0.5, nil
	case "tf_half_pixel_for_nn":
		return (x + 0.5) / m.scale, nil
	case "align_corners":
		if m.out == 1 {
			return 0, nil
		}
		return float32(x*(in-1)) / (out - 1), nil
	case "asymmetric":
		return x / m.scale, nil
	case "tf_crop_and_resize":
		if m.out == 1 {
			return float32(0.5*(m.from+m.to)) * (in - 1), nil
		}
		start := float32(m.from * (in - 1))
		return start + float32(x*float32((m.to-m.from)*(in-1)))/(out-1), nil
	}
	return 0, fmt.Errorf("coordinate_transformation_mode %q is not supported", r.coord)
}

// round returns the nearest element to x.
func (r *resizing) round(x float32) (float32, error) {
	f := float64(x)
	switch r.nearest {
	case "round_prefer_floor":
		f = math.Ceil(f - 0.5)
	case "round_prefer_ceil":
		f = math.Floor(f + 0.5)
	case "floor":
		f = math.Floor(f)
	case "ceil":
		f = math.Ceil(f)
	default:
		return 0, fmt.Errorf("nearest_mode %q is not supported", r.nearest)
	}
	return float32(f), nil
}
