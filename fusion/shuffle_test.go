package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestRecognizeShuffle(t *testing.T) {
	cases := []struct {
		name  string
		split []int
		perm  []int
		out   []int
		want  string
	}{
		{"five axes", []int{1, 2, 3, 4, 5}, []int{0, 2, 1, 3, 4}, []int{1, 6, 4, 5}, "ChannelShuffle"},
		{"four axes", []int{1, 3, 2, 20}, []int{0, 2, 1, 3}, []int{1, 6, 4, 5}, "ChannelShuffle"},
		{"other permutation", []int{1, 2, 3, 4, 5}, []int{0, 2, 1, 4, 3}, []int{1, 6, 4, 5}, "Reshape Transpose Reshape"},
		{"other result", []int{1, 2, 3, 4, 5}, []int{0, 2, 1, 3, 4}, []int{1, 6, 20}, "Reshape Transpose Reshape"},
		{"across space", []int{1, 3, 4, 10}, []int{0, 2, 1, 3}, []int{1, 6, 4, 5}, "Reshape Transpose Reshape"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 6, 4, 5)
			y := b.transpose("t", b.reshape("r1", b.x(), c.split...), c.perm...)
			b.out(b.reshape("r2", y, c.out...))
			b.rewrite(each(recognizeShuffle), c.want)
			if c.want == "ChannelShuffle" {
				b.fusedInto("r2", "r2", "r1", "t", "r2")
				if g := b.node("r2").Op.(ir.ChannelShuffle).Groups; g != c.split[1] {
					t.Errorf("%d groups, want %d", g, c.split[1])
				}
			}
		})
	}
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		y := b.transpose("t", b.reshape("r1", b.x(), 1, 2, 3, 4, 5), 0, 2, 1, 3, 4)
		b.out(b.reshape("r2", y, 1, 6, 4, 5), y)
		b.rewrite(each(recognizeShuffle), "Reshape Transpose Reshape")
	})
	t.Run("two in a row, then flattened", func(t *testing.T) {
		b := newNet(t, 1, 6, 4, 5)
		y := b.x()
		for _, n := range []string{"a", "b"} {
			y = b.transpose(n+".t", b.reshape(n+".r1", y, 1, 2, 3, 4, 5), 0, 2, 1, 3, 4)
			y = b.reshape(n+".r2", y, 1, 6, 4, 5)
		}
		b.out(b.reshape("flat", y, 1, 120))
		b.rewrite(fuseAll(t), "ChannelShuffle ChannelShuffle Reshape")
	})
}
