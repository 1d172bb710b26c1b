package main

import (
	"github.com/ingot-go/ingot/internal/bench"
)

// limits are what the machine can do on one thread, measured in this run.
type limits struct {
	int8, float float64 // products a second of the multiply instructions of the instruction set, by bench.Peak
	copied      map[int]float64
}

// floor is the time below which a layer can't go: that of its products at the peak of the instructions that
// multiply int8, or float32, or that of copying as many bytes as it reads and writes, whichever is longer.
// The bytes count once each, and lie in the cache that holds them all: a copy of that size is measured.
//
// It is a yardstick, not a proof. A layer that reads more than it writes can beat a copy, and
// Winograd's algorithm needs fewer products than the formula has.
func (l *limits) floor(layer *bench.Layer) float64 {
	products, bytes := layer.MACs*layer.Fastest(), layer.Bytes*layer.Fastest()
	peak := l.int8
	if layer.Float {
		peak = l.float
	}
	return max(products/peak, bytes/l.bandwidth(bytes))
}

// smallest is the size of a copy whose time is not that of the call.
const smallest = 4096

// bandwidth measures how many bytes a second a copy reads and writes that touches so many, rounded
// up to a power of two. Sizes are measured once.
func (l *limits) bandwidth(bytes float64) float64 {
	size := smallest
	for float64(size) < bytes {
		size *= 2
	}
	if l.copied[size] == 0 {
		l.copied[size] = bench.Copy(float64(size))
	}
	return l.copied[size]
}

// share is the part of a network's time that its layers' floors make up.
func (l *limits) share(layers []*bench.Layer, seconds float64) float64 {
	sum := 0.0
	for _, x := range layers {
		sum += l.floor(x)
	}
	return sum / seconds
}
