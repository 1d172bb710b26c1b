package ir

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

var inf = float32(math.Inf(1))

// MaxElems bounds the elements of one value, so that a hostile shape is an
// error and not an allocation.
const MaxElems = 1<<31 - 1

// maxWindow bounds the positions of a pooling window: int8 has a factor for each.
const maxWindow = 1 << 22

// OutSize returns the number of window positions along axis i (0 height, 1
// width) of an input of the given extent. With ceil a last position may start
// inside the input or the padding before it and reach past the end (ONNX
// MaxPool; positions that would start in the trailing padding are dropped).
func (w Window) OutSize(i, extent int, ceil bool) (int, error) {
	k, s, d := w.Kernel[i], w.Stride[i], w.Dilation[i]
	before, after := w.Pad[i], w.Pad[i+2]
	if k < 1 || s < 1 || d < 1 || before < 0 || after < 0 {
		return 0, fmt.Errorf("kernel %d, stride %d, dilation %d, padding %d and %d: want positive, padding not negative", k, s, d, before, after)
	}
	span := extent + before + after - (d*(k-1) + 1)
	if span < 0 {
		return 0, fmt.Errorf("kernel of %d at dilation %d is larger than the padded input of %d", k, d, extent+before+after)
	}
	n := span/s + 1
	if ceil && span%s != 0 && n*s < extent+before {
		n++
	}
	return n, nil
}

func (w Window) out(x Shape, channels int, ceil bool) (Shape, error) {
	if len(x) != 4 {
		return nil, fmt.Errorf("want a 4-dimensional input, have %s", x)
	}
	h, err := w.OutSize(0, x[2], ceil)
	if err != nil {
		return nil, fmt.Errorf("height: %w", err)
	}
	v, err := w.OutSize(1, x[3], ceil)
	if err != nil {
		return nil, fmt.Errorf("width: %w", err)
	}
	return Shape{x[0], channels, h, v}, nil
}

// want checks the number of operands and that all but those at optional
// positions are there; it returns an error that names the operator's needs.
func want(in []*Value, min, max int, optional ...int) error {
	if len(in) < min || len(in) > max {
		return fmt.Errorf("has %d operands, want %d to %d", len(in), min, max)
	}
	for i, v := range in {
		if v == nil && !slices.Contains(optional, i) {
			return fmt.Errorf("operand %d is missing", i)
		}
	}
	return nil
}

func wantType(v *Value, i int, types ...DType) error {
	if v != nil && !slices.Contains(types, v.Type) {
		return fmt.Errorf("operand %d is %s, want %v", i, v.Type, types)
	}
	return nil
}

func one(t DType, s Shape) ([]Type, error) { return []Type{{t, s}}, nil }

// operand i of in, nil when absent.
func at(in []*Value, i int) *Value {
	if i < len(in) {
		return in[i]
	}
	return nil
}

// convInfer is shared by Conv and QConv: x, w, bias and residual types differ only.
func convInfer(win Window, groups int, in []*Value, x, w, b, r DType) ([]Type, error) {
	if err := want(in, 2, 4, 2, 3); err != nil {
		return nil, err
	}
	for i, t := range []DType{x, w, b, r} {
		if err := wantType(at(in, i), i, t); err != nil {
			return nil, err
		}
	}
	xs, ws := in[0].Shape, in[1].Shape
	if len(xs) != 4 || len(ws) != 4 {
		return nil, fmt.Errorf("input %s and weights %s: want both 4-dimensional", xs, ws)
	}
	m := ws[0]
	switch {
	case groups < 1 || xs[1]%groups != 0 || m%groups != 0:
		return nil, fmt.Errorf("groups %d does not divide %d input and %d output channels", groups, xs[1], m)
	case ws[1] != xs[1]/groups:
		return nil, fmt.Errorf("weights %s: want %d input channels a group", ws, xs[1]/groups)
	case ws[2] != win.Kernel[0] || ws[3] != win.Kernel[1]:
		return nil, fmt.Errorf("weights %s do not fit the kernel %dx%d", ws, win.Kernel[0], win.Kernel[1])
	}
	if b := at(in, 2); b != nil && !b.Shape.Equal(Shape{m}) {
		return nil, fmt.Errorf("bias %s: want %d", b.Shape, m)
	}
	out, err := win.out(xs, m, false)
	if err != nil {
		return nil, err
	}
	if r := at(in, 3); r != nil && !r.Shape.Equal(out) {
		return nil, fmt.Errorf("residual operand %s: want %s", r.Shape, out)
	}
	return one(x, out)
}

