package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestMatMulToFC(t *testing.T) {
	cases := []struct {
		name string
		x    []int
		c    []int // shape of an added constant, nil for none
		want string
	}{
		{"matrix", []int{2, 4}, nil, "FC"},
		{"matrix and vector", []int{2, 4}, []int{5}, "FC"},
		{"matrix and row", []int{2, 4}, []int{1, 5}, "FC"},
		{"matrix and column", []int{2, 4}, []int{2, 1}, "FC Binary"},
		{"matrix and larger vector", []int{2, 4}, []int{1, 1, 5}, "FC Binary"},
		{"stack", []int{2, 3, 4}, nil, "Reshape FC Reshape"},
		{"stack and vector", []int{2, 3, 4}, []int{1, 5}, "Reshape FC Reshape"},
		{"stack and channels", []int{2, 3, 4}, []int{3, 1}, "Reshape FC Reshape Binary"},
		{"vector", []int{4}, nil, "Reshape FC Reshape"},
	}
	for _, c := range cases {
		for _, constFirst := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				b := newNet(t, c.x...)
				y := b.op("m", ir.MatMul{}, b.x(), b.rand("w", 4, 5))
				if c.c != nil {
					k := b.rand("k", c.c...)
					if constFirst {
						y, k = k, y
					}
					y = b.bin("add", ir.Add, y, k)
				}
				b.out(y)
				b.rewrite(each(matMulToFC), c.want)
			})
		}
	}
	t.Run("names", func(t *testing.T) {
		b := newNet(t, 2, 4)
		y := b.op("m", ir.MatMul{}, b.x(), b.rand("w", 4, 5))
		b.out(b.bin("add", ir.Add, y, b.rand("k", 5)))
		b.rewrite(each(matMulToFC), "FC")
		b.fusedInto("m", "add", "m", "add")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 2, 4)
		y := b.op("m", ir.MatMul{}, b.x(), b.rand("w", 4, 5))
		b.out(b.bin("add", ir.Add, y, b.rand("k", 5)), y)
		b.rewrite(each(matMulToFC), "FC Binary")
	})
	t.Run("computed matrix", func(t *testing.T) {
		b := newNet(t, 2, 4)
		b.out(b.op("m", ir.MatMul{}, b.x(), b.input("w", 4, 5)))
		b.rewrite(each(matMulToFC), "MatMul")
	})
}
