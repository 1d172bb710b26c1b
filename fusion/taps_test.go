package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestDropPaddingTaps(t *testing.T) {
	for _, c := range []struct {
		name   string
		shape  []int
		window ir.Window
		groups int
		kernel [2]int
		pad    [4]int
	}{
		{"all but the middle", []int{1, 4, 5, 6}, ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{6, 6}, Pad: [4]int{6, 6, 6, 6}}, 1, [2]int{1, 1}, [4]int{}},
		{"rows", []int{2, 4, 5, 9}, ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{6, 6}, Pad: [4]int{6, 6, 6, 6}}, 1, [2]int{1, 3}, [4]int{0, 6, 0, 6}},
		{"outer ones of five", []int{1, 4, 7, 7}, ir.Window{Kernel: [2]int{5, 5}, Stride: [2]int{1, 1}, Dilation: [2]int{5, 5}, Pad: [4]int{10, 10, 10, 10}}, 4, [2]int{3, 3}, [4]int{5, 5, 5, 5}},
		{"above", []int{1, 4, 3, 6}, ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 2}, Dilation: [2]int{2, 1}, Pad: [4]int{5, 1, 0, 1}}, 2, [2]int{2, 3}, [4]int{3, 1, 0, 1}},
		{"below", []int{1, 4, 3, 3}, ir.Window{Kernel: [2]int{4, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{2, 1}, Pad: [4]int{0, 0, 5, 0}}, 1, [2]int{2, 1}, [4]int{0, 0, 1, 0}},
		{"corners only", []int{1, 4, 6, 6}, ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{5, 5}, Pad: [4]int{5, 5, 5, 5}}, 1, [2]int{3, 3}, [4]int{5, 5, 5, 5}},
		{"every second position", []int{1, 4, 4, 4}, ir.Window{Kernel: [2]int{3, 1}, Stride: [2]int{4, 1}, Dilation: [2]int{4, 1}, Pad: [4]int{4, 0, 4, 0}}, 1, [2]int{1, 1}, [4]int{}},
		{"nothing but padding", []int{1, 4, 1, 1}, ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}, 1, [2]int{1, 1}, [4]int{1, 1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, c.shape...)
			w := b.rand("w", 8, c.shape[1]/c.groups, c.window.Kernel[0], c.window.Kernel[1])
			b.out(b.op("c", ir.Conv{Window: c.window, Groups: c.groups}, b.x(), w, b.rand("b", 8)))
			b.rewrite(each(dropPaddingTaps), "Conv")
			got := b.Nodes[0].Op.(ir.Conv)
			if got.Kernel != c.kernel || got.Pad != c.pad {
				t.Errorf("kernel %v, padding %v, want %v and %v", got.Kernel, got.Pad, c.kernel, c.pad)
			}
		})
	}
}
