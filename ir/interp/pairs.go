package interp

import (
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/detmath"
)

func binary(o ir.Binary, a, b, y *ir.Tensor) {
	ai, bi := broadcastIndex(y.Shape, a.Shape), broadcastIndex(y.Shape, b.Shape)
	for i := range ai {
		if y.Type == ir.F32 {
			v := realPair(o.Fn, float64(a.F32[ai[i]]), float64(b.F32[bi[i]]))
			y.F32[i] = float32(apply(o.Act, v))
			continue
		}
		v := integerPair(o.Fn, integer(a, ai[i], ir.I64), integer(b, bi[i], ir.I64))
		storeInteger(y, i, v)
	}
}

// storeInteger sets element i, wrapped to y's type.
func storeInteger(y *ir.Tensor, i int, v int64) {
	switch y.Type {
	case ir.U8:
		y.U8[i] = uint8(v)
	case ir.S8:
		y.S8[i] = int8(v)
	case ir.S32:
		y.S32[i] = int32(v)
	case ir.I64:
		y.I64[i] = v
	}
}

// realPair is the function of Binary on real numbers.
func realPair(fn ir.BinaryKind, a, b float64) float64 {
	switch fn {
	case ir.Sub:
		return a - b
	case ir.Mul:
		return a * b
	case ir.Div:
		return a / b
	case ir.Max:
		return max(a, b)
	case ir.Min:
		return min(a, b)
	case ir.Pow:
		return detmath.Pow(a, b)
	case ir.FMod:
		return math.Mod(a, b)
	case ir.Mod:
		r := math.Mod(a, b)
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	}
	return a + b
}

// integerPair is the function of Binary on integers; they wrap, and a quotient or rest by 0 is 0.
func integerPair(fn ir.BinaryKind, a, b int64) int64 {
	switch fn {
	case ir.Sub:
		return a - b
	case ir.Mul:
		return a * b
	case ir.Max:
		return max(a, b)
	case ir.Min:
		return min(a, b)
	case ir.Pow:
		return integerPower(a, b)
	case ir.Add:
		return a + b
	}
	if b == 0 {
		return 0
	}
	switch fn {
	case ir.FMod:
		return a % b
	case ir.Mod:
		r := a % b
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	}
	return a / b
}

// integerPower multiplies; what 1/a^-n is for a negative n is cut towards 0.
func integerPower(a, n int64) int64 {
	if n < 0 {
		switch {
		case a == 1 || a == -1 && n%2 == 0:
			return 1
		case a == -1:
			return -1
		}
		return 0
	}
	r := int64(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			r *= a
		}
		a *= a
	}
	return r
}

func compare(o ir.Compare, a, b, y *ir.Tensor) {
	ai, bi := broadcastIndex(y.Shape, a.Shape), broadcastIndex(y.Shape, b.Shape)
	for i := range ai {
		var equal, less bool
		if a.Type == ir.F32 {
			p, q := a.F32[ai[i]], b.F32[bi[i]]
			equal, less = p == q, p < q
		} else {
			p, q := integer(a, ai[i], ir.I64), integer(b, bi[i], ir.I64)
			equal, less = p == q, p < q
		}
		switch o.Fn {
		case ir.Less:
			equal = less
		case ir.LessOrEqual:
			equal = equal || less
		}
		y.U8[i] = truth(equal)
	}
}

func truth(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func logic(o ir.Logic, a, b, y *ir.Tensor) {
	ai, bi := broadcastIndex(y.Shape, a.Shape), broadcastIndex(y.Shape, b.Shape)
	for i := range ai {
		p, q := a.U8[ai[i]] != 0, b.U8[bi[i]] != 0
		switch o.Fn {
		case ir.And:
			y.U8[i] = truth(p && q)
		case ir.Or:
			y.U8[i] = truth(p || q)
		case ir.Xor:
			y.U8[i] = truth(p != q)
		}
	}
}

func where(cond, a, b, y *ir.Tensor) {
	ci, ai, bi := broadcastIndex(y.Shape, cond.Shape), broadcastIndex(y.Shape, a.Shape), broadcastIndex(y.Shape, b.Shape)
	for i, c := range ci {
		if cond.U8[c] != 0 {
			copyElems(y, i, a, ai[i], 1)
		} else {
			copyElems(y, i, b, bi[i], 1)
		}
	}
}
