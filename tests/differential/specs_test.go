package differential

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

var specs = flag.Int("specs", 300, "number of random single-layer graphs")

// families are the makers of single-layer graphs; layers with more to go wrong
// have more of the turns.
var families = []struct {
	name  string
	turns int
	make  func(m *maker)
}{
	{"convolution", 6, (*maker).anyConv},
	{"first layer", 2, (*maker).firstConv},
	{"groups", 2, (*maker).groupConv},
	{"pointwise", 3, (*maker).pointwise},
	{"depthwise", 4, (*maker).depthwise},
	{"stacked", 2, (*maker).stacked},
	{"fully connected", 3, (*maker).fullyConnected},
	{"maximum", 2, (*maker).maxPool},
	{"mean", 3, (*maker).avgPool},
	{"sum or product", 4, (*maker).pair},
	{"table", 1, (*maker).table},
	{"movement", 5, (*maker).movement},
	{"border", 2, (*maker).border},
	{"large", 1, (*maker).large},
	{"float32", 3, (*maker).floats},
	{"space", 2, (*maker).space},
}

// TestSingleLayers compares random layers of all families.
func TestSingleLayers(t *testing.T) {
	var turns []int
	for i, f := range families {
		for range f.turns {
			turns = append(turns, i)
		}
	}
	for i := range *specs {
		f := families[turns[i%len(turns)]]
		t.Run(fmt.Sprintf("%s %d", f.name, i), func(t *testing.T) {
			t.Parallel()
			m := newMaker(t, uint64(i))
			f.make(m)
			if err := layers.Graph(m.g, m.inputs(), m.odd(m.inputs())); err != nil {
				t.Errorf("%v\n%.3000s", err, m.g)
			}
		})
	}
}

// maker makes an int8 graph of one layer with its border.
type maker struct {
	*rand.Rand
	t *testing.T
	g *ir.Graph
	n int

	numbers bool // inputs have no NaN
	finite  bool // nor numbers whose squares are infinite
}

func newMaker(t *testing.T, seed uint64) *maker {
	return &maker{Rand: rand.New(rand.NewPCG(seed, 5)), t: t, g: &ir.Graph{Name: "g"}}
}

func (m *maker) pick(v ...int) int { return v[m.IntN(len(v))] }

// chance is true once in n times.
func (m *maker) chance(n int) bool { return m.IntN(n) == 0 }

func (m *maker) byte() uint8 { return uint8(m.Uint32()) }

// node adds a node. Its u8 results get q.
func (m *maker) node(op ir.Op, q *ir.Quant, in ...*ir.Value) *ir.Node {
	m.t.Helper()
	m.n++
	n, err := m.g.Add(fmt.Sprintf("n%d", m.n), op, in...)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, v := range n.Out {
		if v.Type == ir.U8 {
			v.Quant = q
		}
	}
	return n
}

func (m *maker) value(op ir.Op, q *ir.Quant, in ...*ir.Value) *ir.Value {
	m.t.Helper()
	return m.node(op, q, in...).Out[0]
}

// quant returns parameters with any zero point, often the lowest or the highest.
func (m *maker) quant() *ir.Quant {
	return ir.PerTensor(float32(0.01+m.Float64()), int32(m.pick(0, 255, 128, m.IntN(256), m.IntN(256))))
}

// input is a graph input, quantized.
func (m *maker) input(shape ...int) *ir.Value {
	m.n++
	v := &ir.Value{Name: fmt.Sprintf("x%d", m.n), Type: ir.F32, Shape: shape}
	m.g.Inputs = append(m.g.Inputs, v)
	q := m.quant()
	mul := []float32{40}
	if len(shape) == 4 && m.chance(3) {
		mul = make([]float32, shape[1])
		for i := range mul {
			mul[i] = float32(20 + 40*m.Float64())
		}
	}
	add := make([]float32, len(mul))
	for i := range add { // the middle of the range is as likely as its ends
		add[i] = float32(128 - q.Zero[0])
	}
	return m.value(ir.Quantize{Mul: mul, Add: add, Zero: uint8(q.Zero[0])}, q, v)
}

// output makes values the graph's outputs.
func (m *maker) output(vs ...*ir.Value) {
	for _, v := range vs {
		m.g.Outputs = append(m.g.Outputs, m.value(ir.Dequantize{Scale: v.Scale()}, nil, v))
	}
}

// constant is a u8 constant.
func (m *maker) constant(q *ir.Quant, shape ...int) *ir.Value {
	m.n++
	t := ir.NewTensor(ir.U8, shape)
	for i := range t.U8 {
		t.U8[i] = m.byte()
	}
	v := ir.Const(fmt.Sprintf("c%d", m.n), t)
	v.Quant = q
	return v
}

// inputs are random tensors for the graph, sometimes nothing but the ends of the range.
func (m *maker) inputs() []*ir.Tensor {
	var in []*ir.Tensor
	for _, v := range m.g.Inputs {
		x := ir.NewTensor(ir.F32, v.Shape)
		extreme := m.chance(5)
		for i := range x.F32 {
			x.F32[i] = float32(m.NormFloat64() * 2)
			if extreme {
				x.F32[i] = float32(math.Copysign(1e6, float64(x.F32[i])))
			}
		}
		in = append(in, x)
	}
	return in
}

// limits are mostly 0 and 255.
func (m *maker) limits() (lo, hi uint8) {
	if !m.chance(3) {
		return 0, 255
	}
	lo = m.byte()
	return lo, lo + uint8(m.IntN(256-int(lo)))
}

// maybeTable is one table, or none.
func (m *maker) maybeTable() []uint8 {
	if !m.chance(4) {
		return nil
	}
	return m.bytesTable(1)
}

func (m *maker) bytesTable(n int) []uint8 {
	t := make([]uint8, 256*n)
	for i := range t {
		t[i] = m.byte()
	}
	return t
}

// tail is a number of channels around every multiple of a vector's size.
func (m *maker) tail() int {
	return m.pick(1+m.IntN(17), 1+m.IntN(17), 16, 31, 32, 33, 48, 49, 63, 64, 65, 80)
}
