package quant

import (
	"fmt"

	"github.com/ingot-go/ingot/ir"
)

// isLayer reports whether a node is what int8 is for.
func isLayer(n *ir.Node) bool {
	switch n.Op.(type) {
	case ir.Conv, ir.FC:
		return true
	}
	return false
}

// moves reports whether a node's results are elements of its operands, so that
// they keep the operands' scale.
func moves(n *ir.Node) bool {
	switch op := n.Op.(type) {
	case ir.Reduce:
		return op.Fn.Picks()
	case ir.Resample: // an average of elements stays between them
		return op.Averages()
	case ir.MaxPool, ir.GlobalMaxPool, ir.Identity, ir.Concat, ir.Split, ir.Slice, ir.Pad, ir.Reshape,
		ir.Transpose, ir.ChannelShuffle, ir.DepthToSpace, ir.SpaceToDepth,
		ir.ResizeNearest, ir.Gather, ir.Expand:
		return true
	}
	return false
}

// actOf returns the activation that a node ends with, if it has an epilogue.
func actOf(n *ir.Node) ir.Act {
	switch op := n.Op.(type) {
	case ir.Conv:
		return op.Act
	case ir.FC:
		return op.Act
	case ir.Binary:
		return op.Act
	}
	return ir.Act{}
}

// isCurved reports whether a is neither the identity nor a clamp: int8 does it
// with a table.
func isCurved(a ir.Act) bool {
	_, _, clamp := a.IsClamp()
	return !a.IsNone() && !clamp
}

// maxPlane bounds the positions that an int8 mean sums up, so that it fits in s32.
const maxPlane = 1 << 23

// obstacle says why a node can't be int8; it is empty if it can. ahead tells
// whether a convolution or a fully connected layer follows.
func obstacle(n *ir.Node, ahead bool) string {
	for i, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
		if v != nil && v.Type != ir.F32 {
			return fmt.Sprintf("its %s %q has elements of %s", map[bool]string{true: "operand", false: "result"}[i < len(n.In)], v.Name, v.Type.GoType())
		}
	}
	switch op := n.Op.(type) {
	case ir.Conv:
		return layerObstacle(n, op.Pre)
	case ir.FC:
		return layerObstacle(n, op.Pre)
	case ir.Binary:
		return binaryObstacle(n, op, ahead)
	case ir.Unary:
		if op.Act.Unbounded() && !ahead {
			return fmt.Sprintf("%s has no range that 256 steps could cover", op.Act.Kind)
		}
		return ""
	case ir.PRelu:
		if !n.In[1].IsConst() || !perChannel(n.In[1].Shape, n.In[0].Shape) {
			return "the slope is not a constant for each channel"
		}
		return ""
	case ir.Reduce:
		if op.Fn.Picks() {
			return ""
		}
		if s := n.In[0].Shape; op.Fn != ir.ReduceMean || len(s) != 4 || len(op.Axes) != 2 || op.Axes[0] != 2 || op.Axes[1] != 3 {
			return "int8 has means over height and width only"
		}
		return planeObstacle(n)
	case ir.GlobalAvgPool, ir.AvgPool:
		return planeObstacle(n)
	case ir.Affine:
		return ""
	case ir.FakeQuant:
		if len(op.Scale) > 1 {
			return "int8 has one scale a tensor"
		}
		return ""
	}
	if moves(n) {
		return ""
	}
	return "the operator has no int8 form"
}

func planeObstacle(n *ir.Node) string {
	if s := n.In[0].Shape; s[2]*s[3] > maxPlane {
		return "its sums may not fit in 32 bits"
	}
	return ""
}

func layerObstacle(n *ir.Node, pre ir.Act) string {
	switch {
	case !n.In[1].IsConst(), len(n.In) > 2 && n.In[2] != nil && !n.In[2].IsConst():
		return "weights or bias are not constant"
	case isCurved(pre):
		return fmt.Sprintf("%s before the sum has no int8 form", pre.Kind)
	}
	return ""
}

func binaryObstacle(n *ir.Node, op ir.Binary, ahead bool) string {
	switch {
	case op.Fn != ir.Add && op.Fn != ir.Sub && op.Fn != ir.Mul:
		return fmt.Sprintf("int8 has no %s of two tensors", op.Fn)
	case n.In[0].IsConst() && n.In[1].IsConst():
		return "both operands are constant"
	case (n.In[0].IsConst() || n.In[1].IsConst()) && !ahead:
		return "a constant tensor behind the last layer is worth its precision"
	}
	return ""
}

// perChannel reports whether s, which broadcasts to x, differs along axis 1 only.
func perChannel(s, x ir.Shape) bool {
	for i, d := range s {
		if d != 1 && i+len(x)-len(s) != 1 {
			return false
		}
	}
	return true
}
