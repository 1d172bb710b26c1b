package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// isVolume reports whether operand 0 has three axes of space, [N,C,D,H,W].
func (c *call) isVolume() bool { return len(c.in[0].Shape) == 5 }

// along returns the call as one over n axes of space from first on, for reading the attributes of its window.
func (c *call) along(first, n int) *call {
	part, node, x := *c, *c.node, *c.in[0]
	space := x.Shape[2:]
	node.Attributes = nil
	for _, a := range c.node.Attributes {
		cut := *a
		switch k := len(a.Ints); {
		case a.Type != AttrInts:
		case a.Name == "pads" && k == 2*len(space):
			cut.Ints = slices.Concat(a.Ints[first:first+n], a.Ints[len(space)+first:][:n])
		case k == len(space):
			cut.Ints = a.Ints[first : first+n]
		case a.Name == "output_shape" && k == len(space)+2:
			cut.Ints = a.Ints[2+first:][:n]
		}
		node.Attributes = append(node.Attributes, &cut)
	}
	x.Shape = append(x.Shape[:2:2], space[first:first+n]...)
	part.node, part.in = &node, append([]*ir.Value{&x}, c.in[1:]...)
	return &part
}

// rowsOf returns a window over one axis, which is the width, as one over the height.
func rowsOf(w ir.Window) ir.Window {
	return ir.Window{Kernel: [2]int{w.Kernel[1], 1}, Stride: [2]int{w.Stride[1], 1}, Dilation: [2]int{w.Dilation[1], 1}, Pad: [4]int{w.Pad[1], 0, w.Pad[3], 0}}
}

// poolVolume imports a pooling over three axes of space as one over height and width and one
// over depth: a maximum is that of maxima, and so it is with means, whose windows have as many elements
// of every row inside, and with roots of sums.
func (c *call) poolVolume(op func(w ir.Window, ceil bool) ir.Op) error {
	plane, err := c.along(1, 2).window(nil)
	if err != nil {
		return err
	}
	depth, err := c.along(0, 1).window(nil)
	if err != nil {
		return err
	}
	s, ceil := c.in[0].Shape, c.int("ceil_mode", 0) != 0
	x, err := c.aux("planes", ir.Reshape{Shape: ir.Shape{s[0], s[1] * s[2], s[3], s[4]}}, c.in[0])
	if err != nil {
		return err
	}
	if x, err = c.aux("pooled", op(plane, ceil), x); err != nil {
		return err
	}
	h, w := x.Shape[2], x.Shape[3]
	if x, err = c.aux("depth", ir.Reshape{Shape: ir.Shape{s[0], s[1], s[2], h * w}}, x); err != nil {
		return err
	}
	if x, err = c.aux("volume", op(rowsOf(depth), ceil), x); err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: ir.Shape{s[0], s[1], x.Shape[2], h, w}}, x)
}

// convVolume imports a convolution over three axes of space as one over two: the planes under the window
// of a place along the depth are its channels, and the places are images of a batch.
func (c *call) convVolume(groups int) error {
	x, w := c.in[0].Shape, c.in[1].Shape
	depth, err := c.along(0, 1).window(w[2:3])
	if err != nil {
		return err
	}
	plane, err := c.along(1, 2).window(w[3:])
	if err != nil {
		return err
	}
	kd := w[2]
	if depth.Kernel[1] != kd {
		return fmt.Errorf("kernel_shape does not fit the weights %s", w)
	}
	od, err := depth.OutSize(1, x[2], false)
	if err != nil {
		return err
	}
	weights, err := c.aux("weights", ir.Reshape{Shape: ir.Shape{w[0], w[1] * kd, w[3], w[4]}}, c.in[1])
	if err != nil {
		return err
	}
	return c.volume(ir.Conv{Window: plane, Groups: groups}, weights, od, kd, func(o, k int) int {
		return o*depth.Stride[1] + k*depth.Dilation[1] - depth.Pad[1]
	})
}

// transposedVolume does so with a transposed convolution, which reads for a place along the depth
// those planes that the stride brings there.
func (c *call) transposedVolume(groups int) error {
	x, w := c.in[0].Shape, c.in[1].Shape
	depth, err := c.along(0, 1).transposedWindow(w[2:3])
	if err != nil {
		return err
	}
	plane, err := c.along(1, 2).transposedWindow(w[3:])
	if err != nil {
		return err
	}
	kd, stride, dilation := w[2], depth.Stride[1], depth.Dilation[1]
	od := stride*(x[2]-1) + depth.OutPad[1] + dilation*(kd-1) + 1 - depth.Pad[1] - depth.Pad[3]
	if stride < 1 || dilation < 1 || od < 1 || depth.Kernel[1] != kd {
		return fmt.Errorf("stride %d, dilation %d, padding %d and %d of the depth %d with weights %s: want a result that is not empty", stride, dilation, depth.Pad[1], depth.Pad[3], x[2], w)
	}
	weights, err := c.aux("turned", ir.Transpose{Perm: []int{0, 2, 1, 3, 4}}, c.in[1])
	if err != nil {
		return err
	}
	if weights, err = c.aux("weights", ir.Reshape{Shape: ir.Shape{w[0] * kd, w[1], w[3], w[4]}}, weights); err != nil {
		return err
	}
	plane.Groups = groups
	return c.volume(plane, weights, od, kd, func(o, k int) int {
		at := o + depth.Pad[1] - k*dilation
		if at < 0 || at%stride != 0 {
			return -1
		}
		return at / stride
	})
}

// volume adds an operator on images whose channels are kd planes each, for od places along the
// depth; plane says which one is number k of place o, beyond the ends for zeros.
func (c *call) volume(op ir.Op, weights *ir.Value, od, kd int, plane func(o, k int) int) error {
	x := c.in[0]
	s := x.Shape
	if od > ir.MaxElems/kd {
		return errors.New("the result has too many elements")
	}
	if err := c.imp.spend(od*kd, foldedElem); err != nil {
		return err
	}
	index, zeros := make([]int, 0, od*kd), 0
	for o := range od {
		for k := range kd {
			at := plane(o, k)
			if at < 0 || at >= s[2] {
				at, zeros = s[2], 1
			}
			index = append(index, at)
		}
	}
	var err error
	if zeros > 0 {
		if x, err = c.aux("zeros", ir.Pad{Before: make([]int, 5), After: []int{0, 0, 1, 0, 0}}, x); err != nil {
			return err
		}
	}
	if x, err = c.aux("windows", ir.Gather{Axis: 2, Index: index, IndexShape: ir.Shape{od, kd}}, x); err != nil {
		return err
	}
	if x, err = c.aux("places", ir.Transpose{Perm: []int{0, 2, 1, 3, 4, 5}}, x); err != nil {
		return err
	}
	if x, err = c.aux("images", ir.Reshape{Shape: ir.Shape{s[0] * od, s[1] * kd, s[3], s[4]}}, x); err != nil {
		return err
	}
	in := []*ir.Value{x, weights}
	if b := c.operand(2); b != nil {
		in = append(in, b)
	}
	if x, err = c.aux("planes", op, in...); err != nil {
		return err
	}
	y := x.Shape
	if x, err = c.aux("volume", ir.Reshape{Shape: ir.Shape{s[0], od, y[1], y[2], y[3]}}, x); err != nil {
		return err
	}
	return c.result(ir.Transpose{Perm: []int{0, 2, 1, 3, 4}}, x)
}
