package models

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ingot-go/ingot"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// This file is about models that are quantized already. They are executed as they are
// written, operator by operator in float64, and compared with the int8 network: every layer, on
// what the int8 network gave its operands, and the outputs.

// quantizedModels are int8 models that their makers published.
var quantizedModels = []struct {
	of, path string // the network whose inputs it takes
	small    bool
	agree    float64 // share of inputs with the same class
	correct  float64 // and of those with the right one
}{
	{"resnet8", "models/mlperf-tiny/resnet8-cifar10-int8-qdq.onnx", true, 0.99, 0.8},
	{"resnet8", "models/mlperf-tiny/resnet8-cifar10-int8-qop.onnx", true, 0.99, 0.8},
	{"vww", "models/mlperf-tiny/mobilenetv1-0.25-96-vww-int8-qdq.onnx", true, 0.97, 0},
	{"dscnn-kws", "models/mlperf-tiny/dscnn-kws-int8-qdq.onnx", true, 0.97, 0.8},
	{"mobilenetv2", "models/imagenet/mobilenetv2-1.0-224-int8-qdq.onnx", false, 0.97, 0.8},
}

// TestGiven compares published int8 models with the literal execution of their files.
func TestGiven(t *testing.T) {
	for _, m := range quantizedModels {
		t.Run(filepath.Base(m.path), func(t *testing.T) {
			n := networks[slices.IndexFunc(networks, func(n network) bool { return n.name == m.of })]
			path := filepath.Join(data(t), m.path)
			if !m.small && !*long {
				t.Skip("-long runs it")
			}
			g, q, r := quantizedModel(t, path)
			if int8s, floats := r.Counts(); floats > 1 || int8s < 10 {
				t.Errorf("%s", r)
			}
			inputs := n.inputs(t, testSplit).first(60)
			x, _, err := inputs.at(0)
			if err != nil {
				t.Fatal(err)
			}
			c := checkLayers(t, g, q, []*ir.Tensor{x}, 1)
			c.enough(t, 10)
			literal, err := onnx.Import(path, onnx.Options{})
			if err != nil {
				t.Fatal(err)
			}
			agree, correct := classes(t, literal, q, inputs)
			t.Logf("of %d inputs %d have the literal execution's class, %d the right one", inputs.n, agree, correct)
			if float64(agree) < m.agree*float64(inputs.n) || float64(correct) < m.correct*float64(inputs.n) {
				t.Errorf("of %d inputs only %d have the literal execution's class and %d the right one", inputs.n, agree, correct)
			}
		})
	}
}

