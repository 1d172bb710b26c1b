package onnx

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestImportNames(t *testing.T) {
	m := model(13, value("x", -1, 3, 8, 8), []*TensorProto{ramp("w", 4, 3, 3, 3)},
		node("Conv first: x, w -> a"), node("Relu: a -> b"), node("Relu first: b -> c"))
	g := mustImport(t, m)
	if g.Name != "test" || len(g.Inputs) != 1 || g.Inputs[0].Name != "x" || !g.Inputs[0].Shape.Equal(ir.Shape{1, 3, 8, 8}) {
		t.Errorf("graph %q, inputs %+v", g.Name, g.Inputs)
	}
	want := [][3]string{{"first", "first", "a"}, {"Relu_b", "b", "b"}, {"first_1", "first", "c"}}
	for i, n := range g.Nodes {
		if got := [3]string{n.Name, n.From[0], n.Out[0].Name}; got != want[i] {
			t.Errorf("node %d: name, source and result are %q, want %q", i, got, want[i])
		}
	}
	if len(g.Outputs) != 1 || g.Outputs[0].Name != "c" {
		t.Errorf("outputs %+v", g.Outputs)
	}
}

func TestImportFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.onnx")
	m := model(13, value("x", 1, 2), nil, node("Relu: x -> y"))
	m.Graph.Name = ""
	b := m.Marshal()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if g, err := Import(path, Options{}); err != nil || g.Name != "net" {
		t.Errorf("got %+v, %v", g, err)
	}
	if err := os.WriteFile(path, b[:len(b)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Import(path, Options{})
	wantError(t, err, path, "cut short", "give a complete ONNX file")
	_, err = Import(filepath.Dir(path), Options{})
	wantError(t, err, "not a regular file")
	_, err = Import(path+".missing", Options{})
	wantError(t, err, "no such file")
}

func TestInputShapes(t *testing.T) {
	noShape := &ValueInfoProto{Name: "x", ElemType: TypeFloat}
	typed := func(d DataType) *ValueInfoProto { return &ValueInfoProto{Name: "x", ElemType: d, HasShape: true} }
	for _, c := range []struct {
		name  string
		x     *ValueInfoProto
		given ir.Shape
		want  ir.Shape
		err   string
	}{
		{"static", value("x", 2, 3), nil, ir.Shape{2, 3}, ""},
		{"dynamic batch", value("x", -1, 3), nil, ir.Shape{1, 3}, ""},
		{"batch given", value("x", -1, 3), ir.Shape{4, 3}, ir.Shape{4, 3}, ""},
		{"dynamic space", value("x", -1, 3, -1, -1), nil, nil, "dynamic shape nx3xnxn; fix axis 2 and any other, as in -shape x=1x3x224x224"},
		{"dynamic space given", value("x", -1, 3, -1, -1), ir.Shape{1, 3, 5, 7}, ir.Shape{1, 3, 5, 7}, ""},
		{"fixed axis contradicted", value("x", -1, 3), ir.Shape{1, 4}, nil, "1x4 does not fit nx3: axis 1 is fixed"},
		{"other rank", value("x", 1, 3), ir.Shape{1}, nil, "has 2 axes in the model (1x3), the given shape 1 has 1"},
		{"no shape", noShape, nil, nil, "has no shape; give one, as in -shape x=1x3x224x224"},
		{"no shape, given", noShape, ir.Shape{1, 2}, ir.Shape{1, 2}, ""},
		{"empty axis", value("x", 1, 0), nil, nil, "axis 1 of the shape 1x0 is empty"},
		{"given empty", value("x", -1, 2), ir.Shape{0, 2}, nil, "axis 0 of the shape 0x2 is empty"},
		{"huge", value("x", 1<<31, 1<<31), nil, nil, "more than"},
		{"huge axis", value("x", 1<<40), nil, nil, "more than"},
		{"int64", typed(TypeInt64), nil, ir.Shape{}, ""},
		{"uint8", typed(TypeUint8), nil, ir.Shape{}, ""},
		{"bool", typed(TypeBool), nil, ir.Shape{}, ""},
		{"int16", typed(TypeInt16), nil, ir.Shape{}, ""},
		{"uint64", typed(TypeUint64), nil, ir.Shape{}, ""},
		{"string", typed(TypeString), nil, nil, "elements of string, want a number type"},
		{"float16", typed(TypeFloat16), nil, ir.Shape{}, ""},
		{"sequence", &ValueInfoProto{Name: "x", NoTensor: true}, nil, nil, "is no tensor"},
	} {
		s, err := inputShape(c.x, c.given)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.err)
			}
		} else if err != nil || !s.Equal(c.want) {
			t.Errorf("%s: got %s, %v; want %s", c.name, s, err, c.want)
		}
	}
	m := model(13, value("x", 1, 2), nil, node("Relu: x -> y"))
	_, err := ImportBytes(m.Marshal(), "", Options{Shapes: map[string]ir.Shape{"z": {1}, "a": {1}}})
	wantError(t, err, `a shape is given for "a"`, `for "z", which is no input of the model; its inputs are x`)
}

