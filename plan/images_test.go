package plan

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// batchNet is a convolution, an activation, pooling and a fully connected layer on some images.
func batchNet(t *testing.T, images int) *ir.Graph {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	constant := func(name string, shape ...int) *ir.Value {
		x := ir.NewTensor(ir.F32, shape)
		for i := range x.F32 {
			x.F32[i] = float32(rng.NormFloat64())
		}
		return ir.Const(name, x)
	}
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{images, 3, 6, 5}}
	g := &ir.Graph{Name: "batch", Inputs: []*ir.Value{x}}
	add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out[0]
	}
	one := [2]int{1, 1}
	y := add("conv", ir.Conv{Window: ir.Window{Kernel: [2]int{3, 3}, Stride: one, Dilation: one, Pad: [4]int{1, 1, 1, 1}}, Groups: 1},
		x, constant("w", 8, 3, 3, 3), constant("b", 8))
	y = add("act", ir.Unary{Act: ir.Act{Kind: ir.Silu}}, y)
	y = add("pool", ir.MaxPool{Window: ir.Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: one}}, y)
	flat := add("flatten", ir.Reshape{Shape: ir.Shape{images, y.Shape[1:].Elems()}}, y)
	g.Outputs = []*ir.Value{add("fc", ir.FC{}, flat, constant("v", 10, flat.Shape[1]), nil), y}
	return g
}

// TestBatchOfAGraph wants the layers of several images to share their weights and kernels, the chain
// between to lie as pixels, and the source's graph to stay as it is.
func TestBatchOfAGraph(t *testing.T) {
	const images = 3
	g := batchNet(t, images)
	before := g.String()
	prog, err := Build(g, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if g.String() != before {
		t.Error("planning changed the graph")
	}
	single, err := Build(batchNet(t, 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(prog.Weights) != len(single.Weights) {
		t.Errorf("%d bytes of weights, of one image %d", len(prog.Weights), len(single.Weights))
	}
	weights := map[int]bool{}
	moves := 0
	for _, s := range prog.Steps {
		switch s := s.(type) {
		case portable.DenseF32:
			weights[s.W] = true
		case portable.Move:
			moves++
		}
	}
	if len(weights) != 2 || moves > 0 {
		t.Errorf("layers with %d different weights, want 2; %d copies by strides, want none", len(weights), moves)
	}
	in := ir.NewTensor(ir.F32, g.Inputs[0].Shape)
	for i := range in.F32 {
		in.F32[i] = float32(i%17) - 8
	}
	got := runProgram(t, prog, []*ir.Tensor{in})
	want, err := interp.Run(g, []*ir.Tensor{in})
	if err != nil {
		t.Fatal(err)
	}
	for o := range want {
		for i, v := range want[o].F32 {
			if d := got[o].F32[i] - v; d > 1e-3 || d < -1e-3 {
				t.Fatalf("output %d, element %d: %v, want %v", o, i, got[o].F32[i], v)
			}
		}
	}
	// An image gives the same bits whatever lies beside it.
	first := in.F32[:in.Shape[1:].Elems()]
	alone := runProgram(t, single, []*ir.Tensor{ir.Floats(ir.Shape{1, 3, 6, 5}, first)})
	if n := len(alone[1].F32); !slices.Equal(alone[1].F32, got[1].F32[:n]) {
		t.Errorf("the first image gives %v, alone %v", got[1].F32[:n], alone[1].F32)
	}
}

// TestObservedBatch wants every value of a graph on several images to be there after a run.
func TestObservedBatch(t *testing.T) {
	g := batchNet(t, 2)
	_, taps, err := Observed(g)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(g.Inputs) + len(g.Nodes); len(taps) != want {
		t.Errorf("%d values, want %d", len(taps), want)
	}
	for _, tap := range taps {
		if !tap.Dims.Equal(tap.Value.Shape) {
			t.Errorf("%q lies as %s, is %s", tap.Value.Name, tap.Dims, tap.Value.Shape)
		}
	}
}

// TestChannelsOfNoImage wants factors and tables for each channel on tensors of any number of axes.
func TestChannelsOfNoImage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, s := range []ir.Shape{{1, 3}, {4, 3}, {1, 3, 7}, {2, 3, 7}, {2, 3, 4, 5}, {2, 3, 2, 4, 5}} {
		g := &ir.Graph{Name: "channels", Inputs: []*ir.Value{{Name: "x", Type: ir.F32, Shape: s}}}
		add := func(name string, op ir.Op, q *ir.Quant, x *ir.Value) *ir.Value {
			n, err := g.Add(name, op, x)
			if err != nil {
				t.Fatal(err)
			}
			n.Out[0].Quant = q
			return n.Out[0]
		}
		table := ir.QTable{Table: make([]uint8, 3*256)}
		for i := range table.Table {
			table.Table[i] = uint8(rng.Uint32())
		}
		q := ir.PerTensor(0.1, 7)
		y := add("quantize", ir.Quantize{Mul: []float32{10, 20, 30}, Add: []float32{0, 1, 2}, Zero: 7}, q, g.Inputs[0])
		y = add("table", table, q, y)
		g.Outputs = []*ir.Value{add("dequantize", ir.Dequantize{Scale: 0.1}, nil, y)}
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		prog, err := Build(g, Options{})
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		in := ir.NewTensor(ir.F32, s)
		for i := range in.F32 {
			in.F32[i] = float32(rng.NormFloat64() * 5)
		}
		want, err := interp.Run(g, []*ir.Tensor{in})
		if err != nil {
			t.Fatal(err)
		}
		if got := runProgram(t, prog, []*ir.Tensor{in}); !slices.Equal(got[0].F32, want[0].F32) {
			t.Errorf("%s: %v, want %v", s, got[0].F32, want[0].F32)
		}
	}
}
