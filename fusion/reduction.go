package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// mergeReductions makes one Reduce of two of the same function behind each other, which exporters
// write for a sum over width and then height.
func mergeReductions(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Reduce)
	if !ok {
		return false, nil
	}
	first, f, ok := sole[ir.Reduce](e, n.In[0])
	if !ok || f.Fn != o.Fn || f.Keep != o.Keep {
		return false, nil
	}
	switch o.Fn {
	case ir.ReduceSum, ir.ReduceMean, ir.ReduceMax, ir.ReduceMin, ir.ReduceProd:
	default:
		return false, nil
	}
	var left []int // the axes that the first leaves to the second, by their place there
	for a := range first.In[0].Shape {
		if f.Keep || !slices.Contains(f.Axes, a) {
			left = append(left, a)
		}
	}
	axes := slices.Clone(f.Axes)
	for _, a := range o.Axes {
		axes = append(axes, left[a])
	}
	slices.Sort(axes)
	return true, e.fuse(first, n, ir.Reduce{Fn: o.Fn, Axes: slices.Compact(axes), Keep: o.Keep}, first.In, first)
}

// sumToMean makes a mean times the number of its elements of a sum over height and width: the
// kernels have means, and the factor meets what the sum is divided by.
func sumToMean(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Reduce)
	s := n.In[0].Shape
	if !ok || o.Fn != ir.ReduceSum || n.In[0].Type != ir.F32 || len(s) != 4 || !slices.Equal(o.Axes, []int{2, 3}) {
		return false, nil
	}
	o.Fn = ir.ReduceMean
	mean, err := e.insert(n, n.Name+".mean", o, n.In[0])
	if err != nil {
		return false, err
	}
	mean.Def.From = n.From
	return true, e.fuse(n, n, ir.Affine{Mul: []float32{float32(s[2] * s[3])}, Add: []float32{0}}, []*ir.Value{mean})
}

// channelsToConv makes a convolution of one result, all of whose weights are the same, of a mean or a sum
// over the channels of an image: spatial attention has them. What belongs to a
// normalization by channels is left alone.
func channelsToConv(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Reduce)
	x := n.In[0]
	if !ok || o.Fn != ir.ReduceMean && o.Fn != ir.ReduceSum || x.Type != ir.F32 || len(x.Shape) != 4 || x.Shape[0] != 1 || !slices.Equal(o.Axes, []int{1}) {
		return false, nil
	}
	if e.normalizes(n) {
		return false, nil
	}
	w := ir.NewTensor(ir.F32, ir.Shape{1, x.Shape[1], 1, 1})
	for i := range w.F32 {
		w.F32[i] = 1
		if o.Fn == ir.ReduceMean {
			w.F32[i] /= float32(len(w.F32))
		}
	}
	conv := ir.Conv{Window: ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}, Groups: 1}
	return true, e.reduceBy(n, conv, x, ir.Const(e.FreshName(n.Name+".weights"), w))
}

// normalizes reports whether a mean is likely to be that of a spelled-out normalization, whose
// rule wants to see it: it is subtracted from what it is the mean of, or the mean of squares.
func (e *edit) normalizes(n *ir.Node) bool {
	x := n.In[0]
	if x.Def != nil {
		if _, _, square := squared(x); square {
			return true
		}
	}
	return slices.ContainsFunc(e.readers[n.Out[0]], func(m *ir.Node) bool {
		b, ok := m.Op.(ir.Binary)
		return ok && b.Fn == ir.Sub && slices.Contains(m.In, x)
	})
}

// axisToPool makes pooling of a mean or a maximum along the height or the width of an image.
func axisToPool(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Reduce)
	x := n.In[0]
	if !ok || x.Type != ir.F32 || len(x.Shape) != 4 || len(o.Axes) != 1 || o.Axes[0] < 2 {
		return false, nil
	}
	window := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	window.Kernel[o.Axes[0]-2] = x.Shape[o.Axes[0]]
	switch o.Fn {
	case ir.ReduceMean:
		if e.normalizes(n) {
			return false, nil
		}
		return true, e.reduceBy(n, ir.AvgPool{Window: window}, x)
	case ir.ReduceMax:
		return true, e.reduceBy(n, ir.MaxPool{Window: window}, x)
	}
	return false, nil
}

// reduceBy puts op, which keeps the axes that it reduces to 1, in the place of the Reduce n.
func (e *edit) reduceBy(n *ir.Node, op ir.Op, in ...*ir.Value) error {
	if n.Op.(ir.Reduce).Keep {
		return e.fuse(n, n, op, in)
	}
	c, err := ir.NewNode(n.Name, op, in...)
	if err != nil {
		return err
	}
	c.Out[0].Name, c.From = e.FreshName(n.Name+".image"), n.From
	shape, err := ir.NewNode(e.FreshName(n.Name+".shape"), ir.Reshape{Shape: n.Out[0].Shape.Clone()}, c.Out[0])
	if err != nil {
		return err
	}
	shape.From = n.From
	e.put(shape, n)
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, shape), c)
	return nil
}
