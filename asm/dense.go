package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/ingot-go/ingot/asm/spec"
)

// dense emits a tile of P pixels by OB blocks of 16 channels, repeated over
// blocks, rows and tiles of a row. Each K step multiplies four input bytes of
// every pixel, at an offset from a list, with four weights of every channel; so
// kernel size, stride, dilation and padding are in the list and the pitches.
//
// The sums stay in registers from the bias to the store.
func (b *builder) dense() {
	t := &denseTile{b: b, in: b.GP64()}
	t.pitches()
	b.countdown("block", "Blocks", func() {
		b.set("RowsLeft", "Rows")
		b.set("InRowAt", "In")
		b.set("OutRowAt", "Out")
		if b.k.Sum {
			b.set("ResRowAt", "Res")
		}
		b.countdown("row", "RowsLeft", t.row)
		t.nextBlock()
	})
}

// denseTile holds what lives across the parts of a tile.
type denseTile struct {
	b      *builder
	in     reg.GPVirtual
	pitch  map[int]reg.GPVirtual // InPix times 1, 3, 5 and 7, as far as P needs them
	acc    [][]reg.VecVirtual    // sums, by pixel and vector of channels
	window []reg.VecVirtual      // WZero: sums of the window's inputs, by pixel
}

// vectors is the number of registers for a pixel's channels.
func (t *denseTile) vectors() int { b := t.b; return t.channels() / b.lanes() }

// channels is the number of channels of the tile.
func (t *denseTile) channels() int {
	b := t.b
	if b.k.Half {
		return 8
	}
	return 16 * b.k.OB
}

// pitches loads the odd multiples of InPix that addressing needs: with scales
// of 1, 2, 4 and 8 they reach every pixel of a tile from one or two bases.
func (t *denseTile) pitches() {
	b := t.b
	t.pitch = map[int]reg.GPVirtual{1: b.get("InPix")}
	for _, n := range []int{3, 5, 7} {
		if b.k.P > n {
			t.pitch[n] = b.GP64()
			b.IMUL3Q(operand.I32(int32(n)), t.pitch[1], t.pitch[n])
		}
	}
}

// pixel is the address of four input bytes of pixel p; odd is base plus one pixel.
func (t *denseTile) pixel(base, odd reg.Register, p int) operand.Mem {
	m := operand.Mem{Base: base}
	switch p {
	case 0:
		return m
	case 9, 11, 13:
		m.Base, p = odd, p-1
	}
	scale := 1
	for p%2 == 0 {
		scale, p = scale*2, p/2
	}
	return m.Idx(t.pitch[p], uint8(scale))
}

func (t *denseTile) row() {
	b := t.b
	b.set("TilesLeft", "Pixels")
	b.MOVQ(b.arg("InRowAt"), t.in)
	b.set("OutAt", "OutRowAt")
	if b.k.Sum {
		b.set("ResAt", "ResRowAt")
	}
	b.countdown("tile", "TilesLeft", t.tile)
	b.advance("InRowAt", "InRow")
	b.advance("OutRowAt", "OutRow")
	if b.k.Sum {
		b.advance("ResRowAt", "ResRow")
	}
}

func (t *denseTile) tile() {
	b := t.b
	b.Comment("Sums start as the bias.")
	t.start()
	if b.z {
		b.Comment("K steps: four inputs of each pixel times four weights of each channel.")
		t.stepsVNNI()
	} else {
		t.stepsAVX2()
	}
	b.Comment("Epilogue: scale, round, pack to bytes, store.")
	t.epilogue()
	b.Comment("Next tile.")
	skip := b.GP64()
	b.IMUL3Q(operand.I32(int32(b.k.P)), t.pitch[1], skip)
	b.ADDQ(skip, t.in)
}

// start sets the sums to the bias.
func (t *denseTile) start() {
	b := t.b
	t.acc, t.window = nil, nil
	bias := b.get("Bias")
	for p := range b.k.P {
		var row []reg.VecVirtual
		for j := range t.vectors() {
			v := b.vec()
			if p == 0 {
				b.load(at(bias, 4*b.lanes()*j), v)
			} else {
				b.move(t.acc[0][j], v)
			}
			row = append(row, v)
		}
		t.acc = append(t.acc, row)
	}
	if b.k.WZero {
		for range b.k.P {
			t.window = append(t.window, b.constant(spec.ConstZero))
		}
	}
}

