package plan

// pack returns a dense layer's weights as [group][oc/16][step][16][4].
func (l *layer) pack(taps [][4]tap, blocks int) []byte {
	oc := l.m / l.groups
	packed := make([]byte, l.groups*blocks*len(taps)*64)
	at := 0
	for g := range l.groups {
		for b := range blocks {
			for _, step := range taps {
				row := packed[at : at+64]
				for c := range min(16, oc-16*b) {
					for j, t := range step {
						if t.y >= 0 {
							row[4*c+j] = byte(l.weight(g*oc+16*b+c, t.y, t.x, t.c))
						}
					}
				}
				at += 64
			}
		}
	}
	return packed
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

// PackTable returns a table of 256 bytes and behind it the 16 parts that kernels without VBMI look at:
// the exclusive or of those parts i that a byte x has an index into, 0 <= x-16i < 128, is its entry.
func PackTable(t []uint8) []byte {
	packed := make([]byte, 512)
	copy(packed, t)
	parts := packed[256:]
	for x := range t {
		// Of part x/16 and those before it, which bytes of 128 and more reach back to only seven of.
		v := t[x]
		for y := x - 16; y >= 0 && y > x-128; y -= 16 {
			v ^= parts[y]
		}
		parts[x] = v
	}
	return packed
}
