package fusion

import "github.com/ingot-go/ingot/ir"

// dropPaddingTaps takes the outer rows and columns off the kernel of a Conv that meet padding
// only, wherever it stands: of a dilation of 24 on 14 rows one tap of three is left (atrous pyramids on
// small images).
func dropPaddingTaps(e *edit, n *ir.Node) (bool, error) {
	conv, ok := n.Op.(ir.Conv)
	if !ok || !n.In[1].IsConst() || n.In[1].Const.Type != ir.F32 {
		return false, nil
	}
	x, y, w := n.In[0].Shape, n.Out[0].Shape, n.In[1]
	var first [2]int
	o := conv
	for i := range 2 {
		var last int
		first[i], last = innerTaps(o.Window, i, x[2+i], y[2+i])
		o.Pad[i] -= first[i] * o.Dilation[i]
		o.Pad[2+i] -= (o.Kernel[i] - last) * o.Dilation[i]
		if o.Kernel[i] = last - first[i]; o.Kernel[i] == 1 {
			o.Dilation[i] = 1
		}
	}
	if o.Kernel == conv.Kernel {
		return false, nil
	}
	cut := ir.NewTensor(ir.F32, ir.Shape{w.Shape[0], w.Shape[1], o.Kernel[0], o.Kernel[1]})
	row := o.Kernel[1]
	for i := 0; i < len(cut.F32); i += row {
		plane, r := i/row/o.Kernel[0], i/row%o.Kernel[0]
		from := (plane*conv.Kernel[0]+first[0]+r)*conv.Kernel[1] + first[1]
		copy(cut.F32[i:i+row], w.Const.F32[from:])
	}
	c := ir.Const(e.FreshName(w.Name+".taps"), cut)
	c.Quant = w.Quant // for each output channel, or for all
	in := append([]*ir.Value{n.In[0], c}, n.In[2:]...)
	return true, e.fuse(n, n, o, in)
}

// innerTaps returns the taps along an axis, from first up to last, around which all read padding. As
// much padding as that must be there to be taken away, and one tap stays.
func innerTaps(w ir.Window, axis, in, out int) (first, last int) {
	d, before, after := w.Dilation[axis], w.Pad[axis], w.Pad[2+axis]
	last = w.Kernel[axis]
	for first < last-1 && d <= before && first*d-w.Pad[axis]+w.Stride[axis]*(out-1) < 0 {
		first, before = first+1, before-d
	}
	for first < last-1 && d <= after && (last-1)*d-w.Pad[axis] >= in {
		last, after = last-1, after-d
	}
	return first, last
}
