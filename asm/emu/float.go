package emu

import "math"

// defaultNaN is the result of an invalid operation.
const defaultNaN = 0xffc00000

// floatOps has the single precision operations, packed and of one lane. They
// round to nearest even and keep subnormals, which is how Go runs the FPU.
func floatOps() map[string]vspec {
	t := map[string]vspec{
		"VCVTDQ2PS":    un(4, intToFloat),
		"VCVTPS2DQ":    un(4, func(d, b []uint32) { floatToInt(d, b, math.RoundToEven) }),
		"VCVTTPS2DQ":   un(4, func(d, b []uint32) { floatToInt(d, b, math.Trunc) }),
		"VROUNDPS$":    {srcs: 1, run: roundPS, is: lanewise},
		"VRNDSCALEPS$": {srcs: 1, elem: 4, run: roundPS, is: lanewise | broadcasts},
		"VSQRTPS":      un(4, sqrt),
	}
	for name, f := range map[string]func(x, y uint32) uint32{
		"VADD": arith(func(x, y float32) float32 { return x + y }),
		"VSUB": arith(func(x, y float32) float32 { return x - y }),
		"VMUL": arith(func(x, y float32) float32 { return x * y }),
		"VDIV": arith(func(x, y float32) float32 { return x / y }),
		"VMAX": func(x, y uint32) uint32 { return selectFloat(x, y, fl(x) > fl(y)) },
		"VMIN": func(x, y uint32) uint32 { return selectFloat(x, y, fl(x) < fl(y)) },
	} {
		packed := bin(4, func(d, a, b []uint32) {
			for i := range d {
				d[i] = f(a[i], b[i])
			}
		})
		t[name+"PS"] = packed
		t[name+"SS"] = vspec{srcs: 2, b: 4, run: func(o *vop) {
			d, a, b := lanes[uint32](o.d, 16), lanes[uint32](o.a, 16), lanes[uint32](o.b, 16)
			copy(d, a)
			d[0] = f(a[0], b[0])
		}}
	}
	return t
}

func fl(x uint32) float32 { return math.Float32frombits(x) }

func isNaN(x uint32) bool { return x&0x7fffffff > 0x7f800000 }

// quiet makes a NaN that doesn't signal.
func quiet(x uint32) uint32 { return x | 1<<22 }

// arith adds x86's rules for NaNs to an operation: the first NaN wins, and an
// invalid operation gives the default one.
func arith(f func(x, y float32) float32) func(x, y uint32) uint32 {
	return func(x, y uint32) uint32 {
		r := f(fl(x), fl(y))
		switch {
		case r == r:
			return math.Float32bits(r)
		case isNaN(x):
			return quiet(x)
		case isNaN(y):
			return quiet(y)
		}
		return defaultNaN
	}
}

func orDefault(x uint32) uint32 {
	if isNaN(x) {
		return defaultNaN
	}
	return x
}

// selectFloat is VMAXPS and VMINPS: the second source unless the comparison is
// true, so for two zeros and for any NaN too.
func selectFloat(x, y uint32, first bool) uint32 {
	if first {
		return x
	}
	return y
}

func intToFloat(d, b []uint32) {
	for i := range d {
		d[i] = math.Float32bits(float32(int32(b[i])))
	}
}

// floatToInt converts; what int32 can't hold gives 0x80000000.
func floatToInt(d, b []uint32, round func(float64) float64) {
	for i := range d {
		x := round(float64(fl(b[i])))
		if x >= math.MinInt32 && x <= math.MaxInt32 {
			d[i] = uint32(int32(x))
		} else {
			d[i] = 1 << 31
		}
	}
}

func sqrt(d, b []uint32) {
	for i, x := range b {
		if isNaN(x) {
			d[i] = quiet(x)
		} else {
			d[i] = orDefault(math.Float32bits(float32(math.Sqrt(float64(fl(x))))))
		}
	}
}

// roundPS is VROUNDPS and VRNDSCALEPS: the low bits of the constant are the
// rounding mode, the high ones the fraction bits to keep (none for VROUNDPS).
func roundPS(o *vop) {
	round := [4]func(float64) float64{math.RoundToEven, math.Floor, math.Ceil, math.Trunc}[o.imm&3]
	if o.imm&4 != 0 {
		round = math.RoundToEven // the mode of MXCSR
	}
	scale := math.Ldexp(1, int(o.imm>>4))
	d, b := lanes[uint32](o.d, o.w), lanes[uint32](o.b, o.w)
	for i, x := range b {
		if isNaN(x) {
			d[i] = quiet(x)
			continue
		}
		v := float64(fl(x))
		d[i] = math.Float32bits(float32(math.Copysign(round(v*scale)/scale, v)))
	}
}

// fmaOps has the fused multiply-adds of both kinds. The digits of the name say
// which operands (1 the destination, 2 source a, 3 source b) are multiplied
// and added.
func fmaOps() map[string]vspec {
	t := map[string]vspec{}
	for digits, order := range map[string][3]int{"132": {0, 2, 1}, "213": {1, 0, 2}, "231": {1, 2, 0}} {
		for kind, neg := range map[string][2]uint32{
			"VFMADD": {0, 0}, "VFMSUB": {0, 1 << 31}, "VFNMADD": {1 << 31, 0}, "VFNMSUB": {1 << 31, 1 << 31},
		} {
			f := func(d, a, b uint32) uint32 {
				in := [3]uint32{d, a, b}
				return fused(in[order[0]], in[order[1]], in[order[2]], neg[0], neg[1])
			}
			t[kind+digits+"PS"] = vspec{srcs: 2, elem: 4, is: lanewise | accumulates | broadcasts, run: func(o *vop) {
				d, a, b := lanes[uint32](o.d, o.w), lanes[uint32](o.a, o.w), lanes[uint32](o.b, o.w)
				for i := range d {
					d[i] = f(d[i], a[i], b[i])
				}
			}}
			t[kind+digits+"SS"] = vspec{srcs: 2, b: 4, is: accumulates, run: func(o *vop) {
				d := lanes[uint32](o.d, 4)
				d[0] = f(d[0], lanes[uint32](o.a, 4)[0], lanes[uint32](o.b, 4)[0])
			}}
		}
	}
	return t
}

// fused is x*y+z, with the signs of the product and of z changed by masks, and
// one rounding. Of several NaNs x's wins, then y's, in every order of operands.
func fused(x, y, z, negProduct, negZ uint32) uint32 {
	r := fma32(fl(x^negProduct), fl(y), fl(z^negZ))
	if r == r {
		return math.Float32bits(r)
	}
	for _, v := range [3]uint32{x, y, z} {
		if isNaN(v) {
			return quiet(v)
		}
	}
	return defaultNaN
}

// fma32 rounds x*y+z once. The product of two float32 is exact in float64; the
// sum is rounded to odd there (Boldo and Melquiond, "Emulation of FMA and
// correctly rounded sums: proved algorithms using rounding to odd", 2008), so
// that rounding it again to float32 gives the correct result.
func fma32(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := float64(p + c)
	if math.IsInf(s, 0) || math.IsNaN(s) {
		return float32(s)
	}
	t := float64(s - p)
	e := float64(p-float64(s-t)) + float64(c-t) // exactly p + c - s
	if u := math.Float64bits(s); e != 0 && u&1 == 0 {
		if (e > 0) == (s > 0) {
			u++
		} else {
			u--
		}
		s = math.Float64frombits(u)
	}
	return float32(s)
}
