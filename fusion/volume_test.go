package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestAffineBeforeVolume folds what scales the channels of a volume into the convolution before it.
func TestAffineBeforeVolume(t *testing.T) {
	scale := ir.Affine{Mul: []float32{1, 2, -3, 4}, Add: []float32{0, 1, 2, 0}}
	volume := func(perm, shape []int) *net {
		b := newNet(t, 6, 3, 4, 5)
		turned := b.transpose("turn", b.reshape("places", b.conv("c", b.x(), 4, 3, 1), shape...), perm...)
		b.out(b.act("y", b.op("scale", scale, turned), relu))
		return b
	}
	b := volume([]int{0, 2, 1, 3, 4}, []int{2, 3, 4, 4, 5})
	b.rewrite(fuseAll(t), "Conv Reshape Transpose")
	b.fusedInto("c", "y_2", "c", "scale", "y")
	for _, c := range []struct {
		name        string
		perm, shape []int
		want        string
	}{
		{"three of two places", []int{0, 2, 1, 3, 4}, []int{3, 2, 4, 4, 5}, "Conv Affine Reshape Transpose Unary"},
		{"turned further", []int{0, 2, 1, 4, 3}, []int{2, 3, 4, 4, 5}, "Conv Reshape Transpose Affine Unary"},
		{"other images", []int{0, 2, 1, 3, 4}, []int{2, 3, 4, 5, 4}, "Conv Reshape Transpose Affine Unary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			volume(c.perm, c.shape).rewrite(each(affineBeforeVolume), c.want)
		})
	}
}
