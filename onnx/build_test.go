package onnx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// The tests write their models with the package's own encoder.

func attrI(name string, v int64) *AttributeProto {
	return &AttributeProto{Name: name, Type: AttrInt, I: v}
}

func attrF(name string, v float32) *AttributeProto {
	return &AttributeProto{Name: name, Type: AttrFloat, F: v}
}

func attrS(name, v string) *AttributeProto {
	return &AttributeProto{Name: name, Type: AttrString, S: []byte(v)}
}

func attrIs(name string, v ...int64) *AttributeProto {
	return &AttributeProto{Name: name, Type: AttrInts, Ints: v}
}

func attrFs(name string, v ...float32) *AttributeProto {
	return &AttributeProto{Name: name, Type: AttrFloats, Floats: v}
}

func attrT(name string, t *TensorProto) *AttributeProto {
	return &AttributeProto{Name: name, Type: AttrTensor, T: t}
}

// node makes a node from "op name: in, in -> out, out"; the name may be left out.
func node(text string, attrs ...*AttributeProto) *NodeProto {
	head, rest, _ := strings.Cut(text, ":")
	in, out, _ := strings.Cut(rest, "->")
	op, name, _ := strings.Cut(strings.TrimSpace(head), " ")
	return &NodeProto{OpType: op, Name: name, Inputs: names(in), Outputs: names(out), Attributes: attrs}
}

func names(list string) []string {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	parts := strings.Split(list, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
		if parts[i] == "_" {
			parts[i] = ""
		}
	}
	return parts
}

// value declares a float tensor; a dimension of -1 is dynamic and called "n".
func value(name string, dims ...int64) *ValueInfoProto {
	v := &ValueInfoProto{Name: name, ElemType: TypeFloat, HasShape: true}
	for _, d := range dims {
		if d < 0 {
			v.Dims = append(v.Dims, Dim{Param: "n"})
		} else {
			v.Dims = append(v.Dims, Dim{Value: d, HasValue: true})
		}
	}
	return v
}

// ramp makes an initializer of 0, 1, 2 and so on.
func ramp(name string, dims ...int) *TensorProto {
	s := ir.Shape(dims)
	return NewTensor(name, ir.Floats(s, floats(s.Elems(), func(i int) float32 { return float32(i) })))
}

// longs makes an initializer of one axis of integers.
func longs(name string, v ...int64) *TensorProto {
	return NewTensor(name, &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v})
}

// some makes an initializer of one axis of floats.
func some(name string, v ...float32) *TensorProto {
	return NewTensor(name, ir.Floats(ir.Shape{len(v)}, v))
}

// model makes a model with the input x and the outputs that no node reads.
func model(opset int64, x *ValueInfoProto, inits []*TensorProto, nodes ...*NodeProto) *ModelProto {
	g := &GraphProto{Name: "test", Nodes: nodes, Initializers: inits, Inputs: []*ValueInfoProto{x}}
	read := map[string]bool{}
	for _, n := range nodes {
		for _, i := range n.Inputs {
			read[i] = true
		}
	}
	for _, n := range nodes {
		for _, o := range n.Outputs {
			if o != "" && !read[o] {
				g.Outputs = append(g.Outputs, &ValueInfoProto{Name: o, ElemType: TypeFloat})
			}
		}
	}
	return &ModelProto{IRVersion: 8, Graph: g, OpsetImport: []OperatorSetID{{Version: opset}}}
}

// mustImport imports m or fails the test.
func mustImport(t *testing.T, m *ModelProto) *ir.Graph {
	t.Helper()
	g, err := ImportBytes(m.Marshal(), "", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// ops prints a graph's nodes, one a line: operator, operands, results with shapes.
func ops(g *ir.Graph) string {
	var b strings.Builder
	for _, n := range g.Nodes {
		var in, out []string
		for _, v := range n.In {
			if v == nil {
				in = append(in, "_")
			} else {
				in = append(in, v.Name)
			}
		}
		for _, v := range n.Out {
			out = append(out, fmt.Sprintf("%s %s", v.Name, v.Shape))
		}
		fmt.Fprintf(&b, "%s%+v(%s) -> %s\n", n.Op.Kind(), n.Op, strings.Join(in, ", "), strings.Join(out, ", "))
	}
	return strings.TrimSpace(b.String())
}

// wantError checks that err holds all the parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}
