package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// runProgram runs a program in plain Go with every byte of the arena set to 0xaa first.
func runProgram(t *testing.T, prog *Program, in []*ir.Tensor) []*ir.Tensor {
	t.Helper()
	m := portable.Bind(prog.Steps, prog.Weights, nil, 0)
	w := portable.NewWork(prog.Arena, len(prog.Inputs)+len(prog.Outputs))
	for i := range w.Arena() {
		w.Arena()[i] = 0xaa
	}
	var arrays [][]byte
	var out []*ir.Tensor
	for _, x := range in {
		arrays = append(arrays, x.Bytes())
	}
	for _, o := range prog.Outputs {
		out = append(out, ir.NewTensor(o.Type, o.Shape))
		arrays = append(arrays, out[len(out)-1].Bytes())
	}
	m.RunBytes(w, arrays...)
	return out
}

func TestConvolutions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		g := randomConv(t, rng, i)
		if err := ir.Verify(g); err != nil {
			t.Fatal(err)
		}
		prog, err := Build(g, Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, g)
		}
		x := ir.NewTensor(ir.F32, g.Inputs[0].Shape)
		for j := range x.F32 {
			x.F32[j] = float32(rng.NormFloat64() * 3)
		}
		want, err := interp.Run(g, []*ir.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		got := runProgram(t, prog, []*ir.Tensor{x})
		for j := range want[0].F32 {
			if got[0].F32[j] != want[0].F32[j] {
				t.Fatalf("graph %d: element %d is %v, want %v\n%s", i, j, got[0].F32[j], want[0].F32[j], g)
			}
		}
	}
}

// randomConv is quantize, a convolution, dequantize.
func randomConv(t *testing.T, rng *rand.Rand, i int) *ir.Graph {
	t.Helper()
	pick := func(v ...int) int { return v[rng.IntN(len(v))] }
	ic, oc, groups := pick(1, 3, 4, 8, 16, 20), pick(1, 7, 16, 17, 32, 50, 64, 80), 1
	switch i % 4 {
	case 1:
		oc, groups = ic, ic
	case 2:
		groups, ic, oc = 2, 2*ic, 2*oc
	}
	win := ir.Window{Kernel: [2]int{pick(1, 2, 3, 5), pick(1, 3, 4)}, Stride: [2]int{pick(1, 2), pick(1, 2)},
		Dilation: [2]int{pick(1, 2), pick(1, 1, 2)}, Pad: [4]int{pick(0, 1, 2), pick(0, 1), pick(0, 1), pick(0, 1, 3)}}
	g := &ir.Graph{Name: "g"}
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, ic, 9 + rng.IntN(8), 9 + rng.IntN(8)}}
	g.Inputs = []*ir.Value{x}
	add := func(name string, op ir.Op, q *ir.Quant, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		n.Out[0].Quant = q
		return n.Out[0]
	}
	zx, zy := uint8(rng.IntN(256)), uint8(rng.IntN(256))
	q := add("q", ir.Quantize{Mul: []float32{20}, Add: []float32{0}, Zero: zx}, ir.PerTensor(0.05, int32(zx)), x)
	w := ir.NewTensor(ir.S8, ir.Shape{oc, ic / groups, win.Kernel[0], win.Kernel[1]})
	for j := range w.S8 {
		w.S8[j] = int8(rng.IntN(256) - 128)
	}
	wv := ir.Const("w", w)
	wv.Quant = &ir.Quant{Scale: []float32{0.01}, Zero: []int32{0}}
	if i%3 == 0 && groups == 1 {
		wv.Quant.Zero[0] = int32(rng.IntN(20) - 10)
	}
	b := ir.NewTensor(ir.S32, ir.Shape{oc})
	for j := range b.S32 {
		b.S32[j] = int32(rng.IntN(10000) - 5000)
	}
	rq := ir.Requant{Mul: []float32{0.003}, Zero: zy, Lo: 0, Hi: 255}
	if i%5 == 0 {
		rq.Lo, rq.Hi = 10, 200
	}
	y := add("y", ir.QConv{Window: win, Groups: groups, Requant: rq}, ir.PerTensor(0.1, int32(zy)), q, wv, ir.Const("b", b))
	d := add("d", ir.Dequantize{Scale: 0.1}, nil, y)
	g.Outputs = []*ir.Value{d}
	g.Name = fmt.Sprint("conv", i)
	return g
}
