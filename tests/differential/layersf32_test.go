package differential

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/plan"
)

// TestFloatLayers compares random layers of float32, alone and at borders to int8.
func TestFloatLayers(t *testing.T) {
	makers := []func(*maker){(*maker).convF32, (*maker).convF32, (*maker).convF32, (*maker).depthwiseF32, (*maker).depthwiseF32, (*maker).fcF32,
		(*maker).winogradF32}
	for i := range *specs / 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newMaker(t, uint64(i)+1<<40)
			makers[i%len(makers)](m)
			second := m.inputs()
			if !byWinograd(t, m.g) { // there what is infinite spoils its neighbours
				second = m.huge(second)
			}
			if err := layers.Graph(m.g, m.inputs(), second); err != nil {
				t.Errorf("%v\n%.3000s", err, m.g)
			}
		})
	}
}

// byWinograd reports whether a layer of the graph is computed by F(2x2,3x3).
func byWinograd(t *testing.T, g *ir.Graph) bool {
	p, err := plan.Build(g, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(p.Steps, func(s portable.Step) bool {
		_, ok := s.(portable.Winograd)
		return ok
	})
}

// huge replaces some inputs by numbers that are huge, infinite, tiny or zero.
func (m *maker) huge(in []*ir.Tensor) []*ir.Tensor {
	for _, x := range in {
		for range 1 + len(x.F32)/50 {
			x.F32[m.IntN(len(x.F32))] = [...]float32{1e36, -1e36, float32(math.Inf(1)), 1e-42, 0, float32(math.Copysign(0, -1))}[m.IntN(6)]
		}
	}
	return in
}

// imageF32 is an input of float32, of bytes sometimes.
func (m *maker) imageF32(shape ...int) *ir.Value {
	if m.chance(4) {
		x := m.input(shape...)
		return m.value(ir.Dequantize{Scale: 0.02}, nil, x)
	}
	return m.floatInput(shape...)
}

func (m *maker) convF32() {
	win, h, w := m.window(1, 1, 2, 3, 3, 5, 7)
	ic, oc, groups := m.pick(1, 3, 4, 7, 8, 16, 20), m.tail(), 1
	switch m.IntN(8) {
	case 0:
		groups = m.pick(2, 3)
		ic, oc = 1+m.IntN(9), m.pick(1, 5, 16, 20)
	case 1: // weights that don't stay in the cache
		win, h, w = ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}, 3, 1+m.IntN(8)
		ic, oc = 65, m.pick(64, 80, 70)
	}
	if ic < 65 {
		shrink(h*w*groups, win.Kernel[0]*win.Kernel[1], &ic, &oc)
	}
	m.layerF32(m.imageF32(1, groups*ic, h, w), groups*oc, func(e ir.Epilogue) ir.Op {
		return ir.Conv{Window: win, Groups: groups, Epilogue: e}
	}, m.floatConst(groups*oc, ic, win.Kernel[0], win.Kernel[1]))
}

// winogradF32 is a convolution of the form that has a faster algorithm.
func (m *maker) winogradF32() {
	ic, oc, h, w := 16*(1+m.IntN(3)), 16*(1+m.IntN(3)), 4+m.IntN(12), 4+m.IntN(12)
	win := ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	for i := range win.Pad {
		win.Pad[i] = m.IntN(2)
	}
	m.layerF32(m.imageF32(1, ic, h, w), oc, func(e ir.Epilogue) ir.Op { return ir.Conv{Window: win, Groups: 1, Epilogue: e} }, m.floatConst(oc, ic, 3, 3))
}

func (m *maker) depthwiseF32() {
	win, h, w := m.window(3, 3, 5, 1, 2)
	c := m.pick(m.tail(), 7, 8, 9, 15, 23, 24, 40)
	m.layerF32(m.imageF32(1, c, h, w), c, func(e ir.Epilogue) ir.Op {
		return ir.Conv{Window: win, Groups: c, Epilogue: e}
	}, m.floatConst(c, 1, win.Kernel[0], win.Kernel[1]))
}

func (m *maker) fcF32() {
	k, oc := 1+m.IntN(200), m.pick(m.tail(), 100, 130)
	x := m.imageF32(m.pick(1, 1, 2, 7, 64, 130, 1+m.IntN(200)), k)
	if m.chance(2) {
		c, h, w := m.pick(1, 3, 8, 17), 1+m.IntN(4), 1+m.IntN(5)
		k = c * h * w
		m.g.Inputs, m.g.Nodes = nil, nil
		x = m.value(ir.Reshape{Shape: ir.Shape{1, k}}, nil, m.imageF32(1, c, h, w))
	}
	m.layerF32(x, oc, func(e ir.Epilogue) ir.Op { return ir.FC{Epilogue: e} }, m.floatConst(oc, k))
}

// layerF32 adds a layer with every kind of epilogue, and a border behind it sometimes.
func (m *maker) layerF32(x *ir.Value, oc int, op func(ir.Epilogue) ir.Op, w *ir.Value) {
	scale := float32(1 / math.Sqrt(float64(len(w.Const.F32)/oc)))
	for i := range w.Const.F32 {
		w.Const.F32[i] *= scale
	}
	in := []*ir.Value{x, w, nil, nil}
	if !m.chance(4) {
		in[2] = m.floatConst(oc)
	}
	acts := []ir.Act{{}, {}, {Kind: ir.Relu}, {Kind: ir.Relu}, {Kind: ir.Clip, A: -0.5, B: 1}, {Kind: ir.Silu}, {Kind: ir.HardSwish},
		{Kind: ir.Sigmoid}, {Kind: ir.LeakyRelu, A: 0.1}, {Kind: ir.Tanh}, {Kind: ir.Elu, A: 0.5}, {Kind: ir.HardSigmoid, A: 0.2, B: 0.5},
		{Kind: ir.Gelu}, {Kind: ir.Mish}, {Kind: ir.Abs}, {Kind: ir.Softplus}}
	e := ir.Epilogue{Act: acts[m.IntN(len(acts))]}
	if m.chance(3) {
		types, err := op(e).Infer(in)
		if err != nil {
			m.t.Fatal(err)
		}
		in[3] = m.imageF32(types[0].Shape...)
		e.Pre = acts[m.IntN(len(acts))]
	}
	y := m.value(op(e), nil, in...)
	if !m.chance(3) {
		m.g.Outputs = append(m.g.Outputs, y)
		return
	}
	q := m.quant()
	z := m.value(ir.Quantize{Mul: []float32{30}, Add: []float32{0}, Zero: uint8(q.Zero[0])}, q, y)
	if m.chance(2) && len(z.Shape) == 4 {
		c := z.Shape[1]
		rq, rqQuant := m.requant(8, c)
		z = m.value(ir.QConv{Window: ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}, Groups: 1, Requant: rq}, rqQuant,
			z, m.weights(8, c, 1, 1), m.bias(8), nil)
		if m.chance(2) { // and back: dequantized in the layer's registers
			m.g.Outputs = append(m.g.Outputs, m.value(ir.Unary{Act: ir.Act{Kind: ir.Relu}}, nil, m.value(ir.Dequantize{Scale: z.Scale()}, nil, z)))
			return
		}
	}
	m.output(z)
}
