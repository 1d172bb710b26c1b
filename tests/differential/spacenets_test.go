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

// enlarge makes an image larger, by a transposed convolution or by linear resizing.
func (m *netMaker) enlarge(x *ir.Value) *ir.Value {
	if x.Shape[2]*x.Shape[3] > 100 {
		return m.layer(x)
	}
	if m.IntN(2) == 0 {
		return m.linear(x, x.Shape[2]*2, x.Shape[3]*m.pick(1, 2))
	}
	y := m.transposed(x, m.pick(2, 3, 4), m.pick(3, 8, 16), m.pick(1, 1, x.Shape[1]))
	if m.IntN(2) == 0 {
		y = m.act(m.normalize(y))
	}
	return y
}

// transposed is a transposed convolution with stride 2 to m channels, a number for each of
// several groups.
func (m *netMaker) transposed(x *ir.Value, k, channels, groups int) *ir.Value {
	win := ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}, Pad: [4]int{(k - 1) / 2, (k - 1) / 2, (k - 1) / 2, (k - 1) / 2}}
	if groups > 1 {
		channels = m.pick(1, 2)
	}
	in := []*ir.Value{x, m.constant(0.5, x.Shape[1], channels, k, k)}
	if m.IntN(2) == 0 {
		in = append(in, m.constant(0.3, channels*groups))
	}
	return m.value(ir.ConvTranspose{Window: win, OutPad: [2]int{k % 2, k % 2}, Groups: groups}, in...)
}

// linear resizes height and width as half_pixel does.
func (m *netMaker) linear(x *ir.Value, h, w int) *ir.Value {
	for i, n := range []int{w, h} {
		axis := 3 - i
		op := ir.Resample{Axis: axis, Taps: 2}
		in := x.Shape[axis]
		if n == in {
			continue
		}
		for p := range n {
			at := (float32(p)+0.5)*float32(in)/float32(n) - 0.5
			first := math.Floor(float64(at))
			op.Index = append(op.Index, max(int(first), 0), min(int(first)+1, in-1))
			op.Weight = append(op.Weight, float32(first+1-float64(at)), float32(float64(at)-first))
		}
		x = m.value(op, x)
	}
	return x
}

// spaceNets are networks that enlarge images, small.
var spaceNets = []struct {
	name string
	make func(m *netMaker, x *ir.Value) *ir.Value
}{
	{"U-Net by transposed convolutions", func(m *netMaker, x *ir.Value) *ir.Value {
		return m.unet(x, func(y *ir.Value) *ir.Value { return m.transposed(y, 2, 16, 1) })
	}},
	{"U-Net by linear resizing", func(m *netMaker, x *ir.Value) *ir.Value {
		return m.unet(x, func(y *ir.Value) *ir.Value { return m.linear(y, 2*y.Shape[2], 2*y.Shape[3]) })
	}},
	{"dilated pyramid", func(m *netMaker, x *ir.Value) *ir.Value {
		y := m.relu(m.spaceConv(x, 16, 3, 2, 1))
		parts := []*ir.Value{m.relu(m.spaceConv(y, 8, 1, 1, 1))}
		for _, d := range []int{2, 3} {
			parts = append(parts, m.relu(m.spaceConv(y, 8, 3, 1, d)))
		}
		mean := m.relu(m.spaceConv(m.value(ir.GlobalAvgPool{}, y), 8, 1, 1, 1))
		parts = append(parts, m.linear(mean, y.Shape[2], y.Shape[3]))
		y = m.spaceConv(m.relu(m.spaceConv(m.value(ir.Concat{Axis: 1}, parts...), 16, 1, 1, 1)), 5, 1, 1, 1)
		return m.linear(y, 8*y.Shape[2], 8*y.Shape[3])
	}},
	{"pixel shuffle", func(m *netMaker, x *ir.Value) *ir.Value {
		y := m.spaceConv(m.relu(m.spaceConv(x, 16, 3, 1, 1)), 12, 3, 1, 1)
		return m.value(ir.DepthToSpace{Block: 2, CRD: true}, y)
	}},
	{"transposed convolution last", func(m *netMaker, x *ir.Value) *ir.Value {
		return m.transposed(m.relu(m.spaceConv(x, 16, 3, 1, 1)), 4, 3, 1)
	}},
	{"bilinear upsampling by groups", func(m *netMaker, x *ir.Value) *ir.Value {
		y := m.relu(m.spaceConv(x, 16, 3, 2, 1))
		win := ir.Window{Kernel: [2]int{4, 4}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
		return m.spaceConv(m.value(ir.ConvTranspose{Window: win, Groups: 16}, y, m.constant(0.5, 16, 1, 4, 4)), 4, 1, 1, 1)
	}},
	{"channels last", func(m *netMaker, x *ir.Value) *ir.Value {
		second, last := ir.Transpose{Perm: []int{0, 3, 1, 2}}, ir.Transpose{Perm: []int{0, 2, 3, 1}}
		x.Shape = ir.Shape{1, 8, 12, 3}
		y := m.value(ir.Affine{Mul: []float32{0.5}, Add: []float32{-0.2}}, x)
		y = m.value(ir.Pad{Before: []int{0, 1, 1, 0}, After: []int{0, 1, 1, 0}}, y)
		y = m.value(last, m.spaceConv(m.value(second, y), 8, 3, 1, 1))
		y = m.relu(m.value(ir.Binary{}, y, m.constant(1, 8)))
		return m.value(last, m.spaceConv(m.value(second, y), 4, 1, 1, 1))
	}},
	{"space to depth", func(m *netMaker, x *ir.Value) *ir.Value {
		y := m.value(ir.SpaceToDepth{Block: 2}, m.relu(m.spaceConv(x, 8, 3, 1, 1)))
		return m.spaceConv(y, 8, 3, 1, 1)
	}},
}

func (m *netMaker) relu(x *ir.Value) *ir.Value {
	return m.value(ir.Unary{Act: ir.Act{Kind: ir.Relu}}, x)
}

// spaceConv is a convolution that keeps the image's size but for its stride.
func (m *netMaker) spaceConv(x *ir.Value, oc, k, stride, dilation int) *ir.Value {
	pad := k / 2 * dilation
	win := ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{stride, stride}, Dilation: [2]int{dilation, dilation}, Pad: [4]int{pad, pad, pad, pad}}
	return m.value(ir.Conv{Window: win, Groups: 1}, x, m.constant(0.2, oc, x.Shape[1], k, k), m.constant(0.3, oc))
}

