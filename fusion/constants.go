package fusion

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// foldLimit is how many elements a folded result may have when that is more
// than its operands have: folding must not blow up the weights.
const foldLimit = 1 << 20

// foldProducts is how many products a node of constants may take: some seconds.
const foldProducts = 1 << 28

// foldConstants evaluates nodes whose operands are all constant. A node that gives
// an output of the graph stays, because outputs are computed.
func foldConstants(eval Eval) rule {
	return func(e *edit, n *ir.Node) (bool, error) {
		in := make([]*ir.Tensor, len(n.In))
		read, given := 0, 0
		for i, v := range n.In {
			if !constOrNil(v) {
				return false, nil
			}
			if v != nil {
				in[i] = v.Const
				read += v.Shape.Elems()
			}
		}
		for _, v := range n.Out {
			given += v.Shape.Elems()
		}
		if len(in) == 0 || given > max(read, foldLimit) || ir.MACs(n) > foldProducts || slices.ContainsFunc(n.Out, e.IsOutput) {
			return false, nil
		}
		out, err := eval(n, in)
		if err != nil {
			return false, fmt.Errorf("node %q: evaluating %s of constants: %w", n.Name, n.Op.Kind(), err)
		}
		if len(out) != len(n.Out) {
			return false, fmt.Errorf("node %q: %s of constants gave %d results, want %d", n.Name, n.Op.Kind(), len(out), len(n.Out))
		}
		for i, v := range n.Out {
			v.Const, v.Def = out[i], nil
			if v.Quant == nil && n.In[0] != nil && n.In[0].Quant != nil && v.Type == ir.F32 {
				v.Quant = n.In[0].Quant.Moved(n.Op, n.In[0].Shape, v.Shape)
			}
		}
		e.Nodes = slices.DeleteFunc(e.Nodes, func(m *ir.Node) bool { return m == n })
		return true, nil
	}
}
