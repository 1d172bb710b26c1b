package main

// googLeNet is torchvision's, without the classifiers that help to train it. As there, the branches that
// the paper has with 5x5 convolutions have 3x3 ones.
func googLeNet() *net {
	n := pictureNet("googlenet")
	n.epsilon = 1e-3
	n.basicConv("conv1", 64, 7, 2)
	n.maxPool("maxpool1", 3, 2, 0, true)
	n.basicConv("conv2", 64, 1, 1)
	n.basicConv("conv3", 192, 3, 1)
	n.maxPool("maxpool2", 3, 2, 0, true)
	n.inception("inception3a", 64, 96, 128, 16, 32, 32)
	n.inception("inception3b", 128, 128, 192, 32, 96, 64)
	n.maxPool("maxpool3", 3, 2, 0, true)
	n.inception("inception4a", 192, 96, 208, 16, 48, 64)
	n.inception("inception4b", 160, 112, 224, 24, 64, 64)
	n.inception("inception4c", 128, 128, 256, 24, 64, 64)
	n.inception("inception4d", 112, 144, 288, 32, 64, 64)
	n.inception("inception4e", 256, 160, 320, 32, 128, 128)
	n.maxPool("maxpool4", 2, 2, 0, true)
	n.inception("inception5a", 256, 160, 320, 32, 128, 128)
	n.inception("inception5b", 384, 192, 384, 48, 128, 128)
	return n.classifier("fc")
}

func (n *net) basicConv(name string, oc, kernel, stride int) {
	n.conv(name+".conv", oc, kernel, stride, 1)
	n.batchNorm(name + ".bn")
	n.relu(name + ".relu")
}

// inception joins four branches: 1x1, two with a 3x3 convolution behind a narrow 1x1,
// and a pool with a 1x1.
func (n *net) inception(name string, first, narrow2, second, narrow3, third, fourth int) {
	x := n.last
	n.basicConv(name+".branch1", first, 1, 1)
	branches := []value{n.last}
	for _, b := range []struct {
		name        string
		narrow, out int
	}{{".branch2", narrow2, second}, {".branch3", narrow3, third}} {
		n.last = x
		n.basicConv(name+b.name+".0", b.narrow, 1, 1)
		n.basicConv(name+b.name+".1", b.out, 3, 1)
		branches = append(branches, n.last)
	}
	n.last = x
	n.maxPool(name+".branch4.0", 3, 1, 1, true)
	n.basicConv(name+".branch4.1", fourth, 1, 1)
	n.concat(name+".concat", append(branches, n.last)...)
}
