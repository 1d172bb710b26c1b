package plan

import (
	"fmt"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// poolF32 plans a pooling of float32. The input may be an image whose mean over
// rows and columns has another shape.
func (p *planner) poolF32(n *ir.Node, s portable.Pool, w ir.Window) error {
	if err := oneImage(n.In[0]); err != nil {
		return err
	}
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	k, form := spec.Kernel{Family: spec.MaxPoolF32}, "maximum"
	if !s.Max {
		k.Family, form = spec.AvgPoolF32, "mean"
		if err := means(n, &s, w); err != nil {
			return err
		}
	}
	s.Name = n.Name
	s.KH, s.KW, s.StrideH, s.StrideW = w.Kernel[0], w.Kernel[1], w.Stride[0], w.Stride[1]
	s.DilH, s.DilW, s.Top, s.Left = w.Dilation[0], w.Dilation[1], w.Pad[0], w.Pad[1]
	p.useBoth(k)
	y := p.result(n.Out[0])
	p.step(n, describe(fmt.Sprintf("%s over %dx%d", form, s.KH, s.KW), n), []*place{x}, []*place{y}, func() portable.Step {
		s.X, s.Y, s.Kernel = x.tensor(), y.tensor(), p.both(k)
		return portable.PoolF32{Pool: s}
	})
	return nil
}

// means sets the factors of the sums: for every number of positions, or for the
// whole window where all are inside the input.
func means(n *ir.Node, s *portable.Pool, w ir.Window) error {
	x, y := n.In[0].Shape, n.Out[0].Shape
	most := w.Kernel[0] * w.Kernel[1]
	if len(y) != 4 || haloOf(w, x[2], x[3], y[2], y[3]) == [4]int{} {
		s.Mul = []float32{1 / float32(most)}
		return nil
	}
	if s.Count == nil && !tapsInside(w, x, y) {
		return errNoMean
	}
	for i := range most {
		s.Mul = append(s.Mul, 1/float32(i+1))
	}
	return nil
}

// reducesImage reports whether n is the mean over the rows and columns of an image.
func reducesImage(n *ir.Node, op ir.Reduce) bool {
	return op.Fn == ir.ReduceMean && isImage(n.In[0]) && len(op.Axes) == 2 && op.Axes[0] == 2 && op.Axes[1] == 3
}
