package exec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestRandomGraphs runs graphs with random edges: what is checked is that no buffer
// is given away while somebody still reads it.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 1))
		g := randomGraph(t, r)
		if err := check(g, random(r, g)); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, g)
		}
	}
}

// randomGraph has values of one shape only, so that any node can read any value.
func randomGraph(t *testing.T, r *rand.Rand) *ir.Graph {
	shape := ir.Shape{1, 4, 5, 5}
	g := &ir.Graph{Name: "random"}
	var values []*ir.Value
	for i := range 1 + r.IntN(2) {
		v := &ir.Value{Name: fmt.Sprintf("in%d", i), Type: ir.F32, Shape: shape}
		g.Inputs = append(g.Inputs, v)
		values = append(values, v)
	}
	pick := func() *ir.Value { return values[r.IntN(len(values))] }
	add := func(op ir.Op, in ...*ir.Value) []*ir.Value {
		n, err := g.Add(fmt.Sprintf("n%d", len(g.Nodes)), op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out
	}
	weights := func() *ir.Value {
		w := randomTensor(r, ir.Shape{4, 4, 3, 3})
		for i := range w.F32 {
			w.F32[i] /= 6 // keeps the values' size from layer to layer
		}
		return ir.Const(fmt.Sprintf("w%d", len(g.Nodes)), w)
	}
	conv := ir.Conv{Window: window(3, 1, 1), Groups: 1}
	for range 5 + r.IntN(15) {
		switch r.IntN(7) {
		case 0:
			values = append(values, add(conv, pick(), weights())...)
		case 1:
			op := conv
			op.Pre, op.Act = ir.Act{Kind: ir.Relu}, ir.Act{Kind: ir.Silu}
			values = append(values, add(op, pick(), weights(), nil, pick())...)
		case 2:
			values = append(values, add(ir.Binary{Fn: ir.Sub, Act: ir.Act{Kind: ir.Tanh}}, pick(), pick())...)
		case 3:
			values = append(values, add(ir.Identity{}, pick())...)
		case 4:
			flat := add(ir.Reshape{Shape: ir.Shape{2, 50}}, pick())[0]
			values = append(values, add(ir.Reshape{Shape: shape}, flat)...)
		case 5:
			halves := add(ir.Split{Axis: 1, Sizes: []int{1, 3}}, pick())
			values = append(values, add(ir.Concat{Axis: 1}, halves[1], halves[0])...)
		case 6:
			values = append(values, add(ir.MaxPool{Window: window(3, 1, 1)}, pick())...)
		}
	}
	for range 1 + r.IntN(3) {
		g.Outputs = append(g.Outputs, pick())
	}
	g.Outputs = append(g.Outputs, values[len(values)-1])
	return g
}
