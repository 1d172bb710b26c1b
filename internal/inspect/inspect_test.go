package inspect

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// network is a strided convolution with an activation, and a pooling.
func network(t *testing.T) *ir.Graph {
	t.Helper()
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 2, 9, 9}}
	g := &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}
	w := ir.Const("w", ir.NewTensor(ir.F32, ir.Shape{4, 1, 3, 3}))
	b := ir.Const("b", ir.NewTensor(ir.F32, ir.Shape{4}))
	conv, err := g.Add("conv", ir.Conv{Window: ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}}, Groups: 2,
		Epilogue: ir.Epilogue{Act: ir.Act{Kind: ir.Clip, A: 0, B: 6}}}, x, w, b)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := g.Add("pool", ir.MaxPool{Window: ir.Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}}}, conv.Out[0])
	if err != nil {
		t.Fatal(err)
	}
	g.Outputs = pool.Out
	return g
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := Table(&b, network(t), nil); err != nil {
		t.Fatal(err)
	}
	want := strings.TrimPrefix(`
input x: f32 1x2x9x9
NODE  OPERATOR                              INPUTS             OUTPUTS  PARAMETERS  MACS
conv  Conv 3x3 stride 2 groups 2 clip(0,6)  1x2x9x9 4x1x3x3    1x4x4x4  40          576
pool  MaxPool 2x2 stride 2                  1x4x4x4            1x4x2x2
output pool: f32 1x4x2x2
total: 2 nodes, 40 parameters, 0.000576 million MACs
`, "\n")
	fold := func(s string) string {
		var lines []string
		for _, l := range strings.Split(s, "\n") {
			lines = append(lines, strings.Join(strings.Fields(l), " "))
		}
		return strings.Join(lines, "\n")
	}
	if fold(b.String()) != fold(want) {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestQuantizedTable(t *testing.T) {
	g := network(t)
	g.Nodes[0].Out[0].Quant = ir.PerTensor(0.5, 3)
	var b strings.Builder
	if err := Table(&b, g, &quant.Report{Nodes: []quant.NodeReport{{Name: "conv", Bits: 7}}}); err != nil {
		t.Fatal(err)
	}
	line := strings.Join(strings.Fields(strings.Split(b.String(), "\n")[2]), " ")
	if !strings.HasSuffix(line, "f32 0.5, 3 7") {
		t.Errorf("line of the convolution: %q", line)
	}
}

// TestName keeps what a terminal obeys out of its sight.
func TestName(t *testing.T) {
	for name, want := range map[string]string{"a/b c": "a/b c", "名前": "名前", "a\x1b[31m": `"a\x1b[31m"`, "a\nb": `"a\nb"`, "\u202ea": `"\u202ea"`, "\xff": `"\xff"`} {
		if got := Name(name); got != want {
			t.Errorf("%q becomes %s, want %s", name, got, want)
		}
	}
}
