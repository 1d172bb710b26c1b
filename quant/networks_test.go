package quant

import (
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// networks are small ones of every kind, with the int8 graph's operators and the
// least signal to noise of its outputs in dB.
var networks = []struct {
	name string
	make func(b *builder) *ir.Graph
	want string
	snr  float64
}{
	{"residual", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 12, 12), 8, 3, 1, 1, act(ir.Relu))
		y := b.conv(x, 8, 3, 1, 1, act(ir.Relu))
		y = b.conv(y, 8, 3, 1, 1, act(ir.Relu), x)
		z := b.conv(y, 16, 1, 2, 1, ir.Epilogue{})
		y = b.conv(b.conv(y, 16, 3, 2, 1, act(ir.Relu)), 16, 3, 1, 1, act(ir.Relu), z)
		return b.done(b.fc(b.node(ir.Reshape{Shape: ir.Shape{1, 16}}, b.node(ir.GlobalAvgPool{}, y)), 10, ir.Epilogue{}))
	}, "Quantize QConv QConv QConv QConv QConv QConv QGlobalAvgPool Reshape QFC Dequantize", 26},
	{"clamp before the sum", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 8, 8), 8, 3, 1, 1, ir.Epilogue{})
		return b.done(b.conv(x, 8, 3, 1, 1, ir.Epilogue{Pre: ir.Act{Kind: ir.Relu}, Act: relu6}, x))
	}, "Quantize QConv QConv Dequantize", 30},
	{"depthwise", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 12, 12), 8, 3, 2, 1, ir.Epilogue{Act: relu6})
		y := b.conv(b.conv(x, 16, 1, 1, 1, ir.Epilogue{Act: relu6}), 16, 3, 1, 16, ir.Epilogue{Act: relu6})
		return b.done(b.conv(y, 8, 1, 1, 1, ir.Epilogue{}, x))
	}, "Quantize QConv QConv QConv QConv Dequantize", 30},
	{"curved", func(b *builder) *ir.Graph {
		x := b.input(1, 3, 9, 9)
		for _, k := range []ir.ActKind{ir.HardSwish, ir.Silu, ir.Tanh} {
			x = b.conv(x, 8, 3, 1, 1, act(k))
		}
		return b.done(b.conv(x, 4, 1, 1, 1, act(ir.Sigmoid)))
	}, "Quantize QConv QConv QConv QConv Dequantize", 30},
	{"squeeze and excitation", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 10, 10), 8, 3, 1, 1, act(ir.HardSwish))
		s := b.conv(b.conv(b.node(ir.GlobalAvgPool{}, x), 4, 1, 1, 1, act(ir.Relu)), 8, 1, 1, 1,
			ir.Epilogue{Act: ir.Act{Kind: ir.HardSigmoid, A: 1.0 / 6, B: 0.5}})
		return b.done(b.conv(b.node(ir.Binary{Fn: ir.Mul}, x, s), 8, 3, 1, 1, ir.Epilogue{}))
	}, "Quantize QConv QGlobalAvgPool QConv QConv QMul QConv Dequantize", 28},
	{"concat of like ranges", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 10, 10), 8, 3, 1, 1, act(ir.Relu))
		y := b.node(ir.Concat{Axis: 1}, b.conv(x, 8, 1, 1, 1, act(ir.Relu)), b.node(ir.MaxPool{Window: square(3, 1, 1)}, b.conv(x, 8, 3, 1, 1, act(ir.Relu))))
		return b.done(b.conv(y, 4, 1, 1, 1, ir.Epilogue{}))
	}, "Quantize QConv QConv QConv MaxPool Concat QConv Dequantize", 30},
	{"concat of a value with other readers", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 10, 10), 8, 3, 1, 1, act(ir.Relu))
		y := b.node(ir.Concat{Axis: 1}, x, b.conv(x, 8, 3, 1, 1, ir.Epilogue{}))
		return b.done(b.conv(y, 4, 1, 1, 1, ir.Epilogue{}))
	}, "Quantize QConv QConv Concat QConv Dequantize", 30},
	{"dense block", func(b *builder) *ir.Graph {
		parts := []*ir.Value{b.conv(b.input(1, 3, 8, 8), 8, 3, 1, 1, act(ir.Relu))}
		joined := parts[0]
		for range 2 {
			c := joined.Shape[1]
			y := b.node(ir.Affine{Mul: b.constant(1, c).Const.F32, Add: b.constant(1, c).Const.F32}, joined)
			y = b.conv(b.node(ir.Unary{Act: ir.Act{Kind: ir.Relu}}, y), 4, 3, 1, 1, ir.Epilogue{})
			parts = append(parts, b.node(ir.Affine{Mul: []float32{20}, Add: []float32{0}}, y)) // another range
			joined = b.node(ir.Concat{Axis: 1}, parts...)
		}
		y := b.node(ir.Affine{Mul: b.constant(1, 16).Const.F32, Add: []float32{0}}, joined)
		return b.done(b.conv(y, 4, 1, 1, 1, ir.Epilogue{}))
	}, "Quantize QConv QConv QConv Concat QConv QConv Concat QConv QConv Dequantize", 25},
	{"normalized at the head", func(b *builder) *ir.Graph {
		x := b.node(ir.Affine{Mul: []float32{4, 5, 6}, Add: []float32{-1, -2, -3}}, b.input(1, 3, 8, 8))
		return b.done(b.conv(x, 8, 3, 1, 1, act(ir.Relu)))
	}, "Quantize QConv Dequantize", 30},
	{"normalized before activation", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 8, 8), 4, 3, 1, 1, ir.Epilogue{})
		y := b.node(ir.Affine{Mul: []float32{1, -2, 0.5, 0}, Add: []float32{0.5}}, x)
		y = b.node(ir.Unary{Act: ir.Act{Kind: ir.Relu}}, y)
		return b.done(b.conv(y, 4, 3, 1, 1, ir.Epilogue{}, x))
	}, "Quantize QConv QConv QConv Dequantize", 30},
	{"scalar affine and slopes", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 8, 8), 4, 3, 1, 1, ir.Epilogue{})
		x = b.node(ir.Affine{Mul: []float32{3}, Add: []float32{1}}, x)
		x = b.node(ir.PRelu{}, x, b.constant(0.3, 4, 1, 1))
		x = b.node(ir.PRelu{}, x, b.constant(0.3, 1))
		return b.done(b.conv(x, 4, 3, 1, 1, ir.Epilogue{}))
	}, "Quantize QConv QTable QConv Dequantize", 30},
	{"differences and pools", func(b *builder) *ir.Graph {
		x := b.input(1, 3, 8, 8)
		u, v := b.conv(x, 4, 3, 1, 1, ir.Epilogue{}), b.conv(x, 4, 1, 1, 1, ir.Epilogue{})
		y := b.node(ir.Binary{Fn: ir.Sub, Act: ir.Act{Kind: ir.Relu}}, u, v)
		y = b.node(ir.Binary{Fn: ir.Add, Act: ir.Act{Kind: ir.Silu}}, y, u)
		y = b.node(ir.AvgPool{Window: square(3, 2, 1), CountPad: true}, y)
		y = b.node(ir.AvgPool{Window: square(3, 2, 1)}, y)
		return b.done(b.fc(b.node(ir.Reduce{Axes: []int{2, 3}}, y), 5, act(ir.Relu)))
	}, "Quantize QConv QConv QAdd QAdd QAvgPool QAvgPool QGlobalAvgPool Reshape QFC Dequantize", 26},
	{"movement", func(b *builder) *ir.Graph {
		x := b.conv(b.node(ir.Transpose{Perm: []int{0, 3, 1, 2}}, b.input(1, 6, 6, 4)), 8, 3, 1, 1, act(ir.Relu))
		x = b.node(ir.ChannelShuffle{Groups: 2}, x)
		x = b.node(ir.Pad{Before: []int{0, 0, 1, 1}, After: []int{0, 0, 1, 1}, Value: -2}, x)
		s, err := b.g.Add("halves", ir.Split{Axis: 1, Sizes: []int{4, 4}}, x)
		if err != nil {
			b.t.Fatal(err)
		}
		y := b.node(ir.Concat{Axis: 1}, s.Out[1], b.conv(s.Out[0], 4, 1, 1, 1, act(ir.Relu)))
		y = b.node(ir.ResizeNearest{Y: []int{0, 0, 1, 1}, X: []int{2, 3, 4}}, y)
		return b.done(b.node(ir.DepthToSpace{Block: 2}, b.conv(y, 8, 1, 1, 1, ir.Epilogue{})))
	}, "Transpose Quantize QConv ChannelShuffle Pad Split QConv Concat ResizeNearest QConv DepthToSpace Dequantize", 26},
	{"fp32 tail", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 8, 8), 8, 3, 1, 1, act(ir.Relu))
		y := b.fc(b.node(ir.Reshape{Shape: ir.Shape{1, 512}}, x), 10, ir.Epilogue{})
		return b.done(b.node(ir.Softmax{Axis: 1}, y), y)
	}, "Quantize QConv Reshape QFC Dequantize Softmax", 22},
	{"fp32 in the middle", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 6, 6), 8, 3, 1, 1, act(ir.Relu))
		y := b.node(ir.Softmax{Axis: 1}, x)
		y = b.node(ir.Unary{Act: ir.Act{Kind: ir.Tanh}}, y) // stays fp32 up to the next layer
		y = b.node(ir.Binary{Fn: ir.Add}, x, y)             // one operand is int8, and a layer follows
		return b.done(b.conv(y, 4, 1, 1, 1, ir.Epilogue{}))
	}, "Quantize QConv Dequantize Softmax Unary Quantize QAdd QConv Dequantize", 30},
	{"constant tensor", func(b *builder) *ir.Graph {
		x := b.conv(b.input(1, 3, 6, 6), 4, 3, 1, 1, act(ir.Relu))
		y := b.conv(b.node(ir.Binary{Fn: ir.Add}, x, b.constant(1, 4, 6, 6)), 4, 1, 1, 1, ir.Epilogue{})
		return b.done(b.node(ir.Binary{Fn: ir.Mul}, b.constant(1, 4, 6, 6), y)) // no layer follows: fp32
	}, "Quantize QConv QAdd QConv Dequantize Binary", 28},
	{"two inputs and outputs", func(b *builder) *ir.Graph {
		x, y := b.input(1, 3, 6, 6), b.input(1, 4, 6, 6)
		u := b.conv(x, 4, 3, 1, 1, ir.Epilogue{Act: relu6}, y)
		return b.done(u, b.conv(u, 2, 1, 1, 1, ir.Epilogue{}), x)
	}, "Quantize Quantize QConv QConv Dequantize Dequantize", 30},
	{"nothing to quantize", func(b *builder) *ir.Graph {
		return b.done(b.node(ir.Unary{Act: ir.Act{Kind: ir.Tanh}}, b.node(ir.GlobalAvgPool{}, b.input(1, 3, 4, 4))))
	}, "GlobalAvgPool Unary", 100},
}

