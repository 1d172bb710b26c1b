package emu

import (
	"math"
	"strings"

	"github.com/mmcloughlin/avo/reg"
)

// compareTable has the vector operations whose result is a mask.
func compareTable() map[string]vspec {
	t := map[string]vspec{}
	compares[int8](t, 1, "B")
	compares[int16](t, 2, "W")
	compares[int32](t, 4, "D")
	compares[int64](t, 8, "Q")
	compares[uint8](t, 1, "UB")
	compares[uint16](t, 2, "UW")
	compares[uint32](t, 4, "UD")
	compares[uint64](t, 8, "UQ")
	t["VCMPPS$"] = comparison(4, func(o *vop) uint64 {
		return maskOf(o, func(a, b uint32) bool { return floatPredicate(a, b, o.imm&31) })
	})
	return t
}

// compares adds the comparisons of one lane type; the named ones and the tests
// for its signed form only.
func compares[T integer](t map[string]vspec, elem int, letter string) {
	t["VPCMP"+letter+"$"] = comparison(elem, func(o *vop) uint64 {
		return maskOf(o, predicates[T]()[o.imm&7])
	})
	if len(letter) > 1 {
		return
	}
	same := comparison(elem, func(o *vop) uint64 { return maskOf(o, predicates[T]()[0]) })
	t["VPCMPEQ"+letter] = same.with(cancels)
	t["VPCMPGT"+letter] = comparison(elem, func(o *vop) uint64 { return maskOf(o, predicates[T]()[6]) }).with(cancels)
	t["VPTESTM"+letter] = comparison(elem, func(o *vop) uint64 {
		return maskOf(o, func(a, b T) bool { return a&b != 0 })
	})
	t["VPTESTNM"+letter] = comparison(elem, func(o *vop) uint64 {
		return maskOf(o, func(a, b T) bool { return a&b == 0 })
	})
	t["VPMOV"+letter+"2M"] = vspec{srcs: 1, elem: elem, is: result, run: func(o *vop) {
		for i, x := range lanes[T](o.b, o.w) {
			o.k |= b2u(x < 0) << i
		}
	}}
}

func comparison(elem int, f func(*vop) uint64) vspec {
	s := vspec{srcs: 2, elem: elem, is: result, run: func(o *vop) { o.k = f(o) }}
	if elem >= 4 {
		s.is |= broadcasts
	}
	return s
}

// predicates in the order of Intel's constant for VPCMP.
func predicates[T integer]() [8]func(a, b T) bool {
	return [8]func(a, b T) bool{
		func(a, b T) bool { return a == b },
		func(a, b T) bool { return a < b },
		func(a, b T) bool { return a <= b },
		func(a, b T) bool { return false },
		func(a, b T) bool { return a != b },
		func(a, b T) bool { return a >= b },
		func(a, b T) bool { return a > b },
		func(a, b T) bool { return true },
	}
}

func maskOf[T integer](o *vop, f func(a, b T) bool) (k uint64) {
	a, b := lanes[T](o.a, o.w), lanes[T](o.b, o.w)
	for i := range a {
		k |= b2u(f(a[i], b[i])) << i
	}
	return k
}

// floatPredicate is the comparison of VCMPPS. The low three bits choose equal,
// less, less or equal, unordered, and their opposites; bit 3 flips what NaNs
// give; bit 4 only tells which NaNs signal.
func floatPredicate(a, b uint32, imm uint8) bool {
	x, y := fl(a), fl(b)
	unordered := isNaN(a) || isNaN(b)
	switch imm & 15 {
	case 0:
		return x == y
	case 1:
		return x < y
	case 2:
		return x <= y
	case 3:
		return unordered
	case 4:
		return x != y || unordered
	case 5:
		return !(x < y)
	case 6:
		return !(x <= y)
	case 7:
		return !unordered
	case 8:
		return x == y || unordered
	case 9:
		return !(x >= y)
	case 10:
		return !(x > y)
	case 11:
		return false
	case 12:
		return x != y && !unordered
	case 13:
		return x >= y
	case 14:
		return x > y
	}
	return true
}

