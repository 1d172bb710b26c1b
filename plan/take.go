package plan

import (
	"fmt"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// takeAxes plans taking positions along some axes of any tensor by index, in row-major
// order: one step for each axis that has a list.
func (p *planner) takeAxes(n *ir.Node, lists map[int][]int) error {
	x, err := p.flat(n, n.In[0])
	if err != nil {
		return err
	}
	for axis := range x.dims {
		if idx, ok := lists[axis]; ok {
			x = p.takeAxis(n, x, axis, idx)
		}
	}
	p.settle(n, n.Out[0], x)
	return nil
}

// takeAxis plans taking positions along an axis of a dense tensor: columns of an image whose
// rows are what lies before the axis.
func (p *planner) takeAxis(n *ir.Node, x *place, axis int, idx []int) *place {
	dims := x.dims.Clone()
	dims[axis] = len(idx)
	y := rowMajorPlace(p, dims, x.elem)
	inner := x.dims[axis+1:].Elems() * x.elem
	rows := make([]int, x.dims[:axis].Elems())
	for i := range rows {
		rows[i] = i
	}
	p.step(n, fmt.Sprintf("axis %d of %s by index", axis, x.dims), []*place{x}, []*place{y}, func() portable.Step {
		from := portable.Tensor{Off: x.at(), Row: x.dims[axis] * inner, Pix: inner, H: len(rows), W: x.dims[axis]}
		to := portable.Tensor{Off: y.at(), Row: len(idx) * inner, Pix: inner, H: len(rows), W: len(idx)}
		return portable.Resize{Name: n.Name, X: from, Y: to, N: inner, Ys: rows, Xs: idx}
	})
	return y
}
