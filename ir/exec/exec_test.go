package exec

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

// single is a graph of one node; operands with data are constants, others inputs.
type single struct {
	r  *rand.Rand
	g  *ir.Graph
	in []*ir.Value
}

func (s *single) input(t ir.DType, shape ...int) *single {
	v := &ir.Value{Name: fmt.Sprintf("in%d", len(s.g.Inputs)), Type: t, Shape: shape}
	if t == ir.U8 {
		v.Quant = ir.PerTensor(0.05, int32(s.r.IntN(256)))
	}
	s.g.Inputs = append(s.g.Inputs, v)
	s.in = append(s.in, v)
	return s
}

func (s *single) absent() *single {
	s.in = append(s.in, nil)
	return s
}

func (s *single) constant(t *ir.Tensor) *single {
	v := ir.Const(fmt.Sprintf("const%d", len(s.in)), t)
	s.in = append(s.in, v)
	return s
}

// weights adds an s8 constant with one zero point an output channel, 0 unless asym.
func (s *single) weights(asym bool, shape ...int) *single {
	t := ir.NewTensor(ir.S8, shape)
	for i := range t.S8 {
		t.S8[i] = int8(s.r.IntN(256) - 128)
	}
	s.constant(t)
	q := &ir.Quant{}
	for range shape[0] {
		z := int32(0)
		if asym {
			z = int32(s.r.IntN(256) - 128)
		}
		q.Scale, q.Zero = append(q.Scale, 0.01), append(q.Zero, z)
	}
	s.in[len(s.in)-1].Quant = q
	return s
}

func (s *single) bias(n int) *single {
	t := ir.NewTensor(ir.S32, ir.Shape{n})
	for i := range t.S32 {
		t.S32[i] = int32(s.r.IntN(20000) - 10000)
	}
	return s.constant(t)
}

func (s *single) floats(shape ...int) *single { return s.constant(randomTensor(s.r, shape)) }

// random returns values for the graph's inputs.
func random(r *rand.Rand, g *ir.Graph) []*ir.Tensor {
	var in []*ir.Tensor
	for _, v := range g.Inputs {
		t := ir.NewTensor(v.Type, v.Shape)
		for i := range t.F32 {
			t.F32[i] = float32(r.NormFloat64())
		}
		for i := range t.U8 {
			t.U8[i] = uint8(r.IntN(256))
		}
		for i := range t.I64 {
			t.I64[i] = int64(r.IntN(20) - 10)
		}
		in = append(in, t)
	}
	return in
}

// same fails unless got is want: bytes exactly, floats within 1e-5 of the largest.
func same(want, got *ir.Tensor) error {
	top := 0.0
	for _, v := range want.F32 {
		top = max(top, math.Abs(float64(v)))
	}
	for i, v := range want.F32 {
		if d := math.Abs(float64(v) - float64(got.F32[i])); !(d <= 1e-5*top) {
			return fmt.Errorf("element %d is %g, want %g", i, got.F32[i], v)
		}
	}
	for i, v := range want.U8 {
		if got.U8[i] != v {
			return fmt.Errorf("element %d is %d, want %d", i, got.U8[i], v)
		}
	}
	if !slices.Equal(want.I64, got.I64) {
		return fmt.Errorf("is %v, want %v", got.I64, want.I64)
	}
	if want.Elems() != got.Elems() || want.Type != got.Type || !want.Shape.Equal(got.Shape) {
		return fmt.Errorf("is %s, want %s", describe(got), describe(want))
	}
	return nil
}

// identical fails unless the tensors have the same bits.
func identical(a, b []*ir.Tensor) bool {
	for i := range a {
		bits := func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }
		if !slices.EqualFunc(a[i].F32, b[i].F32, bits) || !slices.Equal(a[i].U8, b[i].U8) {
			return false
		}
	}
	return true
}

