package fusion

import (
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func TestAffineIntoNext(t *testing.T) {
	fold := each(affineIntoNext)
	convs := []struct {
		name string
		op   ir.Conv
		add  []float32
		want string
	}{
		{"dense", ir.Conv{Window: window(3, 0), Groups: 1}, []float32{1, 2, -3, 4}, "Conv"},
		{"grouped", ir.Conv{Window: window(3, 0), Groups: 2}, []float32{1, 2, -3, 4}, "Conv"},
		{"depthwise", ir.Conv{Window: window(3, 0), Groups: 4}, []float32{1, 2, -3, 4}, "Conv"},
		{"padded", ir.Conv{Window: window(3, 1), Groups: 1}, []float32{1, 2, -3, 4}, "Affine Conv"},
		{"padded on one side", ir.Conv{Window: ir.Window{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{0, 0, 0, 1}}, Groups: 1},
			[]float32{1}, "Affine Conv"},
		{"padded without shift", ir.Conv{Window: window(3, 1), Groups: 2}, []float32{0}, "Conv"},
	}
	for _, c := range convs {
		for _, bias := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				b := newNet(t, 1, 4, 5, 5)
				x := b.op("a", ir.Affine{Mul: []float32{2, -1, 3, 0.5}, Add: c.add}, b.x())
				in := []*ir.Value{x, b.rand("w", 8, 4/c.op.Groups, c.op.Kernel[0], c.op.Kernel[1])}
				if bias {
					in = append(in, b.rand("b", 8))
				}
				b.out(b.op("c", c.op, in...))
				b.rewrite(fold, c.want)
				if c.want == "Conv" {
					b.fusedInto("c", "c", "a", "c")
				}
			})
		}
	}
	t.Run("fc", func(t *testing.T) {
		b := newNet(t, 2, 4)
		b.out(b.fc("f", b.affine("a", b.x()), 3))
		b.rewrite(fold, "FC")
	})
	t.Run("flattened", func(t *testing.T) {
		b := newNet(t, 2, 4, 3, 2)
		b.out(b.fc("f", b.reshape("r", b.affine("a", b.x()), 2, 24), 3))
		b.rewrite(fold, "Reshape FC")
		b.fusedInto("f", "f", "a", "f")
	})
	t.Run("flattened otherwise", func(t *testing.T) {
		b := newNet(t, 2, 4, 3, 2)
		b.out(b.fc("f", b.reshape("r", b.affine("a", b.x()), 4, 12), 3))
		b.rewrite(fold, "Affine Reshape FC")
	})
	t.Run("with residual and activation", func(t *testing.T) {
		b := newNet(t, 2, 4)
		op := ir.FC{Epilogue: ir.Epilogue{Pre: relu, Act: sigmoid}}
		b.out(b.op("f", op, b.affine("a", b.x()), b.rand("w", 3, 4), nil, b.input("r", 2, 3)))
		b.rewrite(fold, "FC")
	})
	t.Run("second reader", func(t *testing.T) {
		b := newNet(t, 2, 4)
		a := b.affine("a", b.x())
		b.out(b.fc("f", a, 3), b.fc("g", a, 3))
		b.rewrite(fold, "Affine FC FC")
	})
	t.Run("output", func(t *testing.T) {
		b := newNet(t, 2, 4)
		a := b.affine("a", b.x())
		b.out(b.fc("f", a, 3), a)
		b.rewrite(fold, "Affine FC")
	})
	t.Run("reshape with a second reader", func(t *testing.T) {
		b := newNet(t, 2, 4, 3)
		r := b.reshape("r", b.affine("a", b.x()), 2, 12)
		b.out(b.fc("f", r, 3), b.act("s", r, relu))
		b.rewrite(fold, "Affine Reshape FC Unary")
	})
}
