package spec

// All lists every kernel that can be generated, in a fixed order: the table
// that tests and benchmarks go over.
func All() []Kernel {
	var all []Kernel
	bools := []bool{false, true}
	for isa := range NumISA {
		for f := range numFamilies {
			for _, tile := range tiles(f, isa) {
				for flags := range 1 << 4 {
					k := tile
					k.Sum, k.Pre, k.Clamp, k.Table = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
					for _, k.Exact = range bools {
						if k.Validate() == nil {
							all = append(all, k)
						}
					}
				}
			}
		}
	}
	return all
}

// tiles lists the forms of a family before its epilogues.
func tiles(f Family, isa ISA) []Kernel {
	if f != Dense {
		return []Kernel{{Family: f, ISA: isa}}
	}
	var all []Kernel
	for _, wzero := range []bool{false, true} {
		for ob := 1; MaxPixels(isa, ob, wzero) > 0; ob++ {
			for p := 1; p <= MaxPixels(isa, ob, wzero); p++ {
				k := Kernel{Family: f, ISA: isa, P: p, OB: ob, WZero: wzero}
				all = append(all, k)
				if ob == 1 {
					k.Tail = true
					all = append(all, k)
				}
			}
		}
	}
	return all
}
