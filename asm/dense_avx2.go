package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// stepsAVX2 sums the K steps without VNNI. The list has pairs of offsets, into
// the input and into the weights: first the steps whose weights prove that
// VPMADDUBSW cannot saturate, then the others, which multiply words.
func (t *denseTile) stepsAVX2() {
	proved := t.get("Proved")
	n, rest := t.GP64(), t.get("K")
	t.MOVLQSX(at(proved, 0), n)
	t.SUBQ(n, rest)
	off := t.get("Off")
	exact, done := t.label("exact"), t.label("done")
	ones := t.constant(spec.ConstOnes)
	t.Comment("Proved K steps: pairs of products of bytes fit in words.")
	t.TESTQ(n, n)
	t.JEQ(operand.LabelRef(exact))
	t.loop("pairs", n, func() { t.pairStep(off, ones) })
	t.Label(exact)
	t.Comment("The other K steps: products of words, even and odd bytes apart.")
	t.TESTQ(rest, rest)
	t.JEQ(operand.LabelRef(done))
	low := t.get("Consts")
	t.loop("words", rest, func() { t.wordStep(off, at(low, spec.ConstLow)) })
	t.Label(done)
}

// address reads an entry of the list and returns where its weights are and,
// in base, where its input is.
func (t *denseTile) address(off reg.Register) (w, base reg.GPVirtual) {
	w, base = t.GP64(), t.GP64()
	t.MOVLQSX(at(off, 0), base)
	t.ADDQ(t.in, base)
	t.MOVLQSX(at(off, 4), w)
	t.ADDQ(t.arg("W"), w)
	t.ADDQ(operand.Imm(8), off)
	return w, base
}

// windowSum adds the inputs of one K step to a pixel's window sum: products with
// weights of 1, and of 0 for padding, whose pairs can't saturate.
func (t *denseTile) windowSum(w reg.Register, p int, x, ones reg.VecVirtual) {
	// The step's four ones are at Ones + 4*(step), its weights at W + 64*(step).
	one, at4 := t.vec(), t.GP64()
	t.MOVQ(w, at4)
	t.SUBQ(t.arg("W"), at4)
	t.SHRQ(operand.Imm(4), at4)
	t.ADDQ(t.arg("Ones"), at4)
	t.VPBROADCASTD(at(at4, 0), one)
	t.VPMADDUBSW(one, x, one)
	t.VPMADDWD(ones, one, one)
	t.VPADDD(one, t.window[p], t.window[p])
}

// pairStep is one K step with products of bytes summed in pairs of words.
func (t *denseTile) pairStep(off reg.Register, ones reg.VecVirtual) {
	w, base := t.address(off)
	weights := []reg.VecVirtual{t.vec(), t.vec()}
	for j, v := range weights {
		t.load(at(w, 32*j), v)
	}
	x, s := t.vec(), t.vec()
	for p, acc := range t.acc {
		t.VPBROADCASTD(t.pixel(base, nil, p), x)
		for j, v := range weights {
			t.VPMADDUBSW(v, x, s)
			t.VPMADDWD(ones, s, s)
			t.VPADDD(s, acc[j], acc[j])
		}
		if t.k.WZero {
			t.windowSum(w, p, x, ones)
		}
	}
}

// wordStep is one K step with exact products of words: the even and the odd
// bytes of inputs and weights apart. The inputs are loaded twice, which leaves
// all registers to sums and weights.
func (t *denseTile) wordStep(off reg.Register, low operand.Mem) {
	w, base := t.address(off)
	even, odd := []reg.VecVirtual{t.vec(), t.vec()}, []reg.VecVirtual{t.vec(), t.vec()}
	for j := range 2 {
		t.load(at(w, 32*j), odd[j])
		t.VPSLLW(operand.U8(8), odd[j], even[j])
		t.VPSRAW(operand.U8(8), even[j], even[j])
		t.VPSRAW(operand.U8(8), odd[j], odd[j])
	}
	x, y := t.vec(), t.vec()
	for p, acc := range t.acc {
		for _, half := range []struct {
			split   func()
			weights []reg.VecVirtual
		}{
			{func() { t.VPAND(low, x, x) }, even},
			{func() { t.VPSRLW(operand.U8(8), x, x) }, odd},
		} {
			t.VPBROADCASTD(t.pixel(base, nil, p), x)
			half.split()
			t.VPMADDWD(half.weights[0], x, y)
			t.VPADDD(y, acc[0], acc[0])
			t.VPMADDWD(half.weights[1], x, x)
			t.VPADDD(x, acc[1], acc[1])
		}
	}
	if !t.k.WZero {
		return
	}
	ones := t.constant(spec.ConstOnes)
	for p := range t.acc {
		t.VPBROADCASTD(t.pixel(base, nil, p), x)
		t.windowSum(w, p, x, ones)
	}
}
