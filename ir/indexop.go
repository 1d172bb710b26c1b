package ir

import (
	"errors"
	"fmt"
	"slices"
)

// The operators here take indices that are computed while the network runs. A negative index
// counts from the end. One that leaves the axis is limited to it: it stands for the first
// or the last position, so that nothing outside is read or written.

// GatherAt takes slices along an axis, in the order of the indices. Gather is the form
// with constant ones.
//
// In: X of any type; indices i64 or s32. Out: X's type, the axis replaced by the indices' shape;
// quantization as X.
type GatherAt struct {
	Axis int
}

// Kind is the operator's name in the text form.
func (GatherAt) Kind() string { return "GatherAt" }

// Infer returns the type of the result.
func (o GatherAt) Infer(in []*Value) ([]Type, error) {
	if err := wantIndexed(in, 2); err != nil {
		return nil, err
	}
	x := in[0].Shape
	if err := wantAxis(o.Axis, x); err != nil {
		return nil, err
	}
	s := append(slices.Clone(x[:o.Axis]), in[1].Shape...)
	return indexed(in, append(s, x[o.Axis+1:]...))
}

// GatherND takes for each tuple of indices, which is the last axis of operand 1, the slice of X
// that it names, behind Batch axes that both have.
//
// In: X of any type; indices i64 or s32 [batch..., more..., k]. Out: X's type [batch..., more...,
// X's axes behind the first Batch+k]; quantization as X.
type GatherND struct {
	Batch int
}

// Kind is the operator's name in the text form.
func (GatherND) Kind() string { return "GatherND" }

// Infer returns the type of the result.
func (o GatherND) Infer(in []*Value) ([]Type, error) {
	if err := wantIndexed(in, 2); err != nil {
		return nil, err
	}
	x, i := in[0].Shape, in[1].Shape
	if o.Batch < 0 || o.Batch >= len(i) || o.Batch > len(x) || !x[:o.Batch].Equal(i[:o.Batch]) {
		return nil, fmt.Errorf("%s and the indices %s don't share %d axes", x, i, o.Batch)
	}
	last := len(i) - 1
	k := o.Batch + i[last]
	if i[last] < 1 || k > len(x) {
		return nil, fmt.Errorf("tuples of %d indices behind %d axes of %s", i[last], o.Batch, x)
	}
	return indexed(in, append(slices.Clone(i[:last]), x[k:]...))
}

// GatherElements takes for each element of the indices the element of X at its position,
// with the index in place of the coordinate along the axis.
//
// In: X of any type; indices i64 or s32 of X's rank, and no longer than X along the other axes.
// Out: X's type, the indices' shape; quantization as X.
type GatherElements struct {
	Axis int
}

// Kind is the operator's name in the text form.
func (GatherElements) Kind() string { return "GatherElements" }

// Infer returns the type of the result.
func (o GatherElements) Infer(in []*Value) ([]Type, error) {
	if err := wantIndexed(in, 2); err != nil {
		return nil, err
	}
	if err := wantBeside(o.Axis, in[0].Shape, in[1].Shape); err != nil {
		return nil, err
	}
	return indexed(in, in[1].Shape.Clone())
}

// ScatterKind names what becomes of an element that is written to.
type ScatterKind uint8

// The functions of ScatterElements and ScatterND.
const (
	ScatterSet ScatterKind = iota // the update; of several the last one
	ScatterAdd
	ScatterMul
	ScatterMax
	ScatterMin
)

var scatterNames = [...]string{"Set", "Add", "Mul", "Max", "Min"}

// String returns the name that the text form uses.
func (k ScatterKind) String() string { return enumName(scatterNames[:], int(k)) }

// ScatterElements is X with some elements changed: those that GatherElements would take. Updates
// come in row-major order, each operation rounded.
//
// In: X of any type, for functions other than Set a number type but u8 and s8; indices i64 or
// s32 as in GatherElements; updates of X's type and the indices' shape. Out: as X.
type ScatterElements struct {
	Axis int
	Fn   ScatterKind
}

// Kind is the operator's name in the text form.
func (ScatterElements) Kind() string { return "ScatterElements" }

// Infer returns the type of the result.
func (o ScatterElements) Infer(in []*Value) ([]Type, error) {
	if err := wantUpdates(in, o.Fn); err != nil {
		return nil, err
	}
	if err := wantBeside(o.Axis, in[0].Shape, in[1].Shape); err != nil {
		return nil, err
	}
	if !in[2].Shape.Equal(in[1].Shape) {
		return nil, fmt.Errorf("updates %s for indices %s", in[2].Shape, in[1].Shape)
	}
	return one(in[0].Type, in[0].Shape.Clone())
}

// ScatterND is X with some slices changed: those that GatherND would take, without batch axes.
// Updates come in row-major order, each operation rounded.
//
// In: X, indices and updates as in ScatterElements, the shapes as GatherND's. Out: as X.
type ScatterND struct {
	Fn ScatterKind
}

// Kind is the operator's name in the text form.
func (ScatterND) Kind() string { return "ScatterND" }