// check runs a graph with interp and with 1, 2 and 3 workers, twice each.
func check(g *ir.Graph, in []*ir.Tensor) error {
	want, err := interp.Run(g, in)
	if err != nil {
		return err
	}
	var first []*ir.Tensor
	for workers := 1; workers <= 3; workers++ {
		e, err := New(g, workers)
		if err != nil {
			return err
		}
		for range 2 {
			got, err := e.Run(in, nil)
			if err != nil {
				return err
			}
			for i := range want {
				if err := same(want[i], got[i]); err != nil {
					return fmt.Errorf("output %d: %w", i, err)
				}
			}
			if first == nil {
				first = got
			}
			if !identical(first, got) {
				return fmt.Errorf("%d workers give other bits", workers)
			}
		}
	}
	return nil
}

func TestOperators(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(12) {
				r := rand.New(rand.NewPCG(seed, 7))
				s := &single{r: r, g: &ir.Graph{Name: c.name}}
				op := c.make(r, s)
				n, err := s.g.Add("y", op, s.in...)
				if err != nil {
					t.Fatal(err)
				}
				s.g.Outputs = n.Out
				setQuant(r, n)
				if err := check(s.g, random(r, s.g)); err != nil {
					t.Fatalf("seed %d: %s of %s: %+v: %v", seed, op.Kind(), n.In[0].Shape, op, err)
				}
			}
		})
	}
}

// setQuant gives a node's u8 results the parameters that Verify wants.
func setQuant(r *rand.Rand, n *ir.Node) {
	zero := int32(0)
	switch op := n.Op.(type) {
	case ir.QConv:
		zero = int32(op.Zero)
	case ir.QFC:
		zero = int32(op.Zero)
	case ir.QAdd:
		zero = int32(op.Zero)
	case ir.QMul:
		zero = int32(op.Zero)
	case ir.QAvgPool:
		zero = int32(op.Zero)
	case ir.QGlobalAvgPool:
		zero = int32(op.Zero)
	case ir.Quantize:
		zero = int32(op.Zero)
	case ir.QTable:
		zero = int32(r.IntN(256))
	default: // movement: all as the first
		for _, v := range append(n.In[1:len(n.In):len(n.In)], n.Out...) {
			if v != nil && v.Type == ir.U8 {
				v.Quant = n.In[0].Quant
			}
		}
		return
	}
	n.Out[0].Quant = ir.PerTensor(0.1, zero)
}

func TestEveryOperatorIsTested(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	seen := map[string]bool{}
	for _, c := range cases {
		seen[c.make(r, &single{r: r, g: &ir.Graph{}}).Kind()] = true
	}
	for _, op := range ir.Ops() {
		if !seen[op.Kind()] {
			t.Errorf("no case for %s", op.Kind())
		}
	}
}

// TestReuse runs a graph whose buffers are shared, with views, a value read late
// and an input that is an output.
func TestReuse(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{2, 4, 6, 6}}
	g := &ir.Graph{Name: "reuse", Inputs: []*ir.Value{x}}
	add := func(name string, op ir.Op, in ...*ir.Value) *ir.Value {
		n, err := g.Add(name, op, in...)
		if err != nil {
			t.Fatal(err)
		}
		return n.Out[0]
	}
	w := func(name string) *ir.Value { return ir.Const(name, randomTensor(r, ir.Shape{4, 4, 3, 3})) }
	conv := ir.Conv{Window: window(3, 1, 1), Groups: 1, Epilogue: ir.Epilogue{Act: ir.Act{Kind: ir.Tanh}}}
	a := add("a", conv, x, w("w1"))
	v := add("v", ir.Reshape{Shape: ir.Shape{2, 4, 36, 1}}, a)
	b := add("b", conv, a, w("w2"))
	c := add("c", conv, b, w("w3"))
	d := add("d", conv, c, w("w4"), nil, a)
	late := add("late", ir.Reshape{Shape: ir.Shape{2, 4, 6, 6}}, v)
	e := add("e", ir.Binary{Fn: ir.Add, Act: ir.Act{Kind: ir.Silu}}, d, late)
	same := add("same", ir.Identity{}, e)
	g.Outputs = []*ir.Value{same, e, v, x}
	if err := check(g, random(r, g)); err != nil {
		t.Fatal(err)
	}
	ex, _ := New(g, 2)
	buffers := map[*float32]bool{}
	for _, t := range ex.(*executor).tensors {
		buffers[&t.F32[0]] = true
	}
	if n := len(buffers) - 4; n > 5 { // less the weights
		t.Errorf("%d buffers for ten values, want at most 5", n)
	}
}

