package inspect

import (
	"fmt"
	"io"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// Precision writes what quantization left fp32, with the reasons, and the values that cross
// the border between float32 and int8.
func Precision(w io.Writer, g *ir.Graph, r *quant.Report) error {
	int8s, floats := r.Counts()
	if _, err := fmt.Fprintf(w, "precision: %d nodes int8, %d fp32\n", int8s, floats); err != nil {
		return err
	}
	for _, n := range r.Nodes {
		if n.Int8 {
			continue
		}
		if _, err := fmt.Fprintf(w, "fp32: %s (%s): %s\n", Name(n.Name), n.Op, Name(n.Why)); err != nil {
			return err
		}
	}
	for _, n := range g.Nodes {
		how := ""
		switch n.Op.(type) {
		case ir.Quantize:
			how = "quantized"
		case ir.Dequantize:
			how = "dequantized"
		default:
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: %s %s to %s\n", how, Name(n.In[0].Name), n.In[0].Shape, Name(n.Out[0].Name)); err != nil {
			return err
		}
	}
	return nil
}
