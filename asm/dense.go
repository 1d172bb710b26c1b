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
	t := &denseTile{builder: b, in: b.GP64()}
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
	*builder
	in     reg.GPVirtual
	pitch  map[int]reg.GPVirtual // InPix times 1, 3, 5 and 7, as far as P needs them
	acc    [][]reg.VecVirtual    // sums, by pixel and vector of channels
	window []reg.VecVirtual      // WZero: sums of the window's inputs, by pixel
}

// vectors is the number of registers for a pixel's channels.
func (t *denseTile) vectors() int { return t.channels() / t.lanes() }

// channels is the number of channels of the tile.
func (t *denseTile) channels() int {
	if t.k.Half {
		return 8
	}
	return 16 * t.k.OB
}

// pitches loads the odd multiples of InPix that addressing needs: with scales
// of 1, 2, 4 and 8 they reach every pixel of a tile from one or two bases.
func (t *denseTile) pitches() {
	t.pitch = map[int]reg.GPVirtual{1: t.get("InPix")}
	for _, n := range []int{3, 5, 7} {
		if t.k.P > n {
			t.pitch[n] = t.GP64()
			t.IMUL3Q(operand.I32(int32(n)), t.pitch[1], t.pitch[n])
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
	t.set("TilesLeft", "Pixels")
	t.MOVQ(t.arg("InRowAt"), t.in)
	t.set("OutAt", "OutRowAt")
	if t.k.Sum {
		t.set("ResAt", "ResRowAt")
	}
	t.countdown("tile", "TilesLeft", t.tile)
	t.advance("InRowAt", "InRow")
	t.advance("OutRowAt", "OutRow")
	if t.k.Sum {
		t.advance("ResRowAt", "ResRow")
	}
}

func (t *denseTile) tile() {
	t.Comment("Sums start as the bias.")
	t.start()
	if t.z {
		t.Comment("K steps: four inputs of each pixel times four weights of each channel.")
		t.stepsVNNI()
	} else {
		t.stepsAVX2()
	}
	t.Comment("Epilogue: scale, round, pack to bytes, store.")
	t.epilogue()
	t.Comment("Next tile.")
	skip := t.GP64()
	t.IMUL3Q(operand.I32(int32(t.k.P)), t.pitch[1], skip)
	t.ADDQ(skip, t.in)
}

// start sets the sums to the bias.
func (t *denseTile) start() {
	t.acc, t.window = nil, nil
	bias := t.get("Bias")
	for p := range t.k.P {
		var row []reg.VecVirtual
		for j := range t.vectors() {
			v := t.vec()
			if p == 0 {
				t.load(at(bias, 4*t.lanes()*j), v)
			} else {
				t.move(t.acc[0][j], v)
			}
			row = append(row, v)
		}
		t.acc = append(t.acc, row)
	}
	if t.k.WZero {
		for range t.k.P {
			t.window = append(t.window, t.constant(spec.ConstZero))
		}
	}
}

// stepsVNNI sums all K steps with VPDPBUSD.
func (t *denseTile) stepsVNNI() {
	w, off, n, base, odd := t.get("W"), t.get("Off"), t.get("K"), t.GP64(), t.GP64()
	blocks := []operand.Mem{{Base: w}}
	if t.k.OB > 1 {
		step := t.get("WStep")
		blocks = append(blocks, at(w, 0).Idx(step, 1), at(w, 0).Idx(step, 2))
		if t.k.OB > 3 {
			three := t.GP64()
			t.IMUL3Q(operand.I32(3), step, three)
			blocks = append(blocks, at(w, 0).Idx(three, 1))
		}
	}
	var ones reg.GPVirtual
	if t.k.WZero {
		ones = t.get("Ones")
	}
	weights := make([]reg.VecVirtual, t.k.OB)
	for j := range weights {
		weights[j] = t.vec()
	}
	x, one := t.vec(), reg.VecVirtual(nil)
	t.loop("step", n, func() {
		t.MOVLQSX(at(off, 0), base)
		t.ADDQ(t.in, base)
		if t.k.P > 9 {
			t.LEAQ(at(base, 0).Idx(t.pitch[1], 1), odd)
		}
		for j, v := range weights {
			t.load(blocks[j], v)
		}
		if t.k.WZero {
			one = t.vec()
			t.VPBROADCASTD(at(ones, 0), one)
			t.ADDQ(operand.Imm(4), ones)
		}
		for p, acc := range t.acc {
			t.VPBROADCASTD(t.pixel(base, odd, p), x)
			for j, v := range weights {
				t.VPDPBUSD(v, x, acc[j])
			}
			if t.k.WZero {
				t.VPDPBUSD(one, x, t.window[p])
			}
		}
		t.ADDQ(operand.Imm(64), w)
		t.ADDQ(operand.Imm(4), off)
	})
}

// epilogue requantizes the tile and stores it.
func (t *denseTile) epilogue() {
	t.applyWZero()
	mul := t.get("Mul")
	res, resPix := reg.GPVirtual(nil), reg.GPVirtual(nil)
	if t.k.Sum {
		res, resPix = t.get("ResAt"), t.get("ResPix")
	}
	if t.k.Float {
		t.storeDequantized(mul)
		return
	}
	pack := t.limited(t.packing(false), t.k.P*t.vectors() > 24)
	var sums, out []reg.VecVirtual
	for p, acc := range t.acc {
		for j, v := range acc {
			t.scale(v, at(mul, 4*t.lanes()*j))
			if t.k.Sum {
				r := t.vec()
				t.VPMOVZXBD(at(res, t.lanes()*j), r)
				t.sum(v, r)
			}
			t.round(v)
		}
		if t.k.Sum {
			t.ADDQ(resPix, res)
		}
		if sums = append(sums, acc...); (p+1)%t.together() == 0 || p == t.k.P-1 {
			out = append(out, t.pack(pack, sums))
			sums = nil
		}
	}
	if t.k.Sum {
		t.MOVQ(res, t.arg("ResAt"))
	}
	if t.k.Table {
		out = t.lookup(out)
	}
	t.store(out)
}

// applyWZero subtracts zero point times window sum.
func (t *denseTile) applyWZero() {
	if !t.k.WZero {
		return
	}
	zeros := t.get("WZero")
	for p, acc := range t.acc {
		for j, v := range acc {
			x := t.vec()
			t.VPMULLD(at(zeros, 4*t.lanes()*j), t.window[p], x)
			t.VPSUBD(x, v, v)
		}
	}
}

// together is how many pixels' channels fit into a vector of bytes.
func (t *denseTile) together() int { return t.bytes() / t.channels() }

// store writes the tile, whose pixels lie together in vectors of bytes.
func (t *denseTile) store(v []reg.VecVirtual) {
	p, pitch := t.get("OutAt"), t.get("OutPix")
	var n, mask reg.Register
	if t.k.Tail && t.z {
		mask = t.K()
		t.KMOVQ(t.arg("Mask"), mask)
	} else if t.k.Tail {
		n = t.get("N")
	}
	for i := range t.k.P {
		from, part := v[i/t.together()], i%t.together()
		switch {
		case t.k.Tail && t.z:
			if first := part * t.channels(); first > 0 {
				x := t.XMM()
				t.VEXTRACTI32X4(operand.U8(uint8(first/16)), from, x)
				if first%16 > 0 {
					t.VPSRLDQ(operand.U8(8), x, x)
				}
				from = x
			}
			t.VMOVDQU8(from.AsX(), mask, at(p, 0))
		case t.k.Tail:
			if part > 0 {
				t.VEXTRACTI128(operand.U8(1), from, from.AsX())
			}
			to := t.GP64() // storeSome moves its pointer
			t.MOVQ(p, to)
			t.storeSome(from, to, n, mask)
		case part == 0:
			t.storeBytes(from, 16*t.k.OB, p)
		default:
			t.storePart(from, part, p)
		}
		t.ADDQ(pitch, p)
	}
	t.MOVQ(p, t.arg("OutAt"))
}

// storePart writes a pixel's channels that lie behind others in a vector.
func (t *denseTile) storePart(v reg.VecVirtual, part int, p reg.Register) {
	switch i := operand.U8(uint8(part)); {
	case !t.z:
		t.VEXTRACTI128(i, v, at(p, 0))
	case t.k.OB == 1:
		t.VEXTRACTI32X4(i, v, at(p, 0))
	default:
		t.VEXTRACTI64X4(i, v, at(p, 0))
	}
}

// storeDequantized rounds the scaled sums to the integers that they would be as
// bytes, less the zero point, and stores these times the scale.
func (t *denseTile) storeDequantized(mul reg.Register) {
	p, pitch, scale := t.get("OutAt"), t.get("OutPix"), t.spread("OutMul")
	for _, acc := range t.acc {
		for j, v := range acc {
			t.scale(v, at(mul, 4*t.lanes()*j))
			t.round(v)
			t.VCVTDQ2PS(v, v)
			t.VMULPS(scale, v, v)
		}
	}
	t.storeTile(p, pitch)
}

// storeTile writes the vectors of the tile as float32 from p on.
func (t *denseTile) storeTile(p, pitch reg.Register) {
	masks := make([]reg.Register, t.vectors())
	for j := range masks {
		if t.k.Tail {
			masks[j] = t.floatMask(t.lanes() * j)
		}
	}
	for _, acc := range t.acc {
		for j, v := range acc {
			if m := at(p, 4*t.lanes()*j); t.k.Tail {
				t.storeFloats(v, m, masks[j])
			} else {
				t.storeVec(v, m)
			}
		}
		t.ADDQ(pitch, p)
	}
	t.MOVQ(p, t.arg("OutAt"))
}

// nextBlock moves on by the tile's channels.
func (t *denseTile) nextBlock() {
	out := 16
	if t.k.Float {
		out = 64
	}
	for _, f := range []struct {
		name string
		by   int
		on   bool
	}{
		{"Out", out, true}, {"Res", 16, t.k.Sum}, {"Bias", 64, true}, {"Mul", 64, true}, {"WZero", 64, t.k.WZero},
	} {
		if f.on {
			t.ADDQ(operand.U32(uint32(f.by*t.k.OB)), t.arg(f.name))
		}
	}
	step := t.get("WStep")
	t.IMUL3Q(operand.I32(int32(t.k.OB)), step, step)
	t.ADDQ(step, t.arg("W"))
	if !t.z {
		t.advance("Off", "OffStep")
		t.ADDQ(operand.Imm(24), t.arg("Bundles"))
		if t.k.WZero {
			t.advance("Ones", "OffStep")
		}
	}
}
