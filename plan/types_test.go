package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// anyTensor returns random elements of a type.
func anyTensor(rng *rand.Rand, t ir.DType, s ir.Shape) *ir.Tensor {
	x := ir.NewTensor(t, s)
	for i := range x.Elems() {
		switch t {
		case ir.F32:
			x.F32[i] = float32(rng.NormFloat64())
		case ir.U8:
			x.U8[i] = uint8(rng.Uint32())
		case ir.S8:
			x.S8[i] = int8(rng.Uint32())
		case ir.S32:
			x.S32[i] = int32(rng.Uint32())
		case ir.I64:
			x.I64[i] = int64(rng.Uint64())
		case ir.Bool:
			x.U8[i] = uint8(rng.IntN(2))
		}
	}
	return x
}

// Elements of every type come in, move about and go out.
func TestMovesOfTypes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		m := &mover{T: t, rng: rng, g: &ir.Graph{Name: fmt.Sprint("moves", i)}}
		m.build()
		prog, err := Build(m.g, Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, m.g)
		}
		in := []*ir.Tensor{anyTensor(rng, m.g.Inputs[0].Type, m.g.Inputs[0].Shape)}
		want, err := interp.Run(m.g, in)
		if err != nil {
			t.Fatal(err)
		}
		for j, got := range runProgram(t, prog, in) {
			if !reflect.DeepEqual(got.Bytes(), want[j].Bytes()) {
				t.Fatalf("output %d is %v, want %v\n%s", j, got, want[j], m.g)
			}
		}
	}
}

// mover makes graphs of operators that move elements.
type mover struct {
	*testing.T
	rng *rand.Rand
	g   *ir.Graph
}

func (m *mover) add(op ir.Op, in ...*ir.Value) *ir.Node {
	n, err := m.g.Add(fmt.Sprint("n", len(m.g.Nodes)), op, in...)
	if err != nil {
		m.Fatal(err)
	}
	return n
}

func (m *mover) build() {
	types := []ir.DType{ir.F32, ir.U8, ir.S8, ir.S32, ir.I64, ir.Bool}
	shape := ir.Shape{1, 1 + m.rng.IntN(4), 1 + m.rng.IntN(5), 1 + m.rng.IntN(5)}[m.rng.IntN(3):]
	x := &ir.Value{Name: "x", Type: types[m.rng.IntN(len(types))], Shape: shape}
	m.g.Inputs = []*ir.Value{x}
	for range 1 + m.rng.IntN(4) {
		x = m.step(x)
	}
	m.g.Outputs = append(m.g.Outputs, m.add(ir.Identity{}, x).Out[0])
}

func (m *mover) step(x *ir.Value) *ir.Value {
	s := x.Shape
	axis := m.rng.IntN(len(s))
	zeros, ones := make([]int, len(s)), make([]int, len(s))
	for i := range ones {
		ones[i] = 1
	}
	switch m.rng.IntN(8) {
	case 5:
		to := append(ir.Shape{2}, s...)
		for i := range s {
			if s[i] == 1 {
				to[i+1] = 3
			}
		}
		return m.add(ir.Expand{Shape: to}, x).Out[0]
	case 0:
		return m.add(ir.Transpose{Perm: m.rng.Perm(len(s))}, x).Out[0]
	case 6:
		before, after := append([]int{}, zeros...), append([]int{}, zeros...)
		for i := range s {
			before[i], after[i] = m.rng.IntN(s[i]), m.rng.IntN(s[i])
		}
		return m.add(ir.Pad{Before: before, After: after, Mode: ir.PadMode(1 + m.rng.IntN(2))}, x).Out[0]
	case 1:
		before, after := append([]int{}, zeros...), append([]int{}, zeros...)
		before[axis], after[axis] = m.rng.IntN(3), m.rng.IntN(3)
		return m.add(ir.Pad{Before: before, After: after, Value: float32(m.rng.IntN(9) - 4)}, x).Out[0]
	case 2:
		y := ir.Const(fmt.Sprint("c", len(m.g.Nodes)), anyTensor(m.rng, x.Type, s))
		return m.add(ir.Concat{Axis: axis}, x, y, x).Out[0]
	case 3:
		index := []int{m.rng.IntN(s[axis]), m.rng.IntN(s[axis]), m.rng.IntN(s[axis])}
		return m.add(ir.Gather{Axis: axis, Index: index, IndexShape: ir.Shape{3}}, x).Out[0]
	case 4:
		size := s.Clone()
		start, step := append([]int{}, zeros...), append([]int{}, ones...)
		start[axis], step[axis] = s[axis]-1, -1
		return m.add(ir.Slice{Start: start, Step: step, Size: size}, x).Out[0]
	}
	n := m.rng.IntN(s[axis] + 1)
	if n == 0 || n == s[axis] {
		return m.add(ir.Reshape{Shape: ir.Shape{s.Elems()}}, x).Out[0]
	}
	parts := m.add(ir.Split{Axis: axis, Sizes: []int{n, s[axis] - n}}, x)
	m.g.Outputs = append(m.g.Outputs, parts.Out[0])
	return parts.Out[1]
}
