package plan

import (
	"fmt"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// resample plans weighted sums along an axis: of images on the pixels as they lie, of
// other tensors, and along channels, in row-major order.
func (p *planner) resample(n *ir.Node, op ir.Resample) error {
	text := describe(fmt.Sprintf("sums of %d along axis %d", op.Taps, op.Axis), n)
	if !isImage(n.In[0]) || op.Axis < 2 {
		x, err := p.flat(n, n.In[0])
		if err != nil {
			return err
		}
		y := rowMajorPlace(p, n.Out[0].Shape, x.elem)
		s := portable.Resample{Name: n.Name, Elem: x.elem, Taps: op.Taps, Index: op.Index, Weight: op.Weight,
			Outer: x.dims[:op.Axis].Elems(), Inner: x.dims[op.Axis+1:].Elems()}
		s.FromStep, s.ToStep = s.Inner*x.elem, s.Inner*x.elem
		s.FromOuter, s.ToOuter = x.dims[op.Axis]*s.FromStep, y.dims[op.Axis]*s.ToStep
		p.resampleStep(n, text, s, x, y)
		p.settle(n, n.Out[0], y)
		return nil
	}
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	y := p.result(n.Out[0])
	from, to := shapeOf(x), shapeOf(y)
	s := portable.Resample{Name: n.Name, Elem: x.elem, Taps: op.Taps, Index: op.Index, Weight: op.Weight, Inner: from.C}
	switch {
	case op.Axis == 3:
		s.Outer, s.FromOuter, s.ToOuter = from.H, from.Row, to.Row
		s.FromStep, s.ToStep = from.Pix, to.Pix
	case from.Pix == from.C*x.elem && to.Pix == from.Pix: // a row is one run
		s.Outer, s.Inner = 1, from.W*from.C
		s.FromStep, s.ToStep = from.Row, to.Row
	default:
		s.Outer, s.FromOuter, s.ToOuter = from.W, from.Pix, to.Pix
		s.FromStep, s.ToStep = from.Row, to.Row
	}
	p.resampleStep(n, text, s, x, y)
	return nil
}

func (p *planner) resampleStep(n *ir.Node, text string, s portable.Resample, x, y *place) {
	p.step(n, text, []*place{x}, []*place{y}, func() portable.Step {
		s.From, s.To = x.at(), y.at()
		return s
	})
}
