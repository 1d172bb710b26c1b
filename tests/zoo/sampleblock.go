package main

// sampleBlock is the residual block by which MXNet's tutorial on quantization with
// oneDNN shows what fusion does: 64 channels of 224x224.
func sampleBlock() *net {
	n := newNet("sampleblock", 64, 224)
	x := n.last
	n.conv("conv1", 64, 3, 1, 1)
	n.batchNorm("bn1")
	n.relu("relu1")
	n.conv("conv2", 64, 3, 1, 1)
	n.batchNorm("bn2")
	n.add("add", x)
	n.relu("relu2")
	return n.output(1, 64, 224, 224)
}
