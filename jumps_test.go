package ingot

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestPlausibleOrder swaps two of the largest numbers' positions, as another order of sums does
// where they are nearly the same.
func TestPlausibleOrder(t *testing.T) {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{8}}
	g := &ir.Graph{Inputs: []*ir.Value{x}}
	add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out[len(n.Out)-1]
	}
	where := add("positions", ir.TopK{Axis: 0, K: 4}, x)
	boxes := add("boxes", ir.Cast{To: ir.F32}, where)
	plain := add("plain", ir.Slice{Start: []int{0}, Size: []int{4}, Step: []int{1}}, x)
	g.Outputs = []*ir.Value{boxes, plain}
	b := &build{graph: g}
	pair := func(a, b [4]float32) []*ir.Tensor {
		return []*ir.Tensor{ir.Floats(ir.Shape{4}, a[:]), ir.Floats(ir.Shape{4}, b[:])}
	}
	order, swapped, other := [4]float32{1, 5, 3, 7}, [4]float32{1, 3, 5, 7}, [4]float32{5, 3, 2, 7}
	for _, c := range []struct {
		name string
		got  []*ir.Tensor
		ok   bool
	}{
		{"equal", pair(order, order), true},
		{"swapped positions", pair(swapped, order), true},
		{"other positions", pair(other, order), false},
		{"swapped numbers", pair(order, swapped), false},
	} {
		if err := b.plausible(c.got, pair(order, order)); (err == nil) != c.ok {
			t.Errorf("%s: error %v", c.name, err)
		}
	}
}

func TestJumps(t *testing.T) {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 2, 4, 4}}
	i := &ir.Value{Name: "i", Type: ir.I64, Shape: ir.Shape{1, 2, 4, 4}}
	unary := func(k ir.ActKind) ir.Op { return ir.Unary{Act: ir.Act{Kind: k, A: 1, B: 1}} }
	for _, c := range []struct {
		op   ir.Op
		in   []*ir.Value
		want bool
	}{
		{ir.Compare{Fn: ir.Less}, []*ir.Value{x, x}, true},
		{ir.Compare{Fn: ir.Less}, []*ir.Value{i, i}, false},
		{ir.Cast{To: ir.I64}, []*ir.Value{x}, true},
		{ir.Cast{To: ir.F32}, []*ir.Value{i}, false},
		{ir.ArgMax{Axis: 1}, []*ir.Value{x}, true},
		{ir.Softmax{Fn: ir.SoftmaxHard, Axis: 1}, []*ir.Value{x}, true},
		{ir.Softmax{Axis: 1}, []*ir.Value{x}, false},
		{ir.Binary{Fn: ir.Mod}, []*ir.Value{x, x}, true},
		{ir.Binary{Fn: ir.Mod}, []*ir.Value{i, i}, false},
		{ir.Binary{Fn: ir.Mul}, []*ir.Value{x, x}, false},
		{unary(ir.Round), []*ir.Value{x}, true},
		{unary(ir.Sigmoid), []*ir.Value{x}, false},
	} {
		n, err := ir.NewNode("n", c.op, c.in...)
		if err != nil {
			t.Fatal(err)
		}
		if got := jumps(n); got != c.want {
			t.Errorf("%s: %v, want %v", c.op.Kind(), got, c.want)
		}
	}
}
