package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestRecognizePixelShuffle(t *testing.T) {
	crd, dcr := []int{0, 1, 4, 2, 5, 3}, []int{0, 3, 4, 1, 5, 2}
	cases := []struct {
		name  string
		split []int
		perm  []int
		out   []int
		want  string
		crd   bool
	}{
		{"channel first", []int{1, 3, 2, 2, 4, 5}, crd, []int{1, 3, 8, 10}, "DepthToSpace", true},
		{"block first", []int{1, 2, 2, 3, 4, 5}, dcr, []int{1, 3, 8, 10}, "DepthToSpace", false},
		{"oblong block", []int{1, 2, 3, 2, 4, 5}, crd, []int{1, 2, 12, 10}, "Reshape Transpose Reshape", false},
		{"x before y", []int{1, 3, 2, 2, 4, 5}, []int{0, 1, 4, 3, 5, 2}, []int{1, 3, 8, 10}, "Reshape Transpose Reshape", false},
		{"other result", []int{1, 3, 2, 2, 4, 5}, crd, []int{1, 3, 80}, "Reshape Transpose Reshape", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, 12, 4, 5)
			y := b.transpose("t", b.reshape("r1", b.x(), c.split...), c.perm...)
			b.out(b.reshape("r2", y, c.out...))
			b.rewrite(each(recognizePixelShuffle), c.want)
			if c.want == "DepthToSpace" {
				b.fusedInto("r2", "r2", "r1", "t", "r2")
				if got := b.node("r2").Op; got != ir.Op(ir.DepthToSpace{Block: 2, CRD: c.crd}) {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 1, 12, 4, 5)
		r := b.reshape("r1", b.x(), 1, 3, 2, 2, 4, 5)
		b.out(b.reshape("r2", b.transpose("t", r, crd...), 1, 3, 8, 10), r)
		b.rewrite(each(recognizePixelShuffle), "Reshape Transpose Reshape")
	})
}
