package main

import "fmt"

// squeezeNet11 has no batch normalizations.
func squeezeNet11() *net {
	n := pictureNet("squeezenet1_1")
	n.biasedConv("features.0", 64, 3, 2, 0)
	n.relu("features.1")
	n.maxPool("features.2", 3, 2, 0, true)
	for i, squeeze := range []int{16, 16, 0, 32, 32, 0, 48, 48, 64, 64} {
		name := fmt.Sprintf("features.%d", i+3)
		if squeeze == 0 {
			n.maxPool(name, 3, 2, 0, true)
		} else {
			n.fire(name, squeeze)
		}
	}
	n.biasedConv("classifier.1", classes, 1, 1, 0)
	n.relu("classifier.2")
	n.then("GlobalAveragePool", "classifier.3")
	n.then("Flatten", "flatten", integer("axis", 1))
	return n.output(1, classes)
}

// fire is a narrow layer and two wide ones side by side.
func (n *net) fire(name string, squeeze int) {
	n.biasedConv(name+".squeeze", squeeze, 1, 1, 0)
	n.relu(name + ".squeeze_activation")
	x := n.last
	n.biasedConv(name+".expand1x1", 4*squeeze, 1, 1, 0)
	n.relu(name + ".expand1x1_activation")
	narrow := n.last
	n.last = x
	n.biasedConv(name+".expand3x3", 4*squeeze, 3, 1, 1)
	n.relu(name + ".expand3x3_activation")
	n.concat(name+".concat", narrow, n.last)
}
