package ir

import (
	"fmt"
	"slices"
)

func (Conv) Kind() string           { return "Conv" }
func (FC) Kind() string             { return "FC" }
func (Gemm) Kind() string           { return "Gemm" }
func (MatMul) Kind() string         { return "MatMul" }
func (BatchNorm) Kind() string      { return "BatchNorm" }
func (Affine) Kind() string         { return "Affine" }
func (Unary) Kind() string          { return "Unary" }
func (PRelu) Kind() string          { return "PRelu" }
func (Binary) Kind() string         { return "Binary" }
func (MaxPool) Kind() string        { return "MaxPool" }
func (AvgPool) Kind() string        { return "AvgPool" }
func (GlobalAvgPool) Kind() string  { return "GlobalAvgPool" }
func (GlobalMaxPool) Kind() string  { return "GlobalMaxPool" }
func (ReduceMean) Kind() string     { return "ReduceMean" }
func (Softmax) Kind() string        { return "Softmax" }
func (Identity) Kind() string       { return "Identity" }
func (Concat) Kind() string         { return "Concat" }
func (Split) Kind() string          { return "Split" }
func (Slice) Kind() string          { return "Slice" }
func (Pad) Kind() string            { return "Pad" }
func (Reshape) Kind() string        { return "Reshape" }
func (Transpose) Kind() string      { return "Transpose" }
func (ChannelShuffle) Kind() string { return "ChannelShuffle" }
func (DepthToSpace) Kind() string   { return "DepthToSpace" }
func (ResizeNearest) Kind() string  { return "ResizeNearest" }
func (Cast) Kind() string           { return "Cast" }
func (Gather) Kind() string         { return "Gather" }
func (QConv) Kind() string          { return "QConv" }
func (QFC) Kind() string            { return "QFC" }
func (QAdd) Kind() string           { return "QAdd" }
func (QMul) Kind() string           { return "QMul" }
func (QAvgPool) Kind() string       { return "QAvgPool" }
func (QGlobalAvgPool) Kind() string { return "QGlobalAvgPool" }
func (QTable) Kind() string         { return "QTable" }
func (Quantize) Kind() string       { return "Quantize" }
func (Dequantize) Kind() string     { return "Dequantize" }

func (o Conv) Infer(in []*Value) ([]Type, error) {
	return convInfer(o.Window, o.Groups, in, F32, F32, F32, F32)
}

func (o QConv) Infer(in []*Value) ([]Type, error) {
	return convInfer(o.Window, o.Groups, in, U8, S8, S32, U8)
}

func (FC) Infer(in []*Value) ([]Type, error)  { return fcInfer(in, F32, F32, F32, F32) }
func (QFC) Infer(in []*Value) ([]Type, error) { return fcInfer(in, U8, S8, S32, U8) }

func (o Gemm) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 3, 2); err != nil {
		return nil, err
	}
	for i, v := range in {
		if err := wantType(v, i, F32); err != nil {
			return nil, err
		}
	}
	a, b := in[0].Shape, in[1].Shape
	if len(a) != 2 || len(b) != 2 {
		return nil, fmt.Errorf("want two matrices, have %s and %s", a, b)
	}
	m, k, k2, n := a[0], a[1], b[0], b[1]
	if o.TransA {
		m, k = k, m
	}
	if o.TransB {
		k2, n = n, k2
	}
	if k != k2 {
		return nil, fmt.Errorf("inner extents %d and %d differ", k, k2)
	}
	out := Shape{m, n}
	if c := at(in, 2); c != nil {
		if s, err := Broadcast(c.Shape, out); err != nil || !s.Equal(out) {
			return nil, fmt.Errorf("operand C %s does not broadcast to %s", c.Shape, out)
		}
	}
	return one(F32, out)
}

func (MatMul) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	for i, v := range in {
		if err := wantType(v, i, F32); err != nil {
			return nil, err
		}
	}
	a, b := in[0].Shape, in[1].Shape
	if len(a) == 0 || len(b) == 0 {
		return nil, fmt.Errorf("a scalar is no matrix")
	}
	ax, bx := a, b
	if len(a) == 1 {
		ax = Shape{1, a[0]}
	}
	if len(b) == 1 {
		bx = Shape{b[0], 1}
	}
	if ax[len(ax)-1] != bx[len(bx)-2] {
		return nil, fmt.Errorf("inner extents %d and %d differ", ax[len(ax)-1], bx[len(bx)-2])
	}
	out, err := Broadcast(ax[:len(ax)-2], bx[:len(bx)-2])
	if err != nil {
		return nil, err
	}
	if len(a) > 1 {
		out = append(out, ax[len(ax)-2])
	}
	if len(b) > 1 {
		out = append(out, bx[len(bx)-1])
	}
	return one(F32, out)
}

