package plan

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// padAxes plans a reflected or repeated border of elements of any kind, one axis after the other:
// runs of indices that are equally far apart are one copy.
func (p *planner) padAxes(n *ir.Node, op ir.Pad, x, y *place) {
	for axis := range x.dims {
		if op.Before[axis] == 0 && op.After[axis] == 0 {
			continue
		}
		index := padIndex(op, axis, x.dims[axis])
		dims := x.dims.Clone()
		dims[axis] = len(index)
		to := rowMajorPlace(p, dims, x.elem)
		for i := 0; i < len(index); {
			step, run := runAt(index[i:])
			src, dst, part := *x, *to, dims.Clone()
			part[axis] = run
			src.off += index[i] * x.strides[axis]
			dst.off += i * to.strides[axis]
			src.dims, dst.dims = part, part
			from := slices.Clone(x.strides)
			from[axis] *= step
			p.move(n, describe("border", n), &src, &dst, from, to.strides, part)
			i += run
		}
		x = to
	}
	p.copyTo(n, x, y)
}

// runAt returns how far apart the first indices are, and how many are equally far.
func runAt(index []int) (step, run int) {
	if len(index) == 1 {
		return 0, 1
	}
	step, run = index[1]-index[0], 2
	for run < len(index) && index[run]-index[run-1] == step {
		run++
	}
	return step, run
}
