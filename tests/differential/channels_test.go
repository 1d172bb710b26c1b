package differential

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestFactorsOfChannels has tables and quantizations with numbers for each channel, of what is no
// single image.
func TestFactorsOfChannels(t *testing.T) {
	for i, s := range []ir.Shape{{1, 6}, {5, 6}, {1, 6, 7}, {5, 6, 7}, {3, 6, 2, 5}, {2, 6, 1, 2, 3}, {1, 6, 3, 4}} {
		for _, behind := range []bool{false, true} { // a layer that gives bytes, or before one
			t.Run(fmt.Sprint(s, behind), func(t *testing.T) {
				t.Parallel()
				m := &netMaker{Rand: rand.New(rand.NewPCG(uint64(i), 32)), t: t, g: &ir.Graph{Name: "channels"}}
				n := s.Elems()
				x := &ir.Value{Name: "input", Type: ir.F32, Shape: s}
				if behind {
					x.Shape = ir.Shape{1, n, 1, 1}
				}
				m.g.Inputs = []*ir.Value{x}
				if behind {
					x = m.value(ir.Reshape{Shape: s}, m.conv(x, n, 1, 1, n))
				}
				x = m.normalize(x)
				if !behind {
					x = m.conv(m.value(ir.Reshape{Shape: ir.Shape{1, n, 1, 1}}, x), 4, 1, 1, 1)
				}
				m.g.Outputs = []*ir.Value{x}
				if err := precisions[2].check(m.g, 1); err != nil {
					t.Errorf("%v\n%.6000s", err, m.g)
				}
			})
		}
	}
}
