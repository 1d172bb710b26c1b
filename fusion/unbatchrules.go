package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// rule returns how a node with an operand of several images acts on one, and the axis of its
// results along which the images lie; nil where it does not act on each by itself.
func (u *unbatch) rule(n *ir.Node) (ir.Op, int) {
	switch op := n.Op.(type) {
	case ir.Concat:
		return u.concat(n, op)
	case ir.MatMul:
		return u.matMul(n, op)
	}
	if broadcasts(n.Op) {
		return u.aligned(n)
	}
	for i, v := range n.In { // operands behind the first are the same for all images, but for sums
		if i > 0 && u.varies(v) && !u.secondVaries(n, i) {
			return nil, 0
		}
	}
	if !u.varies(n.In[0]) {
		return nil, 0
	}
	axis := u.axis[n.In[0]]
	if actsOnImages(n.Op) {
		return firstAxis(n.Op, axis)
	}
	switch op := n.Op.(type) {
	case ir.FC:
		return firstAxis(op, axis)
	case ir.Gemm:
		if op.TransA {
			return nil, 0
		}
		return firstAxis(op, axis)
	case ir.BatchNorm:
		return otherAxis(op, axis, 1)
	case ir.QuantizeLinear:
		return perAxis(op, axis, op.Axis, n.In[1].Shape.Elems())
	case ir.DequantizeLinear:
		return perAxis(op, axis, op.Axis, n.In[1].Shape.Elems())
	case ir.FakeQuant:
		return perAxis(op, axis, op.Axis, len(op.Scale))
	case ir.Affine:
		return perAxis(op, axis, 1, max(len(op.Mul), len(op.Add)))
	case ir.Softmax:
		return otherAxis(op, axis, op.Axis)
	case ir.Resample:
		return otherAxis(op, axis, op.Axis)
	case ir.CumSum:
		return otherAxis(op, axis, op.Axis)
	case ir.TopK:
		return otherAxis(op, axis, op.Axis)
	case ir.Split:
		return otherAxis(op, axis, op.Axis)
	case ir.ArgMax:
		return reducedAxis(op, axis, []int{op.Axis}, op.Keep)
	case ir.Reduce:
		return reducedAxis(op, axis, op.Axes, op.Keep)
	}
	return u.moves(n.Op, n.In[0].Shape, n.Out[0].Shape, axis)
}

// broadcasts reports whether an operator acts on each element, with operands that broadcast.
func broadcasts(op ir.Op) bool {
	switch op.(type) {
	case ir.Unary, ir.PRelu, ir.Binary, ir.Compare, ir.Logic, ir.Where, ir.Cast, ir.Identity, ir.Normalize:
		return true
	}
	return false
}

// actsOnImages reports whether an operator takes images along the first axis of its first
// operand, and nothing else from one to another.
func actsOnImages(op ir.Op) bool {
	switch op.(type) {
	case ir.Conv, ir.ConvTranspose, ir.MaxPool, ir.AvgPool, ir.GlobalAvgPool, ir.GlobalMaxPool, ir.LpPool, ir.LRN,
		ir.ChannelShuffle, ir.DepthToSpace, ir.SpaceToDepth, ir.ResizeNearest, ir.GridSample:
		return true
	}
	return false
}

// secondVaries reports whether operand i of a node may differ from image to image.
func (u *unbatch) secondVaries(n *ir.Node, i int) bool {
	v := n.In[i]
	switch n.Op.(type) {
	case ir.Conv, ir.FC:
		return i == 3 && u.axis[v] == 0 // the residual operand
	case ir.GridSample:
		return u.axis[v] == 0
	}
	return false
}

// firstAxis returns op where the images lie along the first axis.
func firstAxis(op ir.Op, axis int) (ir.Op, int) {
	if axis != 0 {
		return nil, 0
	}
	return op, 0
}

// otherAxis returns op, which works along an axis that must not be that of the images.
func otherAxis(op ir.Op, axis, along int) (ir.Op, int) {
	if axis == along {
		return nil, 0
	}
	return op, axis
}

