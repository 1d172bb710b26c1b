package main

import "fmt"

// efficientNetB0 is the smallest of its kind.
func efficientNetB0() *net {
	n := pictureNet("efficientnet_b0")
	n.normalized("features.0", 32, 3, 2, 1, n.silu)
	for stage, s := range []struct{ expansion, kernel, stride, channels, count int }{
		{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2}, {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1},
	} {
		for i := range s.count {
			stride := s.stride
			if i > 0 {
				stride = 1
			}
			n.mbConv(fmt.Sprintf("features.%d.%d", stage+1, i), s.expansion, s.kernel, stride, s.channels)
		}
	}
	n.normalized("features.8", 1280, 1, 1, 1, n.silu)
	return n.classifier("classifier.1")
}

// mbConv is an inverted residual with squeeze and excitation.
func (n *net) mbConv(name string, expansion, kernel, stride, channels int) {
	x, part := n.last, 0
	next := func() string { part++; return fmt.Sprintf("%s.block.%d", name, part-1) }
	wide := x.channels * expansion
	if expansion > 1 {
		n.normalized(next(), wide, 1, 1, 1, n.silu)
	}
	n.normalized(next(), wide, kernel, stride, wide, n.silu)
	n.squeezeExcite(next(), x.channels/4, n.silu, n.sigmoid)
	n.normalized(next(), channels, 1, 1, 1, nil)
	if stride == 1 && x.channels == channels {
		n.add(name+".add", x)
	}
}
