package ir

import (
	"math"
	"strings"
	"testing"
)

func value(name string, t DType, d ...int) *Value { return &Value{Name: name, Type: t, Shape: d} }

// quantized is an int8 graph: quantize, convolution with residual, concat, table, dequantize.
func quantized(t testing.TB) *Graph {
	t.Helper()
	g := &Graph{Name: "quantized", Inputs: []*Value{value("image", F32, 1, 2, 4, 4)}}
	add := func(name string, op Op, q *Quant, in ...*Value) *Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		n.Out[0].Quant = q
		n.From = []string{"source of " + name}
		return n.Out[0]
	}
	qx, qy := PerTensor(0.1, 128), PerTensor(0.25, 3)
	x := add("x", Quantize{Mul: []float32{10}, Add: []float32{0}, Zero: 128}, qx, g.Inputs[0])
	w := Const("w", &Tensor{Type: S8, Shape: Shape{2, 2, 1, 1}, S8: []int8{1, -2, 3, -4}})
	w.Quant = &Quant{Scale: []float32{0.5, 0.25}, Zero: []int32{0, -1}}
	b := Const("b", &Tensor{Type: S32, Shape: Shape{2}, S32: []int32{100, -100}})
	y := add("conv", QConv{
		Window:  Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}},
		Groups:  1,
		Requant: Requant{Mul: []float32{0.2, 0.1}, SumMul: 0.4, Pre: true, PreHi: inf, Zero: 3, Lo: 3, Hi: 255},
	}, qy, x, w, b, x)
	z := add("concat", Concat{Axis: 1}, qy, y, y)
	table := make([]uint8, 256)
	for i := range table {
		table[i] = uint8(255 - i)
	}
	z = add("table", QTable{Table: table}, qx, z)
	z = add("real", Dequantize{Scale: 0.1}, nil, z)
	g.Outputs = []*Value{z}
	return g
}

func (g *Graph) find(name string) *Node {
	for _, n := range g.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func TestVerifyAccepts(t *testing.T) {
	if err := Verify(quantized(t)); err != nil {
		t.Error(err)
	}
}

// edit changes the QConv of quantized.
func edit(f func(o *QConv, n *Node)) func(*Graph) {
	return func(g *Graph) {
		n := g.find("conv")
		o := n.Op.(QConv)
		f(&o, n)
		n.Op = o
	}
}

// stack gives the channels of quantized's Concat the parameters of its operands, and lets a
// depthwise convolution read them. It returns the Concat.
func stack(g *Graph) *Node {
	n := g.find("concat")
	n.Out[0].Quant = &Quant{Scale: []float32{0.25, 0.25, 0.25, 0.25}, Zero: []int32{3, 3, 3, 3}, Axis: 1}
	w := Const("depthwise weights", NewTensor(S8, Shape{4, 1, 1, 1}))
	w.Quant = PerTensor(1, 0)
	r := g.find("table")
	r.Op = QConv{Window: Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}, Groups: 4,
		Requant: Requant{Mul: []float32{1}, Zero: uint8(r.Out[0].Zero()), Hi: 255}}
	r.In = append(r.In, w)
	return n
}

