package plan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// Functions of tensors of all types and ways to broadcast are the interpreter's.
func TestElementwise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 600 {
		g := randomElementwise(t, rng, i)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		prog, err := Build(g, Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, g)
		}
		var in []*ir.Tensor
		for _, v := range g.Inputs {
			in = append(in, smallTensor(rng, v.Type, v.Shape))
		}
		want, err := interp.Run(g, in)
		if err != nil {
			t.Fatal(err)
		}
		for j, got := range runProgram(t, prog, in) {
			if d := differs(got, want[j]); d != "" {
				t.Fatalf("%s\n%s\n%v", d, g, in)
			}
		}
	}
}

// differs describes the first difference of two tensors; real numbers may differ by the last bits.
func differs(got, want *ir.Tensor) string {
	for i, w := range want.F32 {
		if g := got.F32[i]; g != w && !(g != g && w != w) && !(math.Abs(float64(g)-float64(w)) <= 1e-6*math.Abs(float64(w))) {
			return fmt.Sprintf("element %d is %g, want %g", i, g, w)
		}
	}
	if want.Type != ir.F32 && string(got.Bytes()) != string(want.Bytes()) {
		return fmt.Sprintf("is %v, want %v", got, want)
	}
	return ""
}

// smallTensor has numbers that are often equal, and special real numbers.
func smallTensor(rng *rand.Rand, t ir.DType, s ir.Shape) *ir.Tensor {
	x := anyTensor(rng, t, s)
	if rng.IntN(3) == 0 {
		return x
	}
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, 2.5, -3.5, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 1e10, -300}
	for i := range x.Elems() {
		switch t {
		case ir.F32:
			x.F32[i] = special[rng.IntN(len(special))]
		case ir.S32:
			x.S32[i] = int32(rng.IntN(7) - 3)
		case ir.I64:
			x.I64[i] = int64(rng.IntN(7) - 3)
		case ir.S8:
			x.S8[i] = int8(rng.IntN(7) - 3)
		case ir.U8:
			x.U8[i] = uint8(rng.IntN(4))
		}
	}
	return x
}

// broadcastable returns a shape that broadcasts to another.
func broadcastable(rng *rand.Rand, to ir.Shape) ir.Shape {
	s := to[rng.IntN(len(to)):].Clone()
	for i := range s {
		if rng.IntN(3) == 0 {
			s[i] = 1
		}
	}
	return s
}

func randomElementwise(t *testing.T, rng *rand.Rand, i int) *ir.Graph {
	g := &ir.Graph{Name: fmt.Sprint("elementwise", i)}
	numbers := []ir.DType{ir.F32, ir.U8, ir.S8, ir.S32, ir.I64}
	typ := numbers[rng.IntN(len(numbers))]
	to := ir.Shape{1 + rng.IntN(2), 1 + rng.IntN(4), 1 + rng.IntN(5), 1 + rng.IntN(5)}[rng.IntN(3):]
	input := func(typ ir.DType, s ir.Shape) *ir.Value {
		v := &ir.Value{Name: fmt.Sprint("x", len(g.Inputs)), Type: typ, Shape: s}
		g.Inputs = append(g.Inputs, v)
		return v
	}
	var op ir.Op
	var in []*ir.Value
	switch rng.IntN(6) {
	case 0:
		op = ir.Binary{Fn: ir.BinaryKind(rng.IntN(int(ir.FMod) + 1))}
		in = []*ir.Value{input(typ, broadcastable(rng, to)), input(typ, to)}
	case 1:
		op = ir.Compare{Fn: ir.CompareKind(rng.IntN(3))}
		in = []*ir.Value{input(typ, to), input(typ, broadcastable(rng, to))}
	case 2:
		op = ir.Logic{Fn: ir.LogicKind(rng.IntN(3))}
		in = []*ir.Value{input(ir.Bool, broadcastable(rng, to)), input(ir.Bool, to)}
	case 3:
		typ = append(numbers, ir.Bool)[rng.IntN(6)]
		op = ir.Where{}
		in = []*ir.Value{input(ir.Bool, broadcastable(rng, to)), input(typ, broadcastable(rng, to)), input(typ, to)}
	case 4:
		typ = append(numbers, ir.Bool)[rng.IntN(6)]
		op, in = ir.Cast{To: append(numbers, ir.Bool)[rng.IntN(6)]}, []*ir.Value{input(typ, to)}
	default:
		a := ir.Act{Kind: ir.ActKind(1 + rng.IntN(int(ir.Atanh))), A: float32(0.5 + rng.Float64()), B: float32(1 + rng.Float64())}
		op, in = ir.Unary{Act: a}, []*ir.Value{input(ir.F32, to)}
		if a.Kind < ir.Swish { // kernels do those
			op = ir.Unary{Act: ir.Act{Kind: ir.Power, A: float32(rng.IntN(9) - 4)}}
		}
	}
	n, err := g.Add("n", op, in...)
	if err != nil {
		t.Fatal(err)
	}
	g.Outputs = n.Out
	return g
}
