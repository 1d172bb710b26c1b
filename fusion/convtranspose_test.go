package fusion

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// transposedConv adds a transposed convolution of a square window to m channels.
func (b *net) transposedConv(name string, x *ir.Value, m, k, stride, pad, extra, groups int) *ir.Value {
	b.t.Helper()
	win := window(k, pad)
	win.Stride = [2]int{stride, stride}
	return b.op(name, ir.ConvTranspose{Window: win, OutPad: [2]int{extra, extra}, Groups: groups}, x,
		b.rand(name+".w", x.Shape[1], m/groups, k, k), b.rand(name+".b", m))
}

func TestTransposedToConv(t *testing.T) {
	for _, c := range []struct {
		name                               string
		in, m, k, stride, pad, out, groups int
		want                               string
	}{
		{"stride 1", 3, 5, 3, 1, 1, 0, 1, "Conv"},
		{"as large as the stride", 3, 5, 2, 2, 0, 0, 1, "Conv DepthToSpace"},
		{"twice the stride", 3, 5, 4, 2, 1, 0, 1, "Conv DepthToSpace Slice"},
		{"wide, with zeros", 8, 64, 3, 2, 1, 1, 1, "Conv Conv Conv Conv Concat DepthToSpace"},
		{"narrow, with zeros", 8, 2, 3, 2, 1, 1, 1, "Conv DepthToSpace"},
		{"groups", 4, 8, 2, 2, 0, 0, 2, "Conv DepthToSpace"},
		{"depthwise", 4, 4, 4, 2, 1, 0, 4, "Conv Conv Conv Conv Concat DepthToSpace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newNet(t, 1, c.in, 5, 6)
			b.out(b.transposedConv("t", b.x(), c.m, c.k, c.stride, c.pad, c.out, c.groups))
			b.rewrite(each(transposedToConv), c.want)
		})
	}
	t.Run("1x1", func(t *testing.T) {
		b := newNet(t, 1, 3, 5, 6)
		b.out(b.transposedConv("t", b.x(), 5, 2, 2, 0, 0, 1))
		before := ir.MACs(b.Nodes[0])
		b.rewrite(each(transposedToConv), "Conv DepthToSpace")
		if after := ir.MACs(b.Nodes[0]); after != before {
			t.Errorf("%d products, the definition has %d", after, before)
		}
	})
	t.Run("computed weights", func(t *testing.T) {
		b := newNet(t, 1, 3, 2, 2)
		w := b.input("w", 3, 2, 2, 2)
		win := window(2, 0)
		b.out(b.op("t", ir.ConvTranspose{Window: win, Groups: 1}, b.x(), w))
		b.rewrite(each(transposedToConv), "ConvTranspose")
	})
}

// TestTransposedForms compares all there is in a window with the definition.
func TestTransposedForms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	done := 0
	for i := range 400 {
		groups := 1 + r.IntN(3)
		var o ir.ConvTranspose
		for a := range 2 {
			o.Kernel[a], o.Stride[a], o.Dilation[a] = 1+r.IntN(5), 1+r.IntN(4), 1+r.IntN(3)
			o.Pad[a], o.Pad[a+2], o.OutPad[a] = r.IntN(4), r.IntN(4), r.IntN(4)
		}
		if r.IntN(2) == 0 {
			o.Stride[1] = o.Stride[0]
		}
		o.Groups = groups
		b := newNet(t, 1, groups*(1+r.IntN(2)), 1+r.IntN(5), 1+r.IntN(5))
		b.rng = r
		in := []*ir.Value{b.x(), b.rand("w", b.x().Shape[1], 1+r.IntN(3), o.Kernel[0], o.Kernel[1])}
		if r.IntN(2) == 0 {
			in = append(in, b.rand("b", groups*in[1].Shape[1]))
		}
		if _, err := o.Infer(in); err != nil {
			continue // all is cut off
		}
		done++
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b.t = t
			b.out(b.op("t", o, in...))
			b.rewriteAny(each(transposedToConv))
			for _, n := range b.Nodes {
				if n.Op.Kind() == "ConvTranspose" {
					t.Errorf("%+v is left", o)
				}
			}
			if t.Failed() {
				t.Logf("%+v on %s by %s", o, b.x().Shape, in[1].Shape)
			}
		})
	}
	if done < 200 {
		t.Errorf("only %d forms were possible", done)
	}
}

func TestTransposedBlock(t *testing.T) {
	for _, m := range []int{4, 64} { // one convolution, and four
		b := newNet(t, 1, 4, 5, 6)
		y := b.transposedConv("t", b.x(), m, 3, 2, 0, 0, 1)
		y = b.op("bn", ir.Affine{Mul: b.tensor(ir.Shape{m}).F32, Add: b.tensor(ir.Shape{m}).F32}, y)
		b.out(b.conv("c", b.act("relu", y, relu), 3, 1, 0))
		want := "Conv DepthToSpace Slice Conv"
		if m == 64 {
			want = "Conv Conv Conv Conv Concat DepthToSpace Slice Conv"
		}
		b.rewrite(fuseAll(t), want)
	}
}

func TestAffineIntoTransposed(t *testing.T) {
	b := newNet(t, 1, 4, 3, 3)
	y := b.transposedConv("t", b.x(), 6, 3, 2, 1, 0, 2)
	b.out(b.op("a", ir.Affine{Mul: b.tensor(ir.Shape{6}).F32, Add: b.tensor(ir.Shape{6}).F32}, y))
	b.rewrite(each(affineIntoTransposed), "ConvTranspose")
	b.fusedInto("t", "a", "t", "a")
}

func TestActivationIntoJoined(t *testing.T) {
	b := newNet(t, 1, 4, 3, 3)
	x := b.x()
	y := b.op("join", ir.Concat{Axis: 1}, b.conv("c1", x, 3, 1, 0), b.conv("c2", x, 2, 1, 0))
	b.out(b.act("relu", y, relu))
	b.rewrite(each(activationIntoJoined), "Conv Conv Concat")

	b = newNet(t, 1, 4, 3, 3)
	y = b.op("join", ir.Concat{Axis: 1}, b.conv("c1", b.x(), 3, 1, 0), b.x())
	b.out(b.act("relu", y, relu))
	b.rewrite(each(activationIntoJoined), "Conv Concat Unary")
}
