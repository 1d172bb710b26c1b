package main

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// shuffleNetV2 is the one of width 1.
func shuffleNetV2() *net {
	n := pictureNet("shufflenet_v2_x1_0")
	n.normalized("conv1", 24, 3, 2, 1, n.relu)
	n.maxPool("maxpool", 3, 2, 1, false)
	for i, s := range []struct{ channels, count, size int }{{116, 4, 28}, {232, 8, 14}, {464, 4, 7}} {
		for j := range s.count {
			n.shuffleUnit(fmt.Sprintf("stage%d.%d", i+2, j), s.channels, s.size, j == 0)
		}
	}
	n.normalized("conv5", 1024, 1, 1, 1, n.relu)
	n.then("ReduceMean", "mean", ints("axes", 2, 3), integer("keepdims", 0))
	n.fc("fc", classes)
	return n.output(1, classes)
}

// shuffleUnit computes two branches of half the channels each. The first of a stage reduces
// the picture in both; in the others one branch is half of the input as it is.
func (n *net) shuffleUnit(name string, channels, size int, first bool) {
	half, stride := channels/2, 1
	var left, right value
	if first {
		stride = 2
		right = n.last
		n.depthwise(name+".branch1.0", name+".branch1.1", stride)
		n.pointwise(name+".branch1", 2, half)
		left = n.last
	} else {
		x := n.last
		left = n.slice(name+".slice", x, 0, half)
		right = n.slice(name+".slice_1", x, half, channels)
	}
	n.last = right
	n.pointwise(name+".branch2", 0, half)
	n.depthwise(name+".branch2.3", name+".branch2.4", stride)
	n.pointwise(name+".branch2", 5, half)
	n.concat(name+".concat", left, n.last)
	n.shuffle(name, channels, size)
}

func (n *net) depthwise(conv, norm string, stride int) {
	n.conv(conv, n.last.channels, 3, stride, n.last.channels)
	n.batchNorm(norm)
}

// pointwise is a 1x1 convolution, layers at and on of a sequence.
func (n *net) pointwise(name string, at, oc int) {
	n.conv(fmt.Sprintf("%s.%d", name, at), oc, 1, 1, 1)
	n.batchNorm(fmt.Sprintf("%s.%d", name, at+1))
	n.relu(fmt.Sprintf("%s.%d", name, at+2))
}

// slice takes some channels.
func (n *net) slice(name string, x value, from, to int) value {
	y := n.node("Slice", name, nil, x.name, n.numbers(name+".starts", from), n.numbers(name+".ends", to), n.numbers(name+".axes", 1))
	return value{y, to - from, x.mean, x.variance}
}

// shuffle takes channels alternately from both halves.
func (n *net) shuffle(name string, channels, size int) {
	n.last.name = n.node("Reshape", name+".reshape", nil, n.last.name, n.numbers(name+".parts", 1, 2, channels/2, size, size))
	n.then("Transpose", name, ints("perm", 0, 2, 1, 3, 4))
	n.last.name = n.node("Reshape", name+".reshape_1", nil, n.last.name, n.numbers(name+".whole", 1, channels, size, size))
}

// numbers adds a constant list of integers and returns its name.
func (n *net) numbers(name string, v ...int) string {
	t := ir.NewTensor(ir.I64, ir.Shape{len(v)})
	for i, x := range v {
		t.I64[i] = int64(x)
	}
	n.graph.Initializers = append(n.graph.Initializers, onnx.NewTensor(name, t))
	return name
}
