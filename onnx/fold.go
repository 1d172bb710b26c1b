package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// Constants are folded here as far as shapes need it: whatever only moves data,
// and arithmetic on integers and on few floats (the scales of a Resize). The
// rest of constant folding is a pass on the graph.
const (
	maxFolded      = 640 << 20 // bytes that folding may use in one import: a small file must not fill the memory
	foldedElem     = 16        // bytes that moving an element takes, with its index
	ownFolded      = 32        // bytes more for each element that the file has: its weights may be dequantized and transposed
	maxFoldedFloat = 1 << 10   // elements of a float tensor that is folded
)

// spend takes n elements of size bytes from the budget of folding.
func (imp *importer) spend(n, size int) error {
	if n > imp.budget/size {
		return fmt.Errorf("constants computed from shapes take more than %d bytes in all, and %d for each element of the file's own", maxFolded, ownFolded)
	}
	imp.budget -= n * size
	return nil
}

// fold computes op where its operands are constants and it only moves data. The
// results have the names and types of out. It returns nil where op is to stay.
func (imp *importer) fold(op ir.Op, in, out []*ir.Value) ([]*ir.Value, error) {
	total := 0
	for _, v := range in {
		if !v.IsConst() {
			return nil, nil
		}
		total += v.Shape.Elems()
	}
	f := mover(op)
	if f == nil {
		return nil, nil
	}
	switch op.(type) {
	case ir.Reshape, ir.Identity: // share the data
	default:
		if in[0].Type == ir.F32 && max(total, out[0].Shape.Elems()) > maxFoldedFloat {
			return nil, nil
		}
		if err := imp.spend(total+len(out)*out[0].Shape.Elems(), foldedElem); err != nil {
			return nil, err
		}
	}
	vals := make([]*ir.Value, len(out))
	for i, v := range out {
		if v.Shape.Elems() == 0 { // other extents may be huge
			vals[i] = ir.Const(v.Name, ir.NewTensor(v.Type, v.Shape))
			continue
		}
		vals[i] = ir.Const(v.Name, f(in, i, v.Shape))
		if q := in[0].Quant; q != nil {
			vals[i].Quant = q.Moved(op, in[0].Shape, v.Shape)
		}
	}
	return vals, nil
}

// mover returns the function that computes result i, of shape s, of an operator
// that only moves data; nil for the others.
func mover(op ir.Op) func(in []*ir.Value, i int, s ir.Shape) *ir.Tensor {
	switch op := op.(type) {
	case ir.Reshape, ir.Identity:
		return func(in []*ir.Value, _ int, s ir.Shape) *ir.Tensor {
			t := *in[0].Const
			t.Shape = s
			return &t
		}
	case ir.Slice:
		return func(in []*ir.Value, _ int, s ir.Shape) *ir.Tensor {
			return pick(in[0].Const, s, sliced(in[0].Shape, s, op.Start, op.Step))
		}
	case ir.Split:
		return func(in []*ir.Value, i int, s ir.Shape) *ir.Tensor {
			start, step := make([]int, len(s)), slices.Repeat([]int{1}, len(s))
			for _, n := range op.Sizes[:i] {
				start[op.Axis] += n
			}
			return pick(in[0].Const, s, sliced(in[0].Shape, s, start, step))
		}
	case ir.Transpose:
		return func(in []*ir.Value, _ int, s ir.Shape) *ir.Tensor {
			from, to := strides(in[0].Shape), make([]int, len(s))
			for i, p := range op.Perm {
				to[i] = from[p]
			}
			return pick(in[0].Const, s, walk(s, to, 0))
		}
	case ir.Gather:
		return func(in []*ir.Value, _ int, s ir.Shape) *ir.Tensor {
			return pick(in[0].Const, s, gathered(in[0].Shape, op))
		}
	case ir.Expand:
		return func(in []*ir.Value, _ int, s ir.Shape) *ir.Tensor {
			return pick(in[0].Const, s, broadcastIndex(in[0].Shape, s))
		}
	case ir.Concat:
		return func(in []*ir.Value, _ int, s ir.Shape) *ir.Tensor { return joined(in, op.Axis, s) }
	}
	return nil
}

// strides returns the distance of neighbours along each axis, row-major.
func strides(s ir.Shape) []int {
	st := make([]int, len(s))
	n := 1
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = n
		n *= s[i]
	}
	return st
}

// walk returns for every position of the shape s, row-major, base plus the sum
// of its coordinates times the strides.
func walk(s ir.Shape, stride []int, base int) []int {
	if slices.Contains(s, 0) { // whatever the extents before it
		return nil
	}
	idx := []int{base}
	for i, d := range s {
		next := make([]int, 0, len(idx)*d)
		for _, b := range idx {
			for j := range d {
				next = append(next, b+j*stride[i])
			}
		}
		idx = next
	}
	return idx
}

// sliced returns where the elements of a slice of shape s lie in a tensor of shape x.
func sliced(x, s ir.Shape, start, step []int) []int {
	st, base := strides(x), 0
	for i := range st {
		base += start[i] * st[i]
		st[i] *= step[i]
	}
	return walk(s, st, base)
}

// gathered returns where the elements of a Gather lie in a tensor of shape x.
func gathered(x ir.Shape, op ir.Gather) []int {
	inner := x[op.Axis+1:].Elems()
	var idx []int
	for outer := range x[:op.Axis].Elems() {
		for _, i := range op.Index {
			for k := range inner {
				idx = append(idx, (outer*x[op.Axis]+i)*inner+k)
			}
		}
	}
	return idx
}

