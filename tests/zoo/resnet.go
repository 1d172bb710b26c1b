package main

import "fmt"

// resNet18 and resNet50 are torchvision's, whose bottlenecks have their stride in the 3x3
// convolution.
func resNet18() *net { return resNet("resnet18", []int{2, 2, 2, 2}, 1, basicBlock) }

func resNet50() *net { return resNet("resnet50", []int{3, 4, 6, 3}, 4, bottleneck) }

// resNet is a network of stages with so many blocks each, whose results are
// `expansion` times as wide as what they compute in between.
func resNet(name string, blocks []int, expansion int, block func(n *net, name string, width, stride int)) *net {
	n := pictureNet(name)
	n.conv("conv1", 64, 7, 2, 1)
	n.batchNorm("bn1")
	n.relu("relu")
	n.maxPool("maxpool", 3, 2, 1, false)
	for stage, count := range blocks {
		width := 64 << stage
		for i := range count {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			at := fmt.Sprintf("layer%d.%d", stage+1, i)
			x := n.last
			block(n, at, width, stride)
			n.shortcut(at, x, width*expansion, stride)
			n.relu(at + ".relu_out")
		}
	}
	return n.classifier("fc")
}

func basicBlock(n *net, name string, width, stride int) {
	n.conv(name+".conv1", width, 3, stride, 1)
	n.batchNorm(name + ".bn1")
	n.relu(name + ".relu")
	n.conv(name+".conv2", width, 3, 1, 1)
	n.batchNorm(name + ".bn2")
}

func bottleneck(n *net, name string, width, stride int) {
	n.conv(name+".conv1", width, 1, 1, 1)
	n.batchNorm(name + ".bn1")
	n.relu(name + ".relu")
	n.conv(name+".conv2", width, 3, stride, 1)
	n.batchNorm(name + ".bn2")
	n.relu(name + ".relu_1")
	n.conv(name+".conv3", 4*width, 1, 1, 1)
	n.batchNorm(name + ".bn3")
}

// shortcut adds the block's input x, by a convolution where its shape differs.
func (n *net) shortcut(name string, x value, channels, stride int) {
	y := n.last
	if stride > 1 || x.channels != channels {
		n.last = x
		n.normalized(name+".downsample", channels, 1, stride, 1, nil)
		x = n.last
	}
	n.last = y
	n.add(name+".add", x)
}
