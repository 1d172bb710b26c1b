package main

import "fmt"

// mobileNetV3Small is the smaller of its kind.
func mobileNetV3Small() *net {
	n := pictureNet("mobilenet_v3_small")
	n.epsilon = 1e-3
	n.normalized("features.0", 16, 3, 2, 1, n.hardSwish)
	for i, b := range []v3Block{
		{3, 16, 16, 2, true, n.relu}, {3, 72, 24, 2, false, n.relu}, {3, 88, 24, 1, false, n.relu},
		{5, 96, 40, 2, true, n.hardSwish}, {5, 240, 40, 1, true, n.hardSwish}, {5, 240, 40, 1, true, n.hardSwish},
		{5, 120, 48, 1, true, n.hardSwish}, {5, 144, 48, 1, true, n.hardSwish},
		{5, 288, 96, 2, true, n.hardSwish}, {5, 576, 96, 1, true, n.hardSwish}, {5, 576, 96, 1, true, n.hardSwish},
	} {
		n.v3Residual(fmt.Sprintf("features.%d", i+1), b)
	}
	n.normalized("features.12", 576, 1, 1, 1, n.hardSwish)
	n.then("GlobalAveragePool", "avgpool")
	n.then("Flatten", "flatten", integer("axis", 1))
	n.fc("classifier.0", 1024)
	n.hardSwish("classifier.1")
	n.fc("classifier.3", classes)
	return n.output(1, classes)
}

// v3Block is one line of the table in the paper on MobileNetV3.
type v3Block struct {
	kernel, expanded, channels, stride int
	excite                             bool
	activation                         func(string)
}

func (n *net) v3Residual(name string, b v3Block) {
	x, part := n.last, 0
	next := func() string { part++; return fmt.Sprintf("%s.block.%d", name, part-1) }
	if b.expanded != x.channels {
		n.normalized(next(), b.expanded, 1, 1, 1, b.activation)
	}
	n.normalized(next(), b.expanded, b.kernel, b.stride, b.expanded, b.activation)
	if b.excite {
		n.squeezeExcite(next(), divisible(float64(b.expanded)/4), n.relu, n.hardSigmoid)
	}
	n.normalized(next(), b.channels, 1, 1, 1, nil)
	if b.stride == 1 && x.channels == b.channels {
		n.add(name+".add", x)
	}
}
