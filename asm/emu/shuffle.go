package emu

// shuffleOps has the shuffles within 128-bit blocks: unpack, pack, byte and
// dword shuffles, blends by a constant.
func shuffleOps() map[string]vspec {
	t := map[string]vspec{
		"VPSHUFB":    {srcs: 2, elem: 1, run: shufB, is: wholeMem},
		"VPSHUFD$":   {srcs: 1, elem: 4, run: shufD, is: wholeMem | broadcasts},
		"VPSHUFLW$":  {srcs: 1, elem: 2, run: func(o *vop) { shufW(o, 0) }, is: wholeMem},
		"VPSHUFHW$":  {srcs: 1, elem: 2, run: func(o *vop) { shufW(o, 4) }, is: wholeMem},
		"VSHUFPS$":   {srcs: 2, elem: 4, run: shufPS, is: wholeMem | broadcasts},
		"VPALIGNR$":  {srcs: 2, elem: 1, run: alignR, is: wholeMem},
		"VPBLENDD$":  {srcs: 2, run: blend[uint32](8)},
		"VBLENDPS$":  {srcs: 2, run: blend[uint32](8)},
		"VPBLENDW$":  {srcs: 2, run: blend[uint16](8)},
		"VPACKSSWB":  {srcs: 2, elem: 1, run: pack[int16, int8], is: wholeMem},
		"VPACKUSWB":  {srcs: 2, elem: 1, run: pack[int16, uint8], is: wholeMem},
		"VPACKSSDW":  {srcs: 2, elem: 2, run: pack[int32, int16], is: wholeMem},
		"VPACKUSDW":  {srcs: 2, elem: 2, run: pack[int32, uint16], is: wholeMem},
		"VMOVSHDUP":  {srcs: 1, elem: 4, run: func(o *vop) { dup(o, 1) }, is: wholeMem},
		"VMOVSLDUP":  {srcs: 1, elem: 4, run: func(o *vop) { dup(o, 0) }, is: wholeMem},
		"VPERMILPS$": {srcs: 1, elem: 4, run: shufD, is: wholeMem | broadcasts},
	}
	// The packs of dwords have an embedded broadcast of dwords, though their
	// masked lanes are words: no kernel wants it, so it stays unknown.
	unpacks[uint8](t, 1, "BW")
	unpacks[uint16](t, 2, "WD")
	unpacks[uint32](t, 4, "DQ")
	unpacks[uint64](t, 8, "QDQ")
	t["VUNPCKLPS"], t["VUNPCKHPS"] = t["VPUNPCKLDQ"], t["VPUNPCKHDQ"]
	t["VUNPCKLPD"], t["VUNPCKHPD"] = t["VPUNPCKLQDQ"], t["VPUNPCKHQDQ"]
	return t
}

// unpacks adds the two interleavings of one lane type.
func unpacks[T any](t map[string]vspec, elem int, name string) {
	is := wholeMem
	if elem >= 4 {
		is |= broadcasts
	}
	t["VPUNPCKL"+name] = vspec{srcs: 2, elem: elem, is: is, run: func(o *vop) { interleave[T](o, 0) }}
	t["VPUNPCKH"+name] = vspec{srcs: 2, elem: elem, is: is, run: func(o *vop) { interleave[T](o, 1) }}
}

// interleave takes the low (half 0) or high lanes of each block of a and b in turn.
func interleave[T any](o *vop, half int) {
	d, a, b := lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](o.b, o.w)
	n := laneCount[T](16)
	for base := 0; base < len(d); base += n {
		for i := range n / 2 {
			d[base+2*i] = a[base+half*n/2+i]
			d[base+2*i+1] = b[base+half*n/2+i]
		}
	}
}

// pack saturates the lanes of a, then of b, of each block into one block.
func pack[S, D integer](o *vop) {
	d, a, b := lanes[D](o.d, o.w), lanes[S](o.a, o.w), lanes[S](o.b, o.w)
	n := laneCount[S](16)
	for base := 0; base < len(a); base += n {
		for i := range n {
			d[2*base+i] = saturate[D](int64(a[base+i]))
			d[2*base+n+i] = saturate[D](int64(b[base+i]))
		}
	}
}

// shufB picks bytes of a's block by the low four bits of b, zero where bit 7 is set.
func shufB(o *vop) {
	d, a, b := lanes[uint8](o.d, o.w), lanes[uint8](o.a, o.w), lanes[uint8](o.b, o.w)
	for i, c := range b {
		if c&0x80 != 0 {
			d[i] = 0
		} else {
			d[i] = a[i&^15|int(c&15)]
		}
	}
}

func shufD(o *vop) {
	d, b := lanes[uint32](o.d, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		d[i] = b[i&^3|int(o.imm>>(2*(i&3))&3)]
	}
}

// shufW shuffles the four words of each block that start at half, and copies the others.
func shufW(o *vop, half int) {
	d, b := lanes[uint16](o.d, o.w), lanes[uint16](o.b, o.w)
	copy(d, b)
	for base := half; base < len(d); base += 8 {
		for i := range 4 {
			d[base+i] = b[base+int(o.imm>>(2*i)&3)]
		}
	}
}

// shufPS picks two dwords of a and two of b in each block.
func shufPS(o *vop) {
	d, a, b := lanes[uint32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		src := a
		if i&2 != 0 {
			src = b
		}
		d[i] = src[i&^3|int(o.imm>>(2*(i&3))&3)]
	}
}

func dup(o *vop, odd int) {
	d, b := lanes[uint32](o.d, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		d[i] = b[i&^1|odd]
	}
}

// alignR takes 16 bytes of a (high) and b (low) in each block, from byte imm on.
func alignR(o *vop) {
	d, a, b := lanes[uint8](o.d, o.w), lanes[uint8](o.a, o.w), lanes[uint8](o.b, o.w)
	for base := 0; base < o.w; base += 16 {
		for i := range 16 {
			switch j := i + int(o.imm); {
			case j < 16:
				d[base+i] = b[base+j]
			case j < 32:
				d[base+i] = a[base+j-16]
			default:
				d[base+i] = 0
			}
		}
	}
}

// blend takes lane i of b where bit i mod n of the constant is set, else of a.
func blend[T any](n int) func(o *vop) {
	return func(o *vop) {
		d, a, b := lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](o.b, o.w)
		for i := range d {
			if o.imm>>(i%n)&1 != 0 {
				d[i] = b[i]
			} else {
				d[i] = a[i]
			}
		}
	}
}