// reducedAxis returns op, which makes one of all along some axes.
func reducedAxis(op ir.Op, axis int, axes []int, keep bool) (ir.Op, int) {
	if slices.Contains(axes, axis) {
		return nil, 0
	}
	before := 0
	for _, a := range axes {
		if a < axis && !keep {
			before++
		}
	}
	return op, axis - before
}

// perAxis returns op, which has a number of parameters, one or one for each index of an axis.
func perAxis(op ir.Op, axis, along, parameters int) (ir.Op, int) {
	if parameters > 1 {
		return otherAxis(op, axis, along)
	}
	return op, axis
}

// aligned is an operator whose operands broadcast: the images of all must lie in the same place,
// counted from the last axis.
func (u *unbatch) aligned(n *ir.Node) (ir.Op, int) {
	behind := -1
	for _, v := range n.In {
		if !u.varies(v) {
			continue
		}
		b := len(v.Shape) - u.axis[v]
		if behind >= 0 && b != behind {
			return nil, 0
		}
		behind = b
	}
	axis := len(n.Out[0].Shape) - behind
	if op, ok := n.Op.(ir.Normalize); ok && slices.Contains(op.Axes, axis) {
		return nil, 0
	}
	return n.Op, axis
}

// matMul is a product whose images are matrices of both operands, or matrices or rows of one.
func (u *unbatch) matMul(n *ir.Node, op ir.MatMul) (ir.Op, int) {
	a, b := n.In[0], n.In[1]
	if len(a.Shape) < 2 || len(b.Shape) < 2 {
		return nil, 0
	}
	behindA, behindB := len(a.Shape)-u.axis[a], len(b.Shape)-u.axis[b]
	rank := len(n.Out[0].Shape)
	switch {
	case !u.varies(b):
		if behindA >= 2 {
			return op, rank - behindA
		}
	case behindB > 2 && (!u.varies(a) || behindA == behindB):
		return op, rank - behindB
	}
	return nil, 0
}

// concat is joining along another axis than that of the images, which is the same in all operands.
func (u *unbatch) concat(n *ir.Node, op ir.Concat) (ir.Op, int) {
	axis := -1
	for _, v := range n.In {
		at, ok := u.axis[v]
		if ok && axis >= 0 && at != axis {
			return nil, 0
		}
		if ok {
			axis = at
		}
	}
	return otherAxis(op, axis, op.Axis)
}

// moves are the operators that move elements.
func (u *unbatch) moves(op ir.Op, in, out ir.Shape, axis int) (ir.Op, int) {
	switch op := op.(type) {
	case ir.Transpose:
		return op, slices.Index(op.Perm, axis)
	case ir.Pad:
		if op.Before[axis] != 0 || op.After[axis] != 0 {
			return nil, 0
		}
		return op, axis
	case ir.Slice:
		if op.Start[axis] != 0 || op.Step[axis] != 1 || op.Size[axis] != in[axis] {
			return nil, 0
		}
		op.Size = u.share(op.Size, axis)
		return op, axis
	case ir.Gather:
		switch {
		case axis == op.Axis:
			return nil, 0
		case axis > op.Axis:
			axis += len(op.IndexShape) - 1
		}
		return op, axis
	case ir.Expand:
		axis += len(out) - len(in)
		if op.Shape[axis] != out[axis] || len(op.Shape) != len(out) {
			return nil, 0
		}
		op.Shape = u.share(op.Shape, axis)
		return op, axis
	case ir.Reshape:
		return u.reshape(op, in, axis)
	}
	return nil, 0
}

// reshape is a Reshape after which the images still follow each other along one axis, with as
// many elements before it.
func (u *unbatch) reshape(op ir.Reshape, in ir.Shape, axis int) (ir.Op, int) {
	before, at := in[:axis].Elems(), 0
	for at < len(op.Shape)-1 && (op.Shape[:at].Elems() < before || op.Shape[at] == 1) {
		at++
	}
	if len(op.Shape) == 0 || op.Shape[:at].Elems() != before || op.Shape[at]%u.images != 0 {
		return nil, 0
	}
	op.Shape = u.share(op.Shape, at)
	return op, at
}
