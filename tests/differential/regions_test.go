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

// regionHeads is one image's features, read in some regions, which are a batch: a head of convolutions that
// gives a mask for each, and one of fully connected layers, with a slope for each column.
func (m *netMaker) regionHeads(x *ir.Value) []*ir.Value {
	const regions = 5
	boxes, image := ir.NewTensor(ir.F32, ir.Shape{regions, 4}), ir.NewTensor(ir.I64, ir.Shape{regions})
	for i := range regions {
		left, top := 5*m.Float64(), 5*m.Float64()
		copy(boxes.F32[4*i:], []float32{float32(left), float32(top), float32(left + 4), float32(top + 3)})
	}
	features := m.act(m.conv(x, 8, 3, 1, 1))
	r := m.value(ir.RoiAlign{Height: 4, Width: 4, Samples: 2, Scale: 1, HalfPixel: true}, features, ir.Const("boxes", boxes), ir.Const("image", image))
	mask := m.act(m.conv(r, 12, 3, 1, 1))
	mask = m.value(ir.DepthToSpace{Block: 2}, m.conv(mask, 8, 1, 1, 1))
	mask = m.value(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, m.conv(mask, 3, 1, 1, 1))
	rows := m.value(ir.Reshape{Shape: ir.Shape{regions, 8 * 16}}, r)
	rows = m.value(ir.PRelu{}, m.value(ir.FC{}, rows, m.constant(0.1, 20, 8*16), m.constant(0.3, 20)), m.constant(0.3, 20))
	return []*ir.Value{mask, m.value(ir.FC{}, rows, m.constant(0.2, 6, 20), nil)}
}

// TestRegions compares networks of which only the heads are on several images.
func TestRegions(t *testing.T) {
	for i := range 4 {
		for _, int8 := range []bool{false, true} {
			t.Run(fmt.Sprint(i, " int8 ", int8), func(t *testing.T) {
				t.Parallel()
				x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{1, 3, 10, 11}}
				m := &netMaker{Rand: rand.New(rand.NewPCG(uint64(i), 27)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: 1}
				m.g.Outputs = m.regionHeads(x)
				g := m.g
				if int8 {
					g = quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, func(*ir.Graph) quant.Options { return quant.Options{} })
					for _, n := range g.Nodes {
						if k := n.Op.Kind(); k == "Conv" || k == "FC" {
							t.Errorf("%s %q is not int8", k, n.Name)
						}
					}
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
}
