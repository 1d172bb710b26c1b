package onnx

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// conv imports Conv over two axes, over one as an image of height 1, or over three (opsvolume.go).
func conv(c *call) error {
	x, w := c.in[0], c.in[1]
	if len(w.Shape) != len(x.Shape) {
		return fmt.Errorf("the weights have %d axes, the input %d", len(w.Shape), len(x.Shape))
	}
	groups, err := smallInts("group", []int64{c.int("group", 1)})
	if err != nil {
		return err
	}
	if c.isVolume() {
		return c.convVolume(groups[0])
	}
	if err := c.wantImage(); err != nil {
		return err
	}
	win, err := c.window(w.Shape[2:])
	if err != nil {
		return err
	}
	if x, err = c.image("input", x); err != nil {
		return err
	}
	if w, err = c.image("weights", w); err != nil {
		return err
	}
	in := []*ir.Value{x, w}
	if b := c.operand(2); b != nil {
		in = append(in, b)
	}
	return c.imageResult(ir.Conv{Window: win, Groups: groups[0]}, in...)
}

// wantImage checks that operand 0 has one or two axes of space; those with three are no images.
func (c *call) wantImage() error {
	if s := c.in[0].Shape; len(s) != 3 && len(s) != 4 {
		return fmt.Errorf("input of %s: only one, two or three axes of space are supported, so [N,C,W], [N,C,H,W] or [N,C,D,H,W]", s)
	}
	return nil
}

// image gives [N,C,W] a height of 1.
func (c *call) image(suffix string, v *ir.Value) (*ir.Value, error) {
	if len(v.Shape) != 3 {
		return v, nil
	}
	return c.aux(suffix, ir.Reshape{Shape: ir.Shape{v.Shape[0], v.Shape[1], 1, v.Shape[2]}}, v)
}

// imageResult is result for operators on images; if operand 0 of the ONNX node
// has no height, the result loses its own.
func (c *call) imageResult(op ir.Op, in ...*ir.Value) error {
	if len(c.in[0].Shape) != 3 {
		return c.result(op, in...)
	}
	y, err := c.aux("image", op, in...)
	if err != nil {
		return err
	}
	return c.result(ir.Reshape{Shape: ir.Shape{y.Shape[0], y.Shape[1], y.Shape[3]}}, y)
}

// window reads the attributes of a sliding window. kernel is its size where the
// attribute kernel_shape may be left out, else nil.
func (c *call) window(kernel []int) (ir.Window, error) {
	space := c.in[0].Shape[2:]
	n := len(space)
	list := func(name string, count int, def []int) ([]int, error) {
		v, err := smallInts(name, c.ints(name))
		if err == nil && len(v) == 0 {
			v = def
		}
		if err == nil && len(v) != count {
			err = fmt.Errorf("%s %v: want %d numbers for an input of %s", name, v, count, c.in[0].Shape)
		}
		return v, err
	}
	ones := slices.Repeat([]int{1}, n)
	k, err := list("kernel_shape", n, kernel)
	if err != nil {
		return ir.Window{}, err
	}
	s, err := list("strides", n, ones)
	if err != nil {
		return ir.Window{}, err
	}
	d, err := list("dilations", n, ones)
	if err != nil {
		return ir.Window{}, err
	}
	p, err := list("pads", 2*n, make([]int, 2*n))
	if err != nil {
		return ir.Window{}, err
	}
	w := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	for i := range n {
		a := 2 - n + i // one axis of space is the width
		w.Kernel[a], w.Stride[a], w.Dilation[a] = k[i], s[i], d[i]
		w.Pad[a], w.Pad[a+2] = p[i], p[i+n]
	}
	return w, c.autoPad(&w, space)
}

// autoPad sets the padding that the attribute auto_pad asks for (ONNX Conv:
// SAME gives ceil(in/stride) outputs; an odd padding is larger at the end for
// UPPER, at the start for LOWER).
func (c *call) autoPad(w *ir.Window, space []int) error {
	mode := c.str("auto_pad", "NOTSET")
	switch mode {
	case "NOTSET", "":
		return nil
	case "VALID":
		w.Pad = [4]int{}
		return nil
	case "SAME_UPPER", "SAME_LOWER":
	default:
		return fmt.Errorf("auto_pad %q: want NOTSET, SAME_UPPER, SAME_LOWER or VALID", mode)
	}
	for i, in := range space {
		a := 2 - len(space) + i
		if w.Stride[a] < 1 {
			return fmt.Errorf("strides %v: want positive numbers", w.Stride)
		}
		out := (in + w.Stride[a] - 1) / w.Stride[a]
		total := max((out-1)*w.Stride[a]+w.Dilation[a]*(w.Kernel[a]-1)+1-in, 0)
		small := total / 2
		w.Pad[a], w.Pad[a+2] = small, total-small
		if mode == "SAME_LOWER" {
			w.Pad[a], w.Pad[a+2] = total-small, small
		}
	}
	return nil
}

// gemm imports Gemm. Before opset 7 C broadcast only where an attribute said
// so; a C that fits needs no such permission.
func gemm(c *call) error {
	op := ir.Gemm{
		Alpha:  c.float("alpha", 1),
		Beta:   c.float("beta", 1),
		TransA: c.int("transA", 0) != 0,
		TransB: c.int("transB", 0) != 0,
	}
	return c.result(op, c.in...)
}

func matMul(c *call) error { return c.result(ir.MatMul{}, c.in...) }

// batchNorm imports BatchNormalization as it acts after training.
func batchNorm(c *call) error {
	if c.int("training_mode", 0) != 0 {
		return c.batchNormByInput()
	}
	if c.int("spatial", 1) != 1 {
		return fmt.Errorf("spatial is 0 (a mean for every position): only means per channel are supported")
	}
	return c.result(ir.BatchNorm{Epsilon: c.float("epsilon", 1e-5)}, c.in...)
}
