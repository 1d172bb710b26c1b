package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestMeanToPool(t *testing.T) {
	whole := ir.Window{Kernel: [2]int{3, 4}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	padded, strided := whole, whole
	padded.Pad = [4]int{1, 0, 0, 0}
	strided.Stride, strided.Dilation = [2]int{2, 2}, [2]int{1, 1}
	part := window(3, 0)
	cases := []struct {
		name string
		op   ir.Op
		want string
	}{
		{"kept axes", ir.Reduce{Axes: []int{2, 3}, Keep: true}, "GlobalAvgPool"},
		{"dropped axes", ir.Reduce{Axes: []int{2, 3}}, "GlobalAvgPool Reshape"},
		{"one axis", ir.Reduce{Axes: []int{3}}, "Reduce"},
		{"channels", ir.Reduce{Axes: []int{1, 2}}, "Reduce"},
		{"whole window", ir.AvgPool{Window: whole}, "GlobalAvgPool"},
		{"whole window, strided", ir.AvgPool{Window: strided, CountPad: true}, "GlobalAvgPool"},
		{"padded window", ir.AvgPool{Window: padded, CountPad: true}, "AvgPool"},
		{"part", ir.AvgPool{Window: part}, "AvgPool"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 2, 5, 3, 4)
			b.out(b.op("m", c.op, b.x()))
			b.rewrite(each(meanToPool), c.want)
		})
	}
	t.Run("of three axes", func(t *testing.T) {
		b := newNet(t, 5, 3, 4)
		b.out(b.op("m", ir.Reduce{Axes: []int{1, 2}}, b.x()))
		b.rewrite(each(meanToPool), "Reduce")
	})
}

func TestMeanOfTransposed(t *testing.T) {
	for _, c := range []struct {
		name string
		perm []int
		op   ir.Reduce
		want string
	}{
		{"channels last", []int{0, 2, 3, 1}, ir.Reduce{Axes: []int{1, 2}}, "GlobalAvgPool Reshape"},
		{"channels last, kept", []int{0, 2, 3, 1}, ir.Reduce{Axes: []int{1, 2}, Keep: true}, "GlobalAvgPool Reshape"},
		{"width first", []int{0, 1, 3, 2}, ir.Reduce{Axes: []int{2, 3}, Keep: true}, "GlobalAvgPool"},
		{"over channels", []int{0, 2, 3, 1}, ir.Reduce{Axes: []int{2, 3}}, "Transpose Reduce"},
		{"batch behind channels", []int{2, 3, 1, 0}, ir.Reduce{Axes: []int{0, 1}}, "Transpose Reduce"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 2, 5, 3, 4)
			b.out(b.op("m", c.op, b.transpose("t", b.x(), c.perm...)))
			b.rewrite(each(meanToPool), c.want)
		})
	}
}