func (BatchNorm) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 5, 5); err != nil {
		return nil, err
	}
	x := in[0].Shape
	if len(x) < 2 {
		return nil, fmt.Errorf("want an input with a channel axis, have %s", x)
	}
	for i, v := range in {
		if err := wantType(v, i, F32); err != nil {
			return nil, err
		}
		if i > 0 && !v.Shape.Equal(Shape{x[1]}) {
			return nil, fmt.Errorf("operand %d is %s, want %d channels", i, v.Shape, x[1])
		}
	}
	return one(F32, x.Clone())
}

func (o Affine) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantFactors(in[0].Shape, o.Mul, o.Add); err != nil {
		return nil, err
	}
	return same(in, F32, F32)
}

// wantFactors checks that each list has one element, or one a channel.
func wantFactors(s Shape, lists ...[]float32) error {
	for _, l := range lists {
		if n := len(l); n != 1 && (len(s) < 2 || n != s[1]) {
			return fmt.Errorf("%d factors for %s: want one, or one a channel", n, s)
		}
	}
	return nil
}

func (Unary) Infer(in []*Value) ([]Type, error) { return same(in, F32, F32) }

func (PRelu) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	if s, err := Broadcast(in[0].Shape, in[1].Shape); err != nil || !s.Equal(in[0].Shape) {
		return nil, fmt.Errorf("slope %s does not broadcast to %s", in[1].Shape, in[0].Shape)
	}
	return one(F32, in[0].Shape.Clone())
}

func (Binary) Infer(in []*Value) ([]Type, error) { return binaryInfer(in, F32, I64) }
func (QAdd) Infer(in []*Value) ([]Type, error)   { return binaryInfer(in, U8) }
func (QMul) Infer(in []*Value) ([]Type, error)   { return binaryInfer(in, U8) }

func (o MaxPool) Infer(in []*Value) ([]Type, error) { return poolInfer(o.Window, o.Ceil, in, F32, U8) }
func (o AvgPool) Infer(in []*Value) ([]Type, error) { return poolInfer(o.Window, o.Ceil, in, F32) }

func (o QAvgPool) Infer(in []*Value) ([]Type, error) {
	if n := o.Kernel[0] * o.Kernel[1]; len(o.Mul) != n {
		return nil, fmt.Errorf("has %d multipliers, want %d", len(o.Mul), n)
	}
	return poolInfer(o.Window, o.Ceil, in, U8)
}

func (GlobalAvgPool) Infer(in []*Value) ([]Type, error)  { return globalInfer(in, F32) }
func (GlobalMaxPool) Infer(in []*Value) ([]Type, error)  { return globalInfer(in, F32, U8) }
func (QGlobalAvgPool) Infer(in []*Value) ([]Type, error) { return globalInfer(in, U8) }

func (o ReduceMean) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantType(in[0], 0, F32); err != nil {
		return nil, err
	}
	s := Shape{}
	for _, a := range o.Axes {
		if err := wantAxis(a, in[0].Shape); err != nil {
			return nil, err
		}
	}
	for i, d := range in[0].Shape {
		switch {
		case !slices.Contains(o.Axes, i):
			s = append(s, d)
		case o.Keep:
			s = append(s, 1)
		}
	}
	return one(F32, s)
}

func (o Softmax) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantAxis(o.Axis, in[0].Shape); err != nil {
		return nil, err
	}
	return same(in, F32, F32)
}

func (Identity) Infer(in []*Value) ([]Type, error) { return same(in, Invalid) }

func (o Concat) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1<<20); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if err := wantAxis(o.Axis, s); err != nil {
		return nil, err
	}
	for i, v := range in[1:] {
		if v.Type != in[0].Type || len(v.Shape) != len(s) {
			return nil, fmt.Errorf("operand %d is %s %s, operand 0 is %s %s", i+1, v.Type, v.Shape, in[0].Type, in[0].Shape)
		}
		for a, d := range v.Shape {
			if a != o.Axis && d != s[a] {
				return nil, fmt.Errorf("operand %d is %s, does not join %s along axis %d", i+1, v.Shape, in[0].Shape, o.Axis)
			}
		}
		s[o.Axis] += v.Shape[o.Axis]
	}
	return one(in[0].Type, s)
}

func (o Split) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantAxis(o.Axis, in[0].Shape); err != nil {
		return nil, err
	}
	var out []Type
	sum := 0
	for _, n := range o.Sizes {
		if n < 0 {
			return nil, fmt.Errorf("negative part %d", n)
		}
		s := in[0].Shape.Clone()
		s[o.Axis] = n
		sum += n
		out = append(out, Type{in[0].Type, s})
	}
	if sum != in[0].Shape[o.Axis] {
		return nil, fmt.Errorf("parts %v do not add up to %d", o.Sizes, in[0].Shape[o.Axis])
	}
	return out, nil
}

