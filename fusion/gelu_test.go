package fusion

import (
	"math"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// scaled adds a factor or a shift as exporters write it.
func (b *net) scaled(name string, fn ir.BinaryKind, x *ir.Value, c float64) *ir.Value {
	return b.bin(name, fn, x, vals(name+".c", ir.Shape{}, float32(c)))
}

var erf = ir.Act{Kind: ir.Erf}

// The factor 1/2 stands behind the product, on x, or on the other operand.
func TestRecognizeGelu(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(b *net) *ir.Value
	}{
		{"behind, as PyTorch has it", func(b *net) *ir.Value {
			e := b.scaled("one", ir.Add, b.act("erf", b.scaled("div", ir.Div, b.x(), math.Sqrt2), erf), 1)
			return b.scaled("half", ir.Mul, b.bin("mul", ir.Mul, b.x(), e), 0.5)
		}},
		{"on x", func(b *net) *ir.Value {
			e := b.scaled("one", ir.Add, b.act("erf", b.scaled("div", ir.Mul, b.x(), 1/math.Sqrt2), erf), 1)
			return b.bin("mul", ir.Mul, b.scaled("half", ir.Mul, b.x(), 0.5), e)
		}},
		{"on the gate", func(b *net) *ir.Value {
			e := b.scaled("one", ir.Add, b.act("erf", b.scaled("div", ir.Div, b.x(), math.Sqrt2), erf), 1)
			return b.bin("mul", ir.Mul, b.scaled("half", ir.Mul, e, 0.5), b.x())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 50)
			b.out(c.make(b))
			b.rewrite(fuseAll(t), "Unary")
			if k := b.Nodes[0].Op.(ir.Unary).Act.Kind; k != ir.Gelu {
				t.Errorf("got %v", k)
			}
		})
	}
	t.Run("other factor", func(t *testing.T) {
		b := newNet(t, 1, 50)
		e := b.scaled("one", ir.Add, b.act("erf", b.scaled("div", ir.Div, b.x(), 1.5), erf), 1)
		b.out(b.scaled("half", ir.Mul, b.bin("mul", ir.Mul, b.x(), e), 0.5))
		b.rewrite(fuseAll(t), "Affine Unary Affine Binary Affine")
	})
	t.Run("conv", func(t *testing.T) {
		b := newNet(t, 1, 3, 5, 5)
		x := b.conv("c", b.x(), 4, 3, 1)
		e := b.scaled("one", ir.Add, b.act("erf", b.scaled("div", ir.Div, x, math.Sqrt2), erf), 1)
		b.out(b.scaled("half", ir.Mul, b.bin("mul", ir.Mul, x, e), 0.5))
		b.rewrite(fuseAll(t), "Conv")
	})
}

func TestRecognizeGeluTanh(t *testing.T) {
	for _, products := range []bool{false, true} {
		b := newNet(t, 1, 50)
		cube := b.act("cube", b.x(), ir.Act{Kind: ir.Power, A: 3})
		if products {
			cube = b.bin("x3", ir.Mul, b.x(), b.bin("x2", ir.Mul, b.x(), b.x()))
		}
		sum := b.bin("sum", ir.Add, b.x(), b.scaled("share", ir.Mul, cube, 0.044715))
		u := b.act("tanh", b.scaled("root", ir.Mul, sum, math.Sqrt(2/math.Pi)), ir.Act{Kind: ir.Tanh})
		b.out(b.bin("y", ir.Mul, b.scaled("half", ir.Mul, b.x(), 0.5), b.scaled("one", ir.Add, u, 1)))
		b.rewrite(fuseAll(t), "Unary")
		if k := b.Nodes[0].Op.(ir.Unary).Act.Kind; k != ir.GeluTanh {
			t.Errorf("got %v", k)
		}
	}
}
