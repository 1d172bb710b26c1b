package interp

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestApply(t *testing.T) {
	exp := func(x float64) float32 { return float32(math.Exp(x)) }
	cases := []struct {
		a       ir.Act
		x, want float32
	}{
		{act(ir.ActNone), -2, -2},
		{act(ir.Relu), -2, 0}, {act(ir.Relu), 2, 2},
		{act(ir.Clip, -1, 6), -2, -1}, {act(ir.Clip, -1, 6), 7, 6}, {act(ir.Clip, -1, 6), 3, 3},
		{act(ir.LeakyRelu, 0.25), -2, -0.5}, {act(ir.LeakyRelu, 0.25), 2, 2},
		{act(ir.Sigmoid), 0, 0.5}, {act(ir.Sigmoid), -2, 1 / (1 + exp(2))},
		{act(ir.Tanh), 1, float32(math.Tanh(1))},
		{act(ir.HardSigmoid, 0.25, 0.5), 1, 0.75}, {act(ir.HardSigmoid, 0.25, 0.5), 9, 1}, {act(ir.HardSigmoid, 0.25, 0.5), -9, 0},
		{act(ir.HardSwish), 3, 3}, {act(ir.HardSwish), 1.5, 1.125}, {act(ir.HardSwish), -4, 0},
		{act(ir.Elu, 2), -1, 2 * float32(math.Expm1(-1))}, {act(ir.Elu, 2), 1, 1},
		{act(ir.Exp), 2, exp(2)},
		{act(ir.Silu), 2, 2 / (1 + exp(-2))},
	}
	seen := map[ir.ActKind]bool{}
	for _, c := range cases {
		seen[c.a.Kind] = true
		if got := Apply(c.a, c.x); math.Abs(float64(got-c.want)) > 1e-6 {
			t.Errorf("%s of %g is %g, want %g", c.a, c.x, got, c.want)
		}
	}
	for k := ir.ActNone; k <= ir.Silu; k++ {
		if !seen[k] {
			t.Errorf("%s has no test", k)
		}
	}
	if !math.IsNaN(float64(Apply(act(ir.Relu), float32(math.NaN())))) {
		t.Error("relu loses NaN")
	}
}

// residual is x -> relu -> (+ x) with a constant and two outputs.
func residual(t *testing.T) *ir.Graph {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{3}}
	g := &ir.Graph{Name: "g", Inputs: []*ir.Value{x}}
	add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out[0]
	}
	r := add("relu", ir.Unary{Act: act(ir.Relu)}, x)
	s := add("sum", ir.Binary{Fn: ir.Add}, r, x)
	p := add("scaled", ir.Binary{Fn: ir.Mul}, s, ir.Const("ten", f32(dims(1), 10)))
	g.Outputs = []*ir.Value{p, r}
	return g
}

