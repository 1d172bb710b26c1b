package fusion

import (
	"fmt"
	"math"

	"github.com/ingot-go/ingot/ir"
)

// batchNormToAffine makes an Affine of a BatchNorm with constant parameters; the
// rules for Affine take it into a layer before or behind it, where that is exact.
func batchNormToAffine(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.BatchNorm)
	if !ok {
		return false, nil
	}
	for _, v := range n.In[1:] {
		if !v.IsConst() {
			return false, nil
		}
	}
	scale, bias := n.In[1].Const.F32, n.In[2].Const.F32
	mean, variance := n.In[3].Const.F32, n.In[4].Const.F32
	a := ir.Affine{Mul: make([]float32, len(scale)), Add: make([]float32, len(scale))}
	for c := range scale {
		mul := float64(scale[c]) / math.Sqrt(float64(variance[c])+float64(o.Epsilon))
		add := float64(bias[c]) - float64(float64(mean[c])*mul)
		a.Mul[c], a.Add[c] = float32(mul), float32(add)
		if !finite(a.Mul[c:c+1]) || !finite(a.Add[c:c+1]) {
			return false, fmt.Errorf("node %q: BatchNorm of %s: channel %d has scale %g, bias %g, mean %g, variance %g, which give no finite factors; retrain or repair these parameters",
				n.Name, n.In[0].Shape, c, scale[c], bias[c], mean[c], variance[c])
		}
	}
	return true, e.fuse(n, n, a, n.In[:1])
}