// joined concatenates constants along an axis: it lays their data end to end
// and picks the elements in the order of the result.
func joined(in []*ir.Value, axis int, s ir.Shape) *ir.Tensor {
	all := &ir.Tensor{Type: in[0].Type}
	offset := make([]int, len(in))
	for i, v := range in {
		offset[i] = len(all.F32) + len(all.I64) + len(all.S32) + len(all.U8) + len(all.S8)
		all.F32 = append(all.F32, v.Const.F32...)
		all.I64 = append(all.I64, v.Const.I64...)
		all.S32 = append(all.S32, v.Const.S32...)
		all.U8 = append(all.U8, v.Const.U8...)
		all.S8 = append(all.S8, v.Const.S8...)
	}
	var idx []int
	for outer := range s[:axis].Elems() {
		for i, v := range in {
			block := v.Shape[axis:].Elems()
			for k := range block {
				idx = append(idx, offset[i]+outer*block+k)
			}
		}
	}
	return pick(all, s, idx)
}

// pick returns the tensor of shape s with the elements of t at idx.
func pick(t *ir.Tensor, s ir.Shape, idx []int) *ir.Tensor {
	out := &ir.Tensor{Type: t.Type, Shape: s}
	switch t.Type {
	case ir.F32:
		out.F32 = at(t.F32, idx)
	case ir.I64:
		out.I64 = at(t.I64, idx)
	case ir.S32:
		out.S32 = at(t.S32, idx)
	case ir.S8:
		out.S8 = at(t.S8, idx)
	default:
		out.U8 = at(t.U8, idx)
	}
	return out
}

func at[T any](v []T, idx []int) []T {
	out := make([]T, len(idx))
	for i, j := range idx {
		out[i] = v[j]
	}
	return out
}

// intData returns the elements of an integer or bool tensor.
func intData(t *ir.Tensor) ([]int64, bool) {
	switch t.Type {
	case ir.I64:
		return t.I64, true
	case ir.S32:
		return convert[int64](len(t.S32), func(i int) int64 { return int64(t.S32[i]) }), true
	case ir.S8:
		return convert[int64](len(t.S8), func(i int) int64 { return int64(t.S8[i]) }), true
	case ir.U8, ir.Bool:
		return convert[int64](len(t.U8), func(i int) int64 { return int64(t.U8[i]) }), true
	}
	return nil, false
}

// intTensor makes a tensor of an integer type; a number outside it is an error.
func intTensor(t ir.DType, s ir.Shape, v []int64) (*ir.Tensor, error) {
	out := &ir.Tensor{Type: t, Shape: s}
	return out, fillInts(out, len(v), func(i int) int64 { return v[i] })
}

// allConst reports whether every operand is a constant.
func (c *call) allConst() bool {
	return !slices.ContainsFunc(c.in, func(v *ir.Value) bool { return !v.IsConst() })
}

// broadcastIndex returns for each position of the shape s the position in a
// tensor of shape x that broadcasts to it.
func broadcastIndex(x, s ir.Shape) []int {
	from, to := strides(x), make([]int, len(s))
	for i, d := range x {
		if d > 1 {
			to[len(s)-len(x)+i] = from[i]
		}
	}
	return walk(s, to, 0)
}

// foldBinary computes an elementwise function of two constants.
func (c *call) foldBinary(fn ir.BinaryKind) (*ir.Tensor, error) {
	a, b, s, err := c.pair(0, 1)
	if err != nil {
		return nil, err
	}
	if a.Type == ir.F32 {
		return ir.Floats(s, floats(len(a.F32), func(i int) float32 { return floatOp(fn, a.F32[i], b.F32[i]) })), nil
	}
	x, _ := intData(a)
	y, _ := intData(b)
	out := make([]int64, len(x))
	for i := range x {
		if out[i], err = intOp(fn, x[i], y[i]); err != nil {
			return nil, err
		}
	}
	return intTensor(a.Type, s, out)
}

// pair broadcasts the constant operands i and j, which must have one type.
func (c *call) pair(i, j int) (a, b *ir.Tensor, s ir.Shape, err error) {
	x, y := c.in[i], c.in[j]
	if x.Type != y.Type {
		return nil, nil, nil, fmt.Errorf("operands of types %s and %s", x.Type, y.Type)
	}
	if s, err = ir.Broadcast(x.Shape, y.Shape); err != nil {
		return nil, nil, nil, err
	}
	n, err := elems(s)
	if err == nil {
		err = c.imp.spend(2*n, foldedElem)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	return pick(x.Const, s, broadcastIndex(x.Shape, s)), pick(y.Const, s, broadcastIndex(y.Shape, s)), s, nil
}

func floatOp(fn ir.BinaryKind, a, b float32) float32 {
	switch fn {
	case ir.Add:
		return a + b
	case ir.Sub:
		return a - b
	case ir.Mul:
		return a * b
	case ir.Max:
		return max(a, b)
	case ir.Min:
		return min(a, b)
	}
	return a / b
}

func intOp(fn ir.BinaryKind, a, b int64) (int64, error) {
	switch fn {
	case ir.Add:
		return a + b, nil
	case ir.Sub:
		return a - b, nil
	case ir.Mul:
		return a * b, nil
	case ir.Max:
		return max(a, b), nil
	case ir.Min:
		return min(a, b), nil
	}
	if b == 0 {
		return 0, errors.New("division of integers by zero")
	}
	if a == math.MinInt64 && b == -1 {
		return a, nil // wraps, as in numpy; Go would too, some CPUs trap
	}
	r := a % b
	switch {
	case fn == ir.Div:
		return a / b, nil
	case fn == ir.Mod && r != 0 && (r < 0) != (b < 0):
		return r + b, nil
	}
	return r, nil
}