func TestVerifyStacked(t *testing.T) {
	g := quantized(t)
	stack(g)
	if err := Verify(g); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	nan := float32(math.NaN())
	cases := []struct {
		name   string
		broken func(g *Graph)
		want   string
	}{
		{"order", func(g *Graph) { g.Nodes[0], g.Nodes[1] = g.Nodes[1], g.Nodes[0] }, `node "conv": QConv(u8 1x2x4x4, s8 2x2x1x1, s32 2, u8 1x2x4x4): operand 0: value "x" is read but no earlier node`},
		{"cycle", func(g *Graph) { g.find("x").In[0] = g.Outputs[0] }, `node "x": Quantize(f32 1x4x4x4): operand 0: value "real" is read`},
		{"no nodes for output", func(g *Graph) { g.Nodes = g.Nodes[:4] }, `graph output: value "real" is read`},
		{"no outputs", func(g *Graph) { g.Outputs = nil }, "no outputs"},
		{"nil output", func(g *Graph) { g.Outputs[0] = nil }, "graph output: is nil"},
		{"nil node", func(g *Graph) { g.Nodes[1] = nil }, "node 1 is nil"},
		{"nil input", func(g *Graph) { g.Inputs[0] = nil }, "graph input: is nil"},
		{"same input twice", func(g *Graph) { g.Inputs = append(g.Inputs, g.Inputs[0]) }, `"image" is defined twice`},
		{"constant input", func(g *Graph) { g.Inputs[0].Const = NewTensor(F32, Shape{1, 2, 4, 4}) }, "also a constant"},
		{"node without name", func(g *Graph) { g.find("table").Name = "" }, "node 3 has no name"},
		{"node names", func(g *Graph) { g.find("table").Name = "x" }, `node "x": another node`},
		{"value without name", func(g *Graph) { g.find("table").Out[0].Name = "" }, `node "table": QTable(u8 1x4x4x4): result 0: a value has no name`},
		{"value names", func(g *Graph) { g.find("conv").In[2].Name = "w" }, `operand 2: value "w": another value`},
		{"node twice", func(g *Graph) { g.Nodes = append(g.Nodes, g.Nodes[4]) }, "another node has the same name"},
		{"foreign result", func(g *Graph) { g.find("table").Out[0].Def = g.Nodes[0] }, "something else defines it"},
		{"no operator", func(g *Graph) { g.find("table").Op = nil }, `node "table": has no operator`},
		{"pointer", func(g *Graph) { g.find("concat").Op = &Concat{Axis: 1} }, "operator is a *ir.Concat"},
		{"result type", func(g *Graph) { g.find("real").Out[0].Type = I64 }, "is i64 1x4x4x4; the operator gives f32 1x4x4x4"},
		{"result shape", func(g *Graph) { g.find("real").Out[0].Shape = Shape{1} }, `result 0, "real", is f32 1;`},
		{"result count", func(g *Graph) { g.find("real").Out = nil }, "has 0 results, the operator gives 1"},
		{"operand missing", func(g *Graph) { g.find("real").In[0] = nil }, "operand 0 is missing"},
		{"constant data", func(g *Graph) { g.find("conv").In[2].Const.S32 = nil }, `operand 2: value "b": constant: tensor s32 2 has 0 elements`},
		{"constant shape", func(g *Graph) { g.find("conv").In[2].Shape = Shape{3} }, `is s32 3, its constant is s32 2`},
		{"two kinds of data", func(g *Graph) { g.find("conv").In[2].Const.F32 = make([]float32, 1) }, "also has data of another type"},
		{"constant and result", func(g *Graph) { g.find("conv").In[2].Def = g.Nodes[0] }, "is a constant and a node's result"},
		{"too large", func(g *Graph) { g.Inputs[0].Shape = Shape{1, 2, 1 << 20, 1 << 20} }, "more than 2147483647 elements"},
		{"too large but for an extent of 0", func(g *Graph) { g.Inputs[0].Shape = Shape{0, 1 << 20, 1 << 20} }, "more than 2147483647 elements"},
		{"concat zero points", func(g *Graph) { g.find("concat").Out[0].Quant = PerTensor(0.25, 4) }, `"concat" has 0.25 and 4`},
		{"negative", func(g *Graph) { g.Inputs[0].Shape = Shape{1, -2} }, "has the extent -2"},
		{"dtype", func(g *Graph) { g.Inputs[0].Type = 99 }, "has the type dtype(99)"},
		{"u8 without quant", func(g *Graph) { g.find("x").Out[0].Quant = nil }, "without quantization parameters"},
		{"f32 with quant", func(g *Graph) { g.Inputs[0].Quant = PerTensor(1, 0) }, "is f32 and has quantization"},
		{"u8 per channel", func(g *Graph) {
			g.find("x").Out[0].Quant = &Quant{Scale: []float32{1, 1}, Zero: []int32{0, 0}, Axis: 1}
		}, `"x" has a scale for each channel: only Concat`},
		{"u8 per row", func(g *Graph) {
			g.find("concat").Out[0].Quant = &Quant{Scale: make([]float32, 4), Zero: make([]int32, 4), Axis: 2}
		}, "4 scales along axis 2"},
		{"u8 per channel, scales", func(g *Graph) { stack(g).Out[0].Quant.Scale[2] = 1 }, `channel 0 of "conv" has scale 0.25 and zero point 3, "concat" has 1 and 3`},
		{"u8 per channel, zero points", func(g *Graph) { stack(g).Out[0].Quant.Zero[3] = 2 }, `channel 1 of "conv"`},
		{"u8 per channel, number", func(g *Graph) { q := stack(g).Out[0].Quant; q.Zero = q.Zero[:3] }, "4 scales and 3 zero points"},
		{"u8 per channel, padding", func(g *Graph) {
			n := stack(g)
			for _, r := range g.Readers()[n.Out[0]] {
				o := r.Op.(QConv)
				o.Pad[0] = 1
				r.Op = o
				r.Out[0].Shape = Shape{1, 4, 5, 4}
			}
		}, `"concat" has a scale for each channel`},
		{"scale 0", func(g *Graph) { g.find("table").Out[0].Quant = PerTensor(0, 0) }, "scale 0 is 0"},
		{"scale NaN", func(g *Graph) { g.find("table").Out[0].Quant = PerTensor(nan, 0) }, "scale 0 is NaN"},
		{"scale infinite", func(g *Graph) { g.find("table").Out[0].Quant = PerTensor(inf, 0) }, "scale 0 is +Inf"},
		{"zero point", func(g *Graph) { g.find("table").Out[0].Quant = PerTensor(1, 256) }, "zero point 0 is 256"},
		{"weight zero point", func(g *Graph) { g.find("conv").In[1].Quant.Zero[0] = 128 }, "want -128 to 127"},
		{"weights without quant", func(g *Graph) { g.find("conv").In[1].Quant = nil }, `weights "w" have no quantization parameters`},
		{"weights' axis", func(g *Graph) { g.find("conv").In[1].Quant.Axis = 1 }, "quantized along axis 1"},
		{"weights' scales", func(g *Graph) { g.find("conv").In[1].Quant.Scale = make([]float32, 3) }, "3 scales and 2 zero points"},
		{"weights not constant", func(g *Graph) { w := g.find("conv").In[1]; w.Const = nil; g.Inputs = append(g.Inputs, w) }, `weights "w" are not constant`},
		{"concat scales", func(g *Graph) { g.find("concat").Out[0].Quant = PerTensor(0.3, 3) }, `"conv" has scale 0.25 and zero point 3, "concat" has 0.3 and 3`},
		{"multipliers", edit(func(o *QConv, n *Node) { o.Mul = make([]float32, 3) }), "3 multipliers, want 1 or 2"},
		{"multiplier NaN", edit(func(o *QConv, n *Node) { o.Mul = []float32{nan} }), "not a number"},
		{"multiplier infinite", edit(func(o *QConv, n *Node) { o.Mul = []float32{inf} }), "Mul: entry 0 is +Inf"},
		{"limits", edit(func(o *QConv, n *Node) { o.Lo, o.Hi = 9, 8 }), "limits are 9 and 8"},
		{"limits before the sum", edit(func(o *QConv, n *Node) { o.PreLo, o.PreHi = 1, 0 }), "limits before the sum"},
		{"clamp without residual", edit(func(o *QConv, n *Node) { n.In = n.In[:3] }), "no residual operand"},
		{"table", edit(func(o *QConv, n *Node) { o.Table = make([]uint8, 255) }), "table has 255 entries"},
		{"zero of result", edit(func(o *QConv, n *Node) { o.Zero = 4 }), "rounds to the zero point 4"},
		{"huge attribute", edit(func(o *QConv, n *Node) { o.Pad[0] = 1 << 40 }), "Window: Pad: entry 0: 1099511627776 is larger"},
		{"stride", edit(func(o *QConv, n *Node) { o.Stride[1] = 0 }), "stride 0"},
	}
	for _, c := range cases {
		g := quantized(t)
		c.broken(g)
		if err := Verify(g); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v\n\twant %q", c.name, err, c.want)
		}
	}
}

