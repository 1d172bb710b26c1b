package emu

import "unsafe"

// shiftOps has the shifts of lanes by a constant, by one count and by a vector
// of counts. A count of the lane's bits or more gives 0, or the sign.
func shiftOps() map[string]vspec {
	t := map[string]vspec{}
	shifts(t, "W", 2, left[uint16], right[uint16], right[int16])
	shifts(t, "D", 4, left[uint32], right[uint32], right[int32])
	shifts(t, "Q", 8, left[uint64], right[uint64], right[int64])
	t["VPSLLDQ$"] = vspec{srcs: 1, run: func(o *vop) { bytesShift(o, int(o.imm)) }}
	t["VPSRLDQ$"] = vspec{srcs: 1, run: func(o *vop) { bytesShift(o, -int(o.imm)) }}
	return t
}

// shifts adds the opcodes of one lane type.
func shifts[U, S integer](t map[string]vspec, letter string, elem int,
	left func(U, uint64) U, right func(U, uint64) U, arith func(S, uint64) S) {
	t["VPSLL"+letter+"$"], t["VPSLL"+letter], t["VPSLLV"+letter] = shiftForms(elem, left)
	t["VPSRL"+letter+"$"], t["VPSRL"+letter], t["VPSRLV"+letter] = shiftForms(elem, right)
	t["VPSRA"+letter+"$"], t["VPSRA"+letter], t["VPSRAV"+letter] = shiftForms(elem, arith)
}

// shiftForms makes the three specs of one shift. The count's register has 128
// bits, of which 64 count; in memory it is read whole.
func shiftForms[T integer](elem int, f func(T, uint64) T) (imm, one, each vspec) {
	imm = un(elem, func(_, _ []T) {})
	imm.run = func(o *vop) { shiftAll(lanes[T](o.d, o.w), lanes[T](o.b, o.w), uint64(o.imm), f) }
	one = vspec{srcs: 2, elem: elem, b: 16, is: wholeMem, run: func(o *vop) {
		shiftAll(lanes[T](o.d, o.w), lanes[T](o.a, o.w), o.b[0], f)
	}}
	each = bin(elem, func(d, a, b []T) {
		for i := range d {
			d[i] = f(a[i], uint64(b[i])&(1<<(8*elem-1)<<1-1))
		}
	})
	return imm, one, each
}

func shiftAll[T integer](d, a []T, count uint64, f func(T, uint64) T) {
	for i := range d {
		d[i] = f(a[i], count)
	}
}

// left and right shift as Go does, which for big counts is what the CPU does.
func left[T integer](x T, n uint64) T  { return x << n }
func right[T integer](x T, n uint64) T { return x >> n }

// bytesShift moves each 128-bit block n bytes up, or down if n is negative.
func bytesShift(o *vop, n int) {
	d, b := lanes[uint8](o.d, o.w), lanes[uint8](o.b, o.w)
	for base := 0; base < o.w; base += 16 {
		for i := range 16 {
			if j := i - n; j >= 0 && j < 16 {
				d[base+i] = b[base+j]
			} else {
				d[base+i] = 0
			}
		}
	}
}

// laneCount returns the lanes of type T in n bytes.
func laneCount[T any](n int) int {
	var t T
	return n / int(unsafe.Sizeof(t))
}