// snrOf returns the signal to noise of all outputs in dB.
func snrOf(want, got []*ir.Tensor) float64 {
	var n noise
	for i, t := range want {
		n.add(t.F32, got[i], nil)
	}
	return n.snr()
}

func run(t *testing.T, g *ir.Graph, in []*ir.Tensor) []*ir.Tensor {
	t.Helper()
	out, err := interp.Run(g, in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNetworks(t *testing.T) {
	for _, c := range networks {
		t.Run(c.name, func(t *testing.T) {
			for seed := range uint64(4) {
				g := c.make(newBuilder(t, seed))
				text := g.String()
				q, _ := quantize(t, g, Options{})
				if g.String() != text {
					t.Fatal("Quantize changed its argument")
				}
				if seed == 0 && kinds(q) != c.want {
					t.Errorf("operators are\n%s, want\n%s", kinds(q), c.want)
				}
				for i, v := range g.Outputs {
					if q.Outputs[i].Name != v.Name || q.Outputs[i].Type != ir.F32 {
						t.Errorf("output %d is %s %q, want f32 %q", i, q.Outputs[i].Type, q.Outputs[i].Name, v.Name)
					}
				}
				in := samples(g, 1).list[0]
				want, got := run(t, g, in), run(t, q, in)
				if snr := snrOf(want, got); snr < c.snr {
					t.Errorf("seed %d: signal to noise %.1f dB, want at least %.0f", seed, snr, c.snr)
				}
				fast, err := executor(t, q, 2).Run(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i := range got {
					if !slices.Equal(got[i].F32, fast[i].F32) {
						t.Errorf("seed %d: exec and interp differ in output %d", seed, i)
					}
				}
			}
		})
	}
}

// TestNames checks that every value of a layer is found in the int8 graph, or what a table in its
// epilogue makes of it.
func TestNames(t *testing.T) {
	for _, c := range networks {
		g := c.make(newBuilder(t, 1))
		q, _ := quantize(t, g, Options{})
		have := map[string]bool{}
		for _, v := range q.Values() {
			have[v.Name] = true
		}
		readers := g.Readers()
		for _, n := range g.Nodes {
			v := n.Out[0]
			for isLayer(n) && !have[v.Name] {
				next := readers[v]
				if len(next) != 1 || !isTable(next[0]) {
					t.Errorf("%s: value %q has no counterpart", c.name, n.Out[0].Name)
					break
				}
				v = next[0].Out[0]
			}
		}
	}
}

// isTable reports whether a node becomes a table of all channels.
func isTable(n *ir.Node) bool {
	switch n.Op.(type) {
	case ir.Unary, ir.Affine:
		return true
	}
	return false
}

// TestDeterministic makes every network's int8 graph with one and with two workers.
func TestDeterministic(t *testing.T) {
	for i, c := range networks {
		for _, m := range []Mode{MinMax, Entropy} {
			if m == Entropy && i > 3 { // whose histograms cost most of the time
				continue
			}
			var first string
			for _, workers := range []int{1, 2, 2} {
				g := c.make(newBuilder(t, 2))
				cal, err := Calibrate(g, executor(t, g, workers), samples(g, 5), CalibrateOptions{Mode: m})
				if err != nil {
					t.Fatal(err)
				}
				q, rep, err := Quantize(g, cal, Options{})
				if err != nil {
					t.Fatal(err)
				}
				s := q.String() + Hash(q) + rep.String()
				if first == "" {
					first = s
				}
				if s != first {
					t.Fatalf("%s, %s: another graph with %d workers", c.name, m, workers)
				}
			}
		}
	}
}
