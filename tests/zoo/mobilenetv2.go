package main

import "fmt"

// mobileNetV2 has inverted residuals: wide inside, narrow between.
func mobileNetV2() *net {
	n := pictureNet("mobilenet_v2")
	n.normalized("features.0", 32, 3, 2, 1, n.relu6)
	block := 1
	for _, s := range []struct{ expansion, channels, count, stride int }{
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		for i := range s.count {
			stride := s.stride
			if i > 0 {
				stride = 1
			}
			n.invertedResidual(fmt.Sprintf("features.%d", block), s.expansion, s.channels, stride)
			block++
		}
	}
	n.normalized(fmt.Sprintf("features.%d", block), 1280, 1, 1, 1, n.relu6)
	return n.classifier("classifier.1")
}

func (n *net) invertedResidual(name string, expansion, channels, stride int) {
	x, part := n.last, 0
	next := func() string { part++; return fmt.Sprintf("%s.conv.%d", name, part-1) }
	if expansion > 1 {
		n.normalized(next(), x.channels*expansion, 1, 1, 1, n.relu6)
	}
	n.normalized(next(), n.last.channels, 3, stride, n.last.channels, n.relu6)
	n.conv(next(), channels, 1, 1, 1)
	n.batchNorm(next())
	if stride == 1 && x.channels == channels {
		n.add(name+".add", x)
	}
}
