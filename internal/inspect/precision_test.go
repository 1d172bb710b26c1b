package inspect

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

func TestPrecision(t *testing.T) {
	g := network(t)
	q, err := g.Add("pool/int8", ir.Quantize{Mul: []float32{1}, Add: []float32{0}}, g.Outputs[0])
	if err != nil {
		t.Fatal(err)
	}
	q.Out[0].Quant = ir.PerTensor(1, 0)
	d, err := g.Add("back", ir.Dequantize{Scale: 1}, q.Out[0])
	if err != nil {
		t.Fatal(err)
	}
	g.Outputs = d.Out
	var b strings.Builder
	r := &quant.Report{Nodes: []quant.NodeReport{{Name: "conv", Op: "Conv", Why: `excluded by name "conv"`}, {Name: "pool", Op: "MaxPool", Int8: true}}}
	if err := Precision(&b, g, r); err != nil {
		t.Fatal(err)
	}
	want := `precision: 1 nodes int8, 1 fp32
fp32: conv (Conv): excluded by name "conv"
quantized: pool 1x4x2x2 to pool/int8
dequantized: pool/int8 1x4x2x2 to back
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}
