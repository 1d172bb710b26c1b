package compiled

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/exec"
	"github.com/ingot-go/ingot/quant"
)

// network is a small network: convolutions with a curved activation, a residual sum and
// none, a mean, a fully connected layer and softmax.
func network(t *testing.T) *ir.Graph {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 3, 9, 10}}
	g := &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}
	add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out[0]
	}
	constant := func(name string, shape ...int) *ir.Value {
		c := ir.NewTensor(ir.F32, shape)
		for i := range c.F32 {
			c.F32[i] = float32(r.NormFloat64()) / 4
		}
		return ir.Const(name, c)
	}
	conv := func(name string, m int, e ir.Epilogue, in ...*ir.Value) *ir.Value {
		w := ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
		weights := []*ir.Value{constant(name+".w", m, in[0].Shape[1], 3, 3), constant(name+".b", m)}
		return add(name, ir.Conv{Window: w, Groups: 1, Epilogue: e}, slices.Insert(slices.Clone(in), 1, weights...)...)
	}
	a := conv("a", 19, ir.Epilogue{Act: ir.Act{Kind: ir.Sigmoid}}, x)
	b := conv("b", 19, ir.Epilogue{Act: ir.Act{Kind: ir.Relu}}, a, a)
	c := add("mean", ir.GlobalAvgPool{}, b)
	d := add("flat", ir.Reshape{Shape: ir.Shape{1, 19}}, c)
	e := add("fc", ir.FC{}, d, constant("fc.w", 5, 19), constant("fc.b", 5))
	f := add("softmax", ir.Softmax{Axis: 1}, e)
	g.Outputs = []*ir.Value{f, b}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestTypes has a network of bytes whose outputs are real numbers and integers.
func TestTypes(t *testing.T) {
	x := &ir.Value{Name: "x", Type: ir.U8, Shape: ir.Shape{1, 4, 5, 3}}
	g := &ir.Graph{Name: "bytes", Inputs: []*ir.Value{x}}
	add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out[0]
	}
	y := add("planes", ir.Transpose{Perm: []int{0, 3, 1, 2}}, add("real", ir.Cast{To: ir.F32}, x))
	soft := add("soft", ir.Unary{Act: ir.Act{Kind: ir.Softsign}}, y)
	g.Outputs = []*ir.Value{soft, add("whole", ir.Cast{To: ir.I64}, y)}
	e, err := New(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	in := ir.NewTensor(ir.U8, x.Shape)
	for i := range in.U8 {
		in.U8[i] = uint8(4 * i)
	}
	shown := 0
	out, err := e.Run([]*ir.Tensor{in}, func(p exec.Point, v *ir.Tensor) {
		if p.Value.Def != nil {
			shown++
			if v.Type != ir.F32 {
				t.Errorf("%s is shown as %s", p, v.Type)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if shown != 3 || out[1].I64[0] != 0 || out[1].I64[1] != 12 || out[0].F32[1] != 12.0/13 {
		t.Errorf("%d values were shown, outputs are %v", shown, out)
	}
}

// inputs are three of network's.
func inputs() (all [][]*ir.Tensor) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		x := ir.NewTensor(ir.F32, ir.Shape{1, 3, 9, 10})
		for i := range x.F32 {
			x.F32[i] = float32(r.NormFloat64())
		}
		all = append(all, []*ir.Tensor{x})
	}
	return all
}

// seen is what an observer was shown, in order.
type seen struct {
	points []exec.Point
	values [][]float32
}

func (s *seen) observe(p exec.Point, t *ir.Tensor) {
	s.points = append(s.points, p)
	s.values = append(s.values, slices.Clone(t.F32))
}

func run(t *testing.T, e exec.Executor, in []*ir.Tensor) *seen {
	t.Helper()
	s := &seen{}
	out, err := e.Run(in, s.observe)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		s.observe(exec.Point{}, o)
	}
	return s
}

func start(t *testing.T, g *ir.Graph) *Executor {
	t.Helper()
	e, err := New(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(e.module.Path); !os.IsNotExist(err) {
			t.Errorf("the temporary module is still there: %v", err)
		}
	})
	return e
}

// All values are those of package exec, in the same order; twice to the bit.
func TestRun(t *testing.T) {
	g := network(t)
	e := start(t, g)
	oracle, err := exec.New(g, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range inputs() {
		want, got := run(t, oracle, in), run(t, e, in)
		if !slices.Equal(got.points, want.points) {
			t.Fatalf("points are %v, want %v", got.points, want.points)
		}
		for j, p := range got.points {
			for k, v := range got.values[j] {
				if w := want.values[j][k]; !(math.Abs(float64(v-w)) <= 1e-5*largest(want.values[j])) {
					t.Fatalf("sample %d, %s: element %d is %v, want %v", i, p, k, v, w)
				}
			}
		}
		again := run(t, e, in)
		if !slices.EqualFunc(got.values, again.values, slices.Equal[[]float32]) {
			t.Errorf("sample %d: a second run gives other bits", i)
		}
		out, err := e.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got.values); !slices.Equal(out[0].F32, got.values[n-2]) || !slices.Equal(out[1].F32, got.values[n-1]) {
			t.Errorf("sample %d: outputs without an observer differ", i)
		}
	}
	if _, err := e.Run(nil, nil); err == nil || !strings.Contains(err.Error(), "1 inputs") {
		t.Errorf("a run without inputs: %v", err)
	}
}

func largest(x []float32) float64 {
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(float64(v)))
	}
	return top
}

// A source that is read ahead has the same samples, and runs of them the same values,
// also when some are never asked for.
func TestAhead(t *testing.T) {
	e := start(t, network(t))
	samples := inputs()
	var want []*seen
	for _, in := range samples {
		want = append(want, run(t, e, in))
	}
	src := e.Ahead(quant.NewSamples(samples...))
	if _, err := src.Next(); err != nil { // and leave it
		t.Fatal(err)
	}
	for range 2 {
		if err := src.Reset(); err != nil {
			t.Fatal(err)
		}
		for i := range samples {
			in, err := src.Next()
			if err != nil {
				t.Fatal(err)
			}
			if i == 1 { // something else in between
				run(t, e, samples[0])
			}
			if got := run(t, e, in); !slices.EqualFunc(got.values, want[i].values, slices.Equal[[]float32]) {
				t.Errorf("sample %d has other values", i)
			}
		}
		if _, err := src.Next(); err != io.EOF {
			t.Errorf("behind the last sample: %v", err)
		}
	}
}

func TestStopped(t *testing.T) {
	why := errors.New("reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	e, err := New(ctx, network(t))
	if err != nil {
		t.Fatal(err)
	}
	cancel(why)
	for range 2 {
		if _, err := e.Run(inputs()[0], nil); !errors.Is(err, why) {
			t.Errorf("after the end of the context: %v", err)
		}
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if _, err := New(ctx, network(t)); !errors.Is(err, why) {
		t.Errorf("New after the end of the context: %v", err)
	}
}
