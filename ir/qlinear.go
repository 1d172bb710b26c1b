package ir

import (
	"errors"
	"fmt"
)

// The operators of quantized source models, as ONNX defines them. Fusion makes a FakeQuant
// of every pair of a QuantizeLinear and a DequantizeLinear, so that the graph of a
// quantized model is one of float32 in which a FakeQuant says where, and in what steps, the
// model rounds.

// FakeQuant rounds to the numbers that a byte can stand for:
// q = min(max(rne(f32(x/Scale[c])) + Zero[c], 0), 255), the result (q-Zero[c])*Scale[c], c the
// index of Axis. Scale and Zero have one element each, or one for each index. A NaN
// becomes 0. Zero points are those of unsigned bytes.
//
// In: X f32. Out: as X.
type FakeQuant struct {
	Scale []float32
	Zero  []int
	Axis  int
}

// QuantizeLinear is q = rne(f32(x/scale)) + zero, limited to the type To (ONNX QuantizeLinear).
//
// In: X f32; scale f32, one element, or one for each index of Axis; zero of type To,
// as many, or nil for 0. Out: To, which is u8 or s8, as X.
type QuantizeLinear struct {
	Axis int
	To   DType
}

// DequantizeLinear is (x-zero)*scale (ONNX DequantizeLinear).
//
// In: X u8, s8 or s32; scale f32, one element, or one for each index of Axis; zero of X's
// type, as many, or nil for 0. Out: f32 as X.
type DequantizeLinear struct {
	Axis int
}

// DynamicQuantizeLinear is QuantizeLinear to u8 with the scale and zero point that fit the
// operand (ONNX DynamicQuantizeLinear): lo = min(0, X), hi = max(0, X),
// scale = (hi-lo)/255, zero = rne(-lo/scale) limited to 0..255. Where X is all zeros, scale is 1.
//
// In: X f32. Out: u8 as X; scale f32, a scalar; zero u8, a scalar.
type DynamicQuantizeLinear struct{}

// Kind returns the operator's name in the text form.
func (FakeQuant) Kind() string             { return "FakeQuant" }
func (QuantizeLinear) Kind() string        { return "QuantizeLinear" }
func (DequantizeLinear) Kind() string      { return "DequantizeLinear" }
func (DynamicQuantizeLinear) Kind() string { return "DynamicQuantizeLinear" }

// Infer implements Op.
func (o FakeQuant) Infer(in []*Value) ([]Type, error) {
	t, err := same(in, F32, F32)
	if err != nil {
		return nil, err
	}
	if len(o.Scale) != len(o.Zero) {
		return nil, fmt.Errorf("%d scales and %d zero points", len(o.Scale), len(o.Zero))
	}
	return t, wantParameters(in[0].Shape, o.Axis, len(o.Scale))
}

// Infer implements Op.
func (o QuantizeLinear) Infer(in []*Value) ([]Type, error) {
	if o.To != U8 && o.To != S8 {
		return nil, fmt.Errorf("quantizes to %s, want u8 or s8", o.To)
	}
	if err := linearInfer(in, o.Axis, o.To, F32); err != nil {
		return nil, err
	}
	return one(o.To, in[0].Shape.Clone())
}

// Infer implements Op.
func (o DequantizeLinear) Infer(in []*Value) ([]Type, error) {
	if len(in) == 0 || in[0] == nil {
		return nil, errors.New("operand 0 is missing")
	}
	if err := linearInfer(in, o.Axis, in[0].Type, U8, S8, S32); err != nil {
		return nil, err
	}
	return one(F32, in[0].Shape.Clone())
}

// Infer implements Op.
func (DynamicQuantizeLinear) Infer(in []*Value) ([]Type, error) {
	t, err := same(in, U8, F32)
	if err != nil {
		return nil, err
	}
	return append(t, Type{F32, Shape{}}, Type{U8, Shape{}}), nil
}

// linearInfer checks the operands of QuantizeLinear and DequantizeLinear; zero is the type
// of the zero points, types what operand 0 may be.
func linearInfer(in []*Value, axis int, zero DType, types ...DType) error {
	if err := want(in, 2, 3, 2); err != nil {
		return err
	}
	if err := errors.Join(wantType(in[0], 0, types...), wantType(in[1], 1, F32), wantType(at(in, 2), 2, zero)); err != nil {
		return err
	}
	if z := at(in, 2); z != nil && z.Shape.Elems() != in[1].Shape.Elems() {
		return fmt.Errorf("scales of %s and zero points of %s: want as many", in[1].Shape, z.Shape)
	}
	return wantParameters(in[0].Shape, axis, in[1].Shape.Elems())
}

// wantParameters checks that n scales fit a tensor: one, or one an index of axis.
func wantParameters(x Shape, axis, n int) error {
	if n == 1 {
		return nil
	}
	if err := wantAxis(axis, x); err != nil {
		return err
	}
	if x[axis] != n {
		return fmt.Errorf("%d scales for axis %d of %s", n, axis, x)
	}
	return nil
}

// checkFakeQuant checks scales and zero points.
func checkFakeQuant(o FakeQuant) error {
	for i, s := range o.Scale {
		if !(s > 0) || !finite(s) {
			return fmt.Errorf("scale %d is %g, want finite and positive", i, s)
		}
		if z := o.Zero[i]; z < 0 || z > 255 {
			return fmt.Errorf("zero point %d is %d, want 0 to 255", i, z)
		}
	}
	return nil
}

// Moved returns the parameters of a constant after an operator that moves its elements,
// nil where they don't stay parameters along one axis. x and y are the shapes before and after.
func (q *Quant) Moved(op Op, x, y Shape) *Quant {
	switch o := op.(type) {
	case Identity:
		return q
	case Transpose:
		moved := *q
		for i, p := range o.Perm {
			if p == q.Axis {
				moved.Axis = i
			}
		}
		return &moved
	case Reshape:
		if len(q.Scale) == 1 {
			return PerTensor(q.Scale[0], q.Zero[0])
		}
		for a, d := range y { // the same axis: as long, with as much before it
			if d == x[q.Axis] && y[:a].Elems() == x[:q.Axis].Elems() {
				moved := *q
				moved.Axis = a
				return &moved
			}
		}
	}
	return nil
}
