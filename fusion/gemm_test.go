package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestGemmToFC(t *testing.T) {
	cases := []struct {
		name string
		op   ir.Gemm
		b    []int // shape of B
		c    []int // shape of C, nil for none
		want string
	}{
		{"plain", ir.Gemm{Alpha: 1, Beta: 1}, []int{4, 5}, []int{5}, "FC"},
		{"rows", ir.Gemm{Alpha: 1, Beta: 1, TransB: true}, []int{5, 4}, []int{1, 5}, "FC"},
		{"factors", ir.Gemm{Alpha: 0.5, Beta: -2}, []int{4, 5}, []int{1}, "FC"},
		{"scalar", ir.Gemm{Alpha: 0.5, Beta: 3, TransB: true}, []int{5, 4}, []int{}, "FC"},
		{"no bias", ir.Gemm{Alpha: 2, Beta: 1}, []int{4, 5}, nil, "FC"},
		{"bias times nothing", ir.Gemm{Alpha: 2}, []int{4, 5}, []int{3, 5}, "FC"},
		{"bias of rows", ir.Gemm{Alpha: 1, Beta: 1}, []int{4, 5}, []int{3, 1}, "Gemm"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 3, 4)
			in := []*ir.Value{b.x(), b.rand("w", c.b...)}
			if c.c != nil {
				in = append(in, b.rand("c", c.c...))
			}
			b.out(b.op("g", c.op, in...))
			b.rewrite(each(gemmToFC), c.want)
			b.fusedInto("g", "g", "g")
		})
	}
	t.Run("transposed operand", func(t *testing.T) {
		b := newNet(t, 4, 3)
		b.out(b.op("g", ir.Gemm{Alpha: 1, TransA: true}, b.x(), b.rand("w", 4, 5)))
		b.rewrite(each(gemmToFC), "Transpose FC")
	})
	residual := func(beta float32, shape ...int) *net {
		b := newNet(t, 3, 4)
		b.out(b.op("g", ir.Gemm{Alpha: 1, Beta: beta}, b.x(), b.rand("w", 4, 5), b.input("r", shape...)))
		return b
	}
	residual(1, 3, 5).rewrite(each(gemmToFC), "FC")
	residual(2, 3, 5).rewrite(each(gemmToFC), "Gemm")
	residual(1, 1, 5).rewrite(each(gemmToFC), "Gemm")
	t.Run("computed weights", func(t *testing.T) {
		b := newNet(t, 3, 4)
		b.out(b.op("g", ir.Gemm{Alpha: 1}, b.x(), b.input("w", 4, 5)))
		b.rewrite(each(gemmToFC), "Gemm")
	})
	t.Run("shared weights", func(t *testing.T) {
		b := newNet(t, 3, 4)
		w := b.rand("w", 4, 4)
		y := b.op("g1", ir.Gemm{Alpha: 1}, b.x(), w)
		b.out(b.op("g2", ir.Gemm{Alpha: 2}, y, w))
		b.rewrite(each(gemmToFC), "FC FC")
	})
}
