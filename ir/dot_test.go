package ir

import (
	"strings"
	"testing"
)

func TestDot(t *testing.T) {
	g := quantized(t)
	g.Nodes[2].Name = `con"cat\`
	var b strings.Builder
	if err := Dot(&b, g); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`digraph "quantized" {`,
		`in0 [shape=ellipse, label="image"]`,
		`in0 -> n0 [label="f32 1x2x4x4"]`,
		`n1 [label="QConv\nconv\noperand 1: s8 2x2x1x1\noperand 2: s32 2\nu8 1x2x4x4\n64 MACs"]`,
		`n0 -> n1 [label="u8 1x2x4x4"]`,
		`n2 [label="Concat\ncon\"cat\\\nu8 1x4x4x4"]`,
		`out0 [shape=ellipse, label="real"]`,
		`n4 -> out0 [label="f32 1x4x4x4"]`,
	} {
		if !strings.Contains(b.String(), "\n\t"+line+"\n") && !strings.HasPrefix(b.String(), line) {
			t.Errorf("no line %s in\n%s", line, b.String())
		}
	}
	if n := strings.Count(b.String(), "n0 -> n1"); n != 2 {
		t.Errorf("%d edges from quantize to convolution, want 2: input and residual", n)
	}
}

func TestMACs(t *testing.T) {
	win := Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
	cases := []struct {
		op   Op
		in   []*Value
		want int64
	}{
		{Conv{Window: win, Groups: 1}, []*Value{value("x", F32, 1, 8, 5, 5), value("w", F32, 16, 8, 3, 3)}, 16 * 25 * 8 * 9},
		{Conv{Window: win, Groups: 8}, []*Value{value("x", F32, 1, 8, 5, 5), value("w", F32, 8, 1, 3, 3)}, 8 * 25 * 9},
		{FC{}, []*Value{value("x", F32, 2, 10), value("w", F32, 3, 10)}, 60},
		{Gemm{Alpha: 1, TransA: true}, []*Value{value("x", F32, 10, 2), value("w", F32, 10, 3)}, 60},
		{Gemm{Alpha: 1}, []*Value{value("x", F32, 2, 10), value("w", F32, 10, 3)}, 60},
		{MatMul{}, []*Value{value("x", F32, 5, 2, 10), value("w", F32, 10, 3)}, 300},
		{Binary{}, []*Value{value("x", F32, 5), value("w", F32, 5)}, 0},
		{Unary{}, []*Value{value("x", F32, 5)}, 0},
	}
	for _, c := range cases {
		n, err := NewNode("n", c.op, c.in...)
		if err != nil {
			t.Fatal(err)
		}
		if got := MACs(n); got != c.want {
			t.Errorf("%s: %d MACs, want %d", c.op.Kind(), got, c.want)
		}
	}
}

func TestGraphCounts(t *testing.T) {
	g := quantized(t)
	if m, p := g.MACs(), g.Params(); m != 64 || p != 6 {
		t.Errorf("%d MACs and %d parameters, want 64 and 6", m, p)
	}
	conv := g.find("conv")
	conv.In[2] = conv.In[1] // one constant twice
	if n, all := Params(conv), g.Params(); n != 8 || all != 4 {
		t.Errorf("%d parameters of the node, %d of the graph: want 8 and 4", n, all)
	}
}