func TestObserve(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	s := &single{r: r, g: &ir.Graph{Name: "observe"}}
	s.input(ir.F32, 1, 2, 4, 4).floats(3, 2, 1, 1)
	n, err := s.g.Add("y", ir.Conv{Window: window(1, 1, 0), Groups: 1, Epilogue: ir.Epilogue{Act: ir.Act{Kind: ir.Sigmoid}}}, s.in...)
	if err != nil {
		t.Fatal(err)
	}
	s.g.Outputs = n.Out
	e, err := New(s.g, 2)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	points := map[string]*ir.Tensor{}
	_, err = e.Run(random(r, s.g), func(p Point, x *ir.Tensor) {
		names = append(names, p.String())
		points[p.String()] = clone(x)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); got != "in0 y/before y" {
		t.Fatalf("observed %q", got)
	}
	for i, v := range points["y/before"].F32 {
		if want := interp.Apply(ir.Act{Kind: ir.Sigmoid}, v); want != points["y"].F32[i] {
			t.Errorf("element %d: sigmoid(%g) is %g, want %g", i, v, points["y"].F32[i], want)
		}
	}
}

func TestErrors(t *testing.T) {
	s := &single{r: rand.New(rand.NewPCG(1, 1)), g: &ir.Graph{Name: "errors"}}
	s.input(ir.F32, 1, 2, 4, 4).input(ir.F32, 3, 2, 1, 1)
	n, err := s.g.Add("y", ir.Conv{Window: window(1, 1, 0), Groups: 1}, s.in...)
	if err != nil {
		t.Fatal(err)
	}
	s.g.Outputs = n.Out
	if _, err := New(s.g, 1); err == nil || !strings.Contains(err.Error(), `"y" (Conv)`) || !strings.Contains(err.Error(), "constant") {
		t.Errorf("variable weights: %v", err)
	}
	e, err := New(layer(t, ir.Conv{Window: window(1, 1, 0), Groups: 1}, ir.Shape{1, 2, 3, 3}, 4), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range [][]*ir.Tensor{nil, {nil}, {ir.NewTensor(ir.U8, ir.Shape{1, 2, 3, 3})}, {ir.NewTensor(ir.F32, ir.Shape{1, 2, 3, 4})}} {
		if _, err := e.Run(in, nil); err == nil {
			t.Errorf("inputs %v: no error", in)
		}
	}
}

// TestLargeSums has sums far above 2^24, where float32 is not exact any more,
// and a bias that brings them back into a byte's range.
func TestLargeSums(t *testing.T) {
	const k, m = 3000, 9
	for _, zero := range []int32{0, -128} {
		s := &single{r: rand.New(rand.NewPCG(9, 9)), g: &ir.Graph{Name: "sums"}}
		s.input(ir.U8, 1, k).weights(false, m, k)
		x, w, b := ir.NewTensor(ir.U8, ir.Shape{1, k}), s.in[1].Const, ir.NewTensor(ir.S32, ir.Shape{m})
		s.in[0].Quant.Zero[0] = 0
		for i := range x.U8 {
			x.U8[i] = uint8(255 - s.r.IntN(2))
		}
		for i := range w.S8 {
			w.S8[i] = int8(127 - s.r.IntN(2))
			b.S32[i/k] -= int32(x.U8[i%k]) * (int32(w.S8[i]) - zero)
		}
		for i := range b.S32 {
			b.S32[i] += int32(10 * i)
		}
		s.in[1].Quant = &ir.Quant{Scale: []float32{1}, Zero: []int32{zero}}
		n, err := s.g.Add("y", ir.QFC{Requant: ir.Requant{Mul: []float32{1}, Hi: 255}}, append(s.in, ir.Const("b", b))...)
		if err != nil {
			t.Fatal(err)
		}
		s.g.Outputs, n.Out[0].Quant = n.Out, ir.PerTensor(1, 0)
		if err := check(s.g, []*ir.Tensor{x}); err != nil {
			t.Fatal(err)
		}
	}
}
