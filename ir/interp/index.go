package interp

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// position returns the position that index i names along an axis of extent n.
func position(index *ir.Tensor, i, n int) int {
	v := integer(index, i, ir.I64)
	if v < 0 {
		v += int64(n)
	}
	return int(min(max(v, 0), int64(n)-1))
}

func gatherAt(o ir.GatherAt, x, index, y *ir.Tensor) {
	inner, extent, count := x.Shape[o.Axis+1:].Elems(), x.Shape[o.Axis], index.Elems()
	for r := range x.Shape[:o.Axis].Elems() {
		for i := range count {
			copyElems(y, (r*count+i)*inner, x, (r*extent+position(index, i, extent))*inner, inner)
		}
	}
}

// tuples calls f for every tuple of indices with its number, and the offset and the elements of
// the slice of a tensor of shape s that it names.
func tuples(batch int, s ir.Shape, index *ir.Tensor, f func(i, from, n int)) {
	k := index.Shape[len(index.Shape)-1]
	perBatch := index.Shape[batch : len(index.Shape)-1].Elems()
	d := strides(s)
	n := s[batch+k:].Elems()
	for i := range index.Elems() / k {
		from := 0
		if batch > 0 {
			from = i / perBatch * s[batch:].Elems()
		}
		for j := range k {
			from += position(index, i*k+j, s[batch+j]) * d[batch+j]
		}
		f(i, from, n)
	}
}

func gatherND(o ir.GatherND, x, index, y *ir.Tensor) {
	tuples(o.Batch, x.Shape, index, func(i, from, n int) { copyElems(y, i*n, x, from, n) })
}

// beside calls f for every index with its number and the element of a tensor of shape s that it
// stands for.
func beside(axis int, s ir.Shape, index *ir.Tensor, f func(i, from int)) {
	d := strides(s)
	walk(index.Shape, func(i int, at []int) {
		from := 0
		for a, p := range at {
			if a == axis {
				p = position(index, i, s[a])
			}
			from += p * d[a]
		}
		f(i, from)
	})
}

func gatherElements(o ir.GatherElements, x, index, y *ir.Tensor) {
	beside(o.Axis, x.Shape, index, func(i, from int) { copyElems(y, i, x, from, 1) })
}

func scatterElements(o ir.ScatterElements, in []*ir.Tensor, y *ir.Tensor) {
	copyData(y, in[0])
	beside(o.Axis, y.Shape, in[1], func(i, to int) { update(o.Fn, y, to, in[2], i) })
}

func scatterND(o ir.ScatterND, in []*ir.Tensor, y *ir.Tensor) {
	copyData(y, in[0])
	tuples(0, y.Shape, in[1], func(i, to, n int) {
		for k := range n {
			update(o.Fn, y, to+k, in[2], i*n+k)
		}
	})
}

// update changes element to of y by element i of the updates.
func update(fn ir.ScatterKind, y *ir.Tensor, to int, updates *ir.Tensor, i int) {
	if fn == ir.ScatterSet {
		copyElems(y, to, updates, i, 1)
		return
	}
	switch y.Type {
	case ir.F32:
		y.F32[to] = float32(combine(fn, float64(y.F32[to]), float64(updates.F32[i])))
	case ir.S32:
		y.S32[to] = int32(combine(fn, int64(y.S32[to]), int64(updates.S32[i])))
	case ir.I64:
		y.I64[to] = combine(fn, y.I64[to], updates.I64[i])
	}
}

func combine[T sum](fn ir.ScatterKind, a, b T) T {
	switch fn {
	case ir.ScatterMul:
		return a * b
	case ir.ScatterMax:
		return max(a, b)
	case ir.ScatterMin:
		return min(a, b)
	}
	return a + b
}

func oneHot(o ir.OneHot, index, values, y *ir.Tensor) {
	inner := index.Shape[o.Axis:].Elems()
	for i := range y.Elems() {
		copyElems(y, i, values, 0, 1)
	}
	for i := range index.Elems() {
		p := integer(index, i, ir.I64)
		if p < 0 {
			p += int64(o.Depth)
		}
		if nan := index.Type == ir.F32 && index.F32[i] != index.F32[i]; p >= 0 && p < int64(o.Depth) && !nan {
			copyElems(y, (i/inner*o.Depth+int(p))*inner+i%inner, values, 1, 1)
		}
	}
}

// box is two corners, the lower one first, in float64.
type box struct{ y1, x1, y2, x2 float64 }

func boxOf(v []float32, center bool) box {
	a, b, c, d := float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])
	if center {
		return box{b - d/2, a - c/2, b + d/2, a + c/2}
	}
	return box{min(a, c), min(b, d), max(a, c), max(b, d)}
}

func (a box) area() float64 { return (a.y2 - a.y1) * (a.x2 - a.x1) }

// overlap is the intersection over the union; 0 where a box has no area.
func (a box) overlap(b box) float64 {
	h := min(a.y2, b.y2) - max(a.y1, b.y1)
	w := min(a.x2, b.x2) - max(a.x1, b.x1)
	if !(h > 0 && w > 0 && a.area() > 0 && b.area() > 0) {
		return 0
	}
	common := h * w
	return common / (a.area() + b.area() - common)
}

func nonMaxSuppression(o ir.NonMaxSuppression, boxes, scores, y *ir.Tensor) {
	images, classes, n := scores.Shape[0], scores.Shape[1], scores.Shape[2]
	rows := y.I64[:0]
	for b := range images {
		for c := range classes {
			score := scores.F32[(b*classes+c)*n:][:n]
			var order, selected []int
			for i, s := range score {
				if s > o.Score {
					order = append(order, i)
				}
			}
			slices.SortStableFunc(order, func(i, j int) int {
				switch {
				case score[i] > score[j]:
					return -1
				case score[i] < score[j]:
					return 1
				}
				return 0
			})
			at := func(i int) box { return boxOf(boxes.F32[(b*n+i)*4:], o.Center) }
			for _, i := range order {
				over := func(j int) bool { return at(i).overlap(at(j)) > float64(o.IoU) }
				if len(selected) < o.Most && !slices.ContainsFunc(selected, over) {
					selected = append(selected, i)
					rows = append(rows, int64(b), int64(c), int64(i))
				}
			}
		}
	}
	for i := len(rows); i < len(y.I64); i++ {
		y.I64[i] = -1
	}
}
