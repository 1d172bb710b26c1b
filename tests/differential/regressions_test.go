package differential

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// regressions are graphs in which random ones have failed, reduced.
var regressions = []struct {
	name      string
	precision string
	input     ir.Shape
	make      func(m *netMaker, x *ir.Value) *ir.Value
}{
	{"indices along two axes of an image", "fp32", ir.Shape{1, 8, 4}, func(m *netMaker, x *ir.Value) *ir.Value {
		return m.value(ir.Gather{Axis: 1, Index: []int{1, 6, 4, 7}, IndexShape: ir.Shape{2, 2}}, x)
	}},
	{"bytes that a table reads, of what a table passes over", "int8", ir.Shape{1, 3, 4, 1}, func(m *netMaker, x *ir.Value) *ir.Value {
		y := m.spaceConv(x, 4, 1, 1, 1)
		m.g.Outputs = append(m.g.Outputs, y)
		y = m.value(ir.Unary{Act: ir.Act{Kind: ir.Clip, A: -0.9, B: 0.9}}, m.rounded(m.relu(y)))
		return m.rounded(m.value(ir.Unary{Act: ir.Act{Kind: ir.Exp}}, y))
	}},
}

// rounded is a value in steps that a model gives.
func (m *netMaker) rounded(x *ir.Value) *ir.Value {
	return m.value(ir.FakeQuant{Scale: []float32{0.02}, Zero: []int{100}}, x)
}

// TestRegressions compares them.
func TestRegressions(t *testing.T) {
	for i, c := range regressions {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := &ir.Value{Name: "input", Type: ir.F32, Shape: c.input}
			m := &netMaker{Rand: rand.New(rand.NewPCG(uint64(i), 33)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}}
			y := c.make(m, x)
			m.g.Outputs = append(m.g.Outputs, y)
			p := precisions[slices.IndexFunc(precisions, func(p precision) bool { return p.name == c.precision })]
			if err := p.check(m.g, uint64(i)); err != nil {
				t.Errorf("%v\n%.6000s", err, m.g)
			}
		})
	}
}
