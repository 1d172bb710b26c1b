package differential

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/quant"
)

// TestComputedLayers compares a network that computes the weights of a depthwise convolution and of a product
// from the image.
func TestComputedLayers(t *testing.T) {
	for _, int8 := range []bool{false, true} {
		t.Run(fmt.Sprint("int8 ", int8), func(t *testing.T) {
			t.Parallel()
			x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{1, 3, 9, 8}}
			m := &netMaker{Rand: rand.New(rand.NewPCG(1, 29)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: 1}
			const c = 8
			y := m.act(m.conv(x, c, 3, 1, 1))
			w := m.conv(m.value(ir.GlobalAvgPool{}, y), 9*c, 1, 1, 1)
			w = m.value(ir.Reshape{Shape: ir.Shape{c, 1, 3, 3}}, w)
			win := ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
			y = m.act(m.value(ir.Conv{Window: win, Groups: c}, y, w, m.constant(0.1, c)))
			rows := m.value(ir.Reshape{Shape: ir.Shape{c, y.Shape[2] * y.Shape[3]}}, y)
			m.g.Outputs = []*ir.Value{m.conv(y, 4, 1, 1, 1), m.value(ir.Gemm{Alpha: 0.5, TransB: true}, rows, rows)}
			g := m.g
			if int8 {
				g = quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, func(*ir.Graph) quant.Options { return quant.Options{} })
			} else {
				p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
				if _, err := p.Run(g); err != nil {
					t.Fatal(err)
				}
			}
			if err := networks.Graph(g, m.inputs(), m.inputs()); err != nil {
				t.Errorf("%v\n%.6000s", err, g)
			}
		})
	}
}