func TestTrace(t *testing.T) {
	var names []string
	values := map[string][]float32{}
	out, err := Trace(residual(t), tensors(f32(dims(3), -1, 0, 2)), func(v *ir.Value, x *ir.Tensor) {
		names = append(names, v.Name)
		values[v.Name] = x.F32
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names, []string{"x", "relu", "sum", "scaled"}) {
		t.Errorf("observed %q", names)
	}
	if !slices.Equal(out[0].F32, []float32{-10, 0, 40}) || !slices.Equal(out[1].F32, []float32{0, 0, 2}) {
		t.Errorf("outputs %v and %v", out[0].F32, out[1].F32)
	}
	if !slices.Equal(values["sum"], []float32{-1, 0, 4}) {
		t.Errorf("sum is %v", values["sum"])
	}
}

func TestRunErrors(t *testing.T) {
	cyclic := residual(t)
	slices.Reverse(cyclic.Nodes)
	cases := []struct {
		name string
		g    *ir.Graph
		in   []*ir.Tensor
		want string
	}{
		{"count", residual(t), nil, "has 1 inputs, got 0"},
		{"nil", residual(t), []*ir.Tensor{nil}, `no tensor for "x"`},
		{"type", residual(t), tensors(i64(dims(3), 1, 2, 3)), "got i64 3"},
		{"shape", residual(t), tensors(f32(dims(2), 1, 2)), "got f32 2"},
		{"short data", residual(t), tensors(f32(dims(3), 1, 2)), "has 2 elements"},
		{"order", cyclic, tensors(f32(dims(3), 1, 2, 3)), `node "scaled"`},
	}
	for _, c := range cases {
		if _, err := Run(c.g, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	one := ir.Requant{Mul: []float32{1}, Hi: 255}
	big := ir.NewTensor(ir.U8, ir.Shape{1, 1 << 17})
	w := ir.NewTensor(ir.S8, ir.Shape{2, 1 << 17})
	for i := range big.U8 {
		big.U8[i], w.S8[1<<17+i] = 255, 127
	}
	q := ir.PerTensor(1, 0)
	cases := []struct {
		name   string
		op     ir.Op
		in     []*ir.Tensor
		quants []*ir.Quant
		want   string
	}{
		{"sum leaves int32", ir.QFC{Requant: one}, tensors(big, w), []*ir.Quant{q, q}, `node "n": QFC: channel 1: the sum 4244766720`},
		{"bias leaves int32", ir.QFC{Requant: one}, tensors(u8(dims(1, 1), 255), s8(dims(1, 1), 1), s32(dims(1), math.MaxInt32)), []*ir.Quant{q, q}, "does not fit"},
		{"edge of nothing", ir.Pad{Before: []int{1}, After: []int{0}, Mode: ir.PadEdge}, tensors(f32(dims(0))), nil, "no edge"},
		{"mean of nothing", ir.AvgPool{Window: kernel(1, 2, 1, 3, 0, 3, 0, 3)}, tensors(f32(dims(1, 1, 1, 2), 1, 2)), nil, "window at row 0, column 2"},
		{"no parameters", ir.QTable{Table: identityTable()}, tensors(u8(dims(1), 1)), nil, "without quantization parameters"},
	}
	for _, c := range cases {
		n := mustBuild(t, c.op, c.in, c.quants, q)
		if _, err := Eval(n, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestBadOperands gives every operator operands that don't fit its node, and wants errors.
func TestBadOperands(t *testing.T) {
	for _, c := range allCases() {
		n := mustBuild(t, c.op, c.in, c.quants, c.result)
		bad := map[string][]*ir.Tensor{
			"none":     {},
			"all nil":  make([]*ir.Tensor, len(c.in)),
			"too many": append(slices.Clone(c.in), f32(dims())),
			"short":    append([]*ir.Tensor{{Type: c.in[0].Type, Shape: c.in[0].Shape}}, c.in[1:]...),
			"type":     append([]*ir.Tensor{ir.NewTensor(ir.S32, append(c.in[0].Shape.Clone(), 1))}, c.in[1:]...),
		}
		for name, in := range bad {
			if _, err := Eval(n, in); err == nil {
				t.Errorf("%s: %s operands give no error", c.name, name)
			}
		}
		n.Out = n.Out[:0]
		if _, err := Eval(n, c.in); err == nil {
			t.Errorf("%s: no results give no error", c.name)
		}
	}
}

// TestEmpty evaluates operators on tensors without elements.
func TestEmpty(t *testing.T) {
	cases := []struct {
		op   ir.Op
		in   []*ir.Tensor
		want *ir.Tensor
	}{
		{ir.GlobalMaxPool{}, tensors(f32(dims(1, 1, 0, 2))), f32(dims(1, 1, 1, 1), -inf)},
		{ir.FC{}, tensors(f32(dims(1, 0)), f32(dims(2, 0)), f32(dims(2), 1, 2)), f32(dims(1, 2), 1, 2)},
		{ir.MatMul{}, tensors(f32(dims(1, 0)), f32(dims(0, 1))), f32(dims(1, 1), 0)},
		{ir.Concat{}, tensors(f32(dims(0)), f32(dims(1), 5)), f32(dims(1), 5)},
		{ir.Softmax{}, tensors(f32(dims(0, 3))), f32(dims(0, 3))},
		{ir.Conv{Window: kernel(2, 2, 1, 1, 1, 1, 1, 1), Groups: 1}, tensors(f32(dims(1, 1, 0, 1)), f32(dims(1, 1, 2, 2), 1, 2, 3, 4)), f32(dims(1, 1, 1, 2), 0, 0)},
	}
	for _, c := range cases {
		got, err := Eval(mustBuild(t, c.op, c.in, nil, nil), c.in)
		if err != nil {
			t.Errorf("%s: %v", c.op.Kind(), err)
		} else if d := differ(got[0], c.want); d != "" {
			t.Errorf("%s: %s", c.op.Kind(), d)
		}
	}
}
