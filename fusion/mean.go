package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// meanToPool makes GlobalAvgPool of an AvgPool over the whole input and of a
// mean over both spatial axes, also one that reads channels-last images
// through a Transpose.
func meanToPool(e *edit, n *ir.Node) (bool, error) {
	x := n.In[0]
	switch o := n.Op.(type) {
	case ir.AvgPool:
		whole := o.Kernel == [2]int{x.Shape[2], x.Shape[3]} && o.Dilation == [2]int{1, 1}
		if whole && o.Pad == [4]int{} {
			return true, e.fuse(n, n, ir.GlobalAvgPool{}, n.In)
		}
	case ir.Reduce:
		return e.reduceToPool(n, o)
	}
	return false, nil
}

func (e *edit) reduceToPool(n *ir.Node, o ir.Reduce) (bool, error) {
	if o.Fn != ir.ReduceMean {
		return false, nil
	}
	x, axes := n.In[0], o.Axes
	if t, to, ok := producer[ir.Transpose](x); ok {
		// The mean over axes of the transposed image is that over these of the image.
		axes = nil
		for _, a := range o.Axes {
			axes = append(axes, to.Perm[a])
		}
		slices.Sort(axes)
		kept := slices.DeleteFunc(slices.Clone(to.Perm), func(p int) bool { return slices.Contains(axes, p) })
		if !slices.IsSorted(kept) {
			return false, nil
		}
		x = t.In[0]
	}
	if len(x.Shape) != 4 || !slices.Equal(axes, []int{2, 3}) {
		return false, nil
	}
	out := n.Out[0].Shape
	if out.Equal(ir.Shape{x.Shape[0], x.Shape[1], 1, 1}) {
		return true, e.fuse(n, n, ir.GlobalAvgPool{}, []*ir.Value{x})
	}
	pool, err := ir.NewNode(n.Name, ir.GlobalAvgPool{}, x)
	if err != nil {
		return false, err
	}
	pool.Out[0].Name, pool.From = e.FreshName(n.Name+".mean"), n.From
	shape, err := ir.NewNode(e.FreshName(n.Name+".shape"), ir.Reshape{Shape: out.Clone()}, pool.Out[0])
	if err != nil {
		return false, err
	}
	e.put(shape, n)
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, shape), pool)
	return true, nil
}