// Infer returns the type of the result.
func (o ScatterND) Infer(in []*Value) ([]Type, error) {
	if err := wantUpdates(in, o.Fn); err != nil {
		return nil, err
	}
	taken, err := GatherND{}.Infer(in[:2])
	if err != nil {
		return nil, err
	}
	if !in[2].Shape.Equal(taken[0].Shape) {
		return nil, fmt.Errorf("updates %s, want %s", in[2].Shape, taken[0].Shape)
	}
	return one(in[0].Type, in[0].Shape.Clone())
}

// OneHot has Depth numbers for each index along a new axis: values[1] at the position that the
// index names, else values[0]. An index that leaves the axis names none.
//
// In: indices i64, s32 or f32, which is cut towards 0; values [2] of any type. Out: the type of
// values.
type OneHot struct {
	Axis, Depth int
}

// Kind is the operator's name in the text form.
func (OneHot) Kind() string { return "OneHot" }

// Infer returns the type of the result.
func (o OneHot) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	if err := wantType(in[0], 0, I64, S32, F32); err != nil {
		return nil, err
	}
	s := in[0].Shape
	switch {
	case o.Axis < 0 || o.Axis > len(s):
		return nil, fmt.Errorf("new axis %d of a %d-dimensional operand", o.Axis, len(s))
	case o.Depth < 1:
		return nil, fmt.Errorf("Depth is %d, want at least 1", o.Depth)
	case !in[1].Shape.Equal(Shape{2}):
		return nil, fmt.Errorf("values %s: want 2", in[1].Shape)
	}
	return one(in[1].Type, slices.Insert(s.Clone(), o.Axis, o.Depth))
}

// NonMaxSuppression selects, for each image and class, boxes in the order of their scores,
// and leaves out a box whose overlap with a selected one (intersection over union) is
// above IoU, or whose score is not above Score. Boxes are [y1,x1,y2,x2], any two opposite
// corners, or with Center [x,y,width,height]. Of equal scores the lower index comes first.
//
// A row of the result is the numbers of the image, the class and the box. There are as
// many rows as could be selected; behind those that are, all numbers are -1.
//
// In: boxes f32 [B,N,4]; scores f32 [B,C,N]. Out: i64 [B*C*min(Most,N),3].
type NonMaxSuppression struct {
	Most   int // boxes of a class in an image
	IoU    float32
	Score  float32
	Center bool
}

// Kind is the operator's name in the text form.
func (NonMaxSuppression) Kind() string { return "NonMaxSuppression" }

// Infer returns the type of the result.
func (o NonMaxSuppression) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 2, 2); err != nil {
		return nil, err
	}
	if err := errors.Join(wantType(in[0], 0, F32), wantType(in[1], 1, F32)); err != nil {
		return nil, err
	}
	b, s := in[0].Shape, in[1].Shape
	if len(b) != 3 || len(s) != 3 || b[0] != s[0] || b[1] != s[2] || b[2] != 4 {
		return nil, fmt.Errorf("boxes %s and scores %s: want [B,N,4] and [B,C,N]", b, s)
	}
	if o.Most < 0 {
		return nil, fmt.Errorf("Most is %d, want at least 0", o.Most)
	}
	return one(I64, Shape{s[0] * s[1] * min(o.Most, s[2]), 3})
}

// wantIndexed checks the types of an operand, its indices, and for n = 3 its updates.
func wantIndexed(in []*Value, n int) error {
	if err := want(in, n, n); err != nil {
		return err
	}
	if in[0].Shape.Elems() == 0 {
		return fmt.Errorf("operand 0, %s, is empty", in[0].Shape)
	}
	return wantType(in[1], 1, I64, S32)
}

func indexed(in []*Value, s Shape) ([]Type, error) { return one(in[0].Type, s) }

// wantBeside checks the shape of indices that stand beside elements of x.
func wantBeside(axis int, x, index Shape) error {
	if err := wantAxis(axis, x); err != nil {
		return err
	}
	if len(index) != len(x) {
		return fmt.Errorf("indices %s for %s: want as many axes", index, x)
	}
	for a, d := range index {
		if a != axis && d > x[a] {
			return fmt.Errorf("indices %s are longer than %s along axis %d", index, x, a)
		}
	}
	return nil
}

func wantUpdates(in []*Value, fn ScatterKind) error {
	if err := wantIndexed(in, 3); err != nil {
		return err
	}
	if fn != ScatterSet {
		if err := wantType(in[0], 0, F32, S32, I64); err != nil {
			return err
		}
	}
	return wantType(in[2], 2, in[0].Type)
}

// checkIndexed checks that bytes that were moved by index keep their parameters.
func checkIndexed(n *Node) error {
	if v := n.In[0]; v.Type != U8 {
		return nil
	}
	return sameQuant(&Node{In: append([]*Value{n.In[0]}, n.In[2:]...), Out: n.Out})
}

func checkScatter(fn ScatterKind, n *Node) error {
	if int(fn) >= len(scatterNames) {
		return fmt.Errorf("unknown function %d", fn)
	}
	return checkIndexed(n)
}
