package differential

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/fusion"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/ir/pass"
	"github.com/ingot-go/ingot/onnx"
	"github.com/ingot-go/ingot/quant"
)

// volumeNet is an ONNX model of layers over one axis of space or three: a convolution with stride and padding,
// Relu, a pooling, a transposed convolution, the mean and a classifier.
func volumeNet(r *rand.Rand, space []int64) *onnx.ModelProto {
	rank := len(space)
	g := &onnx.GraphProto{Name: "volume"}
	dims := func(first ...int64) []int64 { return first }
	shape := &onnx.ValueInfoProto{Name: "x", ElemType: onnx.TypeFloat, HasShape: true}
	for _, d := range append(dims(1, 3), space...) {
		shape.Dims = append(shape.Dims, onnx.Dim{Value: d, HasValue: true})
	}
	g.Inputs = []*onnx.ValueInfoProto{shape}
	each := func(v int64, times int) (all []int64) {
		for range times {
			all = append(all, v)
		}
		return all
	}
	weights := func(name string, first ...int) {
		s := ir.Shape(first)
		if len(first) == 2 && name != "fc" {
			for range rank {
				s = append(s, 3)
			}
		}
		t := ir.NewTensor(ir.F32, s)
		for i := range t.F32 {
			t.F32[i] = float32(r.NormFloat64() / 4)
		}
		g.Initializers = append(g.Initializers, onnx.NewTensor(name, t))
	}
	add := func(op, out string, in []string, lists map[string][]int64) {
		n := &onnx.NodeProto{OpType: op, Name: out, Inputs: in, Outputs: []string{out}}
		for _, name := range []string{"kernel_shape", "strides", "pads"} {
			if v := lists[name]; v != nil {
				n.Attributes = append(n.Attributes, &onnx.AttributeProto{Name: name, Type: onnx.AttrInts, Ints: v})
			}
		}
		g.Nodes = append(g.Nodes, n)
	}
	weights("w1", 8, 3)
	weights("b1", 8)
	weights("w2", 8, 5)
	weights("fc", 5, 4)
	add("Conv", "c1", []string{"x", "w1", "b1"}, map[string][]int64{"strides": each(2, rank), "pads": each(1, 2*rank)})
	add("Relu", "r1", []string{"c1"}, nil)
	add("MaxPool", "p1", []string{"r1"}, map[string][]int64{"kernel_shape": each(2, rank), "pads": each(1, 2*rank)})
	add("ConvTranspose", "t1", []string{"p1", "w2"}, map[string][]int64{"strides": each(2, rank)})
	add("AveragePool", "a1", []string{"t1"}, map[string][]int64{"kernel_shape": each(2, rank)})
	add("GlobalAveragePool", "m1", []string{"a1"}, nil)
	add("Flatten", "f1", []string{"m1"}, nil)
	add("Gemm", "y", []string{"f1", "fc"}, nil)
	g.Outputs = []*onnx.ValueInfoProto{{Name: "y", ElemType: onnx.TypeFloat}, {Name: "p1", ElemType: onnx.TypeFloat}}
	return &onnx.ModelProto{IRVersion: 8, Graph: g, OpsetImport: []onnx.OperatorSetID{{Version: 13}}}
}

// TestVolumeNets compares networks over one axis of space and over three, in float32 and int8.
func TestVolumeNets(t *testing.T) {
	for _, space := range [][]int64{{9}, {5, 7, 6}} {
		for _, int8 := range []bool{false, true} {
			t.Run(fmt.Sprint(space, " int8 ", int8), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(7, uint64(len(space))))
				g, err := onnx.ImportBytes(volumeNet(r, space).Marshal(), "", onnx.Options{})
				if err != nil {
					t.Fatal(err)
				}
				m := &netMaker{Rand: r, t: t, g: g, images: 1}
				if int8 {
					g = quantized(t, g, [][]*ir.Tensor{m.inputs(), m.inputs()}, func(*ir.Graph) quant.Options { return quant.Options{} })
					convolutions := 0
					for _, n := range g.Nodes {
						if n.Op.Kind() == "QConv" {
							convolutions++
						}
					}
					if convolutions < 2 {
						t.Errorf("%d convolutions are int8, want both", convolutions)
					}
				} else {
					p := pass.Pipeline{Passes: fusion.Passes(interp.Eval)}
					if _, err := p.Run(g); err != nil {
						t.Fatal(err)
					}
				}
				if err := networks.Graph(g, m.inputs(), m.inputs()); err != nil {
					t.Errorf("%v\n%.6000s", err, g)
				}
			})
		}
	}
}
