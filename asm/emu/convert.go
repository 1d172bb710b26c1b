package emu

// convertOps has the widenings and narrowings of integer lanes.
func convertOps() map[string]vspec {
	t := map[string]vspec{
		"VPMOVSXBW": widen[int8, int16](), "VPMOVSXBD": widen[int8, int32](), "VPMOVSXBQ": widen[int8, int64](),
		"VPMOVSXWD": widen[int16, int32](), "VPMOVSXWQ": widen[int16, int64](), "VPMOVSXDQ": widen[int32, int64](),
		"VPMOVZXBW": widen[uint8, uint16](), "VPMOVZXBD": widen[uint8, uint32](), "VPMOVZXBQ": widen[uint8, uint64](),
		"VPMOVZXWD": widen[uint16, uint32](), "VPMOVZXWQ": widen[uint16, uint64](), "VPMOVZXDQ": widen[uint32, uint64](),
	}
	narrows[uint16, int16, uint8, int8](t, "WB")
	narrows[uint32, int32, uint8, int8](t, "DB")
	narrows[uint32, int32, uint16, int16](t, "DW")
	narrows[uint64, int64, uint8, int8](t, "QB")
	narrows[uint64, int64, uint16, int16](t, "QW")
	narrows[uint64, int64, uint32, int32](t, "QD")
	return t
}

// widen extends the lanes of b; the type says how.
func widen[S, D integer]() vspec {
	wide, ratio := laneSize[D](), laneSize[D]()/laneSize[S]()
	return vspec{srcs: 1, elem: wide, b: size(-ratio), run: func(o *vop) {
		d, b := lanes[D](o.d, o.w), lanes[S](o.b, o.w/ratio)
		for i := range d {
			d[i] = D(b[i])
		}
	}}
}

// narrows adds VPMOV (truncation), VPMOVS and VPMOVUS (saturation).
func narrows[U, S, UD, SD integer](t map[string]vspec, name string) {
	t["VPMOV"+name] = narrowed(func(x U) UD { return UD(x) })
	t["VPMOVS"+name] = narrowed(func(x S) SD { return saturate[SD](int64(x)) })
	t["VPMOVUS"+name] = narrowed(func(x U) UD { return UD(min(uint64(x), uint64(^UD(0)))) })
}

func narrowed[S, D integer](f func(S) D) vspec {
	ratio := laneSize[S]() / laneSize[D]()
	return vspec{srcs: 1, elem: laneSize[D](), d: size(-ratio), is: stores, run: func(o *vop) {
		d, b := lanes[D](o.d, o.w/ratio), lanes[S](o.b, o.w)
		for i := range d {
			d[i] = f(b[i])
		}
	}}
}

func laneSize[T any]() int { return 64 / laneCount[T](64) }

// moveOps has the moves of whole registers.
func moveOps() map[string]vspec {
	t := map[string]vspec{}
	for _, m := range []struct {
		name string
		elem int
		is   traits
	}{
		{"VMOVDQU", 0, 0}, {"VMOVDQA", 0, aligned},
		{"VMOVDQU8", 1, 0}, {"VMOVDQU16", 2, 0}, {"VMOVDQU32", 4, 0}, {"VMOVDQU64", 8, 0},
		{"VMOVDQA32", 4, aligned}, {"VMOVDQA64", 8, aligned},
		{"VMOVUPS", 4, 0}, {"VMOVUPD", 8, 0}, {"VMOVAPS", 4, aligned}, {"VMOVAPD", 8, aligned},
		{"VLDDQU", 0, memOnly}, {"VMOVNTDQ", 0, aligned}, {"VMOVNTPS", 0, aligned}, {"VMOVNTDQA", 0, aligned | memOnly},
	} {
		s := un(m.elem, func(d, b []uint64) { copy(d, b) })
		s.is = lanewise | stores | copies | m.is
		if m.is&memOnly != 0 {
			s.is &^= stores
		}
		t[m.name] = s
	}
	return t
}
