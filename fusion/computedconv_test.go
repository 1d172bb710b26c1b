package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestComputedConv(t *testing.T) {
	win := ir.Window{Kernel: [2]int{3, 2}, Stride: [2]int{2, 1}, Dilation: [2]int{1, 2}, Pad: [4]int{1, 0, 2, 1}}
	const product = "Pad Gather Gather Transpose Reshape Reshape MatMul Reshape"
	for _, c := range []struct {
		name   string
		groups int
		bias   func(b *net) *ir.Value
		want   string
	}{
		{"no bias", 1, func(*net) *ir.Value { return nil }, product},
		{"groups", 2, func(*net) *ir.Value { return nil }, product},
		{"depthwise", 4, func(*net) *ir.Value { return nil }, product},
		{"bias", 2, func(b *net) *ir.Value { return b.rand("b", 8) }, product + " Reshape Binary"},
		{"computed bias", 1, func(b *net) *ir.Value { return b.input("b", 8) }, product + " Reshape Binary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 2, 4, 5, 6)
			b.out(b.op("c", ir.Conv{Window: win, Groups: c.groups}, b.x(), b.input("w", 8, 4/c.groups, 3, 2), c.bias(b)))
			b.rewrite(each(computedConv), c.want)
		})
	}
	t.Run("computed bias of constant weights", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 6)
		b.out(b.op("c", ir.Conv{Window: win, Groups: 1}, b.x(), b.rand("w", 8, 4, 3, 2), b.input("b", 8)))
		b.rewrite(each(computedConv), "Conv Reshape Binary")
	})
	t.Run("constant", func(t *testing.T) {
		b := newNet(t, 1, 4, 5, 6)
		b.out(b.op("c", ir.Conv{Window: win, Groups: 1}, b.x(), b.rand("w", 8, 4, 3, 2), b.rand("b", 8)))
		b.rewrite(each(computedConv), "Conv")
	})
}
