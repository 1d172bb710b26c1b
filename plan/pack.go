package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
)

// pack returns a dense layer's weights as [group][oc/16][step][16][4], and the
// proof that VPMADDUBSW can't saturate: a bit for each block and step, and whether
// all are set.
func (l *layer) pack(taps [][4]tap, blocks int) (packed, proof []byte, proved bool) {
	oc := l.m / l.groups
	packed = make([]byte, l.groups*blocks*len(taps)*64)
	proof = make([]byte, (l.groups*blocks*len(taps)+7)/8)
	proved = true
	at := 0
	for g := range l.groups {
		for b := range blocks {
			for s, step := range taps {
				row := packed[at : at+64]
				for c := range min(16, oc-16*b) {
					for j, t := range step {
						if t.y >= 0 {
							row[4*c+j] = byte(l.weight(g*oc+16*b+c, t.y, t.x, t.c))
						}
					}
				}
				if bit := (g*blocks+b)*len(taps) + s; pairsFit(row) {
					proof[bit/8] |= 1 << (bit % 8)
				} else {
					proved = false
				}
				at += 64
			}
		}
	}
	return packed, proof, proved
}

// pairsFit proves for neighbouring weights that the sum of their products with
// any two bytes fits in 16 bits: 255 times the positive ones stays within
// 32767, 255 times the negative ones within -32768.
func pairsFit(w []byte) bool {
	for i := 0; i < len(w); i += 2 {
		a, b := int(int8(w[i])), int(int8(w[i+1]))
		if max(a, 0)+max(b, 0) > 128 || min(a, 0)+min(b, 0) < -128 {
			return false
		}
	}
	return true
}

// ones returns for every K step which of its bytes have a weight: the factors
// of the window sum that weight zero points need.
func ones(taps [][4]tap) []byte {
	var data []byte
	for _, step := range taps {
		for _, t := range step {
			one := byte(0)
			if t.y >= 0 {
				one = 1
			}
			data = append(data, one)
		}
	}
	return data
}

// depthwise plans a layer of the depthwise family.
func (p *planner) depthwise(l *layer) {
	x := shapeOf(l.x)
	d := portable.Depthwise{
		Name: l.n.Name, KH: l.kh, KW: l.kw,
		RowStep: l.win.Dilation[0] * x.Row, TapStep: l.win.Dilation[1] * x.Pix,
		StrideH: l.win.Stride[0], StrideW: l.win.Stride[1], Top: l.win.Pad[0], Left: l.win.Pad[1],
		Epilogue: p.epilogue(l),
	}
	groups := (l.kh*l.kw + 3) / 4
	blocks := (l.m + 63) / 64
	packed := make([]byte, blocks*groups*256)
	for c := range l.m {
		for t := range l.kh * l.kw {
			packed[(c/64*groups+t/4)*256+portable.ChannelSlot(c%64)*4+t%4] = byte(l.weight(c, t/l.kw, t%l.kw, 0))
		}
	}
	slots := make([]int, 64) // channel of a slot
	for c := range slots {
		slots[portable.ChannelSlot(c)] = c
	}
	order := func(i int) int {
		if c := i/64*64 + slots[i%64]; c < l.m {
			return c
		}
		return -1
	}
	d.W = p.weights(packed)
	d.Bias, d.Mul = p.int32s(64*blocks, order, l.bias), p.float32s(64*blocks, order, l.mul)
	k := spec.Kernel{Family: spec.Depthwise,
		Sum: l.r != nil, Pre: l.r != nil && l.rq.Pre, Clamp: l.needsClamp(), Table: len(l.rq.Table) > 0}
	exact := k
	exact.Exact = !pairsFit(packed)
	exact.ISA = spec.AVX2
	k.ISA = spec.AVX512VNNI
	p.use(exact)
	p.use(k)
	y := shapeOf(l.y)
	for isa := range d.Rows {
		d.Rows[isa] = max(1, depthwiseBudget/(y.W*groups*4*32<<isa))
	}
	p.step(l.n, describe(l.form(), l.n), []*place{l.x, l.r}, []*place{l.y}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		d.Kernel = [2]int{p.ids[exact], p.ids[k]}
		return d
	})
	p.addWork(l, y, 1)
}