func TestInitializersAsInputs(t *testing.T) {
	m := model(8, value("x", 1, 2), []*TensorProto{ramp("w", 2)}, node("Add: x, w -> y"))
	m.Graph.Inputs = append(m.Graph.Inputs, value("w", 2))
	if g := mustImport(t, m); len(g.Inputs) != 1 || !g.Nodes[0].In[1].IsConst() {
		t.Errorf("got %d inputs:\n%s", len(g.Inputs), ops(g))
	}
}

func TestOpsets(t *testing.T) {
	for opset, want := range map[int64]string{0: "opset 0", 5: "opset 5", 6: "", 7: "", 21: "", 22: "", 28: "", 29: "the model uses opset 29, ingot reads 7 to 28"} {
		m := model(opset, value("x", 1, 2), nil, node("Relu: x -> y"))
		_, err := ImportBytes(m.Marshal(), "", Options{})
		if want == "" && err != nil {
			t.Errorf("opset %d: %v", opset, err)
		} else if want != "" {
			wantError(t, err, want, "export")
		}
	}
	m := model(13, value("x", 1, 2), nil, node("Relu: x -> y"))
	m.OpsetImport = []OperatorSetID{{Domain: "com.x", Version: 1}}
	_, err := ImportBytes(m.Marshal(), "", Options{})
	wantError(t, err, "does not say which opset")
	_, err = ImportBytes(model(13, value("x", 1, 1, 2, 2), nil, node("HardSwish: x -> y")).Marshal(), "", Options{})
	wantError(t, err, "opset 13's form of the operator is not supported, 14 to 28 are")
}

func TestUnsortedGraph(t *testing.T) {
	g := mustImport(t, model(13, value("x", 1, 2), nil, node("Relu: b -> c"), node("Tanh: x -> a"), node("Exp: a -> b")))
	if got := g.Nodes[0].Out[0].Name + g.Nodes[1].Out[0].Name + g.Nodes[2].Out[0].Name; got != "abc" {
		t.Errorf("order %s, want abc", got)
	}
}

// A long chain in reverse order must not exhaust the stack, and many nodes of
// one name must not take quadratic time.
func TestLongChain(t *testing.T) {
	const n = 20000
	nodes := make([]*NodeProto, n)
	for i := range nodes {
		in, out := nameOf(i), nameOf(i+1)
		nodes[n-1-i] = node("Relu same: " + in + " -> " + out)
	}
	if g := mustImport(t, model(13, value(nameOf(0), 1), nil, nodes...)); len(g.Nodes) != n {
		t.Errorf("%d nodes, want %d", len(g.Nodes), n)
	}
}

func nameOf(i int) string { return "v" + strconv.Itoa(i) }

