package fusion

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
)

// fuseAll returns the whole pipeline as one rewrite that counts all changes.
func fuseAll(t testing.TB) func(*ir.Graph) (int, error) {
	return func(g *ir.Graph) (int, error) {
		t.Helper()
		p := pass.Pipeline{Passes: Passes(interp.Eval)}
		reports, err := p.Run(g)
		total := 0
		for _, r := range reports {
			total += r.Changes
		}
		return total, err
	}
}

func TestOrder(t *testing.T) {
	p := pass.Pipeline{Passes: Passes(interp.Eval)}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
}

func TestBounds(t *testing.T) {
	endless := func(*edit, *ir.Node) (bool, error) { return true, nil }
	b := newNet(t, 1, 2)
	b.out(b.act("y", b.x(), relu))
	if _, err := each(endless)(b.Graph); err == nil || !strings.Contains(err.Error(), `node "y"`) {
		t.Errorf("error %v: want the node that never settles", err)
	}
	always := pass.Pass{Name: "p", Run: func(*ir.Graph) (int, error) { return 1, nil }}
	if _, err := repeat([]pass.Pass{always})(b.Graph); err == nil || !strings.Contains(err.Error(), "no fixed point") {
		t.Errorf("error %v: want that there is no fixed point", err)
	}
}

func TestDropDead(t *testing.T) {
	b := newNet(t, 1, 2)
	b.out(b.act("y", b.x(), relu))
	b.act("unread", b.x(), sigmoid)
	b.rewrite(dropDead, "Unary")
}

// TestBlock fuses a residual block as networks for small images have it: the
// normalised input, Conv - BatchNorm - Relu, Conv - BatchNorm, their sum, mean
// and classifier.
func TestBlock(t *testing.T) {
	b := newNet(t, 1, 3, 6, 6)
	bn := func(name string, x *ir.Value) *ir.Value {
		c := x.Shape[1]
		v := b.rand(name+".var", c)
		for i := range v.Const.F32 {
			v.Const.F32[i] *= v.Const.F32[i]
		}
		return b.op(name, ir.BatchNorm{Epsilon: 1e-2}, x, b.rand(name+".scale", c), b.rand(name+".bias", c), b.rand(name+".mean", c), v)
	}
	x := b.bin("sub", ir.Sub, b.x(), b.rand("mean", 1, 3, 1, 1))
	x = b.bin("div", ir.Div, x, vals("std", ir.Shape{3, 1, 1}, 2, 3, 4))
	x = b.act("r0", bn("bn0", b.conv("c0", x, 4, 3, 1)), relu)
	y := b.act("r1", bn("bn1", b.conv("c1", x, 4, 3, 1)), relu)
	y = bn("bn2", b.conv("c2", y, 4, 3, 1))
	y = b.act("r2", b.bin("sum", ir.Add, y, x), relu)
	y = b.op("mean2", ir.Reduce{Axes: []int{2, 3}}, y)
	y = b.op("gemm", ir.Gemm{Alpha: 1, Beta: 1, TransB: true}, y, b.rand("gw", 5, 4), b.rand("gb", 5))
	b.out(y)
	b.rewrite(fuseAll(t), "Affine Conv Conv Conv GlobalAvgPool Reshape FC")
	b.fusedInto("div", "div", "sub", "div")
	b.fusedInto("c1", "r1", "c1", "bn1", "r1")
	b.fusedInto("c2", "r2", "c2", "bn2", "sum", "r2")
	b.fusedInto("gemm", "gemm", "gemm")
}
