package ir

import (
	"slices"
	"strings"
	"testing"
)

func TestOutSize(t *testing.T) {
	cases := []struct {
		kernel, stride, dilation, before, after, extent int
		ceil                                            bool
		want                                            int // 0: error
	}{
		{3, 1, 1, 1, 1, 7, false, 7},
		{3, 2, 1, 1, 1, 7, false, 4},
		{3, 2, 1, 0, 0, 8, false, 3},
		{3, 2, 1, 0, 0, 8, true, 4},
		{2, 2, 1, 0, 0, 8, true, 4},
		{2, 3, 1, 0, 1, 3, true, 1}, // a second window would start in the padding behind
		{1, 3, 1, 0, 0, 5, true, 2},
		{3, 1, 2, 0, 0, 7, false, 3},
		{3, 1, 3, 0, 0, 7, false, 1},
		{3, 1, 4, 0, 0, 7, false, 0},
		{0, 1, 1, 0, 0, 7, false, 0},
		{1, 0, 1, 0, 0, 7, false, 0},
		{1, 1, 0, 0, 0, 7, false, 0},
		{1, 1, 1, -1, 0, 7, false, 0},
	}
	for _, c := range cases {
		for axis := range 2 {
			w := Window{}
			w.Kernel[axis], w.Stride[axis], w.Dilation[axis] = c.kernel, c.stride, c.dilation
			w.Pad[axis], w.Pad[axis+2] = c.before, c.after
			got, err := w.OutSize(axis, c.extent, c.ceil)
			if got != c.want || (err != nil) != (c.want == 0) {
				t.Errorf("%+v: %d, %v", c, got, err)
			}
		}
	}
}

