package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestConstantToAffine(t *testing.T) {
	for _, c := range []struct {
		name string
		x, k []int
		want string
	}{
		{"scalar", []int{1, 3, 2, 4}, []int{}, "Affine"},
		{"one element", []int{1, 3, 2, 4}, []int{1, 1, 1, 1}, "Affine"},
		{"channels", []int{2, 3, 2, 4}, []int{3, 1, 1}, "Affine"},
		{"channels with batch", []int{2, 3, 2, 4}, []int{1, 3, 1, 1}, "Affine"},
		{"channels of vectors", []int{2, 3}, []int{3}, "Affine"},
		{"channels of rows", []int{2, 3}, []int{1, 3}, "Affine"},
		{"channels of sequences", []int{2, 3, 4}, []int{3, 1}, "Affine"},
		{"scalar of a vector", []int{4}, []int{1}, "Affine"},
		{"last axis", []int{1, 3, 2, 4}, []int{4}, "Binary"},
		{"everything", []int{1, 3, 2, 4}, []int{1, 3, 2, 4}, "Binary"},
		{"batch", []int{2, 3}, []int{2, 1}, "Binary"},
		{"wider", []int{1, 3, 1, 1}, []int{1, 3, 2, 4}, "Binary"},
		{"more axes", []int{3}, []int{1, 3}, "Binary"},
		{"vector", []int{4}, []int{4}, "Binary"},
	} {
		for fn := ir.Add; fn <= ir.Div; fn++ {
			for _, constFirst := range []bool{false, true} {
				t.Run(c.name+" "+fn.String(), func(t *testing.T) {
					b := newNet(t, c.x...)
					x, k := b.x(), b.rand("k", c.k...)
					if constFirst {
						x, k = k, x
					}
					want := c.want
					if constFirst && fn == ir.Div {
						want = "Binary"
					}
					b.out(b.bin("y", fn, x, k))
					b.rewrite(each(constantToAffine), want)
				})
			}
		}
	}
}

func TestConstantToAffineStops(t *testing.T) {
	b := newNet(t, 1, 2, 2, 2)
	y := b.bin("zero", ir.Div, b.x(), vals("k0", ir.Shape{2, 1, 1}, 1, 0))
	y = b.op("act", ir.Binary{Fn: ir.Add, Act: relu}, y, vals("k1", ir.Shape{}, 1))
	y = b.bin("two", ir.Add, y, b.input("r", 1, 2, 2, 2))
	b.out(y)
	if n, err := each(constantToAffine)(b.Graph); n != 0 || err != nil {
		t.Errorf("%d changes, error %v: want none", n, err)
	}
}

// A constant whose elements are all the same is a scalar, whatever its shape.
func TestUniformConstant(t *testing.T) {
	b := newNet(t, 1, 2, 2, 2)
	b.out(b.bin("y", ir.Mul, b.x(), vals("k", ir.Shape{2, 2}, 3, 3, 3, 3)))
	b.rewrite(each(constantToAffine), "Affine")
	if a := b.node("y").Op.(ir.Affine); len(a.Mul) != 1 || a.Mul[0] != 3 {
		t.Errorf("factors %v, want 3", a.Mul)
	}
}
