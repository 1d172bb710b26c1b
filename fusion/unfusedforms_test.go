package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
)

// TestUnfusedForms has what real networks seldom have: everything that fusion would
// merge stays apart, each in a form that has a kernel.
func TestUnfusedForms(t *testing.T) {
	b := newNet(t, 1, 4, 5, 3)
	x := b.transpose("channels first", b.x(), 0, 3, 1, 2)
	x = b.op("same", ir.Identity{}, x)
	x = b.conv("conv", x, 4, 1, 0)
	x = b.act("clip", b.act("relu", x, relu), relu6)
	x = b.bin("times", ir.Mul, x, b.rand("factors", 4, 1, 1))
	x = b.bin("plus", ir.Add, x, b.bin("computed", ir.Add, b.rand("c", 4, 1, 1), b.rand("d", 1)))
	x = b.op("mean", ir.Reduce{Axes: []int{1, 2}}, b.transpose("channels last", x, 0, 2, 3, 1))
	x = b.op("product", ir.MatMul{}, x, b.rand("w", 4, 6))
	b.out(b.bin("bias", ir.Add, x, b.rand("b", 6)))
	b.rewrite(func(g *ir.Graph) (total int, err error) {
		p := pass.Pipeline{Passes: Unfused(interp.Eval)}
		reports, err := p.Run(g)
		for _, r := range reports {
			total += r.Changes
		}
		return total, err
	}, "Transpose Conv Unary Unary Affine Affine Transpose Reduce FC Affine")
	b.fusedInto("product", "product", "product")
}
