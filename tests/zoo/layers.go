package main

import (
	"math"

	"github.com/ingot-go/ingot/onnx"
)

// classes is how many a network on pictures tells apart.
const classes = 1000

// pictureNet starts a network on pictures of the usual size.
func pictureNet(name string) *net {
	n := newNet(name, 3, 224)
	n.trained = true
	return n
}

// then adds a node that follows the last one.
func (n *net) then(op, name string, attrs ...*onnx.AttributeProto) {
	n.last.name = n.node(op, name+"/"+op, attrs, n.last.name)
}

// biases adds small numbers, one a channel.
func (n *net) biases(name string, channels int) string {
	b := make([]float32, channels)
	for i := range b {
		b[i] = float32(0.1 * n.normal())
	}
	return n.weights(name, b, channels)
}

// biasedConv is a convolution with a bias.
func (n *net) biasedConv(name string, oc, kernel, stride, pad int) {
	n.convolution(name, oc, kernel, stride, pad, 1, n.biases(name+".bias", oc))
}

// fc adds a fully connected layer.
func (n *net) fc(name string, outputs int) {
	x := n.last
	one := func(name string) *onnx.AttributeProto {
		return &onnx.AttributeProto{Name: name, Type: onnx.AttrFloat, F: 1}
	}
	y := n.node("Gemm", name+"/Gemm", []*onnx.AttributeProto{one("alpha"), one("beta"), integer("transB", 1)},
		x.name, n.filters(name+".weight", outputs, x.channels), n.biases(name+".bias", outputs))
	n.last = value{y, outputs, 0, 1}
}

// classifier is a mean over the picture and a fully connected layer, the end of most networks.
func (n *net) classifier(name string) *net {
	n.then("GlobalAveragePool", "avgpool")
	n.then("Flatten", "flatten", integer("axis", 1))
	n.fc(name, classes)
	return n.output(1, classes)
}

// maxPool adds a maximum over a square window.
func (n *net) maxPool(name string, kernel, stride, pad int, ceil bool) {
	mode := 0
	if ceil {
		mode = 1
	}
	n.then("MaxPool", name, integer("ceil_mode", mode), ints("kernel_shape", kernel, kernel),
		ints("pads", pad, pad, pad, pad), ints("strides", stride, stride))
}

// concat joins values along the channels.
func (n *net) concat(name string, values ...value) {
	var names []string
	y := value{mean: 0, variance: 1}
	for _, v := range values {
		names = append(names, v.name)
		y.channels += v.channels
	}
	y.name = n.node("Concat", name, []*onnx.AttributeProto{integer("axis", 1)}, names...)
	n.last = y
}

// mul adds the product with an earlier value.
func (n *net) mul(name string, other value) {
	n.last.name = n.node("Mul", name+"/Mul", nil, n.last.name, other.name)
}

// relu6 adds an activation, as exporters write it.
func (n *net) relu6(name string) {
	low, high := n.weights(name+".low", []float32{0}), n.weights(name+".high", []float32{6})
	n.last.name = n.node("Clip", name+"/Clip", nil, n.last.name, low, high)
}

// hardSigmoid is clip(x/6 + 1/2, 0, 1).
func (n *net) hardSigmoid(name string) {
	n.then("HardSigmoid", name, &onnx.AttributeProto{Name: "alpha", Type: onnx.AttrFloat, F: float32(1) / 6})
}

// sigmoid adds an activation.
func (n *net) sigmoid(name string) { n.then("Sigmoid", name) }

// hardSwish is x times its hard sigmoid. The operator of that name would do as well;
// older exporters write this, and more readers know it.
func (n *net) hardSwish(name string) {
	x := n.last
	n.hardSigmoid(name)
	n.mul(name, x)
}

// silu is x times its sigmoid.
func (n *net) silu(name string) {
	x := n.last
	n.sigmoid(name)
	n.mul(name, x)
}

// normalized is a convolution with a batch normalization and, unless it is nil, an activation,
// the three layers of a sequence.
func (n *net) normalized(name string, oc, kernel, stride, groups int, activation func(string)) {
	n.conv(name+".0", oc, kernel, stride, groups)
	n.batchNorm(name + ".1")
	if activation != nil {
		activation(name + ".2")
	}
}

// squeezeExcite multiplies each channel by a factor that all channels' means decide.
func (n *net) squeezeExcite(name string, inner int, activation, gate func(string)) {
	x := n.last
	n.then("GlobalAveragePool", name+".avgpool")
	n.biasedConv(name+".fc1", inner, 1, 1, 0)
	activation(name + ".activation")
	n.biasedConv(name+".fc2", x.channels, 1, 1, 0)
	gate(name + ".scale_activation")
	n.mul(name, x)
}

// divisible rounds a number of channels to a multiple of 8, to the nearest but never below
// nine tenths, as the MobileNets and EfficientNets do.
func divisible(channels float64) int {
	c := max(8, int(math.Floor(channels+4))/8*8)
	if float64(c) < 0.9*channels {
		c += 8
	}
	return c
}
