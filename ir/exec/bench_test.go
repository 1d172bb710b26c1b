package exec

import (
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// layer is a graph of one convolution with random weights.
func layer(tb testing.TB, op ir.Conv, x ir.Shape, m int) *ir.Graph {
	r := rand.New(rand.NewPCG(1, 2))
	in := &ir.Value{Name: "x", Type: ir.F32, Shape: x}
	g := &ir.Graph{Name: "layer", Inputs: []*ir.Value{in}}
	w := randomTensor(r, ir.Shape{m, x[1] / op.Groups, op.Kernel[0], op.Kernel[1]})
	b := randomTensor(r, ir.Shape{m})
	n, err := g.Add("y", op, in, ir.Const("w", w), ir.Const("b", b))
	if err != nil {
		tb.Fatal(err)
	}
	g.Outputs = n.Out
	return g
}

func window(k, stride, pad int) ir.Window {
	return ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Pad: [4]int{pad, pad, pad, pad}}
}

func randomTensor(r *rand.Rand, s ir.Shape) *ir.Tensor {
	t := ir.NewTensor(ir.F32, s)
	for i := range t.F32 {
		t.F32[i] = float32(r.NormFloat64())
	}
	return t
}

// BenchmarkConv prints the billions of products a second of one worker.
func BenchmarkConv(b *testing.B) {
	for _, c := range []struct {
		name string
		op   ir.Conv
		x    ir.Shape
		m    int
	}{
		{"3x3_56x56x64", ir.Conv{Window: window(3, 1, 1), Groups: 1}, ir.Shape{1, 64, 56, 56}, 64},
		{"1x1_14x14x1024-256", ir.Conv{Window: window(1, 1, 0), Groups: 1}, ir.Shape{1, 1024, 14, 14}, 256},
		{"1x1_56x56x64-256", ir.Conv{Window: window(1, 1, 0), Groups: 1}, ir.Shape{1, 64, 56, 56}, 256},
		{"3x3_7x7x512", ir.Conv{Window: window(3, 1, 1), Groups: 1}, ir.Shape{1, 512, 7, 7}, 512},
		{"7x7s2_224x224x3", ir.Conv{Window: window(7, 2, 3), Groups: 1}, ir.Shape{1, 3, 224, 224}, 64},
		{"depthwise_56x56x144", ir.Conv{Window: window(3, 1, 1), Groups: 144}, ir.Shape{1, 144, 56, 56}, 144},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := layer(b, c.op, c.x, c.m)
			e, err := New(g, 1)
			if err != nil {
				b.Fatal(err)
			}
			in := []*ir.Tensor{randomTensor(rand.New(rand.NewPCG(3, 4)), c.x)}
			for b.Loop() {
				if _, err := e.Run(in, nil); err != nil {
					b.Fatal(err)
				}
			}
			w := g.Nodes[0].In[1].Shape
			macs := g.Outputs[0].Shape.Elems() * w[1] * w[2] * w[3]
			b.ReportMetric(float64(b.N)*float64(macs)/1e9/b.Elapsed().Seconds(), "GMAC/s")
		})
	}
}
