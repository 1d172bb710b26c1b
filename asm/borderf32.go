package asm

import "github.com/mmcloughlin/avo/reg"

// quantizeRun emits the conversion of rows of N float32 to as many bytes.
func (b *builder) quantizeRun() {
	r := b.newRows("")
	pack := b.packing(false)
	r.rows(func() {
		r.blocks(func() {
			v := make([]reg.VecVirtual, r.parts())
			for j := range v {
				v[j] = r.read(r.in, j)
				b.toInt(v[j], b.arg("InMul"), b.arg("InAdd"), "Hi")
			}
			x, to := b.pack(pack, v), b.GP64()
			b.LEAQ(at(r.out, 0).Idx(r.i, 1), to)
			if r.partial {
				n := b.GP64()
				b.MOVQ(r.rest, n)
				b.storeSome(x, to, n, r.opmask)
			} else {
				b.storeBytes(x, block, to)
			}
		})
	})
}
