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
	t.windowSums()
	w, off, counts := t.get("W"), t.get("Off"), t.get("Bundles")
	ones := t.constant(spec.ConstOnes)
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
		n, none := t.GP64(), t.label("no"+f.name)
		t.Comment(f.text)
		t.MOVLQSX(at(counts, 4*i), n)
		t.TESTQ(n, n)
		t.JEQ(operand.LabelRef(none))
		t.loop(f.name, n, f.body)
		t.Label(none)
	}
}

// freeVectors is how many registers the sums leave beside ones and some others.
func (t *denseTile) freeVectors(others int) int {
	return 16 - t.k.P*t.vectors() - len(t.window) - 1 - others
}

// inputs reads the next offsets and returns where the inputs of as many steps are.
func (t *denseTile) inputs(steps int, off reg.Register) []reg.Register {
	base := make([]reg.Register, steps)
	for i := range base {
		r := t.GP64()
		t.MOVLQSX(at(off, 4*i), r)
		t.ADDQ(t.in, r)
		base[i] = r
	}
	t.ADDQ(operand.Imm(uint64(4*steps)), off)
	return base
}

// operands returns vectors from p on: as many as there are registers for in
// registers, the others in memory.
func (t *denseTile) operands(n, registers int, p reg.Register) []operand.Op {
	all := make([]operand.Op, n)
	for i := range all {
		if all[i] = at(p, 32*i); i < registers {
			v := t.vec()
			t.load(at(p, 32*i), v)
			all[i] = v
		}
	}
	return all
}

// widen adds pairs of words to the sums of a pixel.
func (t *denseTile) widen(words, sums []reg.VecVirtual, ones reg.Register) {
	for j, s := range words {
		t.VPMADDWD(ones, s, s)
		t.VPADDD(s, sums[j], sums[j])
	}
}

// bundle is some K steps whose products fit in 16 bits together.
func (t *denseTile) bundle(steps int, w, off, ones reg.Register) {
	base := t.inputs(steps, off)
	temporaries := 4
	if steps == 1 {
		temporaries = 2
	}
	weights := t.operands(2*steps, t.freeVectors(temporaries), w)
	for p := range t.acc {
		var words []reg.VecVirtual
		for i := range steps {
			x, s := t.vec(), t.vec()
			t.VPBROADCASTD(t.pixel(base[i], nil, p), x)
			t.VPMADDUBSW(weights[2*i], x, s)
			t.VPMADDUBSW(weights[2*i+1], x, x)
			if i == 0 {
				words = []reg.VecVirtual{s, x}
				continue
			}
			t.VPADDW(s, words[0], words[0])
			t.VPADDW(x, words[1], words[1])
		}
		t.widen(words, t.acc[p], ones)
	}
	t.ADDQ(operand.U32(uint32(64*steps)), w)
}

// mixedBundle is two K steps of which one vector of channels is as in signedStep.
// Its magnitudes come first, then its masks, then the weights of the other vector.
func (t *denseTile) mixedBundle(signed int, w, off, ones reg.Register) {
	base := t.inputs(2, off)
	m := t.operands(6, t.freeVectors(4), w)
	for p := range t.acc {
		words := make([]reg.VecVirtual, 2)
		for i := range 2 {
			x, s := t.vec(), t.vec()
			t.VPBROADCASTD(t.pixel(base[i], nil, p), x)
			t.VPMADDUBSW(m[4+i], x, s)
			t.VPXOR(m[2+i], x, x)
			t.VPMADDUBSW(x, m[i], x)
			if i == 0 {
				words[signed], words[1-signed] = x, s
				continue
			}
			t.VPADDW(x, words[signed], words[signed])
			t.VPADDW(s, words[1-signed], words[1-signed])
		}
		t.widen(words, t.acc[p], ones)
	}
	t.ADDQ(operand.U32(192), w)
}

// signedStep is one K step with any weights. It has their magnitudes as bytes without
// sign, and behind these what turns an input x by exclusive or into the signed
// byte that they are multiplied with: x-128, or 127-x for a negative weight. No
// sum of two such products leaves 16 bits; what they differ by from the weights times
// x is part of the bias.
func (t *denseTile) signedStep(w, off, ones reg.Register) {
	base := t.inputs(1, off)[0]
	m := t.operands(4, t.freeVectors(2), w)
	for p := range t.acc {
		x, s := t.vec(), t.vec()
		t.VPBROADCASTD(t.pixel(base, nil, p), x)
		t.VPXOR(m[2], x, s)
		t.VPXOR(m[3], x, x)
		t.VPMADDUBSW(s, m[0], s)
		t.VPMADDUBSW(x, m[1], x)
		t.widen([]reg.VecVirtual{s, x}, t.acc[p], ones)
	}
	t.ADDQ(operand.U32(128), w)
}

// windowSums adds up the inputs of each pixel's window where weights have zero points:
// products with weights of 1, and of 0 for padding, whose pairs can't saturate.
func (t *denseTile) windowSums() {
	if !t.k.WZero {
		return
	}
	off, weight, n := t.get("Off"), t.get("Ones"), t.get("K")
	ones := t.constant(spec.ConstOnes)
	t.loop("window", n, func() {
		base := t.inputs(1, off)[0]
		one, x := t.vec(), t.vec()
		t.VPBROADCASTD(at(weight, 0), one)
		t.ADDQ(operand.Imm(4), weight)
		for p, sum := range t.window {
			t.VPBROADCASTD(t.pixel(base, nil, p), x)
			t.VPMADDUBSW(one, x, x)
			t.VPMADDWD(ones, x, x)
			t.VPADDD(x, sum, sum)
		}
	})
}