func fcInfer(in []*Value, x, w, b, r DType) ([]Type, error) {
	if err := want(in, 2, 4, 2, 3); err != nil {
		return nil, err
	}
	for i, t := range []DType{x, w, b, r} {
		if err := wantType(at(in, i), i, t); err != nil {
			return nil, err
		}
	}
	xs, ws := in[0].Shape, in[1].Shape
	if len(xs) != 2 || len(ws) != 2 || xs[1] != ws[1] {
		return nil, fmt.Errorf("input %s and weights %s: want [N,K] and [M,K]", xs, ws)
	}
	out := Shape{xs[0], ws[0]}
	if b := at(in, 2); b != nil && !b.Shape.Equal(Shape{ws[0]}) {
		return nil, fmt.Errorf("bias %s: want %d", b.Shape, ws[0])
	}
	if r := at(in, 3); r != nil && !r.Shape.Equal(out) {
		return nil, fmt.Errorf("residual operand %s: want %s", r.Shape, out)
	}
	return one(x, out)
}

// Broadcast returns the shape that a and b broadcast to by numpy's rules.
func Broadcast(a, b Shape) (Shape, error) {
	out := make(Shape, max(len(a), len(b)))
	for i := range out {
		x, y := 1, 1
		if j := i - (len(out) - len(a)); j >= 0 {
			x = a[j]
		}
		if j := i - (len(out) - len(b)); j >= 0 {
			y = b[j]
		}
		switch {
		case x == y || y == 1:
			out[i] = x
		case x == 1:
			out[i] = y
		default:
			return nil, fmt.Errorf("%s and %s do not broadcast", a, b)
		}
	}
	return out, nil
}

func binaryInfer(in []*Value, types ...DType) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	for i, v := range in {
		if err := wantType(v, i, types...); err != nil {
			return nil, err
		}
	}
	if in[0].Type != in[1].Type {
		return nil, fmt.Errorf("operands of types %s and %s", in[0].Type, in[1].Type)
	}
	s, err := Broadcast(in[0].Shape, in[1].Shape)
	if err != nil {
		return nil, err
	}
	return one(in[0].Type, s)
}

// same is the inference of operators whose result has its first operand's type.
func same(in []*Value, result DType, types ...DType) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if len(types) > 0 {
		if err := wantType(in[0], 0, types...); err != nil {
			return nil, err
		}
	}
	if result == Invalid {
		result = in[0].Type
	}
	return one(result, in[0].Shape.Clone())
}

func poolInfer(w Window, ceil bool, in []*Value, types ...DType) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantType(in[0], 0, types...); err != nil {
		return nil, err
	}
	if k := w.Kernel; max(k[0], k[1]) > maxWindow || k[0]*k[1] > maxWindow {
		return nil, fmt.Errorf("window of %dx%d: want at most %d positions", k[0], k[1], maxWindow)
	}
	for i := range 2 {
		if w.Pad[i] >= w.Dilation[i]*(w.Kernel[i]-1)+1 || w.Pad[i+2] >= w.Dilation[i]*(w.Kernel[i]-1)+1 {
			return nil, errors.New("padding is not smaller than the window, so a window can lie in it")
		}
	}
	if len(in[0].Shape) != 4 {
		return nil, fmt.Errorf("want a 4-dimensional input, have %s", in[0].Shape)
	}
	s, err := w.out(in[0].Shape, in[0].Shape[1], ceil)
	if err != nil {
		return nil, err
	}
	return one(in[0].Type, s)
}

func globalInfer(in []*Value, types ...DType) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantType(in[0], 0, types...); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(s) != 4 {
		return nil, fmt.Errorf("want a 4-dimensional input, have %s", s)
	}
	return one(in[0].Type, Shape{s[0], s[1], 1, 1})
}

func wantAxis(axis int, s Shape) error {
	if axis < 0 || axis >= len(s) {
		return fmt.Errorf("axis %d of a %d-dimensional operand", axis, len(s))
	}
	return nil
}