func TestBadGraphs(t *testing.T) {
	x := value("x", 1, 2)
	relu := node("Relu: x -> y")
	for _, c := range []struct {
		name string
		m    *ModelProto
		want []string
	}{
		{"cycle", model(13, x, nil, node("Add one: x, c -> a"), node("Relu two: a -> b"), node("Exp three: b -> c"), node("Relu: c -> y")),
			[]string{"cycle", `"one"`, `"two"`, `"three"`}},
		{"self", model(13, x, nil, node("Add loop: x, a -> a"), node("Relu: a -> y")), []string{"cycle", `"loop"`}},
		{"missing operand", model(13, x, nil, node("Add sum: x, lost -> y")), []string{`node "sum": Add("x" f32 1x2, "lost" ?)`, `operand 1, "lost"`, "cut short"}},
		{"result twice", model(13, x, nil, relu, node("Exp again: x -> y")), []string{`node "again" (Exp) writes "y"`}},
		{"result is input", model(13, x, nil, node("Relu: x -> x")), []string{`writes "x"`}},
		{"initializer twice", model(13, x, []*TensorProto{ramp("w", 1), ramp("w", 1)}, relu), []string{`initializer "w"`}},
		{"nameless initializer", model(13, x, []*TensorProto{ramp("", 1)}, relu), []string{`initializer ""`}},
		{"shapes", model(13, x, []*TensorProto{ramp("w", 3)}, node("Add sum: x, w -> y")), []string{`node "sum": Add("x" f32 1x2, "w" f32 3)`, "do not broadcast"}},
		{"bad initializer", model(13, x, []*TensorProto{{Name: "w", Dims: []int64{2}, DataType: TypeFloat, RawData: make([]byte, 7)}}, node("Add: x, w -> y")),
			[]string{`initializer "w"`, "has 7 bytes of data, float of 2 needs 8"}},
		{"attribute type", model(13, x, nil, node("LeakyRelu leak: x -> y", attrI("alpha", 1))), []string{`node "leak"`, "attribute alpha is of type int, want float"}},
		{"too many operands", model(13, x, nil, node("Relu: x, x -> y")), []string{"has 2 operands, opset 13's form has 1"}},
		{"too few operands", model(13, x, nil, node("Add: x -> y")), []string{"has 1 operands, opset 13's form has 2"}},
		{"absent operand", model(13, x, nil, node("Add: _, x -> y")), []string{"operand 0 is missing"}},
		{"no result", model(13, x, nil, relu, node("Relu bare: x ->")), []string{`node "bare"`, "has no result"}},
	} {
		_, err := ImportBytes(c.m.Marshal(), "", Options{})
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q lacks %q", c.name, err, w)
			}
		}
	}
	sparse := append(model(13, x, nil, relu).Marshal(), (&encoder{}).sparse()...)
	_, err := ImportBytes(sparse, "", Options{})
	wantError(t, err, "1 sparse initializers; export it with dense ones")
	for name, b := range map[string][]byte{"empty": {}, "text": []byte("hello, this is text"), "no graph": (&ModelProto{IRVersion: 8}).Marshal()} {
		if _, err := ImportBytes(b, "", Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// sparse encodes a second part of the graph, with a sparse initializer; parts
// of a message join.
func (e *encoder) sparse() []byte {
	e.msg(7, func(e *encoder) { e.bytes(15, nil) })
	return e.b
}

func TestOutputs(t *testing.T) {
	m := model(13, value("x", 1, 2), nil, node("Relu: x -> y"))
	m.Graph.Outputs = []*ValueInfoProto{value("gone"), value("y"), value("y")}
	_, err := ImportBytes(m.Marshal(), "", Options{})
	wantError(t, err, `"gone": no node computes it`, `"y" is listed twice`)
	m.Graph.Outputs = nil
	_, err = ImportBytes(m.Marshal(), "", Options{})
	wantError(t, err, "has no outputs")

	// An input and a constant may be outputs; nodes that no output needs go.
	m = model(13, value("x", 1, 2), nil, node("Relu: x -> y"), node("Constant: -> c", attrT("value", ramp("", 2))))
	m.Graph.Outputs = []*ValueInfoProto{value("x"), value("c")}
	want := "Identity{}(x) -> x_out 1x2\nIdentity{}(c_const) -> c 2"
	if got := ops(mustImport(t, m)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// All that is unsupported is reported at once, also behind a node that failed.
func TestUnsupportedNodes(t *testing.T) {
	m := model(13, value("x", 1, 3, 8, 8), []*TensorProto{ramp("w", 3, 3, 2, 2)},
		node("ImageDecoder up: x, w -> a"), node("Relu: a -> b"), node("Det norm: b -> c"),
		node("Resize: x, _, s -> d", attrS("mode", "bicubic")), node("Add: c, d -> y"))
	m.Graph.Nodes = append(m.Graph.Nodes, &NodeProto{OpType: "FusedConv", Domain: "com.microsoft", Inputs: []string{"x"}, Outputs: []string{"z"}})
	m.Graph.Initializers = append(m.Graph.Initializers, some("s", 1, 1, 2, 2))
	_, err := ImportBytes(m.Marshal(), "", Options{})
	e, ok := err.(*Error)
	if !ok || len(e.Problems) != 4 {
		t.Fatalf("got %v, want an Error with four problems", err)
	}
	wantError(t, err, "4 problems",
		`node "up": ImageDecoder("x" f32 1x3x8x8, "w" float 3x3x2x2): the operator is not supported: express it`,
		`node "norm": Det("b" ?): the operator is not supported`,
		`node "d": Resize("x" f32 1x3x8x8, _, "s" f32 4): mode "bicubic" is not supported: want nearest`,
		`node "z": com.microsoft.FusedConv("x" f32 1x3x8x8): the operator is not supported: export the model with standard ONNX operators only`)
}

func TestWeightsNotFinite(t *testing.T) {
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		w := NewTensor("w", ir.Floats(ir.Shape{2}, []float32{1, bad}))
		_, err := ImportBytes(model(13, value("x", 1, 2), []*TensorProto{w}, node("Mul scale: x, w -> y")).Marshal(), "", Options{})
		wantError(t, err, `tensor "w" (2, operand of node "scale", Binary)`, "at element 1", "must be finite")
	}
	// Limits of a Clip may be infinite, as no weight of the graph holds them.
	lo := NewTensor("lo", ir.Floats(ir.Shape{}, []float32{float32(math.Inf(-1))}))
	hi := NewTensor("hi", ir.Floats(ir.Shape{}, []float32{6}))
	g := mustImport(t, model(13, value("x", 1, 2), []*TensorProto{lo, hi}, node("Clip: x, lo, hi -> y")))
	if got := g.Nodes[0].Op.(ir.Unary).Act; got != (ir.Act{Kind: ir.Clip, A: float32(math.Inf(-1)), B: 6}) {
		t.Errorf("got %v", got)
	}
}

// A small file must not make folding fill the memory.
func TestFoldingBudget(t *testing.T) {
	m := model(13, value("x", 1), []*TensorProto{longs("s", 1<<15, 1<<15)}, node("ConstantOfShape big: s -> c"), node("Add: x, c -> y"))
	_, err := ImportBytes(m.Marshal(), "", Options{})
	wantError(t, err, `node "big"`, "take more than 671088640 bytes in all")
}

// The weights of a large quantized file are more than a file could compute from shapes.
func TestFoldingOfOwnConstants(t *testing.T) {
	w := &ir.Tensor{Type: ir.S8, Shape: ir.Shape{7, 7 << 20}}
	w.S8 = make([]int8, w.Shape.Elems())
	m := model(13, value("x", 1, 7), []*TensorProto{NewTensor("w", w), NewTensor("scale", ir.Floats(ir.Shape{}, []float32{0.5}))},
		node("DequantizeLinear: w, scale -> k"), node("MatMul: x, k -> y"))
	if g := mustImport(t, m); len(g.Nodes) != 1 || !g.Nodes[0].In[1].IsConst() {
		t.Errorf("got %s, want the weights as a constant", g)
	}
}
