package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// isPixels reports whether l is one image of float32 whose channels lie side by side.
func (l *place) isPixels() bool { return l.elem == 4 && !l.isVector() && l.asImage() }

// transposes plans the copy of a float32 image between planes and pixels with the
// layout kernels, and reports whether it is such a copy.
func (p *planner) transposes(n *ir.Node, from, to *place) bool {
	if from.elem != 4 || from.isVector() || !from.dims.Equal(to.dims) || from.contiguous() && to.contiguous() {
		return false
	}
	switch {
	case from.contiguous() && to.isPixels():
		p.toPixels(n, "pixels of "+to.dims.String(), portable.ToPixels{Name: n.Name, Input: -1}, from, to)
	case from.isPixels() && to.contiguous():
		p.toPlanes(n, "planes of "+from.dims.String(), portable.ToPlanes{Name: n.Name, Output: -1}, from, to)
	default:
		return false
	}
	return true
}

// toPixels plans a ToPixels from a place, or from a caller's array where that is nil.
func (p *planner) toPixels(n *ir.Node, text string, s portable.ToPixels, from, to *place) {
	k := spec.Kernel{Family: spec.PixelsF32}
	p.useBoth(k)
	p.step(n, text, []*place{from}, []*place{to}, func() portable.Step {
		s.Y, s.Kernel = to.tensor(), p.both(k)
		if from != nil {
			s.X = from.at()
		}
		return s
	})
}

// toPlanes plans a ToPlanes to a place, or to a caller's array where that is nil.
func (p *planner) toPlanes(n *ir.Node, text string, s portable.ToPlanes, from, to *place) {
	k := spec.Kernel{Family: spec.PlanesF32}
	p.useBoth(k)
	var writes []*place
	if to != nil {
		writes = append(writes, to)
	}
	p.step(n, text, []*place{from}, writes, func() portable.Step {
		s.X, s.Kernel = from.tensor(), p.both(k)
		if to != nil {
			s.Y = to.at()
		}
		return s
	})
}

// inputPixels brings a caller's image to the arena as pixels, where that is how its
// readers want it; else nil.
func (p *planner) inputPixels(v *ir.Value, array int) *place {
	if v.Type != ir.F32 || !isImage(v) || !p.wantsPixels(v) {
		return nil
	}
	l := p.newPlace(v)
	if l.contiguous() {
		return nil
	}
	p.toPixels(&ir.Node{Name: v.Name}, "input "+v.Shape.String()+" as pixels", portable.ToPixels{Name: v.Name, Input: array}, nil, l)
	return l
}

// wantsPixels reports whether some reader of v is no view of it.
func (p *planner) wantsPixels(v *ir.Value) bool {
	for _, n := range p.readers[v] {
		switch n.Op.(type) {
		case ir.Reshape, ir.Transpose, ir.MatMul:
		default:
			return true
		}
	}
	return false
}

// outputPlanes writes an image that lies as pixels to a caller's array; it reports
// whether it is one.
func (p *planner) outputPlanes(v *ir.Value, array int) (bool, error) {
	if v.IsConst() || v.Type != ir.F32 {
		return false, nil
	}
	l, err := p.find(v)
	if err != nil || l.contiguous() || !l.isPixels() {
		return false, err
	}
	p.toPlanes(&ir.Node{Name: v.Name}, "output "+v.Shape.String(), portable.ToPlanes{Name: v.Name, Output: array}, l, nil)
	return true, nil
}
