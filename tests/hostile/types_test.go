package hostile

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// TestConstantOperands gives every operator constants of every type and of shapes that it may
// not expect, empty ones among them. Each is an error or a graph.
func TestConstantOperands(t *testing.T) {
	all := []*onnx.AttributeProto{ints("kernel_shape", 2, 2), integer("blocksize", 2), ints("axes", 0), integer("to", 6),
		ints("perm", 0, 1, 3, 2), ints("pads", 0, 0, 0, 0, 0, 0, 0, 0)}
	for _, op := range operatorNames {
		attrs := all[:len(all)-1]
		if op == "Pad" {
			attrs = all
		}
		tried, refused := 0, 0
		for _, typ := range []ir.DType{ir.F32, ir.I64, ir.S32, ir.S8, ir.U8, ir.Bool} {
			for _, shape := range []ir.Shape{{1, 4, 4, 4}, {4}, {}, {1, 2, 0, 4}} {
				for operands := 1; operands <= 5; operands++ {
					for _, opset := range []int64{7, 11, 18} {
						b := newModel(opset, 1, 4, 4, 4)
						b.m.Graph.Initializers = append(b.m.Graph.Initializers, onnx.NewTensor("c", ir.NewTensor(typ, shape)))
						b.node(op+": c"+strings.Repeat(", c", operands-1)+" -> a", attrs...)
						b.node("Identity: a -> b")
						b.node("Relu: x -> y")
						how, err := compile(b.outputs("b", "y").Marshal())
						if tried++; err != nil {
							refused++
						}
						if errors.Is(err, errBug) {
							t.Errorf("%s of %d operands, %s %s, opset %d: %s: %v", op, operands, typ, shape, opset, how, err)
						}
					}
				}
			}
		}
		if refused == 0 {
			t.Errorf("%s: all of %d were taken", op, tried)
		}
	}
}
