package plan

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestComputedBias refuses layers whose bias is no constant.
func TestComputedBias(t *testing.T) {
	one := [2]int{1, 1}
	conv := ir.Conv{Window: ir.Window{Kernel: one, Stride: one, Dilation: one}, Groups: 1}
	for _, c := range []struct {
		op   ir.Op
		x, w ir.Shape
	}{{conv, ir.Shape{1, 3, 4, 5}, ir.Shape{8, 3, 1, 1}}, {ir.FC{}, ir.Shape{1, 3}, ir.Shape{8, 3}}} {
		x := &ir.Value{Name: "x", Type: ir.F32, Shape: c.x}
		bias := &ir.Value{Name: "bias", Type: ir.F32, Shape: ir.Shape{8}}
		g := &ir.Graph{Name: "g", Inputs: []*ir.Value{x, bias}}
		n, err := g.Add("layer", c.op, x, ir.Const("w", ir.NewTensor(ir.F32, c.w)), bias)
		if err != nil {
			t.Fatal(err)
		}
		g.Outputs = n.Out
		if _, err := Build(g, Options{}); err == nil || !strings.Contains(err.Error(), `"bias" is computed: want a constant`) {
			t.Errorf("%s: error %v", c.op.Kind(), err)
		}
	}
}