// stepsVNNI sums all K steps with VPDPBUSD.
func (t *denseTile) stepsVNNI() {
	b := t.b
	w, off, n, base, odd := b.get("W"), b.get("Off"), b.get("K"), b.GP64(), b.GP64()
	blocks := []operand.Mem{{Base: w}}
	if b.k.OB > 1 {
		step := b.get("WStep")
		blocks = append(blocks, at(w, 0).Idx(step, 1), at(w, 0).Idx(step, 2))
		if b.k.OB > 3 {
			three := b.GP64()
			b.IMUL3Q(operand.I32(3), step, three)
			blocks = append(blocks, at(w, 0).Idx(three, 1))
		}
	}
	var ones reg.GPVirtual
	if b.k.WZero {
		ones = b.get("Ones")
	}
	weights := make([]reg.VecVirtual, b.k.OB)
	for j := range weights {
		weights[j] = b.vec()
	}
	x, one := b.vec(), reg.VecVirtual(nil)
	b.loop("step", n, func() {
		b.MOVLQSX(at(off, 0), base)
		b.ADDQ(t.in, base)
		if b.k.P > 9 {
			b.LEAQ(at(base, 0).Idx(t.pitch[1], 1), odd)
		}
		for j, v := range weights {
			b.load(blocks[j], v)
		}
		if b.k.WZero {
			one = b.vec()
			b.VPBROADCASTD(at(ones, 0), one)
			b.ADDQ(operand.Imm(4), ones)
		}
		for p, acc := range t.acc {
			b.VPBROADCASTD(t.pixel(base, odd, p), x)
			for j, v := range weights {
				b.VPDPBUSD(v, x, acc[j])
			}
			if b.k.WZero {
				b.VPDPBUSD(one, x, t.window[p])
			}
		}
		b.ADDQ(operand.Imm(64), w)
		b.ADDQ(operand.Imm(4), off)
	})
}

// epilogue requantizes the tile and stores it.
func (t *denseTile) epilogue() {
	b := t.b
	t.applyWZero()
	mul := b.get("Mul")
	res, resPix := reg.GPVirtual(nil), reg.GPVirtual(nil)
	if b.k.Sum {
		res, resPix = b.get("ResAt"), b.get("ResPix")
	}
	if b.k.Float {
		t.storeDequantized(mul)
		return
	}
	pack := b.limited(b.packing(false), b.k.P*t.vectors() > 24)
	var sums, out []reg.VecVirtual
	for p, acc := range t.acc {
		for j, v := range acc {
			b.scale(v, at(mul, 4*b.lanes()*j))
			if b.k.Sum {
				r := b.vec()
				b.VPMOVZXBD(at(res, b.lanes()*j), r)
				b.sum(v, r)
			}
			b.round(v)
		}
		if b.k.Sum {
			b.ADDQ(resPix, res)
		}
		if sums = append(sums, acc...); (p+1)%t.together() == 0 || p == b.k.P-1 {
			out = append(out, b.pack(pack, sums))
			sums = nil
		}
	}
	if b.k.Sum {
		b.MOVQ(res, b.arg("ResAt"))
	}
	if b.k.Table {
		out = b.lookup(out)
	}
	t.store(out)
}

// applyWZero subtracts zero point times window sum.
func (t *denseTile) applyWZero() {
	b := t.b
	if !b.k.WZero {
		return
	}
	zeros := b.get("WZero")
	for p, acc := range t.acc {
		for j, v := range acc {
			x := b.vec()
			b.VPMULLD(at(zeros, 4*b.lanes()*j), t.window[p], x)
			b.VPSUBD(x, v, v)
		}
	}
}

// together is how many pixels' channels fit into a vector of bytes.
func (t *denseTile) together() int { b := t.b; return b.bytes() / t.channels() }

