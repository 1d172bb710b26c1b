package onnx

import (
	"fmt"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// branchOf makes an attribute of a branch that gives the values outs.
func branchOf(name string, outs []string, inits []*TensorProto, nodes ...*NodeProto) *AttributeProto {
	g := &GraphProto{Name: name, Nodes: nodes, Initializers: inits}
	for _, o := range outs {
		g.Outputs = append(g.Outputs, &ValueInfoProto{Name: o, ElemType: TypeFloat})
	}
	var e encoder
	g.encode(&e)
	return &AttributeProto{Name: name, Type: AttrGraph, Graph: e.b}
}

func truth(name string, v bool) *TensorProto {
	return NewTensor(name, &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{}, U8: []uint8{boolByte(v)}})
}

// TestConditionalSqueeze imports x.squeeze(2) of an axis that the exporter does not know.
func TestConditionalSqueeze(t *testing.T) {
	for _, c := range []struct{ axis, want string }{
		{"1", "Relu(x) -> r 1x3x1x5\nReshape{Shape:1x3x5}(r) -> s 1x3x5\nIdentity(s) -> q 1x3x5\nRelu(q) -> y 1x3x5"},
		{"7", "Relu(x) -> r 1x3x7x5\nIdentity(r) -> s 1x3x7x5\nIdentity(s) -> q 1x3x7x5\nRelu(q) -> y 1x3x7x5"},
	} {
		extent := int64(1)
		if c.axis == "7" {
			extent = 7
		}
		m := model(11, value("x", 1, 3, extent, 5), []*TensorProto{longs("two", 2), longs("one", 1)},
			node("Relu: x -> r"),
			node("Shape: r -> shape"),
			node("Gather: shape, two -> h", attrI("axis", 0)),
			node("Equal: h, one -> single"),
			node("If: single -> q",
				branchOf("then_branch", []string{"s"}, nil, node("Squeeze: r -> s", attrIs("axes", 2))),
				branchOf("else_branch", []string{"s"}, nil, node("Identity: r -> s"))),
			node("Relu: q -> y"))
		g := mustImport(t, m)
		if got := shapes(g); got != c.want {
			t.Errorf("an axis of %s: got\n%s\nwant\n%s", c.axis, got, c.want)
		}
	}
}

// shapes is ops with the functions of unary nodes.
func shapes(g *ir.Graph) string {
	s := ""
	for i, n := range g.Nodes {
		kind := n.Op.Kind()
		switch op := n.Op.(type) {
		case ir.Unary:
			kind = "Relu"
		case ir.Reshape:
			kind += fmt.Sprintf("{Shape:%s}", op.Shape)
		}
		if i > 0 {
			s += "\n"
		}
		s += fmt.Sprintf("%s(%s) -> %s %s", kind, n.In[0].Name, n.Out[0].Name, n.Out[0].Shape)
	}
	return s
}

// Two branches may call different values the same; a branch within one sees the names around it.
func TestConditionalNames(t *testing.T) {
	inner := node("If: yes -> w",
		branchOf("then_branch", []string{"v"}, nil, node("Add: t, t -> v")),
		branchOf("else_branch", []string{"v"}, nil, node("Sub: t, t -> v")))
	m := model(13, value("x", 4), []*TensorProto{truth("yes", true), truth("no", false)},
		node("If: no -> a",
			branchOf("then_branch", []string{"t"}, nil),
			branchOf("else_branch", []string{"t"}, []*TensorProto{some("k", 2)}, node("Mul: x, k -> t"))),
		node("If: yes -> b, c",
			branchOf("then_branch", []string{"w", "t"}, []*TensorProto{some("k", 3)}, node("Mul: a, k -> t"), inner),
			branchOf("else_branch", nil, nil)),
		node("Sub: b, c -> y"))
	g := mustImport(t, m)
	var last *ir.Node
	factor := map[*ir.Value]float32{g.Inputs[0]: 1} // every value is the input times a number
	for _, n := range g.Nodes {
		switch op := n.Op.(type) {
		case ir.Identity:
			factor[n.Out[0]] = factor[n.In[0]]
		case ir.Binary:
			switch {
			case op.Fn == ir.Mul:
				factor[n.Out[0]] = factor[n.In[0]] * n.In[1].Const.F32[0]
			case op.Fn == ir.Add:
				factor[n.Out[0]] = factor[n.In[0]] + factor[n.In[1]]
			case op.Fn == ir.Sub:
				factor[n.Out[0]] = factor[n.In[0]] - factor[n.In[1]]
			}
		}
		last = n
	}
	if got := factor[last.Out[0]]; last.Out[0].Name != "y" || got != 2*3*2-2*3 {
		t.Errorf("%s is %g times the input, want y, 6 times", last.Out[0].Name, got)
	}
}

func TestConditionalErrors(t *testing.T) {
	relu := branchOf("then_branch", []string{"s"}, nil, node("Relu: x -> s"))
	yes := []*TensorProto{truth("yes", true)}
	for _, c := range []struct {
		name  string
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{"computed", nil, node("If: c -> y", relu), "the condition is computed while the model runs"},
		{"no condition", nil, node("If: -> y", relu), "has 0 operands"},
		{"unknown", nil, node("If: nothing -> y", relu), "was the model cut short"},
		{"no bool", []*TensorProto{longs("one", 1)}, node("If: one -> y", relu), "want one bool"},
		{"no branch", []*TensorProto{truth("yes", false)}, node("If: yes -> y", relu), "has no else_branch"},
		{"broken", yes, node("If: yes -> y", &AttributeProto{Name: "then_branch", Type: AttrGraph, Graph: []byte{1}}), "give a complete ONNX file"},
		{"results", yes, node("If: yes -> y, z", relu), "has 1 results, the node 2"},
		{"cut", yes, node("If: yes -> y", branchOf("then_branch", []string{"s"}, nil)), "no node computes its result"},
		{"twice", yes, node("If: yes -> y", branchOf("then_branch", []string{"s"}, nil, node("Relu: x -> s"), node("Relu: x -> s"))), "defined twice"},
		{"cycle", yes, node("If: yes -> y", branchOf("then_branch", []string{"s"}, nil, node("Relu: z -> s"), node("Relu: s -> z"))), "cycle"},
		{"within", yes, node("If: yes -> y", branchOf("then_branch", []string{"s"}, nil, node("Conv: x -> s"))), "has 1 operands"},
	} {
		m := model(13, value("x", 1), c.inits, node("Less: x, x -> c"), c.node)
		_, err := ImportBytes(m.Marshal(), "", Options{})
		if err == nil {
			t.Errorf("%s: imported", c.name)
			continue
		}
		wantError(t, err, c.want)
	}
}

// Branches within branches end somewhere.
func TestConditionalDepth(t *testing.T) {
	n := node("Relu: x -> s")
	for range maxBranches + 1 {
		n = node("If: yes -> s", branchOf("then_branch", []string{"s"}, nil, n))
	}
	n.Outputs = []string{"y"}
	m := model(13, value("x", 4), []*TensorProto{truth("yes", true)}, n)
	_, err := ImportBytes(m.Marshal(), "", Options{})
	wantError(t, err, "branches 16 deep")
}
