package spec

// All lists every kernel that can be generated, in a fixed order: the table
// that tests and benchmarks go over.
func All() []Kernel {
	var all []Kernel
	for isa := range NumISA {
		for f := range numFamilies {
			for _, tile := range tiles(f, isa) {
				all = append(all, forms(tile)...)
			}
		}
	}
	return all
}

// forms lists the kernels of a tile.
func forms(tile Kernel) []Kernel {
	var all []Kernel
	for flags := range 1 << 8 {
		k := tile
		for i, f := range []*bool{&k.Exact, &k.Sum, &k.Pre, &k.Clamp, &k.Table, &k.Float, &k.Bytes, &k.VBMI} {
			*f = flags>>i&1 != 0
		}
		if k.Validate() == nil {
			all = append(all, k)
		}
	}
	return all
}

// tiles lists the forms of a family before its epilogues.
func tiles(f Family, isa ISA) []Kernel {
	k := Kernel{Family: f, ISA: isa}
	var all []Kernel
	switch f {
	case Dense, DenseF32:
		return denseTiles(k)
	case DepthwiseF32:
		for k.P = 1; k.P <= MaxDepthwisePixels; k.P++ {
			all = append(all, k)
		}
	case Depthwise:
		return windows(k)
	case UnaryF32, BinaryF32:
		for k.Fn = range numFunctions {
			all = append(all, k) // Validate knows which are whose
		}
	default:
		all = append(all, k)
	}
	return all
}

// denseTiles lists the tiles of both dense families; Validate knows which have
// weights with zero points.
func denseTiles(k Kernel) []Kernel {
	var all []Kernel
	for _, k.WZero = range []bool{false, true} {
		for k.OB = 1; k.Family.MaxPixels(k.ISA, k.OB, k.WZero) > 0; k.OB++ {
			for k.P = 1; k.P <= k.Family.MaxPixels(k.ISA, k.OB, k.WZero); k.P++ {
				all = append(all, k)
				if k.OB == 1 {
					tail := k
					tail.Tail = true
					half := tail
					half.Half = true
					all = append(all, tail, half)
				}
			}
		}
	}
	return all
}
