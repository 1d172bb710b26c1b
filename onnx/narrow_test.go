package onnx

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// wrapped returns n as a number of the type, as Go converts it.
func wrapped(d DataType, n int64) int64 {
	switch d {
	case TypeInt16:
		return int64(int16(n))
	case TypeUint16:
		return int64(uint16(n))
	}
	return int64(uint32(n))
}

// integers returns numbers as a tensor of the type that holds d.
func integers(t *testing.T, d DataType, v []int64) *ir.Tensor {
	t.Helper()
	x, err := intTensor(d.irType(), ir.Shape{len(v)}, v)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestNarrowIntegers wants arithmetic of integers that ir holds in wider ones to wrap as theirs, also
// behind operators that move them, and casts to them to do so.
func TestNarrowIntegers(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for _, d := range []DataType{TypeInt16, TypeUint16, TypeUint32} {
		a, b := make([]int64, 40), make([]int64, 40)
		for i := range a {
			a[i], b[i] = wrapped(d, r.Int64()), wrapped(d, r.Int64())
		}
		a[0], b[0] = wrapped(d, 1<<15), wrapped(d, -1)
		for op, f := range map[string]func(x, y int64) int64{
			"Add": func(x, y int64) int64 { return x + y },
			"Sub": func(x, y int64) int64 { return x - y },
			"Mul": func(x, y int64) int64 { return x * y },
			"Div": func(x, y int64) int64 {
				if y == 0 {
					return 0
				}
				return x / y
			},
			"Max": func(x, y int64) int64 { return max(x, y) },
		} {
			in := func(name string) *ValueInfoProto {
				v := value(name, int64(len(a)))
				v.ElemType = d
				return v
			}
			m := model(13, in("a"), nil, node("Identity: a -> c"), node(op+": c, b -> y"), node("Sub: y, a -> z"))
			m.Graph.Inputs = append(m.Graph.Inputs, in("b"))
			m.Graph.Outputs = append(m.Graph.Outputs, &ValueInfoProto{Name: "y"})
			g := mustImport(t, m)
			out, err := interp.Run(g, []*ir.Tensor{integers(t, d, a), integers(t, d, b)})
			if err != nil {
				t.Fatal(err)
			}
			want := make([][]int64, 2)
			for i := range a {
				y := wrapped(d, f(a[i], b[i]))
				want[0], want[1] = append(want[0], wrapped(d, y-a[i])), append(want[1], y)
			}
			for i, w := range want {
				if got, _ := intData(out[i]); !slices.Equal(got, w) {
					t.Errorf("%s of %s: output %d is %v, want %v", op, d, i, got, w)
				}
			}
		}
		x := value("x", 40)
		x.ElemType = TypeInt64
		g := mustImport(t, model(13, x, nil, node("Cast: x -> y", attrI("to", int64(d)))))
		wide := make([]int64, len(a))
		for i := range wide {
			wide[i] = r.Int64N(1<<31) - 1<<30
			a[i] = wrapped(d, wide[i])
		}
		out, err := interp.Run(g, []*ir.Tensor{integers(t, TypeInt64, wide)})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := intData(out[0]); !slices.Equal(got, a) {
			t.Errorf("cast to %s: %v, want %v", d, got, a)
		}
	}
}
