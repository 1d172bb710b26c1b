package ir

import (
	"errors"
	"fmt"
	"slices"
)

// ReduceKind names how Reduce makes one number of many.
type ReduceKind uint8

// The functions of Reduce. Of nothing the sums are 0, the product is 1, the largest and the
// logarithms -Inf, the smallest +Inf, the mean NaN; of no integers there is no result. Sums and
// products of integers wrap.
const (
	ReduceMean      ReduceKind = iota // sum(x) / n
	ReduceSum                         // sum(x)
	ReduceMax                         // the largest; NaN if there is one
	ReduceMin                         // the smallest; NaN if there is one
	ReduceProd                        // product(x)
	ReduceL1                          // sum(abs(x))
	ReduceL2                          // sqrt(sum(x*x))
	ReduceLogSum                      // log(sum(x))
	ReduceLogSumExp                   // log(sum(exp(x)))
	ReduceSumSquare                   // sum(x*x)
)

var reduceNames = [...]string{"Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"}

// String returns the name that the text form uses.
func (k ReduceKind) String() string { return enumName(reduceNames[:], int(k)) }

func enumName(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "invalid"
}

// Picks reports whether the result of the function is one of its operands.
func (k ReduceKind) Picks() bool { return k == ReduceMax || k == ReduceMin }

// types are those of the operands that the function takes; nil is any.
func (k ReduceKind) types() []DType {
	switch k {
	case ReduceMax, ReduceMin:
		return nil
	case ReduceSum, ReduceProd:
		return []DType{F32, S32, I64}
	}
	return []DType{F32}
}

// Reduce makes one number of all along some axes.
//
// In: X f32; for Sum and Prod s32 or i64 as well, for Max and Min any type. Out: X's type; quantization as X.
type Reduce struct {
	Fn   ReduceKind
	Axes []int // ascending, not negative
	Keep bool  // keep the reduced axes as 1
}

// Kind is the operator's name in the text form.
func (Reduce) Kind() string { return "Reduce" }

// Infer returns the type of the result.
func (o Reduce) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if types := o.Fn.types(); types != nil {
		if err := wantType(in[0], 0, types...); err != nil {
			return nil, err
		}
	}
	s, err := reducedShape(in[0].Shape, o.Axes, o.Keep)
	if err != nil {
		return nil, err
	}
	if in[0].Type != F32 && in[0].Shape.Elems() == 0 {
		return nil, fmt.Errorf("operand %s is empty", in[0].Shape)
	}
	return one(in[0].Type, s)
}

// reducedShape is x without the axes, or with 1 in their place.
func reducedShape(x Shape, axes []int, keep bool) (Shape, error) {
	s := Shape{}
	for _, a := range axes {
		if err := wantAxis(a, x); err != nil {
			return nil, err
		}
	}
	for i, d := range x {
		switch {
		case !slices.Contains(axes, i):
			s = append(s, d)
		case keep:
			s = append(s, 1)
		}
	}
	return s, nil
}

// checkAxes checks that axes are in order, each once.
func checkAxes(axes []int) error {
	if !slices.IsSorted(axes) || len(slices.Compact(slices.Clone(axes))) != len(axes) {
		return fmt.Errorf("axes %v are not ascending", axes)
	}
	return nil
}

func checkReduce(o Reduce, n *Node) error {
	if int(o.Fn) >= len(reduceNames) {
		return fmt.Errorf("unknown function %d", o.Fn)
	}
	return errors.Join(checkAxes(o.Axes), sameQuant(n))
}

// ArgMax is the position of the largest number along an axis, the first of equal ones
// unless Last says otherwise. NaN is larger than every number.
//
// In: X of any type but bool. Out: i64, the axis dropped, or 1 with Keep.
type ArgMax struct {
	Axis int
	Min  bool // the smallest instead
	Last bool // the last of equal ones
	Keep bool
}

// Kind is the operator's name in the text form.
func (ArgMax) Kind() string { return "ArgMax" }

// Infer returns the type of the result.
func (o ArgMax) Infer(in []*Value) ([]Type, error) {
	if err := wantNumbers(in); err != nil {
		return nil, err
	}
	s, err := reducedShape(in[0].Shape, []int{o.Axis}, o.Keep)
	if err != nil {
		return nil, err
	}
	if in[0].Shape[o.Axis] == 0 {
		return nil, fmt.Errorf("axis %d of %s is empty", o.Axis, in[0].Shape)
	}
	return one(I64, s)
}

// wantNumbers checks that the only operand is no truth value.
func wantNumbers(in []*Value) error {
	if err := want(in, 1, 1); err != nil {
		return err
	}
	return wantType(in[0], 0, F32, U8, S8, S32, I64)
}

// TopK is the K largest numbers along an axis, the largest first, and their positions. Of
// equal ones the one with the lower position comes first. NaN is larger than every number.
//
// In: X of any type but bool. Out: X's type, with K along the axis, quantization as X; i64,
// the same shape.
type TopK struct {
	Axis, K  int
	Smallest bool // the smallest instead, the smallest first
}

// Kind is the operator's name in the text form.
func (TopK) Kind() string { return "TopK" }

// Infer returns the types of the results.
func (o TopK) Infer(in []*Value) ([]Type, error) {
	if err := wantNumbers(in); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if err := wantAxis(o.Axis, s); err != nil {
		return nil, err
	}
	if o.K < 0 || o.K > s[o.Axis] {
		return nil, fmt.Errorf("K is %d of %d along axis %d", o.K, s[o.Axis], o.Axis)
	}
	s[o.Axis] = o.K
	return []Type{{in[0].Type, s}, {I64, s.Clone()}}, nil
}

// CumSum is the sum of all numbers up to each along an axis; integers wrap.
//
// In: X f32, s32 or i64. Out: as X.
type CumSum struct {
	Axis      int
	Exclusive bool // without the number itself
	Reverse   bool // from the end on
}

// Kind is the operator's name in the text form.
func (CumSum) Kind() string { return "CumSum" }

// Infer returns the type of the result.
func (o CumSum) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantAxis(o.Axis, in[0].Shape); err != nil {
		return nil, err
	}
	return same(in, Invalid, F32, S32, I64)
}
