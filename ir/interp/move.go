package interp

import (
	"errors"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// outside is the index of an element that take fills.
const outside = -1

// take writes dst[i] = src[index(i, at)] for every element of dst, at being its
// coordinates, and leaves it alone where the index is outside.
func take(dst, src *ir.Tensor, index func(i int, at []int) int) {
	walk(dst.Shape, func(i int, at []int) {
		if j := index(i, at); j != outside {
			copyElems(dst, i, src, j, 1)
		}
	})
}

// copyElems copies n elements that lie together.
func copyElems(dst *ir.Tensor, to int, src *ir.Tensor, from, n int) {
	switch dst.Type {
	case ir.F32:
		copy(dst.F32[to:to+n], src.F32[from:])
	case ir.U8, ir.Bool:
		copy(dst.U8[to:to+n], src.U8[from:])
	case ir.S8:
		copy(dst.S8[to:to+n], src.S8[from:])
	case ir.S32:
		copy(dst.S32[to:to+n], src.S32[from:])
	case ir.I64:
		copy(dst.I64[to:to+n], src.I64[from:])
	}
}

func copyData(dst, src *ir.Tensor) { copyElems(dst, 0, src, 0, src.Elems()) }

// concat and split see a tensor as rows of elements that lie together: one for each
// position before the axis.
func concat(o ir.Concat, in []*ir.Tensor, y *ir.Tensor) {
	row, to := y.Shape[o.Axis:].Elems(), 0
	for _, x := range in {
		n := x.Shape[o.Axis:].Elems()
		for r := range y.Shape[:o.Axis].Elems() {
			copyElems(y, r*row+to, x, r*n, n)
		}
		to += n
	}
}

func split(o ir.Split, x *ir.Tensor, out []*ir.Tensor) {
	row, from := x.Shape[o.Axis:].Elems(), 0
	for _, y := range out {
		n := y.Shape[o.Axis:].Elems()
		for r := range x.Shape[:o.Axis].Elems() {
			copyElems(y, r*n, x, r*row+from, n)
		}
		from += n
	}
}

func slice(o ir.Slice, x, y *ir.Tensor) {
	d := strides(x.Shape)
	take(y, x, func(_ int, at []int) int {
		from := 0
		for a, p := range at {
			from += (o.Start[a] + p*o.Step[a]) * d[a]
		}
		return from
	})
}

func pad(o ir.Pad, x, y *ir.Tensor, q *ir.Quant) error {
	if o.Mode != ir.PadConstant && x.Elems() == 0 {
		return errors.New("an empty tensor has no edge to repeat")
	}
	fill(y, o.Value, q)
	d := strides(x.Shape)
	take(y, x, func(_ int, at []int) int {
		from := 0
		for a, p := range at {
			p -= o.Before[a]
			last := x.Shape[a] - 1
			if p < 0 || p > last {
				switch o.Mode {
				case ir.PadConstant:
					return outside
				case ir.PadReflect:
					p = max(p, -p)
					p = min(p, 2*last-p)
				case ir.PadEdge:
					p = min(max(p, 0), last)
				case ir.PadWrap:
					p = ((p % x.Shape[a]) + x.Shape[a]) % x.Shape[a]
				}
			}
			from += p * d[a]
		}
		return from
	})
	return nil
}

// fill sets all elements to v, quantized if there are parameters.
func fill(t *ir.Tensor, v float32, q *ir.Quant) {
	one := &ir.Tensor{Type: ir.F32, F32: []float32{v}}
	if t.Type == ir.U8 && q != nil {
		r := math.RoundToEven(float64(v)/float64(q.Scale[0])) + float64(q.Zero[0])
		one.F32[0] = float32(min(max(r, 0), 255))
	}
	converted := ir.NewTensor(t.Type, ir.Shape{})
	cast(one, converted)
	for i := range t.Elems() {
		copyElems(t, i, converted, 0, 1)
	}
}

func transpose(o ir.Transpose, x, y *ir.Tensor) {
	d := strides(x.Shape)
	take(y, x, func(_ int, at []int) int {
		from := 0
		for a, p := range at {
			from += p * d[o.Perm[a]]
		}
		return from
	})
}

func channelShuffle(o ir.ChannelShuffle, x, y *ir.Tensor) {
	d := strides(x.Shape)
	perGroup := x.Shape[1] / o.Groups
	take(y, x, func(i int, at []int) int {
		from := at[1]%o.Groups*perGroup + at[1]/o.Groups
		return i + (from-at[1])*d[1]
	})
}

func depthToSpace(o ir.DepthToSpace, x, y *ir.Tensor) {
	d := strides(x.Shape)
	b, channels := o.Block, y.Shape[1]
	take(y, x, func(_ int, at []int) int {
		by, bx := at[2]%b, at[3]%b
		c := (by*b+bx)*channels + at[1]
		if o.CRD {
			c = at[1]*b*b + by*b + bx
		}
		return at[0]*d[0] + c*d[1] + at[2]/b*d[2] + at[3]/b
	})
}

func resizeNearest(o ir.ResizeNearest, x, y *ir.Tensor) {
	d := strides(x.Shape)
	take(y, x, func(_ int, at []int) int {
		return at[0]*d[0] + at[1]*d[1] + o.Y[at[2]]*d[2] + o.X[at[3]]
	})
}

func gather(o ir.Gather, x, y *ir.Tensor) {
	inner, extent := x.Shape[o.Axis+1:].Elems(), x.Shape[o.Axis]
	for r := range x.Shape[:o.Axis].Elems() {
		for i, from := range o.Index {
			copyElems(y, (r*len(o.Index)+i)*inner, x, (r*extent+from)*inner, inner)
		}
	}
}

// cast converts as C does, but a real number beyond the integer type's range
// takes its nearest end, and NaN becomes 0. Bool is x != 0.
func cast(x, y *ir.Tensor) {
	if x.Type == ir.F32 && y.Type == ir.F32 {
		copyData(y, x)
		return
	}
	for i := range x.Elems() {
		if y.Type == ir.F32 {
			y.F32[i] = float32(integer(x, i, ir.I64))
			continue
		}
		v := integer(x, i, y.Type)
		switch y.Type {
		case ir.U8:
			y.U8[i] = uint8(v)
		case ir.S8:
			y.S8[i] = int8(v)
		case ir.S32:
			y.S32[i] = int32(v)
		case ir.I64:
			y.I64[i] = v
		case ir.Bool:
			if v != 0 || x.Type == ir.F32 && x.F32[i] != 0 {
				y.U8[i] = 1
			}
		}
	}
}

// integer returns element i, a real number limited to the range of type t.
func integer(x *ir.Tensor, i int, t ir.DType) int64 {
	switch x.Type {
	case ir.U8, ir.Bool:
		return int64(x.U8[i])
	case ir.S8:
		return int64(x.S8[i])
	case ir.S32:
		return int64(x.S32[i])
	case ir.I64:
		return x.I64[i]
	}
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch t {
	case ir.U8, ir.Bool:
		lo, hi = 0, 255
	case ir.S8:
		lo, hi = -128, 127
	case ir.S32:
		lo, hi = math.MinInt32, math.MaxInt32
	}
	switch v := float64(x.F32[i]); {
	case v != v:
		return 0
	case v <= float64(lo):
		return lo
	case v >= float64(hi):
		return hi
	default:
		return int64(v)
	}
}