func TestInferRefuses(t *testing.T) {
	f := func(d ...int) *Value { return value("f", F32, d...) }
	u := func(d ...int) *Value { return value("u", U8, d...) }
	win := func(k int) Window {
		return Window{Kernel: [2]int{k, k}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	}
	padded := win(2)
	padded.Pad[0] = 2
	image := f(1, 4, 5, 5)
	cases := []struct {
		op   Op
		in   []*Value
		want string
	}{
		{Conv{Window: win(1), Groups: 1}, []*Value{image}, "has 1 operands, want 2 to 4"},
		{Conv{Window: win(1), Groups: 1}, []*Value{image, nil}, "operand 1 is missing"},
		{Conv{Window: win(1), Groups: 1}, []*Value{image, u(2, 4, 1, 1)}, "operand 1 is u8"},
		{Conv{Window: win(1), Groups: 1}, []*Value{f(1, 4, 5), f(2, 4, 1, 1)}, "want both 4-dimensional"},
		{Conv{Window: win(1), Groups: 3}, []*Value{image, f(3, 4, 1, 1)}, "groups 3 does not divide"},
		{Conv{Window: win(1), Groups: 0}, []*Value{image, f(3, 4, 1, 1)}, "groups 0 does not divide"},
		{Conv{Window: win(1), Groups: 2}, []*Value{image, f(2, 4, 1, 1)}, "want 2 input channels a group"},
		{Conv{Window: win(3), Groups: 1}, []*Value{image, f(2, 4, 1, 1)}, "do not fit the kernel 3x3"},
		{Conv{Window: win(6), Groups: 1}, []*Value{image, f(2, 4, 6, 6)}, "height: kernel of 6"},
		{Conv{Window: win(1), Groups: 1}, []*Value{image, f(2, 4, 1, 1), f(3)}, "bias 3: want 2"},
		{Conv{Window: win(1), Groups: 1}, []*Value{image, f(2, 4, 1, 1), nil, f(1, 2, 5, 4)}, "residual operand 1x2x5x4: want 1x2x5x5"},
		{FC{}, []*Value{f(1, 3), f(2, 4)}, "want [N,K] and [M,K]"},
		{FC{}, []*Value{f(1, 3), f(2, 3), f(3)}, "bias 3: want 2"},
		{FC{}, []*Value{f(1, 3), f(2, 3), nil, f(2)}, "residual operand"},
		{QFC{}, []*Value{f(1, 3), f(2, 3)}, "operand 0 is f32, want [u8]"},
		{Gemm{}, []*Value{f(1, 3), f(3)}, "want two matrices"},
		{Gemm{}, []*Value{f(1, 3), f(4, 2)}, "inner extents 3 and 4"},
		{Gemm{TransB: true}, []*Value{f(1, 3), f(3, 2)}, "inner extents 3 and 2"},
		{Gemm{}, []*Value{f(1, 3), f(3, 2), f(3)}, "does not broadcast to 1x2"},
		{MatMul{}, []*Value{f(), f(1)}, "a scalar is no matrix"},
		{MatMul{}, []*Value{f(2, 3), f(2)}, "inner extents 3 and 2"},
		{MatMul{}, []*Value{f(2, 1, 3), f(3, 3, 1)}, "do not broadcast"},
		{BatchNorm{}, []*Value{f(2), f(2), f(2), f(2), f(2)}, "channel axis"},
		{BatchNorm{}, []*Value{f(1, 2), f(2), f(2), f(3), f(2)}, "operand 3 is 3, want 2 channels"},
		{Affine{Mul: []float32{1}}, []*Value{f(1, 2)}, "0 factors"},
		{Affine{Mul: []float32{1, 1}, Add: []float32{1}}, []*Value{f(2)}, "2 factors for 2"},
		{PRelu{}, []*Value{f(2), f(3)}, "does not broadcast"},
		{Binary{}, []*Value{f(2), value("i", I64, 2)}, "types f32 and i64"},
		{Logic{}, []*Value{u(2), u(2)}, "operand 0 is u8"},
		{Compare{}, []*Value{u(2), f(2)}, "operands of types u8 and f32"},
		{Where{}, []*Value{f(2), f(2), f(2)}, "operand 0 is f32"},
		{Expand{Shape: Shape{3}}, []*Value{f(2)}, "2 does not broadcast to 3"},
		{Binary{}, []*Value{f(2, 3), f(2)}, "do not broadcast"},
		{MaxPool{Window: padded}, []*Value{image}, "padding is not smaller than the window"},
		{MaxPool{Window: win(2)}, []*Value{f(4, 5)}, "want a 4-dimensional"},
		{AvgPool{Window: win(2)}, []*Value{u(1, 1, 4, 4)}, "operand 0 is u8"},
		{QAvgPool{Window: win(2), Mul: []float32{1}}, []*Value{u(1, 1, 4, 4)}, "1 multipliers, want 4"},
		{GlobalAvgPool{}, []*Value{f(1, 2)}, "want a 4-dimensional"},
		{Reduce{Axes: []int{2}}, []*Value{f(1, 2)}, "axis 2 of a 2-dimensional"},
		{Reduce{Fn: ReduceSum, Axes: []int{0}}, []*Value{u(2)}, "operand 0 is u8"},
		{Softmax{Axis: -1}, []*Value{f(1, 2)}, "axis -1"},
		{Concat{Axis: 1}, []*Value{}, "has 0 operands"},
		{Concat{Axis: 1}, []*Value{f(1, 2), u(1, 2)}, "operand 1 is u8 1x2"},
		{Concat{Axis: 1}, []*Value{f(1, 2), f(2, 2)}, "does not join"},
		{Split{Axis: 1, Sizes: []int{1, 2}}, []*Value{f(1, 2)}, "do not add up to 2"},
		{Split{Axis: 1, Sizes: []int{-1, 3}}, []*Value{f(1, 2)}, "negative part"},
		{Slice{Start: []int{0}}, []*Value{f(1)}, "must have 1 entries"},
		{Slice{Start: []int{1}, Step: []int{2}, Size: []int{3}}, []*Value{f(5)}, "leave the extent 5"},
		{Slice{Start: []int{1}, Step: []int{-1}, Size: []int{3}}, []*Value{f(5)}, "leave the extent 5"},
		{Pad{Before: []int{1}}, []*Value{f(2)}, "1 entries before and after"},
		{Pad{Before: []int{2}, After: []int{0}, Mode: PadReflect}, []*Value{f(2)}, "needs a larger extent"},
		{Pad{Before: []int{-3}, After: []int{0}}, []*Value{f(2)}, "crops more than there is"},
		{Reshape{Shape{3}}, []*Value{f(2)}, "other elements"},
		{Transpose{Perm: []int{0}}, []*Value{f(1, 2)}, "of 2 axes"},
		{Transpose{Perm: []int{0, 0}}, []*Value{f(1, 2)}, "no permutation"},
		{ChannelShuffle{Groups: 3}, []*Value{image}, "do not divide"},
		{DepthToSpace{Block: 3}, []*Value{image}, "do not divide"},
		{ResizeNearest{Y: []int{5}}, []*Value{image}, "index 5 leaves the extent 5"},
		{ResizeNearest{}, []*Value{f(1)}, "want a 4-dimensional"},
		{Gather{Axis: 1}, []*Value{f(1)}, "axis 1"},
		{Gather{Index: []int{1}, IndexShape: Shape{2}}, []*Value{f(3)}, "1 indices for the shape 2"},
		{Gather{Index: []int{3}, IndexShape: Shape{}}, []*Value{f(3)}, "index 3 leaves the extent 3"},
		{QTable{Table: make([]uint8, 512)}, []*Value{u(1, 3)}, "table of 512 entries"},
		{Quantize{Mul: []float32{1}, Add: []float32{1, 2}}, []*Value{f(1, 3)}, "2 factors for 1x3"},
		{Dequantize{}, []*Value{f(1)}, "operand 0 is f32"},
	}
	for _, c := range cases {
		if _, err := NewNode("n", c.op, c.in...); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), `node "n": `+c.op.Kind()+"(") {
			t.Errorf("%s(%s): error %v\n\twant %q", c.op.Kind(), describe(c.in), err, c.want)
		}
	}
}