// quantizedModel returns the fused graph and the int8 graph of a file.
func quantizedModel(t *testing.T, path string) (g, q *ir.Graph, r *quant.Report) {
	t.Helper()
	g, _, err := ingot.Fuse(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if q, r, err = quant.Quantize(g, nil, quant.Options{}); err != nil {
		t.Fatal(err)
	}
	return g, q, r
}

// classes counts the inputs with the same class in both graphs, and with the right one.
func classes(t *testing.T, literal, q *ir.Graph, inputs set) (agree, correct int) {
	t.Helper()
	var run [2]exec.Executor
	for i, g := range []*ir.Graph{literal, q} {
		var err error
		if run[i], err = exec.New(g, 2); err != nil {
			t.Fatal(err)
		}
	}
	for i := range inputs.n {
		x, label, err := inputs.at(i)
		if err != nil {
			t.Fatal(err)
		}
		var class [2]int
		for k, e := range run {
			y, err := e.Run([]*ir.Tensor{x}, nil)
			if err != nil {
				t.Fatal(err)
			}
			class[k] = slices.Index(y[0].F32, slices.Max(y[0].F32))
		}
		agree += one(class[0] == class[1])
		correct += one(class[1] == label)
	}
	return agree, correct
}

// literally is the execution of a quantized model, layer by layer, on the bytes that the int8
// network gives.
type literally struct {
	t      *testing.T
	bytes  map[string]*ir.Value // u8 values of the int8 network
	run    map[*ir.Value]*ir.Tensor
	values map[*ir.Value]*ir.Tensor // of the fused graph, in real numbers

	layers, total, equal int // what was compared
}

// checkLayers compares every value that the model rounds; it may be steps away.
func checkLayers(t *testing.T, g, q *ir.Graph, in []*ir.Tensor, steps float64) *literally {
	t.Helper()
	c := &literally{t: t, bytes: map[string]*ir.Value{}, run: map[*ir.Value]*ir.Tensor{}, values: map[*ir.Value]*ir.Tensor{}}
	outputs, err := interp.Trace(q, in, func(v *ir.Value, x *ir.Tensor) { c.run[v] = x })
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range q.Values() {
		if v.Type == ir.U8 && !v.IsConst() {
			c.bytes[v.Name] = v
		}
	}
	for i, v := range g.Inputs {
		c.values[v] = in[i]
	}
	for _, n := range g.Nodes {
		if _, ok := n.Op.(ir.FakeQuant); ok {
			c.compare(n, steps)
		}
	}
	for i, v := range g.Outputs {
		for j, w := range c.value(v).F32 {
			if got := outputs[i].F32[j]; math.Abs(float64(got-w)) > 1e-4*max(1, math.Abs(float64(w))) {
				t.Errorf("output %q: element %d is %g, want %g", v.Name, j, got, w)
				break
			}
		}
	}
	return c
}

// held returns what the int8 network has for the result of a FakeQuant, nil where nothing.
func (c *literally) held(n *ir.Node) *ir.Tensor {
	for _, name := range []string{n.Out[0].Name, n.Out[0].Name + "/int8", n.In[0].Name, n.In[0].Name + "/int8"} {
		v := c.bytes[name]
		if op := n.Op.(ir.FakeQuant); v == nil || v.Scale() != op.Scale[0] || v.Zero() != int32(op.Zero[0]) {
			continue
		}
		y := ir.NewTensor(ir.F32, v.Shape)
		for i, b := range c.run[v].U8 {
			y.F32[i] = float32(int32(b)-v.Zero()) * v.Scale()
		}
		return y
	}
	return nil
}

// value computes a value of the fused graph from the rounded values before it.
func (c *literally) value(v *ir.Value) *ir.Tensor {
	if v == nil || v.IsConst() {
		if v == nil {
			return nil
		}
		return v.Const
	}
	if x := c.values[v]; x != nil {
		return x
	}
	n := v.Def
	if _, ok := n.Op.(ir.FakeQuant); ok {
		if x := c.held(n); x != nil {
			c.values[v] = x
			return x
		}
	}
	c.evaluate(n)
	return c.values[v]
}

func (c *literally) evaluate(n *ir.Node) {
	var in []*ir.Tensor
	for _, x := range n.In {
		in = append(in, c.value(x))
	}
	out, err := interp.Eval(n, in)
	if err != nil {
		c.t.Fatal(err)
	}
	for i, y := range n.Out {
		c.values[y] = out[i]
	}
}

// compare computes what a FakeQuant should give.
func (c *literally) compare(n *ir.Node, steps float64) {
	got := c.held(n)
	if got == nil { // part of a table, or dead
		return
	}
	want, err := interp.Eval(n, []*ir.Tensor{c.value(n.In[0])})
	if err != nil {
		c.t.Fatal(err)
	}
	c.layers++
	step := float64(n.Op.(ir.FakeQuant).Scale[0])
	for i, w := range want[0].F32 {
		d := math.Abs(float64(got.F32[i])-float64(w)) / step
		if d > steps+1e-3 {
			c.t.Errorf("%s: node %q: element %d is %g, want %g, which is %g steps away", c.t.Name(), n.Name, i, got.F32[i], w, d)
			return
		}
		c.total, c.equal = c.total+1, c.equal+one(d < 1e-3)
	}
}

// enough fails where little was compared, or the step that is allowed was the rule.
func (c *literally) enough(t *testing.T, layers int) {
	t.Helper()
	if c.layers < layers || c.equal < c.total*98/100 {
		t.Errorf("%d layers compared, want %d; of %d elements %d are equal", c.layers, layers, c.total, c.equal)
	}
}
