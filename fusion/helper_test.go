package fusion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// net builds a graph for a test. Every node stands for the source node of its own name.
type net struct {
	t testing.TB
	*ir.Graph
	rng *rand.Rand
}

// newNet returns a graph with the input x.
func newNet(t testing.TB, shape ...int) *net {
	b := &net{t, &ir.Graph{Name: "test"}, rand.New(rand.NewPCG(1, 2))}
	b.input("x", shape...)
	return b
}

func (b *net) input(name string, shape ...int) *ir.Value {
	v := &ir.Value{Name: name, Type: ir.F32, Shape: shape}
	b.Inputs = append(b.Inputs, v)
	return v
}

func (b *net) x() *ir.Value { return b.Inputs[0] }

// op adds a node and returns its first result, which is called as the node is.
func (b *net) op(name string, op ir.Op, in ...*ir.Value) *ir.Value {
	b.t.Helper()
	n, err := b.Add(name, op, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	n.From = []string{name}
	return n.Out[0]
}

func (b *net) out(v ...*ir.Value) { b.Outputs = append(b.Outputs, v...) }

// rand returns a constant of numbers around 0, half of them negative.
func (b *net) rand(name string, shape ...int) *ir.Value {
	return ir.Const(name, b.tensor(shape))
}

func (b *net) tensor(shape ir.Shape) *ir.Tensor {
	t := ir.NewTensor(ir.F32, shape)
	for i := range t.F32 {
		t.F32[i] = float32(b.rng.NormFloat64())
	}
	return t
}

// vals returns a constant of the given shape and numbers.
func vals(name string, shape ir.Shape, v ...float32) *ir.Value {
	return ir.Const(name, ir.Floats(shape, v))
}

// window returns a square window of stride 1.
func window(k, pad int) ir.Window {
	return ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{pad, pad, pad, pad}}
}

// conv adds a convolution with bias.
func (b *net) conv(name string, x *ir.Value, m, k, pad int) *ir.Value {
	b.t.Helper()
	return b.op(name, ir.Conv{Window: window(k, pad), Groups: 1}, x,
		b.rand(name+".w", m, x.Shape[1], k, k), b.rand(name+".b", m))
}

// fc adds a fully connected layer without bias.
func (b *net) fc(name string, x *ir.Value, m int) *ir.Value {
	b.t.Helper()
	return b.op(name, ir.FC{}, x, b.rand(name+".w", m, x.Shape[1]), nil)
}

func (b *net) act(name string, x *ir.Value, act ir.Act) *ir.Value {
	b.t.Helper()
	return b.op(name, ir.Unary{Act: act}, x)
}

func (b *net) bin(name string, fn ir.BinaryKind, x, y *ir.Value) *ir.Value {
	b.t.Helper()
	return b.op(name, ir.Binary{Fn: fn}, x, y)
}

func (b *net) reshape(name string, x *ir.Value, shape ...int) *ir.Value {
	b.t.Helper()
	return b.op(name, ir.Reshape{Shape: shape}, x)
}

func (b *net) transpose(name string, x *ir.Value, perm ...int) *ir.Value {
	b.t.Helper()
	return b.op(name, ir.Transpose{Perm: perm}, x)
}

var (
	relu    = ir.Act{Kind: ir.Relu}
	relu6   = ir.Act{Kind: ir.Clip, A: 0, B: 6}
	sigmoid = ir.Act{Kind: ir.Sigmoid}
)

// kinds lists the operators of a graph in order.
func kinds(g *ir.Graph) string {
	var k []string
	for _, n := range g.Nodes {
		k = append(k, n.Op.Kind())
	}
	return strings.Join(k, " ")
}

// rewrite is rewriteAny that also wants these operators to be left, and a change
// to be reported if they are others than before.
func (b *net) rewrite(run func(*ir.Graph) (int, error), want string) {
	b.t.Helper()
	was := kinds(b.Graph)
	changes := b.rewriteAny(run)
	if got := kinds(b.Graph); got != want {
		b.t.Errorf("operators after fusion:\n%s\nwant\n%s", got, want)
	}
	if was != want && changes == 0 {
		b.t.Error("reports no change")
	}
}

// rewriteAny applies run to the finished graph and checks that it is valid before
// and after, computes the same under the same output names, and changes no more when
// run again.
func (b *net) rewriteAny(run func(*ir.Graph) (int, error)) int {
	b.t.Helper()
	var in []*ir.Tensor
	for _, v := range b.Inputs {
		t := b.tensor(v.Shape)
		for i := range t.F32 {
			t.F32[i] *= 3
		}
		in = append(in, t)
	}
	names, before := outputNames(b.Graph), b.run(in)
	changes, err := run(b.Graph)
	if err != nil {
		b.t.Fatal(err)
	}
	after := b.run(in)
	if got := outputNames(b.Graph); !slices.Equal(got, names) {
		b.t.Errorf("outputs are called %q, were %q", got, names)
	}
	for i := range before {
		if err := close(after[i], before[i]); err != nil {
			b.t.Errorf("output %q: %v", names[i], err)
		}
	}
	if n, err := run(b.Graph); n != 0 || err != nil {
		b.t.Errorf("a second run makes %d changes, error %v", n, err)
	}
	return changes
}

func (b *net) run(in []*ir.Tensor) []*ir.Tensor {
	b.t.Helper()
	out, err := interp.Run(b.Graph, in)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func outputNames(g *ir.Graph) []string {
	var names []string
	for _, v := range g.Outputs {
		names = append(names, v.Name)
	}
	return names
}

// close reports how got differs from want by more than 1e-4 of the largest element.
func close(got, want *ir.Tensor) error {
	if got.Type != want.Type || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("is %s %s, was %s %s", got.Type, got.Shape, want.Type, want.Shape)
	}
	largest := 0.0
	for _, v := range want.F32 {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i, v := range want.F32 {
		if d := math.Abs(float64(got.F32[i]) - float64(v)); !(d <= 1e-4*largest) {
			return fmt.Errorf("element %d is %g, was %g; the largest is %g", i, got.F32[i], v, largest)
		}
	}
	return nil
}

// node returns the node of that name.
func (b *net) node(name string) *ir.Node {
	b.t.Helper()
	for _, n := range b.Nodes {
		if n.Name == name {
			return n
		}
	}
	b.t.Fatalf("no node %q", name)
	return nil
}

// fusedInto checks what node name stands for and what its result is called.
func (b *net) fusedInto(name, result string, from ...string) {
	b.t.Helper()
	n := b.node(name)
	if !slices.Equal(n.From, from) || n.Out[0].Name != result {
		b.t.Errorf("node %q stands for %q and gives %q, want %q and %q", name, n.From, n.Out[0].Name, from, result)
	}
}
