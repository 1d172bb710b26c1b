package ir

import "fmt"

// CompareKind names a comparison.
type CompareKind uint8

// The comparisons; with a NaN all of them are false.
const (
	Equal CompareKind = iota
	Less
	LessOrEqual
)

var compareNames = [...]string{"Equal", "Less", "LessOrEqual"}

// String returns the name that the text form uses.
func (k CompareKind) String() string {
	if int(k) < len(compareNames) {
		return compareNames[k]
	}
	return "invalid"
}

// Compare is whether a = b, a < b or a <= b. In: A, B of one type, no quantized bytes, which
// broadcast as numpy's. Out: bool of the broadcast shape.
type Compare struct {
	Fn CompareKind
}

// LogicKind names a function of two truth values.
type LogicKind uint8

// The functions of Logic.
const (
	And LogicKind = iota
	Or
	Xor
)

var logicNames = [...]string{"And", "Or", "Xor"}

// String returns the name that the text form uses.
func (k LogicKind) String() string {
	if int(k) < len(logicNames) {
		return logicNames[k]
	}
	return "invalid"
}

// Logic is a function of truth values. In: A, B bool, which broadcast as numpy's. Out: bool of the broadcast shape.
type Logic struct {
	Fn LogicKind
}

// Where is A where Cond is true, else B. In: Cond bool; A, B of one type, no quantized bytes; all
// three broadcast as numpy's. Out: their type, of the broadcast shape.
type Where struct{}

// Expand repeats elements along axes of extent 1 and along new axes in front, by numpy's rules. In: X of
// any type that broadcasts to Shape. Out: Shape.
type Expand struct {
	Shape Shape
}

func (Compare) Kind() string { return "Compare" }
func (Logic) Kind() string   { return "Logic" }
func (Where) Kind() string   { return "Where" }
func (Expand) Kind() string  { return "Expand" }

// Infer implements Op.
func (Compare) Infer(in []*Value) ([]Type, error) {
	t, err := binaryInfer(in, F32, I64, S32, S8, U8, Bool)
	if err != nil {
		return nil, err
	}
	return one(Bool, t[0].Shape)
}

// Infer implements Op.
func (Logic) Infer(in []*Value) ([]Type, error) { return binaryInfer(in, Bool) }

// Infer implements Op.
func (Where) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 3, 3); err != nil {
		return nil, err
	}
	if err := wantType(in[0], 0, Bool); err != nil {
		return nil, err
	}
	t, err := binaryInfer(in[1:], F32, I64, S32, S8, U8, Bool)
	if err != nil {
		return nil, err
	}
	s, err := Broadcast(in[0].Shape, t[0].Shape)
	if err != nil {
		return nil, err
	}
	return one(t[0].Type, s)
}

// Infer implements Op.
func (o Expand) Infer(in []*Value) ([]Type, error) {
	if err := want(in, 1, 1); err != nil {
		return nil, err
	}
	if s, err := Broadcast(in[0].Shape, o.Shape); err != nil || !s.Equal(o.Shape) {
		return nil, fmt.Errorf("%s does not broadcast to %s", in[0].Shape, o.Shape)
	}
	return one(in[0].Type, o.Shape.Clone())
}

// checkPlain checks an operator on numbers as they are: bytes must not be quantized.
func checkPlain(n *Node) error {
	for _, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
		if v != nil && v.Type == U8 && v.Quant != nil {
			return fmt.Errorf("%q is quantized: the operator has no int8 form", v.Name)
		}
	}
	return nil
}
