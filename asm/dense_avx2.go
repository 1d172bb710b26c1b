package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// stepsAVX2 sums the K steps without VNNI. They come in bundles whose products are
// added in 16 bits before they are widened to 32; gen/portable has the forms, one
// after the other, each with its loop. Weights and offsets lie in that order.
func (t *denseTile) stepsAVX2() {
	b := t.b
	t.windowSums()
	w, off, counts := b.get("W"), b.get("Off"), b.get("Bundles")
	ones := b.constant(spec.ConstOnes)
	for i, f := range []struct {
		name, text string
		body       func()
	}{
		{"fours", "Bundles of four steps: eight products a lane fit in 16 bits.", func() { t.bundle(4, w, off, ones) }},
		{"twos", "Bundles of two steps.", func() { t.bundle(2, w, off, ones) }},
		{"lower", "Bundles of two steps, the lower channels with any weights.", func() { t.mixedBundle(0, w, off, ones) }},
		{"upper", "Bundles of two steps, the upper channels with any weights.", func() { t.mixedBundle(1, w, off, ones) }},
		{"ones", "Single steps.", func() { t.bundle(1, w, off, ones) }},
		{"signed", "Single steps with any weights.", func() { t.signedStep(w, off, ones) }},
	} {
		n, none := b.GP64(), b.label("no"+f.name)
		b.Comment(f.text)
		b.MOVLQSX(at(counts, 4*i), n)
		b.TESTQ(n, n)
		b.JEQ(operand.LabelRef(none))
		b.loop(f.name, n, f.body)
		b.Label(none)
	}
}

// freeVectors is how many registers the sums leave beside ones and some others.
func (t *denseTile) freeVectors(others int) int {
	b := t.b
	return 16 - b.k.P*t.vectors() - len(t.window) - 1 - others
}

// inputs reads the next offsets and returns where the inputs of as many steps are.
func (t *denseTile) inputs(steps int, off reg.Register) []reg.Register {
	b := t.b
	base := make([]reg.Register, steps)
	for i := range base {
		r := b.GP64()
		b.MOVLQSX(at(off, 4*i), r)
		b.ADDQ(t.in, r)
		base[i] = r
	}
	b.ADDQ(operand.Imm(uint64(4*steps)), off)
	return base
}

// operands returns vectors from p on: as many as there are registers for in
// registers, the others in memory.
func (t *denseTile) operands(n, registers int, p reg.Register) []operand.Op {
	b := t.b
	all := make([]operand.Op, n)
	for i := range all {
		if all[i] = at(p, 32*i); i < registers {
			v := b.vec()
			b.load(at(p, 32*i), v)
			all[i] = v
		}
	}
	return all
}

// widen adds pairs of words to the sums of a pixel.
func (t *denseTile) widen(words, sums []reg.VecVirtual, ones reg.Register) {
	b := t.b
	for j, s := range words {
		b.VPMADDWD(ones, s, s)
		b.VPADDD(s, sums[j], sums[j])
	}
}

// bundle is some K steps whose products fit in 16 bits together.
func (t *denseTile) bundle(steps int, w, off, ones reg.Register) {
	b := t.b
	base := t.inputs(steps, off)
	temporaries := 4
	if steps == 1 {
		temporaries = 2
	}
	weights := t.operands(2*steps, t.freeVectors(temporaries), w)
	for p := range t.acc {
		var words []reg.VecVirtual
		for i := range steps {
			x, s := b.vec(), b.vec()
			b.VPBROADCASTD(t.pixel(base[i], nil, p), x)
			b.VPMADDUBSW(weights[2*i], x, s)
			b.VPMADDUBSW(weights[2*i+1], x, x)
			if i == 0 {
				words = []reg.VecVirtual{s, x}
				continue
			}
			b.VPADDW(s, words[0], words[0])
			b.VPADDW(x, words[1], words[1])
		}
		t.widen(words, t.acc[p], ones)
	}
	b.ADDQ(operand.U32(uint32(64*steps)), w)
}

// mixedBundle is two K steps of which one vector of channels is as in signedStep.
// Its magnitudes come first, then its masks, then the weights of the other vector.
func (t *denseTile) mixedBundle(signed int, w, off, ones reg.Register) {
	b := t.b
	base := t.inputs(2, off)
	m := t.operands(6, t.freeVectors(4), w)
	for p := range t.acc {
		words := make([]reg.VecVirtual, 2)
		for i := range 2 {
			x, s := b.vec(), b.vec()
			b.VPBROADCASTD(t.pixel(base[i], nil, p), x)
			b.VPMADDUBSW(m[4+i], x, s)
			b.VPXOR(m[2+i], x, x)
			b.VPMADDUBSW(x, m[i], x)
			if i == 0 {
				words[signed], words[1-signed] = x, s
				continue
			}
			b.VPADDW(x, words[signed], words[signed])
			b.VPADDW(s, words[1-signed], words[1-signed])
		}
		t.widen(words, t.acc[p], ones)
	}
	b.ADDQ(operand.U32(192), w)
}

// signedStep is one K step with any weights. It has their magnitudes as bytes without
// sign, and behind these what turns an input x by exclusive or into the signed
// byte that they are multiplied with: x-128, or 127-x for a negative weight. No
// sum of two such products leaves 16 bits; what they differ by from the weights times
// x is part of the bias.
func (t *denseTile) signedStep(w, off, ones reg.Register) {
	b := t.b
	base := t.inputs(1, off)[0]
	m := t.operands(4, t.freeVectors(2), w)
	for p := range t.acc {
		x, s := b.vec(), b.vec()
		b.VPBROADCASTD(t.pixel(base, nil, p), x)
		b.VPXOR(m[2], x, s)
		b.VPXOR(m[3], x, x)
		b.VPMADDUBSW(s, m[0], s)
		b.VPMADDUBSW(x, m[1], x)
		t.widen([]reg.VecVirtual{s, x}, t.acc[p], ones)
	}
	b.ADDQ(operand.U32(128), w)
}

// windowSums adds up the inputs of each pixel's window where weights have zero points:
// products with weights of 1, and of 0 for padding, whose pairs can't saturate.
func (t *denseTile) windowSums() {
	b := t.b
	if !b.k.WZero {
		return
	}
	off, weight, n := b.get("Off"), b.get("Ones"), b.get("K")
	ones := b.constant(spec.ConstOnes)
	b.loop("window", n, func() {
		base := t.inputs(1, off)[0]
		one, x := b.vec(), b.vec()
		b.VPBROADCASTD(at(weight, 0), one)
		b.ADDQ(operand.Imm(4), weight)
		for p, sum := range t.window {
			b.VPBROADCASTD(t.pixel(base, nil, p), x)
			b.VPMADDUBSW(one, x, x)
			b.VPMADDWD(ones, x, x)
			b.VPADDD(x, sum, sum)
		}
	})
}
