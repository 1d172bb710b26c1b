package ir

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ConvTranspose is the transposed convolution (the gradient of a convolution by its
// input): every element of X adds its product with the window of weights to the result at
// its position times the stride. Pad is cut off from the result, OutPad positions are
// added at its ends. Fusion makes a Conv of it where the weights are constant.
//
// In: X f32 [N,C,H,W]; W f32 [C,M/Groups,kh,kw]; B f32 [M] or nil. Out: f32 [N,M,OH,OW],
// OH = Stride*(H-1) + OutPad + Dilation*(kh-1) + 1 - Pad before and after.
type ConvTranspose struct {
	Window
	OutPad [2]int // height, width
	Groups int
}

// Kind returns the name in the text form.
func (ConvTranspose) Kind() string { return "ConvTranspose" }

// Infer checks the operands and returns the result's type.
func (o ConvTranspose) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 3, 2); err != nil {
		return nil, err
	}
	for i, v := range in {
		if err := wantType(v, i, F32); err != nil {
			return nil, err
		}
	}
	x, w := in[0].Shape, in[1].Shape
	switch {
	case len(x) != 4 || len(w) != 4:
		return nil, fmt.Errorf("want an image and weights of four axes, have %s and %s", x, w)
	case o.Groups < 1 || x[1] != w[0] || w[0]%o.Groups != 0:
		return nil, fmt.Errorf("%d groups, weights %s: do not fit the input %s", o.Groups, w, x)
	case w[2] != o.Kernel[0] || w[3] != o.Kernel[1]:
		return nil, fmt.Errorf("weights %s are not a window of %v", w, o.Kernel)
	}
	m := w[1] * o.Groups
	if b := at(in, 2); b != nil && !b.Shape.Equal(Shape{m}) {
		return nil, fmt.Errorf("bias %s, want %d channels", b.Shape, m)
	}
	y := Shape{x[0], m, 0, 0}
	for i := range 2 {
		k, s, d := o.Kernel[i], o.Stride[i], o.Dilation[i]
		if k < 1 || s < 1 || d < 1 || o.Pad[i] < 0 || o.Pad[i+2] < 0 || o.OutPad[i] < 0 {
			return nil, fmt.Errorf("kernel %d, stride %d, dilation %d, padding %d and %d, padding of the result %d: want positive, paddings not negative",
				k, s, d, o.Pad[i], o.Pad[i+2], o.OutPad[i])
		}
		if y[2+i] = s*(x[2+i]-1) + o.OutPad[i] + d*(k-1) + 1 - o.Pad[i] - o.Pad[i+2]; y[2+i] < 1 {
			return nil, fmt.Errorf("the padding cuts off all of axis %d", 2+i)
		}
	}
	return one(F32, y)
}

// Resample makes position i along Axis of the result a weighted sum of Taps positions of
// the operand: those at Index[i*Taps], ..., each times the entry of Weight. The importer
// makes it of linear and cubic resizing, one for each axis.
//
// In: X f32 or u8. Out: as X but for Axis; quantization as X. For u8 the weights of a
// position are multiples of 1/256, not negative, and add up to 1 (see ForBytes): the result
// is the sum, which float32 holds, rounded to the nearest, ties to even.
type Resample struct {
	Axis, Taps int
	Index      []int
	Weight     []float32
}

// Kind returns the name in the text form.
func (Resample) Kind() string { return "Resample" }

// Infer checks the operands and returns the result's type.
func (o Resample) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if err := wantType(in[0], 0, F32, U8); err != nil {
		return nil, err
	}
	if err := wantAxis(o.Axis, s); err != nil {
		return nil, err
	}
	if o.Taps < 1 || len(o.Index)%o.Taps != 0 || len(o.Weight) != len(o.Index) {
		return nil, fmt.Errorf("%d indices and %d weights for %d taps a position", len(o.Index), len(o.Weight), o.Taps)
	}
	for _, i := range o.Index {
		if i < 0 || i >= s[o.Axis] {
			return nil, fmt.Errorf("index %d leaves the extent %d", i, s[o.Axis])
		}
	}
	s[o.Axis] = len(o.Index) / o.Taps
	return one(in[0].Type, s)
}

// resampleUnit is what the weights of a Resample of u8 are multiples of.
const resampleUnit = 256

// Averages reports whether no weight is negative and those of every position add up to 1
// but for rounding, so that the result stays within the operand's range.
func (o Resample) Averages() bool {
	for w := range slices.Chunk(o.Weight, o.Taps) {
		sum := 0.0
		for _, v := range w {
			if !(v >= 0) {
				return false
			}
			sum += float64(v)
		}
		if !(math.Abs(sum-1) <= 1e-4) {
			return false
		}
	}
	return true
}