// unet joins what comes back up with what went down.
func (m *netMaker) unet(x *ir.Value, up func(*ir.Value) *ir.Value) *ir.Value {
	half := ir.Window{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Dilation: [2]int{1, 1}}
	a := m.relu(m.spaceConv(x, 16, 3, 1, 1))
	b := m.relu(m.spaceConv(m.value(ir.MaxPool{Window: half}, a), 24, 3, 1, 1))
	c := m.relu(m.spaceConv(m.value(ir.MaxPool{Window: half}, b), 32, 3, 1, 1))
	d := m.relu(m.spaceConv(m.value(ir.Concat{Axis: 1}, b, up(c)), 24, 3, 1, 1))
	e := m.relu(m.spaceConv(m.value(ir.Concat{Axis: 1}, a, up(d)), 16, 3, 1, 1))
	return m.spaceConv(e, 2, 1, 1, 1)
}

// TestSpaceNets wants networks that enlarge images to be int8 from end to end, and compares
// them in int8 and float32.
func TestSpaceNets(t *testing.T) {
	for i, c := range spaceNets {
		for _, float := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, float32 %v", c.name, float), func(t *testing.T) {
				t.Parallel()
				x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{1, 3, 8, 12}}
				m := &netMaker{Rand: rand.New(rand.NewPCG(uint64(i), 23)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: 1}
				m.g.Outputs = []*ir.Value{c.make(m, x)}
				g := m.g
				if float {
					p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
					if _, err := p.Run(g); err != nil {
						t.Fatal(err)
					}
				} else {
					g = quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, func(*ir.Graph) quant.Options { return quant.Options{} })
					if at := slices.IndexFunc(g.Nodes, func(n *ir.Node) bool {
						return n.Out[0].Type != ir.U8 && n.Op.Kind() != "Dequantize" && n.Op.Kind() != "Transpose"
					}); at >= 0 {
						t.Errorf("%s %q is not int8", g.Nodes[at].Op.Kind(), g.Nodes[at].Name)
					}
				}
				if err := networks.Graph(g, m.inputs(), m.inputs()); err != nil {
					t.Errorf("%v\n%.6000s", err, g)
				}
			})
		}
	}
}