func (o Slice) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(o.Start) != len(s) || len(o.Step) != len(s) || len(o.Size) != len(s) {
		return nil, fmt.Errorf("start, step and size must have %d entries", len(s))
	}
	for i, d := range s {
		last := o.Start[i] + (o.Size[i]-1)*o.Step[i]
		if o.Size[i] < 0 || o.Size[i] > 0 && (o.Start[i] < 0 || o.Start[i] >= d || last < 0 || last >= d) {
			return nil, fmt.Errorf("axis %d: start %d, step %d, size %d leave the extent %d", i, o.Start[i], o.Step[i], o.Size[i], d)
		}
	}
	return one(in[0].Type, Shape(o.Size).Clone())
}

func (o Pad) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if len(o.Before) != len(s) || len(o.After) != len(s) {
		return nil, fmt.Errorf("padding must have %d entries before and after", len(s))
	}
	for i := range s {
		if o.Mode == PadReflect && (o.Before[i] >= s[i] || o.After[i] >= s[i]) {
			return nil, fmt.Errorf("axis %d: reflection of %d and %d needs a larger extent than %d", i, o.Before[i], o.After[i], s[i])
		}
		s[i] += o.Before[i] + o.After[i]
		if s[i] < 0 {
			return nil, fmt.Errorf("axis %d: crops more than there is", i)
		}
	}
	return one(in[0].Type, s)
}

func (o Reshape) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if o.Shape.Elems() != in[0].Shape.Elems() {
		return nil, fmt.Errorf("%s has other elements than %s", o.Shape, in[0].Shape)
	}
	return one(in[0].Type, o.Shape.Clone())
}

func (o Transpose) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	x := in[0].Shape
	p := slices.Sorted(slices.Values(o.Perm))
	s := make(Shape, len(x))
	if len(p) != len(x) {
		return nil, fmt.Errorf("permutation %v of %d axes", o.Perm, len(x))
	}
	for i, v := range p {
		if v != i {
			return nil, fmt.Errorf("%v is no permutation", o.Perm)
		}
	}
	for i, a := range o.Perm {
		s[i] = x[a]
	}
	return one(in[0].Type, s)
}

func (o ChannelShuffle) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if s := in[0].Shape; len(s) != 4 || o.Groups < 1 || s[1]%o.Groups != 0 {
		return nil, fmt.Errorf("%d groups do not divide the channels of %s", o.Groups, s)
	}
	return same(in, Invalid)
}

func (o DepthToSpace) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(s) != 4 || o.Block < 1 || s[1]%(o.Block*o.Block) != 0 {
		return nil, fmt.Errorf("blocks of %d do not divide the channels of %s", o.Block, s)
	}
	return one(in[0].Type, Shape{s[0], s[1] / (o.Block * o.Block), s[2] * o.Block, s[3] * o.Block})
}

func (o ResizeNearest) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if len(s) != 4 {
		return nil, fmt.Errorf("want a 4-dimensional input, have %s", s)
	}
	for a, idx := range [][]int{o.Y, o.X} {
		for _, i := range idx {
			if i < 0 || i >= s[2+a] {
				return nil, fmt.Errorf("index %d leaves the extent %d", i, s[2+a])
			}
		}
	}
	return one(in[0].Type, Shape{s[0], s[1], len(o.Y), len(o.X)})
}

func (o Cast) Infer(in []*Value) ([]Type, error) { return same(in, o.To) }

func (o Gather) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	x := in[0].Shape
	if err := wantAxis(o.Axis, x); err != nil {
		return nil, err
	}
	if o.IndexShape.Elems() != len(o.Index) {
		return nil, fmt.Errorf("%d indices for the shape %s", len(o.Index), o.IndexShape)
	}
	for _, i := range o.Index {
		if i < 0 || i >= x[o.Axis] {
			return nil, fmt.Errorf("index %d leaves the extent %d", i, x[o.Axis])
		}
	}
	s := append(slices.Clone(x[:o.Axis]), o.IndexShape...)
	return one(in[0].Type, append(s, x[o.Axis+1:]...))
}

func (o QTable) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if n := len(o.Table); n != 256 && (len(in[0].Shape) < 2 || n != 256*in[0].Shape[1]) {
		return nil, fmt.Errorf("table of %d entries: want 256, or 256 a channel", n)
	}
	return same(in, U8, U8)
}

func (o Quantize) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantFactors(in[0].Shape, o.Mul, o.Add); err != nil {
		return nil, err
	}
	return same(in, U8, F32)
}

func (Dequantize) Infer(in []*Value) ([]Type, error) { return same(in, F32, U8) }