func TestGraphEdits(t *testing.T) {
	g := quantized(t)
	x, conv := g.find("x").Out[0], g.find("conv")
	if r := g.Readers()[x]; len(r) != 2 || r[0] != conv || r[1] != conv {
		t.Errorf("x has %d readers, want the convolution twice", len(r))
	}
	if n := g.FreshName("x"); n != "x_1" {
		t.Errorf("fresh name %q", n)
	}
	if n := g.FreshName("new"); n != "new" {
		t.Errorf("fresh name %q", n)
	}
	var names []string
	for _, v := range g.Values() {
		names = append(names, v.Name)
	}
	if want := []string{"image", "x", "w", "b", "conv", "concat", "table", "real"}; !slices.Equal(names, want) {
		t.Errorf("values %q, want %q", names, want)
	}
	if !g.IsOutput(g.Outputs[0]) || g.IsOutput(x) {
		t.Error("IsOutput is wrong")
	}
	g.Replace(g.find("concat").Out[0], x)
	g.find("table").Out[0].Shape, g.find("real").Out[0].Shape = x.Shape, x.Shape
	if n := g.RemoveDead(); n != 2 || len(g.Nodes) != 3 {
		t.Errorf("%d dead nodes, %d left: want 2 and 3", n, len(g.Nodes))
	}
	if err := Verify(g); err != nil {
		t.Error(err)
	}
	g.Replace(g.Outputs[0], x)
	if g.Outputs[0] != x || g.RemoveDead() != 2 {
		t.Error("the output was not replaced")
	}
}

func TestClampLimits(t *testing.T) {
	for _, c := range []struct {
		a      Act
		lo, hi float32
		ok     bool
		text   string
	}{
		{Act{Kind: Relu}, 0, inf, true, "relu"},
		{Act{Kind: Clip, A: -1, B: 6}, -1, 6, true, "clip(-1,6)"},
		{Act{Kind: Elu, A: 0.5}, 0, 0, false, "elu(0.5)"},
		{Act{}, 0, 0, false, "none"},
		{Act{Kind: 99}, 0, 0, false, "act(99)"},
	} {
		if lo, hi, ok := c.a.IsClamp(); lo != c.lo || hi != c.hi || ok != c.ok || c.a.String() != c.text {
			t.Errorf("%s: %g to %g, %v", c.a, lo, hi, ok)
		}
	}
}
