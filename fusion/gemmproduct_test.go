package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestGemmToMatMul(t *testing.T) {
	for _, c := range []struct {
		name string
		op   ir.Gemm
		a, b []int // shapes
		c    []int // nil for none
		want string
	}{
		{"no bias", ir.Gemm{Alpha: 1, Beta: 1}, []int{3, 4}, []int{4, 5}, nil, "MatMul"},
		{"factor", ir.Gemm{Alpha: 0.5, Beta: 1}, []int{3, 4}, []int{4, 5}, nil, "MatMul Affine"},
		{"bias", ir.Gemm{Alpha: 1, Beta: 1}, []int{3, 4}, []int{4, 5}, []int{5}, "MatMul Binary"},
		{"bias times nothing", ir.Gemm{Alpha: 1}, []int{3, 4}, []int{4, 5}, []int{5}, "MatMul"},
		{"scalar bias", ir.Gemm{Alpha: 1, Beta: 1}, []int{3, 4}, []int{4, 5}, []int{}, "MatMul Binary"},
		{"all", ir.Gemm{Alpha: 2, Beta: 3, TransA: true, TransB: true}, []int{4, 3}, []int{5, 4}, []int{3, 1}, "Transpose Transpose MatMul Affine Affine Binary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, c.a...)
			in := []*ir.Value{b.x(), b.input("b", c.b...)}
			if c.c != nil {
				in = append(in, b.input("c", c.c...))
			}
			b.out(b.op("g", c.op, in...))
			b.rewrite(each(gemmToMatMul), c.want)
		})
	}
	t.Run("bias of rows", func(t *testing.T) {
		b := newNet(t, 3, 4)
		b.out(b.op("g", ir.Gemm{Alpha: 1, Beta: 1}, b.x(), b.rand("w", 4, 5), b.rand("c", 3, 1)))
		b.rewrite(each(gemmToMatMul), "MatMul Binary")
	})
	t.Run("fully connected", func(t *testing.T) {
		b := newNet(t, 3, 4)
		b.out(b.op("g", ir.Gemm{Alpha: 1, Beta: 1}, b.x(), b.rand("w", 4, 5), b.rand("c", 5)))
		b.rewrite(each(gemmToMatMul), "Gemm")
	})
}
