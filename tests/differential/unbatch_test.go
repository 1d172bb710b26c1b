package differential

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
)

// TestUnbatch wants random networks on several images, as made and fused, to give for each what their
// graph of one image gives.
func TestUnbatch(t *testing.T) {
	for seed := range uint64(*graphs / 2) {
		m := &netMaker{Rand: rand.New(rand.NewPCG(seed, 24)), t: t, g: &ir.Graph{Name: fmt.Sprint("net", seed)}, images: 2 + int(seed%3)}
		m.build()
		if seed%2 == 0 {
			p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
			if _, err := p.Run(m.g); err != nil {
				t.Fatal(err)
			}
		}
		m.wantUnbatched()
	}
}

// TestUnbatchTransformer does so with a network that joins a constant token to each image's, takes
// the images into the rows of a matrix, and moves their axis.
func TestUnbatchTransformer(t *testing.T) {
	const images, tokens, heads, width = 3, 4, 2, 8
	x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{images, 3, 4, 4}}
	m := &netMaker{Rand: rand.New(rand.NewPCG(1, 25)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: images}
	y := m.value(ir.Reshape{Shape: ir.Shape{images, width, tokens}}, m.conv(x, width, 1, 2, 1))
	y = m.value(ir.Slice{Start: []int{0, 0, 0}, Step: []int{1, 1, 1}, Size: []int{images, width, tokens}}, y)
	y = m.value(ir.Transpose{Perm: []int{0, 2, 1}}, y)
	token := m.constant(1, images, 1, width)
	for i, v := range token.Const.F32[:width] {
		token.Const.F32[width+i], token.Const.F32[2*width+i] = v, v
	}
	y = m.value(ir.Binary{}, m.value(ir.Concat{Axis: 1}, token, y), m.constant(1, 1, tokens+1, width))
	rows := m.value(ir.Reshape{Shape: ir.Shape{images * (tokens + 1), width}}, y)
	qkv := m.value(ir.Gemm{Alpha: 1, Beta: 1}, rows, m.constant(1, width, 3*width), m.constant(1, 3*width))
	qkv = m.value(ir.Reshape{Shape: ir.Shape{images, tokens + 1, 3, heads, width / heads}}, qkv)
	qkv = m.value(ir.Transpose{Perm: []int{2, 0, 3, 1, 4}}, qkv)
	q := m.value(ir.Gather{Index: []int{0}}, qkv)
	k := m.value(ir.Transpose{Perm: []int{0, 1, 3, 2}}, m.value(ir.Gather{Index: []int{1}}, qkv))
	v := m.value(ir.Gather{Index: []int{2}}, qkv)
	a := m.value(ir.MatMul{}, m.value(ir.Softmax{Axis: 3}, m.value(ir.MatMul{}, q, k)), v)
	a = m.value(ir.Reshape{Shape: ir.Shape{images, tokens + 1, width}}, m.value(ir.Transpose{Perm: []int{0, 2, 1, 3}}, a))
	a = m.value(ir.Normalize{Axes: []int{2}, Epsilon: 1e-3}, m.value(ir.Binary{}, a, y), m.constant(1, width), nil)
	m.g.Outputs = []*ir.Value{m.value(ir.MatMul{}, m.value(ir.Gather{Axis: 1, Index: []int{0}}, a), m.constant(1, width, 5))}
	m.wantUnbatched()
}

// wantUnbatched compares the network with its graph of one image.
func (m *netMaker) wantUnbatched() {
	m.t.Helper()
	source := m.g.String()
	one, images := fusion.Unbatch(m.g)
	if one == nil || images != m.images {
		m.t.Fatalf("%d images, want %d\n%.3000s", images, m.images, m.g)
	}
	if err := ir.Verify(one); err != nil {
		m.t.Fatalf("%v\n%.3000s", err, one)
	}
	if m.g.String() != source {
		m.t.Error("the source's graph has changed")
	}
	in := m.inputs()
	want, err := interp.Run(m.g, in)
	if err != nil {
		m.t.Fatal(err)
	}
	for i := range images {
		x := ir.NewTensor(in[0].Type, one.Inputs[0].Shape)
		n := x.Shape.Elems() * x.Type.Size()
		copy(x.Bytes(), in[0].Bytes()[i*n:])
		got, err := interp.Run(one, []*ir.Tensor{x})
		if err != nil {
			m.t.Fatal(err)
		}
		for k, y := range got {
			n := len(y.Bytes())
			if string(y.Bytes()) != string(want[k].Bytes()[i*n:(i+1)*n]) {
				m.t.Fatalf("output %d of image %d differs\n%.3000s\n%.3000s", k, i, m.g, one)
			}
		}
	}
}

// TestUnbatchRefuses wants a graph whose images are not computed alike, each from itself, to stay.
func TestUnbatchRefuses(t *testing.T) {
	for name, f := range map[string]func(m *netMaker, x *ir.Value) *ir.Value{
		"mean over the batch": func(m *netMaker, x *ir.Value) *ir.Value {
			return m.value(ir.Binary{}, x, m.value(ir.Reduce{Axes: []int{0}}, x))
		},
		"another constant for each": func(m *netMaker, x *ir.Value) *ir.Value { return m.value(ir.Binary{}, x, m.constant(1, 2, 1, 1, 1)) },
		"softmax over the batch":    func(m *netMaker, x *ir.Value) *ir.Value { return m.value(ir.Softmax{}, x) },
		"images in reverse": func(m *netMaker, x *ir.Value) *ir.Value {
			return m.value(ir.Slice{Start: []int{1, 0, 0, 0}, Step: []int{-1, 1, 1, 1}, Size: x.Shape}, x)
		},
		"images taken by index": func(m *netMaker, x *ir.Value) *ir.Value {
			return m.value(ir.Gather{Index: []int{1, 0}, IndexShape: ir.Shape{2}}, x)
		},
		"images joined": func(m *netMaker, x *ir.Value) *ir.Value { return m.value(ir.Concat{}, x, x) },
		"images and channels change places": func(m *netMaker, x *ir.Value) *ir.Value {
			return m.value(ir.Transpose{Perm: []int{1, 0, 2, 3}}, x)
		},
		"images mixed by a shape": func(m *netMaker, x *ir.Value) *ir.Value {
			y := m.value(ir.Transpose{Perm: []int{1, 0, 2, 3}}, x)
			return m.value(ir.Reshape{Shape: x.Shape}, y)
		},
		"a matrix of each by the other's": func(m *netMaker, x *ir.Value) *ir.Value {
			return m.value(ir.MatMul{}, x, m.value(ir.Transpose{Perm: []int{0, 1, 3, 2}}, m.value(ir.Transpose{Perm: []int{1, 0, 2, 3}}, x)))
		},
	} {
		x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{2, 2, 4, 5}}
		m := &netMaker{Rand: rand.New(rand.NewPCG(1, 26)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: 2}
		m.g.Outputs = []*ir.Value{f(m, m.conv(x, 2, 3, 1, 1))}
		if one, _ := fusion.Unbatch(m.g); one != nil {
			t.Errorf("%s: is divided:\n%s", name, one)
		}
	}
}

// TestRowsStayTogether wants a network on rows of a matrix to stay one.
func TestRowsStayTogether(t *testing.T) {
	x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{9, 4}}
	m := &netMaker{Rand: rand.New(rand.NewPCG(1, 28)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}}
	m.g.Outputs = []*ir.Value{m.act(m.value(ir.FC{}, x, m.constant(1, 3, 4), nil))}
	if one, _ := fusion.Unbatch(m.g); one != nil {
		t.Errorf("is divided:\n%s", one)
	}
}