// ForBytes returns o with the weights rounded to multiples of 1/256 that add up to 1, as
// u8 needs them; o must be an average. What is left over by rounding down goes to the
// weights that lost most.
func (o Resample) ForBytes() Resample {
	rounded := make([]float32, 0, len(o.Weight))
	for w := range slices.Chunk(o.Weight, o.Taps) {
		units, rest := make([]float32, o.Taps), resampleUnit
		order := make([]int, o.Taps)
		for i, v := range w {
			units[i] = float32(math.Floor(float64(v) * resampleUnit))
			rest -= int(units[i])
			order[i] = i
		}
		lost := func(i int) float32 { return w[i]*resampleUnit - units[i] }
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case lost(a) > lost(b):
				return -1
			case lost(a) < lost(b):
				return 1
			}
			return 0
		})
		for i := 0; rest > 0; i, rest = i+1, rest-1 {
			units[order[i%o.Taps]]++
		}
		for _, u := range units {
			rounded = append(rounded, u/resampleUnit)
		}
	}
	o.Weight = rounded
	return o
}

// checkResample checks the weights, which are ForBytes' where n is of bytes.
func checkResample(o Resample, n *Node) error {
	if n.In[0].Type != U8 {
		return wantFinite("Weight", o.Weight...)
	}
	for i := 0; i < len(o.Weight); i += o.Taps {
		sum := float32(0)
		for _, v := range o.Weight[i : i+o.Taps] {
			if u := v * resampleUnit; !(u >= 0 && u <= resampleUnit && u == float32(int(u))) {
				return fmt.Errorf("weight %g of position %d: bytes want multiples of 1/%d from 0 to 1", v, i/o.Taps, resampleUnit)
			}
			sum += v
		}
		if sum != 1 {
			return fmt.Errorf("the weights of position %d add up to %g, bytes want 1", i/o.Taps, sum)
		}
	}
	return sameQuant(n)
}

// SpaceToDepth moves blocks of space into channels, whose index becomes (y, x, c): the
// inverse of a DepthToSpace that isn't CRD. In: X of any type [N,C,H,W].
// Out: [N,C*Block^2,H/Block,W/Block].
type SpaceToDepth struct {
	Block int
}

// Kind returns the name in the text form.
func (SpaceToDepth) Kind() string { return "SpaceToDepth" }

// Infer checks the operands and returns the result's type.
func (o SpaceToDepth) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	s, b := in[0].Shape, o.Block
	if len(s) != 4 || b < 1 || s[2]%b != 0 || s[3]%b != 0 {
		return nil, fmt.Errorf("blocks of %d do not divide height and width of %s", b, s)
	}
	return one(in[0].Type, Shape{s[0], s[1] * b * b, s[2] / b, s[3] / b})
}

// ArgMaxPool gives for every window of a MaxPool the index of its first maximum, in rows
// and columns order, among all elements of X in row-major order; with ColumnMajor height
// and width change places in that order.
//
// In: X f32 [N,C,H,W]. Out: i64, as MaxPool's.
type ArgMaxPool struct {
	Window
	Ceil        bool
	ColumnMajor bool
}

// Kind returns the name in the text form.
func (ArgMaxPool) Kind() string { return "ArgMaxPool" }

// Infer checks the operands and returns the result's type.
func (o ArgMaxPool) Infer(in []*Value) ([]Type, error) {
	t, err := poolInfer(o.Window, o.Ceil, in, F32)
	if err != nil {
		return nil, err
	}
	return one(I64, t[0].Shape)
}

// MaxUnpool writes each element of X to the index that its element of I says, in row-major
// order, and zeros elsewhere; the last one counts where several have the same index, and
// an index outside of the result counts for nothing.
//
// In: X f32; I i64 of the same shape. Out: f32 of Shape.
type MaxUnpool struct {
	Shape Shape
}

// Kind returns the name in the text form.
func (MaxUnpool) Kind() string { return "MaxUnpool" }

// Infer checks the operands and returns the result's type.
func (o MaxUnpool) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	if err := errors.Join(wantType(in[0], 0, F32), wantType(in[1], 1, I64)); err != nil {
		return nil, err
	}
	if !in[0].Shape.Equal(in[1].Shape) {
		return nil, fmt.Errorf("%s values and %s indices", in[0].Shape, in[1].Shape)
	}
	return one(F32, o.Shape.Clone())
}
