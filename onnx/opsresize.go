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
	return c.resizeAll(r)
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
		return c.resizeAll(r)
	}
	r.coord = c.str("coordinate_transformation_mode", "half_pixel")
	r.nearest = c.str("nearest_mode", "round_prefer_floor")
	r.policy = c.str("keep_aspect_ratio_policy", "stretch")
	r.axes = c.ints("axes")
	r.cubicA = c.float("cubic_coeff_a", -0.75)
	r.exclude, r.antialias = c.int("exclude_outside", 0) != 0, c.int("antialias", 0) != 0
	r.extrapolation = c.float("extrapolation_value", 0)
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
	return c.resizeAll(r)
}

// resizing is what a Resize asks for. Scales, sizes and roi are given for all
// axes or for those in axes.
type resizing struct {
	mode, coord, nearest, policy string
	scales                       []float32
	sizes                        []int64
	roi                          []float32 // all starts, then all ends
	axes                         []int64
	cubicA, extrapolation        float32
	exclude, antialias           bool
}

// axisMap is the resizing of one axis.
type axisMap struct {
	in, out  int
	scale    float32
	from, to float32 // the region of tf_crop_and_resize
	length   float32 // out, or what was rounded down to it
}

// resizeAll imports what r asks for.
func (c *call) resizeAll(r *resizing) error {
	switch r.mode {
	case "nearest":
		return c.resizeNearest(r)
	case "linear", "bilinear", "cubic":
		return c.resample(r)
	}
	return fmt.Errorf("mode %q is not supported: want nearest, linear or cubic", r.mode)
}

// resizeNearest computes which element of the operand each position of the
// result takes: a ResizeNearest for height and width of images, a Gather for other axes.
func (c *call) resizeNearest(r *resizing) error {
	x, maps, err := c.resized(r)
	if err != nil {
		return err
	}
	border := ir.Pad{Before: make([]int, len(maps)), After: make([]int, len(maps)), Value: r.extrapolation}
	index := make([][]int, len(maps))
	for i, m := range maps {
		index[i], border.Before[i], err = r.index(m)
		if err == nil {
			err = c.imp.spend(m.out, foldedElem)
		}
		if err != nil {
			return fmt.Errorf("axis %d: %w", i, err)
		}
		border.After[i] = m.out - border.Before[i] - len(index[i])
	}
	var ops []ir.Op
	for i, idx := range index {
		image := len(maps) == 4 && i >= 2
		if !image && (len(idx) != x.Shape[i] || !isIota(idx)) {
			ops = append(ops, ir.Gather{Axis: i, Index: idx, IndexShape: ir.Shape{len(idx)}})
		}
	}
	if len(maps) == 4 {
		ops = append(ops, ir.ResizeNearest{Y: index[2], X: index[3]})
	}
	return c.resizeChain(x, ops, border)
}

// resized returns the operand, an image where it is [N,C,W], and the resizing of its axes.
func (c *call) resized(r *resizing) (*ir.Value, []axisMap, error) {
	maps, err := r.maps(c.in[0].Shape)
	if err != nil {
		return nil, nil, err
	}
	if len(maps) == 3 {
		maps = slices.Insert(maps, 2, axisMap{in: 1, out: 1, scale: 1, to: 1})
	}
	x, err := c.image("input", c.in[0])
	return x, maps, err
}

// resizeChain adds the nodes of a resizing of x, the last of which is the border.
func (c *call) resizeChain(x *ir.Value, ops []ir.Op, border ir.Pad) (err error) {
	if slices.Max(border.Before)+slices.Max(border.After) > 0 {
		ops = append(ops, border)
	}
	if len(ops) == 0 {
		ops = append(ops, ir.Identity{})
	}
	for i, op := range ops[:len(ops)-1] {
		if x, err = c.aux(fmt.Sprintf("axis%d", i), op, x); err != nil {
			return err
		}
	}
	return c.imageResult(ops[len(ops)-1], x)
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
		m.length = float32(m.out)
		m.scale = m.length / float32(m.in)
		return nil
	}
	m.scale = r.scales[i]
	size := float64(float32(m.in) * m.scale) // in float32, as runtimes do: 18 by 35/18 is 35
	if r.coord == "tf_crop_and_resize" {
		size *= float64(m.to - m.from)
	}
	if !(size >= 1 && size <= math.MaxInt32) {
		return fmt.Errorf("scales %v: %d becomes %g", r.scales, m.in, size)
	}
	m.out, m.length = int(math.Floor(size)), float32(size)
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
		m.length = float32(m.out)
		if m.out < 1 || m.out > math.MaxInt32 {
			return fmt.Errorf("sizes %v: %d becomes %d", r.sizes, m.in, m.out)
		}
	}
	return nil
}

// index returns the element of the operand for each position of the result that lies
// inside, and the first such position.
func (r *resizing) index(m axisMap) (idx []int, from int, err error) {
	c, err := r.inside(m)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range c.at {
		p, err := r.round(x)
		if err != nil {
			return nil, 0, err
		}
		idx = append(idx, int(min(max(p, 0), float32(m.in-1))))
	}
	return idx, c.from, nil
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
		return float32(x*(in-1)) / (m.length - 1), nil
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
