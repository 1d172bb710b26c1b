package quant

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
)

// builder makes small networks with random weights.
type builder struct {
	t *testing.T
	r *rand.Rand
	g *ir.Graph
	n int
}

func newBuilder(t *testing.T, seed uint64) *builder {
	return &builder{t: t, r: rand.New(rand.NewPCG(seed, 11)), g: &ir.Graph{Name: "net"}}
}

func (b *builder) input(shape ...int) *ir.Value {
	v := &ir.Value{Name: fmt.Sprintf("input%d", len(b.g.Inputs)), Type: ir.F32, Shape: shape}
	b.g.Inputs = append(b.g.Inputs, v)
	return v
}

// node adds a node whose value is called as its operator and a number.
func (b *builder) node(op ir.Op, in ...*ir.Value) *ir.Value {
	b.t.Helper()
	b.n++
	n, err := b.g.Add(fmt.Sprintf("%s%d", strings.ToLower(op.Kind()), b.n), op, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return n.Out[0]
}

func (b *builder) constant(scale float64, shape ...int) *ir.Value {
	b.n++
	t := ir.NewTensor(ir.F32, shape)
	for i := range t.F32 {
		t.F32[i] = float32(b.r.NormFloat64() * scale)
	}
	return ir.Const(fmt.Sprintf("const%d", b.n), t)
}

// conv adds a k x k convolution to m channels that keeps the extent divided by
// the stride, with a bias.
func (b *builder) conv(x *ir.Value, m, k, stride, groups int, e ir.Epilogue, residual ...*ir.Value) *ir.Value {
	b.t.Helper()
	op := ir.Conv{Window: square(k, stride, k/2), Groups: groups, Epilogue: e}
	c := x.Shape[1] / groups
	w := b.constant(1/math.Sqrt(float64(c*k*k)), m, c, k, k)
	return b.node(op, append([]*ir.Value{x, w, b.constant(0.3, m)}, residual...)...)
}

func (b *builder) fc(x *ir.Value, m int, e ir.Epilogue) *ir.Value {
	b.t.Helper()
	k := x.Shape[1]
	return b.node(ir.FC{Epilogue: e}, x, b.constant(1/math.Sqrt(float64(k)), m, k), b.constant(0.3, m))
}

func (b *builder) done(out ...*ir.Value) *ir.Graph {
	b.t.Helper()
	b.g.Outputs = out
	if err := ir.Verify(b.g); err != nil {
		b.t.Fatal(err)
	}
	return b.g
}

func square(k, stride, pad int) ir.Window {
	return ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Pad: [4]int{pad, pad, pad, pad}}
}

func act(k ir.ActKind) ir.Epilogue { return ir.Epilogue{Act: ir.Act{Kind: k}} }

var relu6 = ir.Act{Kind: ir.Clip, B: 6}

// samples returns n random inputs of g.
func samples(g *ir.Graph, n int) *Samples {
	r := rand.New(rand.NewPCG(77, 7))
	var list [][]*ir.Tensor
	for range n {
		var in []*ir.Tensor
		for _, v := range g.Inputs {
			t := ir.NewTensor(ir.F32, v.Shape)
			for i := range t.F32 {
				t.F32[i] = float32(r.NormFloat64())
			}
			in = append(in, t)
		}
		list = append(list, in)
	}
	return NewSamples(list...)
}

func executor(t *testing.T, g *ir.Graph, workers int) exec.Executor {
	t.Helper()
	e, err := exec.New(g, workers)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func calibrate(t *testing.T, g *ir.Graph, src Source, m Mode) *Calibration {
	t.Helper()
	c, err := Calibrate(g, executor(t, g, 1), src, CalibrateOptions{Mode: m})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func quantize(t *testing.T, g *ir.Graph, o Options) (*ir.Graph, *Report) {
	t.Helper()
	q, rep, err := Quantize(g, calibrate(t, g, samples(g, 16), MinMax), o)
	if err != nil {
		t.Fatal(err)
	}
	return q, rep
}

// kinds lists a graph's operators.
func kinds(g *ir.Graph) string {
	var s []string
	for _, n := range g.Nodes {
		s = append(s, n.Op.Kind())
	}
	return strings.Join(s, " ")
}

// find returns the node of that kind, which must be the only one.
func find[T ir.Op](t *testing.T, g *ir.Graph) (*ir.Node, T) {
	t.Helper()
	var found *ir.Node
	for _, n := range g.Nodes {
		if _, ok := n.Op.(T); ok {
			if found != nil {
				t.Fatalf("%s: more than one %T", kinds(g), n.Op)
			}
			found = n
		}
	}
	if found == nil {
		var want T
		t.Fatalf("%s: no %T", kinds(g), want)
	}
	return found, found.Op.(T)
}
