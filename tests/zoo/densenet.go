package main

import "fmt"

// growth is how many channels a layer of a dense block adds.
const growth = 32

// denseNet121 has blocks in which every layer reads the results of all before it. Its
// batch normalizations come before the convolutions.
func denseNet121() *net {
	n := pictureNet("densenet121")
	n.conv("features.conv0", 64, 7, 2, 1)
	n.batchNorm("features.norm0")
	n.relu("features.relu0")
	n.maxPool("features.pool0", 3, 2, 1, false)
	blocks := []int{6, 12, 24, 16}
	for i, layers := range blocks {
		n.denseBlock(fmt.Sprintf("features.denseblock%d", i+1), layers)
		if i+1 < len(blocks) {
			n.transition(fmt.Sprintf("features.transition%d", i+1))
		}
	}
	n.batchNorm("features.norm5")
	n.relu("relu")
	return n.classifier("classifier")
}

func (n *net) denseBlock(name string, layers int) {
	all := []value{n.last}
	for i := range layers {
		layer := fmt.Sprintf("%s.denselayer%d", name, i+1)
		n.concat(layer+".concat", all...)
		n.batchNorm(layer + ".norm1")
		n.relu(layer + ".relu1")
		n.conv(layer+".conv1", 4*growth, 1, 1, 1)
		n.batchNorm(layer + ".norm2")
		n.relu(layer + ".relu2")
		n.conv(layer+".conv2", growth, 3, 1, 1)
		all = append(all, n.last)
	}
	n.concat(name+".concat", all...)
}

// transition halves the channels and the picture.
func (n *net) transition(name string) {
	n.batchNorm(name + ".norm")
	n.relu(name + ".relu")
	n.conv(name+".conv", n.last.channels/2, 1, 1, 1)
	n.then("AveragePool", name+".pool", ints("kernel_shape", 2, 2), ints("strides", 2, 2))
}
