package onnx

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// blocks returns the attribute blocksize.
func (c *call) blocks() (int, error) {
	b := c.int("blocksize", 0)
	if b < 1 || b > math.MaxInt16 {
		return 0, fmt.Errorf("blocksize %d: want a positive number", b)
	}
	return int(b), nil
}

func spaceToDepth(c *call) error {
	b, err := c.blocks()
	if err != nil {
		return err
	}
	return c.result(ir.SpaceToDepth{Block: b}, c.in[0])
}

// maxUnpool imports MaxUnpool: the result has the shape that the operand output_shape
// gives, or the one that the pooling was of at least.
func maxUnpool(c *call) error {
	if err := c.wantImage(); err != nil {
		return err
	}
	if len(c.ints("kernel_shape")) == 0 {
		return fmt.Errorf("the attribute kernel_shape is missing")
	}
	w, err := c.window(nil)
	if err != nil {
		return err
	}
	x := c.in[0].Shape
	shape := x.Clone()
	for i := range x[2:] {
		a := 4 - len(x) + i // one axis of space is the width
		shape[2+i] = (x[2+i]-1)*w.Stride[a] + w.Kernel[a] - w.Pad[a] - w.Pad[a+2]
	}
	whole, err := c.constInts(2, "output_shape")
	if err != nil {
		return err
	}
	if whole != nil {
		if shape, err = smallInts("output_shape", whole); err != nil {
			return err
		}
	}
	if len(shape) != len(x) {
		return fmt.Errorf("output_shape %v for an input of %s", shape, x)
	}
	for _, d := range shape {
		if d < 1 {
			return fmt.Errorf("the result would be %s", shape)
		}
	}
	return c.result(ir.MaxUnpool{Shape: shape}, c.in[:2]...)
}

// gridSample imports GridSample; opset 20 renamed two of its modes.
func gridSample(c *call) error {
	op := ir.GridSample{AlignCorners: c.int("align_corners", 0) != 0}
	switch mode := c.str("mode", "linear"); mode {
	case "bilinear", "linear":
	case "nearest":
		op.Mode = ir.SampleNearest
	case "bicubic", "cubic":
		op.Mode = ir.SampleCubic
	default:
		return fmt.Errorf("mode %q: want linear, nearest or cubic", mode)
	}
	switch mode := c.str("padding_mode", "zeros"); mode {
	case "zeros":
	case "border":
		op.Edge = ir.EdgeRepeat
	case "reflection":
		op.Edge = ir.EdgeReflect
	default:
		return fmt.Errorf("padding_mode %q: want zeros, border or reflection", mode)
	}
	if len(c.in[0].Shape) != 4 {
		return fmt.Errorf("input of %s: only two axes of space are supported, so [N,C,H,W]", c.in[0].Shape)
	}
	return c.result(op, c.in...)
}

// roiAlign imports RoiAlign; before opset 16 corners were not shifted.
func roiAlign(c *call) error {
	n, err := smallInts("output_height, output_width, sampling_ratio",
		[]int64{c.int("output_height", 1), c.int("output_width", 1), c.int("sampling_ratio", 0)})
	if err != nil {
		return err
	}
	op := ir.RoiAlign{Height: n[0], Width: n[1], Samples: n[2], Scale: c.float("spatial_scale", 1)}
	switch mode := c.str("mode", "avg"); mode {
	case "avg":
	case "max":
		op.Max = true
	default:
		return fmt.Errorf("mode %q: want avg or max", mode)
	}
	def := "half_pixel"
	if c.imp.opset < 16 {
		def = "output_half_pixel"
	}
	switch mode := c.str("coordinate_transformation_mode", def); mode {
	case "half_pixel":
		op.HalfPixel = true
	case "output_half_pixel":
	default:
		return fmt.Errorf("coordinate_transformation_mode %q: want half_pixel or output_half_pixel", mode)
	}
	return c.result(op, c.in...)
}

// affineGrid imports AffineGrid of a constant size: the product of the positions of all
// elements, each with a one behind it, and the transposed matrices.
func affineGrid(c *call) error {
	list, err := c.constInts(1, "size")
	if err != nil {
		return err
	}
	size, err := smallInts("size", list)
	if err != nil {
		return err
	}
	theta := c.in[0]
	if len(size) != 4 {
		return fmt.Errorf("size %v: only two axes of space are supported, so N, C, H, W", size)
	}
	h, w := size[2], size[3]
	if !theta.Shape.Equal(ir.Shape{size[0], 2, 3}) || h < 1 || w < 1 || h > math.MaxInt16 || w > math.MaxInt16 {
		return fmt.Errorf("theta %s does not fit the size %v: want [N,2,3]", theta.Shape, size)
	}
	align := c.int("align_corners", 0) != 0
	at := func(i, n int) float32 {
		switch {
		case !align:
			return float32((2*float64(i)+1)/float64(n) - 1)
		case n == 1:
			return -1
		}
		return float32(2*float64(i)/float64(n-1) - 1)
	}
	grid := ir.NewTensor(ir.F32, ir.Shape{1, h * w, 3})
	for i := range h * w {
		grid.F32[3*i], grid.F32[3*i+1], grid.F32[3*i+2] = at(i%w, w), at(i/w, h), 1
	}
	t, err := c.aux("theta", ir.Transpose{Perm: []int{0, 2, 1}}, theta)
	if err != nil {
		return err
	}
	g := ir.Const(c.imp.names.fresh(c.node.Outputs[0]+"/positions"), grid)
	y, err := c.aux("product", ir.MatMul{}, g, t)
	if err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: ir.Shape{size[0], h, w, 2}}, y)
}

// centerCropPad imports CenterCropPad to a constant shape as a Pad whose widths are
// negative where it crops. An odd part is cut off and added at the end.
func centerCropPad(c *call) error {
	x := c.in[0]
	list, err := c.constInts(1, "shape")
	if err != nil {
		return err
	}
	shape, err := smallInts("shape", list)
	if err != nil {
		return err
	}
	var where []int
	if c.has("axes") {
		for _, a := range c.ints("axes") {
			i, err := axis(a, len(x.Shape))
			if err != nil {
				return err
			}
			where = append(where, i)
		}
	} else {
		for i := range x.Shape {
			where = append(where, i)
		}
	}
	if len(shape) != len(where) {
		return fmt.Errorf("shape %v for %d axes", shape, len(where))
	}
	op := ir.Pad{Before: make([]int, len(x.Shape)), After: make([]int, len(x.Shape))}
	for i, a := range where {
		if shape[i] < 1 {
			return fmt.Errorf("shape %v: want positive numbers", shape)
		}
		if d := shape[i] - x.Shape[a]; d >= 0 {
			op.Before[a], op.After[a] = d/2, d-d/2
		} else {
			op.Before[a], op.After[a] = -(-d / 2), -(-d - -d/2)
		}
	}
	return c.result(op, x)
}