// cmpPS is the VEX form of VCMPPS, with a vector of masks as result.
func cmpPS(o *vop) {
	d, a, b := lanes[uint32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w)
	for i := range d {
		d[i] = -uint32(b2u(floatPredicate(a[i], b[i], o.imm&31)))
	}
}

// maskOps adds the operations between mask registers to the scalar table.
func maskOps() {
	vectorOps["VCMPPS$"] = vspec{srcs: 2, run: cmpPS, is: lanewise}
	for _, s := range []struct {
		letter string
		bits   int
	}{{"B", 8}, {"W", 16}, {"D", 32}, {"Q", 64}} {
		n := s.bits
		all := uint64(math.MaxUint64) >> (64 - n)
		scalarOps["KMOV"+s.letter] = kmov(n / 8)
		scalarOps["KNOT"+s.letter] = mask1(func(x uint64) uint64 { return ^x & all })
		for name, f := range map[string]func(b, a uint64) uint64{
			"KAND":  func(b, a uint64) uint64 { return a & b },
			"KANDN": func(b, a uint64) uint64 { return ^a & b },
			"KOR":   func(b, a uint64) uint64 { return a | b },
			"KXOR":  func(b, a uint64) uint64 { return a ^ b },
			"KXNOR": func(b, a uint64) uint64 { return ^(a ^ b) },
			"KADD":  func(b, a uint64) uint64 { return a + b },
		} {
			scalarOps[name+s.letter] = mask2(all, f)
		}
		scalarOps["KSHIFTL"+s.letter] = maskShiftBy(func(x, c uint64) uint64 { return (x << c) & all })
		scalarOps["KSHIFTR"+s.letter] = maskShiftBy(func(x, c uint64) uint64 { return (x & all) >> c })
		scalarOps["KORTEST"+s.letter] = maskTest(func(m *Machine, b, a uint64) {
			m.zf, m.cf = (a|b)&all == 0, (a|b)&all == all
		})
		scalarOps["KTEST"+s.letter] = maskTest(func(m *Machine, b, a uint64) {
			m.zf, m.cf = a&b&all == 0, ^a&b&all == 0
		})
	}
	for name, n := range map[string]int{"KUNPCKBW": 8, "KUNPCKWD": 16, "KUNPCKDQ": 32} {
		low := uint64(1)<<n - 1
		scalarOps[name] = mask2(math.MaxUint64, func(b, a uint64) uint64 { return (a&low)<<n | b&low })
	}
	scalarOps["VPMOVM2B"] = maskToVector[uint8]
	scalarOps["VPMOVM2W"] = maskToVector[uint16]
	scalarOps["VPMOVM2D"] = maskToVector[uint32]
	scalarOps["VPMOVM2Q"] = maskToVector[uint64]
	scalarOps["VPMOVMSKB"] = signMask[int8]
	scalarOps["VMOVMSKPS"] = signMask[int32]
}

// masks decodes operands that are all mask registers; the last is written if
// write is set.
func (d *decoder) masks(n int, write bool) ([3]uint8, error) {
	var ks [3]uint8
	ops := d.op.Operands
	if len(ops) != n {
		return ks, errForm
	}
	for i, op := range ops {
		k, ok := kreg(op)
		if !ok {
			return ks, errForm
		}
		ks[i] = k
		if write && i == n-1 {
			d.writeMask(k)
		} else {
			d.readMask(k)
		}
	}
	return ks, nil
}

func mask1(f func(uint64) uint64) builder {
	return func(d *decoder) error {
		k, err := d.masks(2, true)
		d.in.exec = func(m *Machine) { m.k[k[1]] = f(m.k[k[0]]) }
		return err
	}
}

