package asm

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// affine emits the window of one pixel: a factor and an addend for each channel of four
// vectors, over the pixels of some rows. Their biases, factors and weights lie one
// after the other, a dword each, and stay in registers on AVX-512.
func (b *builder) affine() {
	f := &affine{b: b, in: b.GP64(), out: b.GP64(), w: b.get("W")}
	if b.k.Sum {
		f.res = b.GP64()
	}
	if b.z {
		f.pack = b.limited(b.packing(false), false)
		for i := range f.lists {
			for j := range f.lists[i] {
				v := b.vec()
				b.load(f.entry(i, j), v)
				f.lists[i][j] = v
			}
		}
	}
	b.set("RowsLeft", "Rows")
	b.countdown("row", "RowsLeft", func() {
		b.MOVQ(b.arg("In"), f.in)
		b.MOVQ(b.arg("Out"), f.out)
		if b.k.Sum {
			b.MOVQ(b.arg("Res"), f.res)
		}
		n := b.get("Pixels")
		b.loop("pixel", n, f.pixel)
		b.advance("In", "InRow")
		b.advance("Out", "OutRow")
		if b.k.Sum {
			b.advance("Res", "ResRow")
		}
	})
}

type affine struct {
	b               *builder
	in, out, res, w reg.GPVirtual
	pack            packing              // AVX-512
	lists           [3][4]reg.VecVirtual // AVX-512: bias, factors, weights
}

// The lists.
const (
	affineBias = iota
	affineMul
	affineWeight
)

// entry is the operand of a vector of a list.
func (f *affine) entry(list, i int) operand.Mem { b := f.b; return at(f.w, (4*list+i)*b.bytes()) }

// of is it as the kernel has it.
func (f *affine) of(list, i int) operand.Op {
	b := f.b
	if b.z {
		return f.lists[list][i]
	}
	return f.entry(list, i)
}

func (f *affine) pixel() {
	b := f.b
	acc := make([]reg.VecVirtual, 4)
	for i := range acc {
		acc[i] = b.vec()
		x := b.vec()
		b.VPMOVZXBD(at(f.in, b.lanes()*i), x)
		if b.z {
			b.move(f.lists[affineBias][i], acc[i])
			b.VPDPBUSD(f.lists[affineWeight][i], x, acc[i])
		} else {
			b.VPMADDWD(f.entry(affineWeight, i), x, acc[i])
			b.VPADDD(f.entry(affineBias, i), acc[i], acc[i])
		}
	}
	pack := f.pack
	if !b.z {
		pack = b.limited(b.packing(false), false)
	}
	for i, v := range acc {
		b.scale(v, f.of(affineMul, i))
		if b.k.Sum {
			r := b.vec()
			b.VPMOVZXBD(at(f.res, b.lanes()*i), r)
			b.sum(v, r)
		}
		b.round(v)
	}
	out := f.b.pack(pack, acc)
	if b.k.Table {
		out = b.lookup([]reg.VecVirtual{out})[0]
	}
	b.storeVec(out, at(f.out, 0))
	b.ADDQ(b.arg("InPix"), f.in)
	b.ADDQ(b.arg("OutPix"), f.out)
	if b.k.Sum {
		b.ADDQ(b.arg("ResPix"), f.res)
	}
}
