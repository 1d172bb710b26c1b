package ir

// The operators of an int8 graph. They hold every number that their arithmetic
// uses, so that nothing is derived a second time further down: docs/numerics.md
// has the whole contract, package interp its code.

// Requant is the epilogue of an int8 operator: from an exact s32 sum to u8.
// Every product is rounded to float32 before the next operation.
//
//	v = f32(acc) * Mul[c]
//	v = min(max(v, PreLo), PreHi)                    if Pre
//	v = v + f32(int(r)-zr) * SumMul                  if there is a residual operand r, zero point zr
//	q = int(rne(min(max(v, Lo-Zero), Hi-Zero))) + Zero
//	q = Table[q]                                     if Table is not empty
type Requant struct {
	Mul          []float32 // one, or one an output channel
	Pre          bool      // the clamp before the sum
	PreLo, PreHi float32   // its limits, infinite where there is none
	SumMul       float32
	Zero         uint8   // the zero point that v is rounded to
	Lo, Hi       uint8   // limits of q, Lo <= Hi
	Table        []uint8 // 256 entries, or none
}

// QConv is Conv on integers: acc = B + sum (x-zx)*(w-zw), padding reads as zx.
// Partial sums may wrap; the final acc fits in s32.
//
// In: X u8 [N,C,H,W], of one zero point a channel where Groups is C and there is no
// padding; W s8 constant [M,C/Groups,kh,kw] with Quant along axis 0; B s32 constant [M] or nil; R u8 of the result's shape or nil. Out: u8 [N,M,OH,OW].
type QConv struct {
	Window
	Groups int
	Requant
}

// QFC is FC on integers, as QConv. In: X u8 [N,K]; W s8 constant [M,K]; B s32
// constant [M] or nil; R u8 [N,M] or nil. Out: u8 [N,M].
type QFC struct {
	Requant
}

// QAdd is v = f32(a-za)*MulA + f32(b-zb)*MulB, both products rounded first,
// then rounding, limits and table as in Requant.
//
// In: A, B u8, broadcast as numpy's. Out: u8 of the broadcast shape.
type QAdd struct {
	MulA, MulB float32
	Zero       uint8
	Lo, Hi     uint8
	Table      []uint8
}

// QMul is v = f32((a-za)*(b-zb))*Mul, then rounding, limits and table as in Requant.
//
// In: A, B u8, broadcast as numpy's. Out: u8 of the broadcast shape.
type QMul struct {
	Mul    float32
	Zero   uint8
	Lo, Hi uint8
	Table  []uint8
}

// QAvgPool is AvgPool on integers: acc = sum (x-zx) over the positions inside
// the input, v = f32(acc)*Mul[n-1] where n counts the positions that the mean
// divides by, then rounding and limits as in Requant.
//
// In: X u8 [N,C,H,W]. Out: u8.
type QAvgPool struct {
	Window
	Ceil     bool
	CountPad bool
	Mul      []float32 // one for each possible count: index n-1, n up to kh*kw
	Zero     uint8
	Lo, Hi   uint8
}

// QGlobalAvgPool is acc = sum (x-zx) over all positions, v = f32(acc)*Mul,
// then rounding and limits as in Requant. In: X u8 [N,C,H,W]. Out: u8 [N,C,1,1].
type QGlobalAvgPool struct {
	Mul    float32
	Zero   uint8
	Lo, Hi uint8
}

// QTable replaces every byte by Table[byte]: elementwise functions and
// requantizing copies. Table has 256 entries, or 256 for each index of axis 1.
//
// In: X u8. Out: u8 as X.
type QTable struct {
	Table []uint8
}

// Quantize is v = f32(x*Mul[c]) + Add[c], q = int(rne(min(max(v, -Zero), 255-Zero))) + Zero,
// c the index of axis 1. Mul and Add have one element or one a channel; a NaN
// becomes Zero.
//
// In: X f32. Out: u8 as X.
type Quantize struct {
	Mul, Add []float32
	Zero     uint8
}

// Dequantize is f32(int(x)-zx) * Scale, with zx the operand's zero point.
// In: X u8. Out: f32 as X.
type Dequantize struct {
	Scale float32
}