// store writes the tile, whose pixels lie together in vectors of bytes.
func (t *denseTile) store(v []reg.VecVirtual) {
	b := t.b
	p, pitch := b.get("OutAt"), b.get("OutPix")
	var n, mask reg.Register
	if b.k.Tail && b.z {
		mask = b.K()
		b.KMOVQ(b.arg("Mask"), mask)
	} else if b.k.Tail {
		n = b.get("N")
	}
	for i := range b.k.P {
		from, part := v[i/t.together()], i%t.together()
		switch {
		case b.k.Tail && b.z:
			if first := part * t.channels(); first > 0 {
				x := b.XMM()
				b.VEXTRACTI32X4(operand.U8(uint8(first/16)), from, x)
				if first%16 > 0 {
					b.VPSRLDQ(operand.U8(8), x, x)
				}
				from = x
			}
			b.VMOVDQU8(from.AsX(), mask, at(p, 0))
		case b.k.Tail:
			if part > 0 {
				b.VEXTRACTI128(operand.U8(1), from, from.AsX())
			}
			to := b.GP64() // storeSome moves its pointer
			b.MOVQ(p, to)
			b.storeSome(from, to, n, mask)
		case part == 0:
			b.storeBytes(from, 16*b.k.OB, p)
		default:
			t.storePart(from, part, p)
		}
		b.ADDQ(pitch, p)
	}
	b.MOVQ(p, b.arg("OutAt"))
}

// storePart writes a pixel's channels that lie behind others in a vector.
func (t *denseTile) storePart(v reg.VecVirtual, part int, p reg.Register) {
	b := t.b
	switch i := operand.U8(uint8(part)); {
	case !b.z:
		b.VEXTRACTI128(i, v, at(p, 0))
	case b.k.OB == 1:
		b.VEXTRACTI32X4(i, v, at(p, 0))
	default:
		b.VEXTRACTI64X4(i, v, at(p, 0))
	}
}

// storeDequantized rounds the scaled sums to the integers that they would be as
// bytes, less the zero point, and stores these times the scale.
func (t *denseTile) storeDequantized(mul reg.Register) {
	b := t.b
	p, pitch, scale := b.get("OutAt"), b.get("OutPix"), b.spread("OutMul")
	for _, acc := range t.acc {
		for j, v := range acc {
			b.scale(v, at(mul, 4*b.lanes()*j))
			b.round(v)
			b.VCVTDQ2PS(v, v)
			b.VMULPS(scale, v, v)
		}
	}
	t.storeTile(p, pitch)
}

// storeTile writes the vectors of the tile as float32 from p on.
func (t *denseTile) storeTile(p, pitch reg.Register) {
	b := t.b
	masks := make([]reg.Register, t.vectors())
	for j := range masks {
		if b.k.Tail {
			masks[j] = b.floatMask(b.lanes() * j)
		}
	}
	for _, acc := range t.acc {
		for j, v := range acc {
			if m := at(p, 4*b.lanes()*j); b.k.Tail {
				b.storeFloats(v, m, masks[j])
			} else {
				b.storeVec(v, m)
			}
		}
		b.ADDQ(pitch, p)
	}
	b.MOVQ(p, b.arg("OutAt"))
}

// nextBlock moves on by the tile's channels.
func (t *denseTile) nextBlock() {
	b := t.b
	out := 16
	if b.k.Float {
		out = 64
	}
	for _, f := range []struct {
		name string
		by   int
		on   bool
	}{
		{"Out", out, true}, {"Res", 16, b.k.Sum}, {"Bias", 64, true}, {"Mul", 64, true}, {"WZero", 64, b.k.WZero},
	} {
		if f.on {
			b.ADDQ(operand.U32(uint32(f.by*b.k.OB)), b.arg(f.name))
		}
	}
	step := b.get("WStep")
	b.IMUL3Q(operand.I32(int32(b.k.OB)), step, step)
	b.ADDQ(step, b.arg("W"))
	if !b.z {
		b.advance("Off", "OffStep")
		b.ADDQ(operand.Imm(24), b.arg("Bundles"))
		if b.k.WZero {
			b.advance("Ones", "OffStep")
		}
	}
}
