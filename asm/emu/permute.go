package emu

// permuteOps has what crosses 128-bit blocks: permutations, inserts, extracts
// and broadcasts.
func permuteOps() map[string]vspec {
	t := map[string]vspec{
		"VPERMQ$":     {srcs: 1, elem: 8, run: permQ, is: wholeMem | broadcasts},
		"VPERMPD$":    {srcs: 1, elem: 8, run: permQ, is: wholeMem | broadcasts},
		"VPERM2I128$": {srcs: 2, run: perm128},
		"VPERM2F128$": {srcs: 2, run: perm128},
		"VALIGND$":    {srcs: 2, elem: 4, run: align[uint32], is: wholeMem | broadcasts},
		"VALIGNQ$":    {srcs: 2, elem: 8, run: align[uint64], is: wholeMem | broadcasts},
	}
	for name, p := range map[string]struct {
		elem            int
		perm, two, keep func(*vop)
	}{
		"B": {1, perm[uint8], permI2[uint8], permT2[uint8]},
		"W": {2, perm[uint16], permI2[uint16], permT2[uint16]},
		"D": {4, perm[uint32], permI2[uint32], permT2[uint32]},
		"Q": {8, perm[uint64], permI2[uint64], permT2[uint64]},
	} {
		is := wholeMem
		if p.elem >= 4 {
			is |= broadcasts
		}
		t["VPERM"+name] = vspec{srcs: 2, elem: p.elem, run: p.perm, is: is}
		t["VPERMI2"+name] = vspec{srcs: 2, elem: p.elem, run: p.two, is: is | accumulates}
		t["VPERMT2"+name] = vspec{srcs: 2, elem: p.elem, run: p.keep, is: is | accumulates}
	}
	t["VPERMPS"], t["VPERMI2PS"], t["VPERMT2PS"] = t["VPERMD"], t["VPERMI2D"], t["VPERMT2D"]
	for _, f := range []string{"I", "F"} {
		t["VINSERT"+f+"128$"] = vspec{srcs: 2, b: 16, run: insert, is: wholeMem}
		t["VEXTRACT"+f+"128$"] = vspec{srcs: 1, d: 16, run: extract(16), is: stores}
		for _, s := range []struct {
			name       string
			elem, size int
		}{{"32X4", 4, 16}, {"64X2", 8, 16}, {"32X8", 4, 32}, {"64X4", 8, 32}} {
			t["VINSERT"+f+s.name+"$"] = vspec{srcs: 2, elem: s.elem, b: size(s.size), run: insertBlocks(s.size), is: wholeMem}
			t["VEXTRACT"+f+s.name+"$"] = vspec{srcs: 1, elem: s.elem, d: size(s.size), run: extract(s.size), is: stores}
			t["VBROADCAST"+f+s.name] = vspec{srcs: 1, elem: s.elem, b: size(s.size), run: repeat(s.size), is: wholeMem | memOnly}
		}
		t["VSHUF"+f+"32X4$"] = vspec{srcs: 2, elem: 4, run: shufBlocks, is: wholeMem | broadcasts}
		t["VSHUF"+f+"64X2$"] = vspec{srcs: 2, elem: 8, run: shufBlocks, is: wholeMem | broadcasts}
		t["VBROADCAST"+f+"128"] = vspec{srcs: 1, b: 16, run: repeat(16), is: memOnly}
	}
	for name, n := range map[string]int{"VPBROADCASTB": 1, "VPBROADCASTW": 2, "VPBROADCASTD": 4,
		"VPBROADCASTQ": 8, "VBROADCASTSS": 4, "VBROADCASTSD": 8} {
		t[name] = vspec{srcs: 1, elem: n, b: size(n), run: repeat(n), is: wholeMem | lanewise}
	}
	return t
}

// perm picks lanes of b by the indexes in a.
func perm[T uint8 | uint16 | uint32 | uint64](o *vop) {
	d, a, b := lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](o.b, o.w)
	for i := range d {
		d[i] = b[int(a[i])&(len(b)-1)]
	}
}

// permI2 picks lanes of a and b, as one table, by the indexes in d.
func permI2[T uint8 | uint16 | uint32 | uint64](o *vop) {
	pick2(lanes[T](o.d, o.w), lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](o.b, o.w))
}

// permT2 picks lanes of d and b, as one table, by the indexes in a.
func permT2[T uint8 | uint16 | uint32 | uint64](o *vop) {
	old := *o.d
	pick2(lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](&old, o.w), lanes[T](o.b, o.w))
}

func pick2[T uint8 | uint16 | uint32 | uint64](d, idx, lo, hi []T) {
	n := len(d)
	for i := range d {
		if j := int(idx[i]) & (2*n - 1); j < n {
			d[i] = lo[j]
		} else {
			d[i] = hi[j-n]
		}
	}
}

func permQ(o *vop) {
	d, b := lanes[uint64](o.d, o.w), lanes[uint64](o.b, o.w)
	for i := range d {
		d[i] = b[i&^3|int(o.imm>>(2*(i&3))&3)]
	}
}

// perm128 picks one of the four blocks of a and b, or zero, for each half.
func perm128(o *vop) {
	for half := range 2 {
		c := o.imm >> (4 * half)
		src := o.a
		if c&2 != 0 {
			src = o.b
		}
		for i := range 2 {
			o.d[2*half+i] = src[2*int(c&1)+i]
			if c&8 != 0 {
				o.d[2*half+i] = 0
			}
		}
	}
}

// align takes lanes of a (high) and b (low) from lane imm on.
func align[T any](o *vop) {
	d, a, b := lanes[T](o.d, o.w), lanes[T](o.a, o.w), lanes[T](o.b, o.w)
	n := len(d)
	for i := range d {
		if j := i + int(o.imm)&(n-1); j < n {
			d[i] = b[j]
		} else {
			d[i] = a[j-n]
		}
	}
}

func insert(o *vop) {
	copy(o.d[:4], o.a[:4])
	copy(o.d[2*(o.imm&1):], o.b[:2])
}

// insertBlocks replaces one part of n bytes of a by b.
func insertBlocks(n int) func(*vop) {
	return func(o *vop) {
		copy(o.d[:o.w/8], o.a[:o.w/8])
		part := int(o.imm) & (o.w/n - 1)
		copy(o.d[part*n/8:], o.b[:n/8])
	}
}

// extract takes one part of n bytes of b.
func extract(n int) func(*vop) {
	return func(o *vop) {
		part := int(o.imm) & (o.w/n - 1)
		copy(o.d[:n/8], o.b[part*n/8:])
	}
}

// repeat fills d with the first n bytes of b.
func repeat(n int) func(*vop) {
	if n <= 8 {
		// One multiplication copies an element of n bytes all over a word.
		ones := ^uint64(0) / (^uint64(0) >> (64 - 8*n))
		return func(o *vop) {
			e := zeroExtend(o.b[0], n) * ones
			for i := range o.d[:o.w/8] {
				o.d[i] = e
			}
		}
	}
	return func(o *vop) {
		d := o.d[:o.w/8]
		for i := range d {
			d[i] = o.b[i&(n/8-1)]
		}
	}
}

// shufBlocks picks blocks of a for the lower half and of b for the upper one.
func shufBlocks(o *vop) {
	n := o.w / 16
	bits := n / 2 // bits of an index: 1 of two blocks, 2 of four
	for i := range n {
		src := o.a
		if i >= n/2 {
			src = o.b
		}
		j := int(o.imm>>(bits*i)) & (n - 1)
		copy(o.d[2*i:2*i+2], src[2*j:])
	}
}
