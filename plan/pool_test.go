package plan

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestMeanOfPadding refuses a mean of nothing: the two taps of the window lie on
// either side of the input's only row.
func TestMeanOfPadding(t *testing.T) {
	for _, countPad := range []bool{false, true} {
		g := &ir.Graph{Name: "g"}
		x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 4, 1, 5}}
		g.Inputs = []*ir.Value{x}
		add := func(name string, op ir.Op, q *ir.Quant, in *ir.Value) *ir.Value {
			n, err := g.Add(name, op, in)
			if err != nil {
				t.Fatal(err)
			}
			n.Out[0].Quant = q
			return n.Out[0]
		}
		win := ir.Window{Kernel: [2]int{2, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{2, 1}, Pad: [4]int{1, 0, 1, 0}}
		y := add("q", ir.Quantize{Mul: []float32{1}, Add: []float32{0}}, ir.PerTensor(1, 0), x)
		y = add("mean", ir.QAvgPool{Window: win, CountPad: countPad, Mul: []float32{1, 0.5}, Hi: 255}, ir.PerTensor(1, 0), y)
		g.Outputs = []*ir.Value{add("d", ir.Dequantize{Scale: 1}, nil, y)}
		_, err := Build(g, Options{})
		if countPad != (err == nil) || err != nil && !strings.Contains(err.Error(), `"mean" (QAvgPool): a window lies in the padding`) {
			t.Errorf("padding counts: %v: error %v", countPad, err)
		}
	}
}
