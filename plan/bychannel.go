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

// asPixels plans a step by channels on a tensor that is no single image: its channels, the
// elements of axis 1, are brought side by side, and the bytes that are computed back.
func (p *planner) asPixels(n *ir.Node, step func(x, y *place)) error {
	return p.byChannel(n, func(image *ir.Value) *place { return p.newPlaceHalo(image, [4]int{}) }, step)
}

// asPlanes is asPixels for a step that wants the elements of each channel side by side.
func (p *planner) asPlanes(n *ir.Node, step func(x, y *place)) error {
	return p.byChannel(n, func(image *ir.Value) *place { return rowMajorPlace(p, image.Shape, image.Type.Size()) }, step)
}

// byChannel moves a tensor to the place that is made for it as one image, and what a step makes
// of that back.
func (p *planner) byChannel(n *ir.Node, place4 func(*ir.Value) *place, step func(x, y *place)) error {
	x, err := p.flat(n, n.In[0])
	if err != nil {
		return err
	}
	s := n.In[0].Shape
	images, channels, rest := s[0], s[1], s[2:].Elems()
	shape := ir.Shape{1, channels, images, rest}
	view := func(l *place) *place {
		c := *l
		c.dims, c.strides, c.whole = shape, []int{s.Elems() * l.elem, rest * l.elem, channels * rest * l.elem, l.elem}, false
		return &c
	}
	from := p.copyTo(n, view(x), place4(&ir.Value{Name: n.Name, Type: n.In[0].Type, Shape: shape}))
	to := p.newPlaceHalo(&ir.Value{Name: n.Name, Type: n.Out[0].Type, Shape: shape}, [4]int{})
	step(from, to)
	y := rowMajorPlace(p, s, n.Out[0].Type.Size())
	p.copyTo(n, to, view(y))
	p.settle(n, n.Out[0], y)
	return nil
}

// quantizeByChannel plans a quantization with factors for each channel of what is no single image.
func (p *planner) quantizeByChannel(n *ir.Node, op ir.Quantize) error {
	return p.asPlanes(n, func(x, y *place) {
		s := portable.Quantize{Name: n.Name, Input: -1, Mul: op.Mul, Add: op.Add, Zero: op.Zero}
		k := spec.Kernel{Family: quantizer(planes(y, shapeOf(y)))}
		s.Planes = planesOf[k.Family]
		p.useBoth(k)
		p.step(n, describe("quantization", n), []*place{x}, []*place{y}, func() portable.Step {
			s.X, s.Y, s.Kernel = x.at(), planar(y), p.both(k)
			return s
		})
	})
}
