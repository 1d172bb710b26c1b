package differential

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/quant"
)

// TestGivenGraphs compares random graphs that bring their quantization parameters along: most
// values are rounded, most weights follow from bytes with a zero point.
func TestGivenGraphs(t *testing.T) {
	for i := range *graphs {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := newNet(t, *seed+uint64(i), 20)
			m.roundWeights()
			m.roundValues()
			source := m.g.String()
			p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
			if _, err := p.Run(m.g); err != nil {
				t.Fatalf("%v\n%s", err, m.g)
			}
			q, _, err := quant.Quantize(m.g, nil, quant.Options{})
			if err != nil {
				t.Fatalf("%v\n%s", err, m.g)
			}
			if err := networks.Graph(q, m.inputs(), m.inputs()); err != nil {
				t.Errorf("%v\n%.6000s\n%.6000s", err, source, q)
			}
		})
	}
}

// roundWeights makes weights of bytes of most convolutions' weights.
func (m *netMaker) roundWeights() {
	for _, n := range m.g.Nodes {
		if _, ok := n.Op.(ir.Conv); !ok || m.IntN(5) == 0 || n.In[1].Quant != nil {
			continue
		}
		w := n.In[1]
		q := &ir.Quant{}
		for range w.Shape[0] {
			q.Scale, q.Zero = append(q.Scale, float32(0.002+0.02*m.Float64())), append(q.Zero, int32(m.pick(m.IntN(61)-30, 0, -128, 127)))
		}
		if m.IntN(2) == 0 {
			q.Scale, q.Zero = q.Scale[:1], q.Zero[:1]
		}
		each := len(w.Const.F32) / w.Shape[0]
		for i, v := range w.Const.F32 {
			p := q.At(i / each)
			s, z := float64(p.Scale[0]), float64(p.Zero[0])
			k := min(max(math.RoundToEven(float64(v)/s)+z, -128), 127)
			if m.IntN(10) == 0 {
				k = float64(m.pick(-128, 127))
			}
			w.Const.F32[i] = float32((k - z) * s)
		}
		w.Quant = q
	}
}

// roundValues puts a FakeQuant behind an input of float32 and behind most nodes.
func (m *netMaker) roundValues() {
	nodes := slices.Clone(m.g.Nodes)
	if len(m.g.Inputs) > 0 && m.g.Inputs[0].Type == ir.F32 {
		m.roundBehind(m.g.Inputs[0], -1)
	}
	for _, n := range nodes {
		if m.IntN(8) > 0 && len(n.Out) == 1 && n.Out[0].Type == ir.F32 && !m.g.IsOutput(n.Out[0]) {
			m.roundBehind(n.Out[0], slices.Index(m.g.Nodes, n))
		}
	}
	if err := ir.Verify(m.g); err != nil {
		m.t.Fatal(err)
	}
}

// roundBehind lets the readers of v read what a FakeQuant behind node i makes of it.
func (m *netMaker) roundBehind(v *ir.Value, i int) {
	op := ir.FakeQuant{Scale: []float32{float32(0.01 + 0.03*m.Float64())}, Zero: []int{m.pick(0, 0, 10, 120, 128, 255)}}
	f, err := ir.NewNode(v.Name+"/rounded", op, v)
	if err != nil {
		m.t.Fatal(err)
	}
	m.g.Replace(v, f.Out[0])
	m.g.Nodes = slices.Insert(m.g.Nodes, i+1, f)
}

// TestQuantizationSteps compares what runs in plain Go: a scale for each channel, scales that
// are computed, bytes with and without sign.
func TestQuantizationSteps(t *testing.T) {
	for i := range 6 {
		m := &netMaker{Rand: rand.New(rand.NewPCG(uint64(i), 21)), t: t, g: &ir.Graph{Name: "steps"}, images: 1}
		x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{1, 3, 4 + i, 5}}
		m.g.Inputs = []*ir.Value{x}
		each := m.value(ir.FakeQuant{Scale: []float32{0.01, 0.02, 0.5}, Zero: []int{0, 128, 255}, Axis: 1}, x)
		whole := m.value(ir.FakeQuant{Scale: []float32{0.03}, Zero: []int{100}}, x)
		d := m.node(ir.DynamicQuantizeLinear{}, x)
		dynamic := m.value(ir.DequantizeLinear{}, d.Out...)
		scales := ir.Const("scales", ir.Floats(ir.Shape{3}, []float32{0.01, 0.02, 0.3}))
		zeros := ir.Const("zeros", &ir.Tensor{Type: ir.S8, Shape: ir.Shape{3}, S8: []int8{-128, 5, 127}})
		bytes := m.value(ir.QuantizeLinear{Axis: 1, To: ir.S8}, x, scales, zeros)
		signed := m.value(ir.DequantizeLinear{Axis: 1}, m.value(ir.Transpose{Perm: []int{0, 1, 3, 2}}, bytes), scales, zeros)
		plain := m.value(ir.DequantizeLinear{}, m.value(ir.QuantizeLinear{To: ir.U8}, x, d.Out[1]), d.Out[1])
		m.g.Outputs = []*ir.Value{each, whole, dynamic, signed, plain}
		if err := networks.Graph(m.g, m.inputs()); err != nil {
			t.Error(err)
		}
	}
}
