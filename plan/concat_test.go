package plan

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// TestDenseBlock plans concatenations that each have the operands of the one before and one
// more: all of them are the start of the last, and nothing is copied. The operands of one
// that has them in another order are.
func TestDenseBlock(t *testing.T) {
	for order, copies := range map[string]int{"in order": 0, "turned": 2} {
		g := &ir.Graph{Name: order, Inputs: []*ir.Value{{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 3, 4, 5}}}}
		add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
			n, err := g.Add(name, op, in...)
			if err != nil {
				t.Fatal(err)
			}
			return n.Out[0]
		}
		factor := func(name string, x *ir.Value, by float32) *ir.Value {
			return add(name, ir.Affine{Mul: []float32{by}, Add: []float32{1}}, x)
		}
		a := factor("a", g.Inputs[0], 2)
		b := factor("b", a, 3)
		first := []*ir.Value{a, b}
		if order == "turned" {
			first = []*ir.Value{b, a}
		}
		ab := add("ab", ir.Concat{Axis: 1}, first...)
		abc := add("abc", ir.Concat{Axis: 1}, a, b, factor("c", ab, 4))
		all := add("all", ir.Concat{Axis: 1}, a, b, abc.Def.In[2], factor("d", abc, 5))
		g.Outputs = []*ir.Value{factor("y", all, 6)}
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		prog, err := Build(g, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, info := range prog.Info {
			if strings.HasPrefix(info.Text, "copy") {
				got++
			}
		}
		if got != copies {
			t.Errorf("%s: %d copies, want %d", order, got, copies)
		}
		x := ir.NewTensor(ir.F32, g.Inputs[0].Shape)
		for i := range x.F32 {
			x.F32[i] = float32(i%7 - 3) // so that every product is exact
		}
		want, err := interp.Run(g, []*ir.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		out := runProgram(t, prog, []*ir.Tensor{x})
		for i, v := range want[0].F32 {
			if out[0].F32[i] != v {
				t.Fatalf("%s: element %d is %g, want %g", order, i, out[0].F32[i], v)
			}
		}
	}
}
