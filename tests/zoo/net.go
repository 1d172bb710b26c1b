package main

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// opset is the version of the operators, as PyTorch's exporter writes by default.
const opset = 17

// net is a network under construction. Every layer is a node of its own, as
// exporters leave them. Weights are such that values keep a variance near one.
type net struct {
	graph   onnx.GraphProto
	rand    *rand.Rand
	size    ir.Shape // of the input
	last    value
	epsilon float32 // of batch normalizations
	// trained says that weights and statistics are to be like those of a trained network: the largest
	// weight of a channel has the size that the constant says, and settle is called at the end.
	trained bool
}

// value is a result with what its statistics are taken to be.
type value struct {
	name     string
	channels int
	mean     float64 // of all elements
	variance float64
}

// newNet starts a network with an image as input.
func newNet(name string, channels, size int) *net {
	h := fnv.New64a()
	h.Write([]byte(name))
	n := &net{graph: onnx.GraphProto{Name: name}, rand: rand.New(rand.NewPCG(h.Sum64(), 1)), size: ir.Shape{1, channels, size, size}, epsilon: 1e-5}
	n.graph.Inputs = []*onnx.ValueInfoProto{tensorInfo("input", n.size...)}
	n.last = value{"input", channels, 0, 1}
	return n
}

func tensorInfo(name string, dims ...int) *onnx.ValueInfoProto {
	v := &onnx.ValueInfoProto{Name: name, ElemType: onnx.TypeFloat, HasShape: true}
	for _, d := range dims {
		v.Dims = append(v.Dims, onnx.Dim{Value: int64(d), HasValue: true})
	}
	return v
}

// model ends the network with the last value as output.
func (n *net) model() *onnx.ModelProto {
	nodes := n.graph.Nodes
	nodes[len(nodes)-1].Outputs[0] = "output"
	return &onnx.ModelProto{IRVersion: 8, ProducerName: "ingot-zoo", Graph: &n.graph, OpsetImport: []onnx.OperatorSetID{{Version: opset}}}
}

// node adds a node and returns the name of its result.
func (n *net) node(op, name string, attrs []*onnx.AttributeProto, in ...string) string {
	out := name + "_output_0"
	n.graph.Nodes = append(n.graph.Nodes, &onnx.NodeProto{Inputs: in, Outputs: []string{out}, Name: name, OpType: op, Attributes: attrs})
	return out
}

func ints(name string, v ...int) *onnx.AttributeProto {
	a := &onnx.AttributeProto{Name: name, Type: onnx.AttrInts}
	for _, i := range v {
		a.Ints = append(a.Ints, int64(i))
	}
	return a
}

func integer(name string, v int) *onnx.AttributeProto {
	return &onnx.AttributeProto{Name: name, Type: onnx.AttrInt, I: int64(v)}
}

// weights adds a constant and returns its name.
func (n *net) weights(name string, data []float32, dims ...int) string {
	t := &onnx.TensorProto{Name: name, DataType: onnx.TypeFloat}
	for _, d := range dims {
		t.Dims = append(t.Dims, int64(d))
	}
	for _, f := range data {
		t.RawData = binary.LittleEndian.AppendUint32(t.RawData, math.Float32bits(f))
	}
	n.graph.Initializers = append(n.graph.Initializers, t)
	return name
}

// largest is how many standard deviations the largest weight of a channel may
// be: trained ones have about as much, and how many products can be proved not
// to saturate depends on it.
const largest = 3.3

// few is the number of weights below which none is that large.
const few = 16

// normal is a random number of variance one that is not too large.
func (n *net) normal() float64 {
	for {
		if x := normal(n.rand); math.Abs(x) <= largest {
			return x
		}
	}
}

// normal is a sum of uniform numbers, which is nearly normal and needs no function
// that differs by machine.
func normal(r *rand.Rand) float64 {
	x := -6.0
	for range 12 {
		x += r.Float64()
	}
	return x
}

// conv adds a convolution without a bias, of a square kernel with equal padding.
func (n *net) conv(name string, oc, kernel, stride, groups int) {
	n.convolution(name, oc, kernel, stride, kernel/2, groups)
}

// convolution adds a convolution of a square kernel; more are further operands.
func (n *net) convolution(name string, oc, kernel, stride, pad, groups int, more ...string) {
	x := n.last
	w := n.filters(name+".weight", oc, x.channels/groups, kernel, kernel)
	attrs := []*onnx.AttributeProto{ints("dilations", 1, 1), integer("group", groups), ints("kernel_shape", kernel, kernel),
		ints("pads", pad, pad, pad, pad), ints("strides", stride, stride)}
	y := n.node("Conv", name+"/Conv", attrs, append([]string{x.name, w}, more...)...)
	n.last = value{y, oc, 0, 1}
}

// filters adds weights; the first axis is the output channel.
func (n *net) filters(name string, dims ...int) string {
	x, inputs := n.last, ir.Shape(dims[1:]).Elems()
	deviation := math.Sqrt(1 / (float64(inputs) * (x.variance + x.mean*x.mean)))
	w := make([]float32, dims[0]*inputs)
	for i := range w {
		w[i] = float32(deviation * n.normal())
	}
	if n.trained && inputs >= few {
		for c := range slices.Chunk(w, inputs) {
			raise(c, float32(deviation*largest))
		}
	}
	return n.weights(name, w, dims...)
}

// raise gives the largest number a size and leaves its sign.
func raise(w []float32, size float32) {
	at := 0
	for i, v := range w {
		if math.Abs(float64(v)) > math.Abs(float64(w[at])) {
			at = i
		}
	}
	w[at] = float32(math.Copysign(float64(size), float64(w[at])))
}

// batchNorm adds a normalization with the statistics that its input is taken to have.
func (n *net) batchNorm(name string) {
	x := n.last
	var p [4][]float32
	for range x.channels {
		for i, v := range []float64{
			0.8 + 0.4*n.rand.Float64(),
			0.4*n.rand.Float64() - 0.2,
			x.mean + 0.1*n.normal(),
			x.variance * (0.8 + 0.4*n.rand.Float64()),
		} {
			p[i] = append(p[i], float32(v))
		}
	}
	in := []string{x.name}
	for i, part := range []string{"weight", "bias", "running_mean", "running_var"} {
		in = append(in, n.weights(fmt.Sprintf("%s.%s", name, part), p[i], x.channels))
	}
	eps := &onnx.AttributeProto{Name: "epsilon", Type: onnx.AttrFloat, F: n.epsilon}
	n.last = value{n.node("BatchNormalization", name+"/BatchNormalization", []*onnx.AttributeProto{eps}, in...), x.channels, 0, 1}
}

// relu adds an activation.
func (n *net) relu(name string) {
	x := n.last
	// Of a normal distribution: E max(x,0) and its variance.
	s := math.Sqrt(x.variance)
	n.last = value{n.node("Relu", name, nil, x.name), x.channels, s / math.Sqrt(2*math.Pi), x.variance * (0.5 - 1/(2*math.Pi))}
}

// add adds the sum with an earlier value.
func (n *net) add(name string, other value) {
	x := n.last
	n.last = value{n.node("Add", name, nil, x.name, other.name), x.channels, x.mean + other.mean, x.variance + other.variance}
}

// output declares the shape of the last value.
func (n *net) output(dims ...int) *net {
	n.graph.Outputs = []*onnx.ValueInfoProto{tensorInfo("output", dims...)}
	return n
}