// mask2 builds d = f(b, a); KXOR and KXNOR of one register with itself make
// constants, whatever it held.
func mask2(all uint64, f func(b, a uint64) uint64) builder {
	return func(d *decoder) error {
		k, err := d.masks(3, true)
		if name := d.op.Opcode; k[0] == k[1] && (strings.HasPrefix(name, "KX") || strings.HasPrefix(name, "KANDN")) {
			d.in.reads = 0
		}
		d.in.exec = func(m *Machine) { m.k[k[2]] = f(m.k[k[0]], m.k[k[1]]) & all }
		return err
	}
}

func maskShiftBy(f func(x, c uint64) uint64) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) != 3 {
			return errForm
		}
		c, ok := immediate(ops[0])
		from, ok1 := kreg(ops[1])
		to, ok2 := kreg(ops[2])
		if !ok || !ok1 || !ok2 {
			return errForm
		}
		d.readMask(from)
		d.writeMask(to)
		d.in.exec = func(m *Machine) { m.k[to] = f(m.k[from], uint64(uint8(c))) }
		return nil
	}
}

// maskTest builds KORTEST and KTEST, which clear SF, OF and PF.
func maskTest(f func(m *Machine, b, a uint64)) builder {
	return func(d *decoder) error {
		k, err := d.masks(2, false)
		d.in.writes |= allFlags
		d.in.exec = func(m *Machine) {
			f(m, m.k[k[0]], m.k[k[1]])
			m.sf, m.of, m.low = false, false, 1
		}
		return err
	}
}

// kmov moves between masks, 32-bit (KMOVQ: 64-bit) registers and memory.
func kmov(size int) builder {
	return func(d *decoder) error {
		ops := d.op.Operands
		if len(ops) != 2 {
			return errForm
		}
		keep := uint64(math.MaxUint64) >> (64 - 8*size)
		from, isFrom := kreg(ops[0])
		to, isTo := kreg(ops[1])
		if isFrom {
			d.readMask(from)
		}
		if isTo {
			d.writeMask(to)
		}
		if isFrom && isTo {
			d.in.exec = func(m *Machine) { m.k[to] = m.k[from] & keep }
			return nil
		}
		other := ops[0]
		if isFrom {
			other = ops[1]
		}
		n := size
		if kindOf(other) == reg.KindGP {
			n = max(n, 4)
		}
		switch {
		case isTo:
			src, err := d.scalar(other, n, true)
			if src.kind == isImm {
				return errForm
			}
			d.in.exec = func(m *Machine) { m.k[to] = m.get(&src) & keep }
			return err
		case isFrom:
			dst, err := d.dest(other, n, false)
			d.in.exec = func(m *Machine) { m.set(&dst, m.k[from]&keep) }
			return err
		}
		return errForm
	}
}

// maskToVector spreads the bits of a mask over lanes of ones and zeros.
func maskToVector[T uint8 | uint16 | uint32 | uint64](d *decoder) error {
	ops := d.op.Operands
	if len(ops) != 2 {
		return errForm
	}
	k, ok := kreg(ops[0])
	v, w, ok2 := vreg(ops[1])
	if !ok || !ok2 {
		return errForm
	}
	d.readMask(k)
	d.writeVec(v, w)
	d.in.exec = func(m *Machine) {
		m.v[v] = vec{}
		for i := range lanes[T](&m.v[v], w) {
			lanes[T](&m.v[v], w)[i] = -T(m.k[k] >> i & 1)
		}
	}
	return nil
}

// signMask gathers the sign bits of lanes in a 32-bit register.
func signMask[T int8 | int32](d *decoder) error {
	ops := d.op.Operands
	if len(ops) != 2 {
		return errForm
	}
	v, w, ok := vreg(ops[0])
	if !ok || kindOf(ops[1]) != reg.KindGP {
		return errForm
	}
	d.readVec(v)
	dst, err := d.dest(ops[1], 4, false)
	d.in.exec = func(m *Machine) {
		var r uint64
		for i, x := range lanes[T](&m.v[v], w) {
			r |= b2u(x < 0) << i
		}
		m.set(&dst, r)
	}
	return err
}
