package models

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// TestRandomMeaning is TestMeaning on small random networks, which must have every int8
// operator between them.
func TestRandomMeaning(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(40) {
		w := &weaver{t: t, r: rand.New(rand.NewPCG(seed, 3)), g: &ir.Graph{Name: fmt.Sprint("random ", seed)}}
		g := w.network()
		inputs := make([][]*ir.Tensor, 4)
		for i := range inputs {
			x := w.tensor(1, g.Inputs[0].Shape...)
			inputs[i] = []*ir.Tensor{x}
		}
		mode := []quant.Mode{quant.MinMax, quant.Entropy}[seed%2]
		c, err := quant.Calibrate(g, executor(t, g), quant.NewSamples(inputs...), quant.CalibrateOptions{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		for kind, n := range checkMeaning(t, string(mode), g, c, inputs[0]) {
			kinds[kind] += n
		}
	}
	for _, kind := range []string{"QConv", "QFC", "QAdd", "QMul", "QAvgPool", "QGlobalAvgPool", "QTable", "Quantize", "Dequantize", "MaxPool", "Concat"} {
		if kinds[kind] < 5 {
			t.Errorf("%d nodes of kind %s", kinds[kind], kind)
		}
	}
}

// weaver makes random networks.
type weaver struct {
	t *testing.T
	r *rand.Rand
	g *ir.Graph
	n int // constants
}

func (w *weaver) tensor(scale float64, shape ...int) *ir.Tensor {
	x := ir.NewTensor(ir.F32, shape)
	for i := range x.F32 {
		x.F32[i] = float32(scale * w.r.NormFloat64())
	}
	return x
}

func (w *weaver) constant(scale float64, shape ...int) *ir.Value {
	w.n++
	return ir.Const(fmt.Sprint("constant ", w.n), w.tensor(scale, shape...))
}

func (w *weaver) add(op ir.Op, in ...*ir.Value) *ir.Value {
	w.t.Helper()
	n, err := w.g.Add(w.g.FreshName("node"), op, in...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n.Out[0]
}

// act returns an activation: none, a clamp or a curved one.
func (w *weaver) act() ir.Act {
	return []ir.Act{{}, {Kind: ir.Relu}, {Kind: ir.Clip, B: 1}, {Kind: ir.Clip, A: -1, B: 0.5}, {Kind: ir.LeakyRelu, A: 0.1},
		{Kind: ir.Sigmoid}, {Kind: ir.Tanh}, {Kind: ir.HardSigmoid, A: 0.2, B: 0.5}, {Kind: ir.HardSwish}, {Kind: ir.Elu, A: 1}, {Kind: ir.Silu}}[w.r.IntN(11)]
}

// network is a chain of six to eleven random blocks on an image with a fully connected layer
// at the end.
func (w *weaver) network() *ir.Graph {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 1 + w.r.IntN(4), 9 + w.r.IntN(4), 9 + w.r.IntN(4)}}
	w.g.Inputs = []*ir.Value{x}
	if w.r.IntN(2) == 0 {
		c := x.Shape[1]
		x = w.add(ir.Affine{Mul: w.tensor(1, c).F32, Add: w.tensor(1, c).F32}, x)
	}
	x = w.conv(x, 1)
	for range 6 + w.r.IntN(6) {
		x = w.block(x)
	}
	if w.r.IntN(2) == 0 {
		x = w.add(ir.GlobalAvgPool{}, x)
	}
	x = w.add(ir.Reshape{Shape: ir.Shape{1, x.Shape.Elems()}}, x)
	k := x.Shape[1]
	x = w.add(ir.FC{Epilogue: ir.Epilogue{Act: w.act()}}, x, w.constant(1/math.Sqrt(float64(k)), 7, k), w.constant(0.3, 7))
	if w.r.IntN(2) == 0 {
		x = w.add(ir.Softmax{Axis: 1}, x)
	}
	w.g.Outputs = []*ir.Value{x}
	if err := ir.Verify(w.g); err != nil {
		w.t.Fatal(err)
	}
	return w.g
}

// conv is a convolution in groups, with residual operands of x's shape.
func (w *weaver) conv(x *ir.Value, groups int, residual ...*ir.Value) *ir.Value {
	k, d := 1+2*w.r.IntN(2), 1+w.r.IntN(2)
	pad := k / 2 * d
	op := ir.Conv{Groups: groups, Window: ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{1, 1}, Dilation: [2]int{d, d}, Pad: [4]int{pad, pad, pad, pad}}}
	op.Act = w.act()
	m := groups * (1 + w.r.IntN(5))
	switch {
	case len(residual) > 0:
		m = x.Shape[1]
		op.Pre = []ir.Act{{}, {Kind: ir.Relu}, {Kind: ir.Clip, A: -0.5, B: 1}}[w.r.IntN(3)]
	case w.r.IntN(3) == 0 && x.Shape[2] > 4 && x.Shape[3] > 4:
		op.Stride = [2]int{2, 1}
	}
	c := x.Shape[1] / groups
	in := []*ir.Value{x, w.constant(1/math.Sqrt(float64(c*k*k)), m, c, k, k), nil}
	if w.r.IntN(3) > 0 {
		in[2] = w.constant(0.3, m)
	}
	return w.add(op, append(in, residual...)...)
}

// block adds one step of a chain.
func (w *weaver) block(x *ir.Value) *ir.Value {
	c := x.Shape[1]
	two := ir.Window{Kernel: [2]int{2, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 0, 1}}
	switch w.r.IntN(9) {
	case 0:
		return w.conv(x, 1)
	case 1:
		return w.conv(x, c)
	case 2:
		return w.conv(x, 1, x)
	case 3:
		return w.add(ir.Binary{Fn: []ir.BinaryKind{ir.Add, ir.Sub}[w.r.IntN(2)], Act: w.act()}, x, w.conv(x, 1, x))
	case 4:
		gate := w.add(ir.GlobalAvgPool{}, x)
		return w.add(ir.Binary{Fn: ir.Mul}, x, gate)
	case 5:
		return w.add(ir.AvgPool{Window: two, CountPad: w.r.IntN(2) == 0}, x)
	case 6:
		return w.add(ir.MaxPool{Window: two}, x)
	case 7:
		return w.add(ir.Concat{Axis: 1}, x, w.conv(x, 1, x))
	}
	return w.add(ir.Unary{Act: w.act()}, w.add(ir.Affine{Mul: w.tensor(1, c).F32, Add: w.tensor(1, c).F32}, x))
}
