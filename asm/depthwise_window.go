package asm

import (
	"maps"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// window emits the convolution of each channel by itself for a window of 3x3 or 5x5:
// tiles of two rows by two columns of a vector of channels, as many as it has
// dwords. Four rows of a column are transposed once, to a dword for each channel; it
// serves both rows of the tile and all columns whose windows it lies in, those of the
// next tile too. A vector's bias, factors and weights lie side by side.
func (b *builder) window() {
	t := &windowTile{b: b, in: b.GP64(), w: b.GP64(), out: b.GP64(), row: b.get("InRow"), row3: b.GP64(), pix: b.get("InPix")}
	b.LEAQ(operand.Mem{Base: t.row, Index: t.row, Scale: 2}, t.row3)
	if b.k.WindowGroups() > 1 {
		t.in4 = b.GP64()
	}
	if b.k.Sum {
		t.res = b.GP64()
	}
	t.constants()
	b.set("RowsLeft", "Rows")
	b.set("InRowAt", "In")
	b.set("OutRowAt", "Out")
	if b.k.Sum {
		b.set("ResRowAt", "Res")
	}
	b.countdown("row", "RowsLeft", func() {
		b.MOVQ(operand.I32(0), b.arg("Left"))
		again, c := b.label("channels"), b.GP64()
		b.Label(again)
		t.block()
		b.MOVQ(b.arg("Left"), c)
		b.ADDQ(operand.Imm(uint64(b.lanes())), c)
		b.MOVQ(c, b.arg("Left"))
		b.CMPQ(c, b.arg("N"))
		b.JNE(operand.LabelRef(again))
		for range 2 * b.k.Stride {
			b.ADDQ(t.row, b.arg("InRowAt"))
		}
		t.twice("OutRow", "OutRowAt")
		if b.k.Sum {
			t.twice("ResRow", "ResRowAt")
		}
	})
}

// windowTile is the state of the tile loop.
type windowTile struct {
	b              *builder
	in, in4        reg.GPVirtual // the next column, its first row and its fifth
	row, row3, pix reg.GPVirtual // bytes between rows, to the third row from the first, between columns
	w, out, res    reg.GPVirtual
	bias, mul      reg.VecVirtual
	within         reg.VecVirtual         // the transposition of bytes in four dwords
	perm           reg.VecVirtual         // that of dwords, on AVX-512 of two registers
	ones           reg.VecVirtual         // AVX2 but for the exact form
	packing        packing                // AVX-512
	low, high      reg.VecVirtual         // AVX-512: rows as loaded
	weights        map[int]reg.VecVirtual // AVX-512: the first ones
	kept           [][]reg.VecVirtual     // columns of the input that the tile shares with the one before
}

// constants loads what stays in registers.
func (t *windowTile) constants() {
	b := t.b
	t.within, t.perm, t.bias, t.mul = b.vec(), b.vec(), b.vec(), b.vec()
	consts := b.get("Consts")
	if !b.z {
		b.load(at(consts, spec.ConstHalves), t.perm)
		b.VBROADCASTI128(at(consts, spec.ConstRows), t.within)
		if !b.k.Exact {
			t.ones = b.constant(spec.ConstOnes)
		}
		return
	}
	b.VBROADCASTI32X4(at(consts, spec.ConstRows), t.within)
	t.packing = b.limited(t.b.packing(false), false)
	// The order of packing takes dwords of four rows from one register; here the third and
	// the fourth row are in another one, whose dwords are numbered from 16 on.
	eight, order := b.vec(), t.packing.order.(reg.VecVirtual)
	b.VPSRLD(operand.U8(3), order, eight)
	b.VPSLLD(operand.U8(3), eight, eight)
	b.VPADDD(eight, order, t.perm)
	t.low, t.high = b.vec(), b.vec()
	most := 9 // of the 32 registers; windows of 5x5 need more of them for columns
	if b.k.Window == 5 {
		most = 10 - 3*b.k.Stride
	}
	t.weights = map[int]reg.VecVirtual{}
	for i := range b.k.WindowVectors() {
		if group, r := i/2%b.k.WindowGroups(), i%2; b.k.Reads(r, group) && len(t.weights) < most {
			t.weights[i] = b.vec()
		}
	}
}

// twice adds a field to another, twice.
func (t *windowTile) twice(by, to string) {
	b := t.b
	d := b.get(by)
	b.ADDQ(d, b.arg(to))
	b.ADDQ(d, b.arg(to))
}

// block computes two rows of a vector of channels.
func (t *windowTile) block() {
	b := t.b
	b.MOVQ(b.arg("Left"), t.w)
	from := func(field string, r reg.Register) {
		b.MOVQ(b.arg(field), r)
		b.ADDQ(t.w, r)
	}
	from("InRowAt", t.in)
	from("OutRowAt", t.out)
	if t.res != nil {
		from("ResRowAt", t.res)
	}
	if t.in4 != nil {
		b.LEAQ(operand.Mem{Base: t.in, Index: t.row, Scale: 4}, t.in4)
	}
	b.IMUL3Q(operand.U32(uint32(4*(2+t.vectors()))), t.w, t.w)
	b.ADDQ(b.arg("W"), t.w)
	b.load(at(t.w, 0), t.bias)
	b.load(at(t.w, b.bytes()), t.mul)
	for _, i := range slices.Sorted(maps.Keys(t.weights)) {
		b.load(t.weight(i), t.weights[i])
	}
	t.kept = nil
	for range b.k.Window - b.k.Stride {
		c := t.newColumn()
		t.transposed(c)
		t.kept = append(t.kept, c)
	}
	n, even := b.get("Pixels"), b.label("even")
	b.SHRQ(operand.Imm(1), n)
	b.loop("tile", n, func() { t.tile(2) })
	b.TESTQ(operand.U32(1), b.arg("Pixels"))
	b.JEQ(operand.LabelRef(even))
	b.Comment("The last column of an odd number.")
	t.tile(1)
	b.Label(even)
}

// vectors is how many vectors of weights a vector of channels has: as words they are two.
func (t *windowTile) vectors() int {
	b := t.b
	if b.k.Exact {
		return 2 * b.k.WindowVectors()
	}
	return b.k.WindowVectors()
}

// weight is the operand of a vector of weights, behind bias and factors.
func (t *windowTile) weight(i int) operand.Mem { b := t.b; return at(t.w, (2+i)*b.bytes()) }

// tile computes one or two columns.
func (t *windowTile) tile(columns int) {
	b := t.b
	b.Comment("Sums start as the bias.")
	var acc []reg.VecVirtual // row, column
	for range 2 * columns {
		v := b.vec()
		b.move(t.bias, v)
		acc = append(acc, v)
	}
	next := b.k.Stride * columns
	all := slices.Clone(t.kept)
	for range next {
		all = append(all, t.newColumn())
	}
	// The next columns come first, so that products don't wait for them, where there are
	// registers for all.
	first := len(t.kept) <= 2*b.k.Stride && !b.k.Exact
	for _, x := range all[len(t.kept):] {
		if first {
			t.transposed(x)
		}
	}
	for c, x := range all {
		if !first && c >= len(t.kept) {
			t.transposed(x)
		}
		t.products(c, x, acc)
	}
	for c, x := range all[next:] {
		for g, v := range x {
			b.move(v, t.kept[c][g])
		}
	}
	t.epilogue(acc)
}

// products adds those of column c of a tile to the sums that they belong to.
func (t *windowTile) products(c int, x, acc []reg.VecVirtual) {
	b := t.b
	columns, groups := len(acc)/2, b.k.WindowGroups()
	each := len(x) / groups
	for o := range columns {
		dx := c - b.k.Stride*o
		if dx < 0 || dx >= b.k.Window {
			continue
		}
		for g := range groups {
			for r := range 2 {
				if b.k.Reads(r, g) {
					t.dot(b.k.WindowVector(dx, g, r), x[g*each:][:each], acc[r*columns+o])
				}
			}
		}
	}
}

// newColumn returns registers for a column: one for each group of rows, and for products of
// words one for the first and third, one for the second and fourth row of the only group.
func (t *windowTile) newColumn() []reg.VecVirtual {
	b := t.b
	n := b.k.WindowGroups()
	if b.k.Exact {
		n = 2
	}
	all := make([]reg.VecVirtual, n)
	for i := range all {
		all[i] = b.vec()
	}
	return all
}

// transposed loads the next column.
func (t *windowTile) transposed(x []reg.VecVirtual) {
	b := t.b
	b.Comment("The next column, a dword for each channel.")
	base := t.in
	for g := range b.k.WindowGroups() {
		rows := []operand.Mem{at(base, 0), at(base, 0).Idx(t.row, 1), at(base, 0).Idx(t.row, 2), at(base, 0).Idx(t.row3, 1)}
		switch n := b.k.WindowRows() - 4*g; {
		case n == 1:
			b.VPMOVZXBD(rows[0], x[g])
		case b.z:
			t.transpose512(rows[:min(n, 4)], x[g])
		default:
			t.transpose256(rows, x[g])
		}
		b.ADDQ(t.pix, base)
		base = t.in4
	}
	if b.k.Exact {
		b.VPSRLW(operand.U8(8), x[0], x[1])
		b.VPAND(at(b.get("Consts"), spec.ConstLow), x[0], x[0])
	}
}

// transpose512 makes dwords of the bytes of two to four rows of 16 channels. What takes the
// place of missing rows meets weights of 0. Low and high are always the same registers,
// since what is loaded into a part of one counts as being there from the start.
func (t *windowTile) transpose512(rows []operand.Mem, v reg.VecVirtual) {
	b := t.b
	b.VMOVDQU32(rows[0], t.low.AsX())
	b.VINSERTI32X4(operand.U8(1), rows[1], t.low.AsY(), t.low.AsY())
	if len(rows) == 2 {
		b.VPERMD(t.low, t.packing.order, v)
	} else {
		b.VMOVDQU32(rows[2], t.high.AsX())
		if len(rows) == 4 {
			b.VINSERTI32X4(operand.U8(1), rows[3], t.high.AsY(), t.high.AsY())
		}
		b.move(t.perm, v)
		b.VPERMI2D(t.high, t.low, v)
	}
	b.VPSHUFB(t.within, v, v)
}

// transpose256 is transpose512 for four rows of 8 channels.
func (t *windowTile) transpose256(rows []operand.Mem, v reg.VecVirtual) {
	b := t.b
	b.VPBROADCASTQ(rows[0], v)
	for i, r := range rows[1:] {
		x := b.vec()
		b.VPBROADCASTQ(r, x)
		b.VPBLENDD(operand.U8(3<<(2*i+2)), x, v, v)
	}
	b.VPERMD(v, t.perm, v)
	b.VPSHUFB(t.within, v, v)
}

// dot adds the products of x's bytes with a vector of weights to acc, dword by dword.
func (t *windowTile) dot(i int, x []reg.VecVirtual, acc reg.VecVirtual) {
	b := t.b
	switch {
	case t.weights[i] != nil:
		b.VPDPBUSD(t.weights[i], x[0], acc)
		return
	case b.z:
		b.VPDPBUSD(t.weight(i), x[0], acc)
		return
	}
	s := b.vec()
	if !b.k.Exact {
		b.VPMADDUBSW(t.weight(i), x[0], s)
		b.VPMADDWD(t.ones, s, s)
		b.VPADDD(s, acc, acc)
		return
	}
	for j, words := range x {
		b.VPMADDWD(t.weight(2*i+j), words, s)
		b.VPADDD(s, acc, acc)
	}
}

func (t *windowTile) epilogue(acc []reg.VecVirtual) {
	b := t.b
	b.Comment("Epilogue: scale, round, pack to bytes, store.")
	var res []operand.Mem
	if b.k.Sum {
		res = t.pixels("Res", t.res, len(acc)/2)
	}
	for i, v := range acc {
		b.scale(v, t.mul)
		if b.k.Sum {
			r := b.vec()
			b.VPMOVZXBD(res[i], r)
			b.sum(v, r)
		}
		b.round(v)
	}
	t.store(t.bytesOf(acc), t.pixels("Out", t.out, len(acc)/2))
	if len(acc) == 4 {
		t.next("Out", t.out)
		if b.k.Sum {
			t.next("Res", t.res)
		}
	}
}

// bytesOf packs four vectors to bytes, pixel by pixel, and looks them up.
func (t *windowTile) bytesOf(v []reg.VecVirtual) reg.VecVirtual {
	b := t.b
	pack := t.packing
	if !b.z { // registers are few
		pack = b.limited(t.b.packing(false), true)
	}
	out := b.pack(pack, v)
	if b.k.Table {
		out = b.lookup([]reg.VecVirtual{out})[0]
	}
	return out
}

// pixels returns the operands of the tile's pixels, row by row; the first is at p.
func (t *windowTile) pixels(tensor string, p reg.Register, columns int) (all []operand.Mem) {
	b := t.b
	below, pix := b.get(tensor+"Row"), b.get(tensor+"Pix")
	b.ADDQ(p, below)
	for _, row := range []reg.Register{p, below} {
		all = append(all, at(row, 0))
		if columns > 1 {
			all = append(all, at(row, 0).Idx(pix, 1))
		}
	}
	return all
}

// next moves p to the next tile.
func (t *windowTile) next(tensor string, p reg.Register) {
	b := t.b
	b.LEAQ(at(p, 0).Idx(b.get(tensor+"Pix"), 2), p)
}

// store writes the channels of the pixels.
func (t *windowTile) store(v reg.VecVirtual, to []operand.Mem) {
	b := t.b
	if b.z {
		b.VMOVDQU32(v.AsX(), to[0])
		for i := 1; i < len(to); i++ {
			b.VEXTRACTI32X4(operand.U8(uint8(i)), v, to[i])
		}
		return
	}
	x := v.AsX()
	for i := 0; i < len(to); i += 2 {
		if i > 0 {
			x = b.XMM()
			b.VEXTRACTI128(operand.U8(1), v, x)
		}
		b.VMOVQ(x, to[i])
		b.VMOVHPS(x, to[i+1])
	}
}
