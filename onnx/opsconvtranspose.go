package onnx

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// convTranspose imports ConvTranspose over two axes, over one as an image of height 1, or over three.
func convTranspose(c *call) error {
	x, w := c.in[0], c.in[1]
	if len(w.Shape) != len(x.Shape) {
		return fmt.Errorf("the weights have %d axes, the input %d", len(w.Shape), len(x.Shape))
	}
	groups, err := smallInts("group", []int64{c.int("group", 1)})
	if err != nil {
		return err
	}
	if c.isVolume() {
		return c.transposedVolume(groups[0])
	}
	if err := c.wantImage(); err != nil {
		return err
	}
	op, err := c.transposedWindow(w.Shape[2:])
	if err != nil {
		return err
	}
	op.Groups = groups[0]
	in := make([]*ir.Value, len(c.in))
	copy(in, c.in)
	for i, name := range []string{"input", "weights"} {
		if in[i], err = c.image(name, in[i]); err != nil {
			return err
		}
	}
	return c.imageResult(op, in...)
}

// transposedWindow reads the attributes of the window. An output_shape, or SAME padding,
// whose results are as long as the input times the stride, says how much of the whole
// result is cut off; what it is longer than the whole is added at the end.
func (c *call) transposedWindow(kernel []int) (ir.ConvTranspose, error) {
	mode := c.str("auto_pad", "NOTSET")
	w, err := c.window(kernel)
	if err != nil {
		return ir.ConvTranspose{}, err
	}
	op := ir.ConvTranspose{Window: w}
	space := c.in[0].Shape[2:]
	extra, err := smallInts("output_padding", c.ints("output_padding"))
	if err != nil {
		return op, err
	}
	if len(extra) != 0 && len(extra) != len(space) {
		return op, fmt.Errorf("output_padding %v: want %d numbers", extra, len(space))
	}
	for i, v := range extra {
		op.OutPad[2-len(space)+i] = v
	}
	size, err := smallInts("output_shape", c.ints("output_shape"))
	if err != nil {
		return op, err
	}
	if len(size) == len(space)+2 { // some exporters write the whole shape
		size = size[2:]
	}
	if len(size) == 0 && (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
		for i, n := range space {
			size = append(size, n*op.Stride[2-len(space)+i])
		}
	}
	if len(size) != 0 && len(size) != len(space) {
		return op, fmt.Errorf("output_shape %v: want %d numbers", size, len(space))
	}
	for i, n := range size {
		a := 2 - len(space) + i
		whole := op.Stride[a]*(space[i]-1) + op.OutPad[a] + op.Dilation[a]*(op.Kernel[a]-1) + 1
		op.OutPad[a] += max(n-whole, 0)
		cut := max(whole-n, 0)
		op.Pad[a], op.Pad[a+2] = cut-cut/2, cut/2
		if mode == "SAME_UPPER" {
			op.Pad[a], op.Pad[a+2] = cut/2, cut-cut/2
		}
	}
	return op, nil
}
