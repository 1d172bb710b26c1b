package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// tableOf plans the replacement of bytes by a table, or by a table for each channel.
func (p *planner) tableOf(n *ir.Node, op ir.QTable) error {
	v := n.In[0]
	s := portable.Table{Name: n.Name, Table: p.table(op.Table), PerChannel: len(op.Table) > 256}
	k := spec.Kernel{Family: spec.Table}
	p.useBoth(k)
	step := func(x, y *place) {
		p.step(n, describe("table", n), []*place{x}, []*place{y}, func() portable.Step {
			s.X, s.Y, s.Kernel = x.tensor(), y.tensor(), p.both(k)
			return s
		})
	}
	if vector := len(v.Shape) == 2 && v.Shape[0] == 1; s.PerChannel && !vector && !isImage(v) {
		return p.asPixels(n, step)
	}
	x, err := p.operand(n, v, [4]int{})
	if err != nil {
		return err
	}
	step(x, p.result(n.Out[0]))
	return nil
}

// asPixels plans a step by channels on bytes that are no single image: their channels, the
// elements of axis 1, are brought side by side, and what is computed back.
func (p *planner) asPixels(n *ir.Node, step func(x, y *place)) error {
	x, err := p.flat(n, n.In[0])
	if err != nil {
		return err
	}
	s := n.In[0].Shape
	images, channels, rest := s[0], s[1], s[2:].Elems()
	image := &ir.Value{Name: n.Name, Type: ir.U8, Shape: ir.Shape{1, channels, images, rest}}
	view := func(l *place) *place {
		c := *l
		c.dims, c.strides, c.whole = image.Shape, []int{s.Elems(), rest, channels * rest, 1}, false
		return &c
	}
	from, to := p.newPlaceHalo(image, [4]int{}), p.newPlaceHalo(image, [4]int{})
	p.copyTo(n, view(x), from)
	step(from, to)
	y := rowMajorPlace(p, s, 1)
	p.copyTo(n, to, view(y))
	p.settle(n, n.Out[0], y)
	return nil
}
