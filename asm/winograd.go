package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The transforms of F(2x2,3x3) (Lavin and Gray: "Fast algorithms for convolutional
// neural networks", 2015): a tile of 2x2 results takes 16 products of transformed
// inputs and weights for each channel instead of 36. The 16 numbers of a tile lie
// in as many matrices of tiles by channels.

// winograd holds the addresses that both transforms move on.
type winograd struct {
	b     *builder
	tile  [4]reg.GPVirtual // pixels: rows of the tile
	pitch map[int]reg.GPVirtual
	mat   [4]reg.GPVirtual // matrices: the first of each four
	step  map[int]reg.GPVirtual
}

// newWinograd loads what is 4 rows of 4 matrices from field from on, pitch apart.
func (b *builder) newWinograd(matrices, pitch string) *winograd {
	w := &winograd{b: b}
	w.mat[0] = b.get(matrices)
	w.step = b.multiples(pitch)
	for i := 1; i < 4; i++ {
		w.mat[i] = b.GP64()
		b.LEAQ(at(w.mat[i-1], 0).Idx(w.step[1], 4), w.mat[i])
	}
	return w
}

// multiples loads a distance once and three times.
func (b *builder) multiples(field string) map[int]reg.GPVirtual {
	one, three := b.get(field), b.GP64()
	b.LEAQ(at(one, 0).Idx(one, 2), three)
	return map[int]reg.GPVirtual{1: one, 3: three}
}

// nth is the address i distances from base.
func nth(base reg.Register, step map[int]reg.GPVirtual, i int) operand.Mem {
	m := operand.Mem{Base: base}
	switch i {
	case 0:
		return m
	case 3:
		return m.Idx(step[3], 1)
	}
	return m.Idx(step[1], uint8(i))
}

// vectors repeats body for every vector of the N channels and moves the given
// addresses on.
func (w *winograd) vectors(body func(), moved ...reg.GPVirtual) {
	b := w.b
	b.set("Left", "N")
	l := b.label("channels")
	b.Label(l)
	body()
	for _, r := range moved {
		b.ADDQ(operand.Imm(uint64(b.bytes())), r)
	}
	b.SUBQ(operand.Imm(uint64(b.lanes())), b.arg("Left"))
	b.JNE(operand.LabelRef(l))
}

// winogradInput emits V = B'dB of the tiles of a row: N channels, a multiple of 16, of
// 4x4 pixels two apart, to the rows of 16 matrices OutRow apart.
func (b *builder) winogradInput() {
	w := b.newWinograd("Out", "OutRow")
	w.pitch = b.multiples("InPix")
	row := b.get("InRow")
	w.tile[0] = b.get("In")
	for i := 1; i < 4; i++ {
		w.tile[i] = b.GP64()
		b.LEAQ(at(w.tile[i-1], 0).Idx(row, 1), w.tile[i])
	}
	n := b.get("N")
	b.SHLQ(operand.U8(2), n)
	b.MOVQ(n, b.arg("InAt")) // bytes of a pixel's channels
	b.set("TilesLeft", "Pixels")
	b.countdown("tile", "TilesLeft", func() {
		w.vectors(w.inputs, append(w.tile[:], w.mat[:]...)...)
		// On by two pixels, back by the channels.
		skip := b.GP64()
		b.LEAQ(at(w.pitch[1], 0).Idx(w.pitch[1], 1), skip)
		b.SUBQ(b.arg("InAt"), skip)
		for _, r := range w.tile {
			b.ADDQ(skip, r)
		}
	})
}

// inputs transforms one vector of channels, a column of the result at a time.
func (w *winograd) inputs() {
	b := w.b
	sub := func(x, y reg.Register) reg.VecVirtual { // x-y
		v := b.vec()
		b.VSUBPS(y, x, v)
		return v
	}
	for j := range 4 {
		var u [4]reg.VecVirtual
		for i := range u {
			d := func(c int) operand.Mem { return nth(w.tile[i], w.pitch, c) }
			u[i] = b.vec()
			switch j {
			case 0: // d0-d2
				b.load(d(0), u[i])
				b.VSUBPS(d(2), u[i], u[i])
			case 1: // d1+d2
				b.load(d(1), u[i])
				b.VADDPS(d(2), u[i], u[i])
			case 2: // d2-d1
				b.load(d(2), u[i])
				b.VSUBPS(d(1), u[i], u[i])
			case 3: // d1-d3
				b.load(d(1), u[i])
				b.VSUBPS(d(3), u[i], u[i])
			}
		}
		sum := b.vec()
		b.VADDPS(u[2], u[1], sum)
		for i, v := range []reg.VecVirtual{sub(u[0], u[2]), sum, sub(u[2], u[1]), sub(u[1], u[3])} {
			b.storeVec(v, nth(w.mat[i], w.step, j))
		}
	}
}

// winogradOutput emits Y = A'MA of the tiles of a row, the bias, and the epilogue: N
// channels, a multiple of 16, of rows of 16 matrices InRow apart, to 2x2 pixels.
func (b *builder) winogradOutput() {
	w := b.newWinograd("In", "InRow")
	rows := map[string][2]reg.GPVirtual{}
	names := []string{"Out"}
	if b.k.Sum {
		names = append(names, "Res")
	}
	for _, name := range names {
		first, second := b.get(name), b.GP64()
		b.MOVQ(b.arg(name+"Row"), second)
		b.ADDQ(first, second)
		rows[name] = [2]reg.GPVirtual{first, second}
	}
	moved := append([]reg.GPVirtual{}, w.mat[:]...)
	for _, name := range names {
		moved = append(moved, rows[name][0], rows[name][1])
	}
	b.set("TilesLeft", "Pixels")
	b.countdown("tile", "TilesLeft", func() {
		b.set("StartAt", "Start")
		w.vectors(func() { w.outputs(rows) }, moved...)
		for _, name := range names { // on by two pixels, back by the channels
			skip, n := b.get(name+"Pix"), b.get("N")
			b.ADDQ(skip, skip)
			b.SHLQ(operand.U8(2), n)
			b.SUBQ(n, skip)
			b.ADDQ(skip, rows[name][0])
			b.ADDQ(skip, rows[name][1])
		}
	})
}

// outputs transforms one vector of channels and stores its four results.
func (w *winograd) outputs(rows map[string][2]reg.GPVirtual) {
	b := w.b
	var s [2][4]reg.VecVirtual
	for j := range 4 {
		m1 := b.vec()
		s[0][j], s[1][j] = b.vec(), b.vec()
		b.load(nth(w.mat[1], w.step, j), m1)
		b.load(nth(w.mat[0], w.step, j), s[0][j])
		b.VADDPS(m1, s[0][j], s[0][j])
		b.VADDPS(nth(w.mat[2], w.step, j), s[0][j], s[0][j])
		b.VSUBPS(nth(w.mat[2], w.step, j), m1, m1)
		b.VSUBPS(nth(w.mat[3], w.step, j), m1, s[1][j])
	}
	bias := b.vec()
	start := b.get("StartAt")
	b.load(at(start, 0), bias)
	b.ADDQ(operand.Imm(uint64(b.bytes())), b.arg("StartAt"))
	var y []reg.VecVirtual
	for i := range 2 {
		left, right := b.vec(), b.vec()
		b.VADDPS(s[i][1], s[i][0], left)
		b.VADDPS(s[i][2], left, left)
		b.VADDPS(bias, left, left)
		b.VSUBPS(s[i][2], s[i][1], right)
		b.VSUBPS(s[i][3], right, right)
		b.VADDPS(bias, right, right)
		y = append(y, left, right)
	}
	each := func(f func(v reg.Register)) {
		for _, v := range y {
			f(v)
		}
	}
	if b.k.Pre {
		b.limit("PreLo", "PreHi", each)
	}
	if b.k.Sum {
		pix := b.get("ResPix")
		for i, v := range y {
			m := at(rows["Res"][i/2], 0)
			if i%2 == 1 {
				m = m.Idx(pix, 1)
			}
			b.VADDPS(m, v, v)
		}
	}
	if b.k.Clamp {
		b.limit("Lo", "Hi", each)
	}
	pix := b.get("OutPix")
	for i, v := range y {
		m := at(rows["Out"][i/2], 0)
		if i%2 == 1 {
			m = m.Idx(pix, 1)
		}
		b.storeVec(v, m)
	}
}