func TestVerifyRefusesOperators(t *testing.T) {
	x, s := value("x", F32, 1, 4), value("s", I64, 4)
	win := Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	relu := Epilogue{Pre: Act{Kind: Relu}}
	cases := []struct {
		op   Op
		in   []*Value
		want string
	}{
		{Conv{Window: win, Groups: 1, Epilogue: relu}, []*Value{value("x", F32, 1, 1, 2, 2), value("w", F32, 1, 1, 1, 1)}, "no residual operand"},
		{FC{Epilogue: Epilogue{Act: Act{Kind: 77}}}, []*Value{x, value("w", F32, 2, 4)}, "unknown activation 77"},
		{FC{Epilogue: relu}, []*Value{x, value("w", F32, 2, 4)}, "no residual operand"},
		{Unary{Act{Kind: Clip, A: float32(math.NaN())}}, []*Value{x}, "Act: A: is not a number"},
		{Gemm{Alpha: inf}, []*Value{x, value("b", F32, 4, 2)}, "Alpha and Beta"},
		{BatchNorm{Epsilon: -1}, []*Value{x, value("a", F32, 4), value("b", F32, 4), value("c", F32, 4), value("d", F32, 4)}, "Epsilon is -1"},
		{Affine{Mul: []float32{inf}, Add: []float32{0}}, []*Value{x}, "Mul: entry 0"},
		{Binary{Fn: 9}, []*Value{x, x}, "unknown function 9"},
		{Binary{Act: Act{Kind: Relu}}, []*Value{s, s}, "activation relu on Add of i64"},
		{PRelu{}, []*Value{x, s}, "operand 1 is i64"},
		{Reduce{Axes: []int{1, 0}}, []*Value{x}, "not ascending"},
		{Reduce{Axes: []int{1, 1}}, []*Value{x}, "not ascending"},
		{Pad{Before: []int{0, 0}, After: []int{0, 0}, Mode: 7}, []*Value{x}, "unknown mode 7"},
		{Cast{To: 50}, []*Value{x}, "to the type dtype(50)"},
		{Transpose{Perm: []int{9, 0}}, []*Value{x}, "no permutation"},
		{Slice{Start: []int{0, 0}, Step: []int{1, 1 << 62}, Size: []int{1, 5}}, []*Value{x}, "is larger than"},
		{Reshape{Shape{-1, -4}}, []*Value{x}, "has the extent -1"},
		{Split{Sizes: nil}, []*Value{value("e", F32, 0)}, "has 0 results"},
		{Dequantize{Scale: inf}, []*Value{{Name: "q", Type: U8, Shape: Shape{1}, Quant: PerTensor(1, 0)}}, "Scale: entry 0"},
	}
	for _, c := range cases {
		n := &Node{Name: "n", Op: c.op, In: c.in}
		if types, err := c.op.Infer(c.in); err == nil {
			for _, ty := range types {
				n.Out = append(n.Out, &Value{Name: "y", Type: ty.Type, Shape: ty.Shape, Def: n})
			}
		}
		err := CheckNode(n)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `node "n": `+c.op.Kind()) {
			t.Errorf("%s: error %v\n\twant %q", c.op.Kind(), err, c.want)
		}
	}
}
