package fusion

import (
	"github.com/ingot-go/ingot/ir"
)

// mergeReshapes lets a Reshape of a Reshape read the first one's operand.
func mergeReshapes(e *edit, n *ir.Node) (bool, error) {
	if _, ok := n.Op.(ir.Reshape); !ok {
		return false, nil
	}
	first, _, ok := producer[ir.Reshape](n.In[0])
	if !ok {
		return false, nil
	}
	if e.only(first.Out[0]) != nil {
		n.From = e.origin(first, n)
	}
	n.In[0] = first.In[0]
	return true, nil
}
