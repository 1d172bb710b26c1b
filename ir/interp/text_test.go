package interp

import (
	"bytes"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// graphOf makes a graph of one node whose operands are its inputs and constants.
func graphOf(n *ir.Node) *ir.Graph {
	g := &ir.Graph{Name: n.Op.Kind(), Nodes: []*ir.Node{n}, Outputs: n.Out}
	for _, v := range n.In {
		if v != nil && v.Const == nil {
			g.Inputs = append(g.Inputs, v)
		}
	}
	return g
}

// TestTextKeepsMeaning prints and parses a graph of every operator, clones it, and
// evaluates the result.
func TestTextKeepsMeaning(t *testing.T) {
	for _, c := range allCases() {
		t.Run(c.name, func(t *testing.T) {
			g := graphOf(mustBuild(t, c.op, c.in, c.quants, c.result))
			var b bytes.Buffer
			if err := ir.Print(&b, g); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			again, err := ir.Parse(&b)
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			var in []*ir.Tensor
			for i, v := range g.Nodes[0].In {
				if v != nil && v.Const == nil {
					in = append(in, c.in[i])
				}
			}
			got, err := Run(ir.Clone(again), in)
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range c.want {
				if d := differ(got[i], w); d != "" {
					t.Errorf("result %d: %s in\n%s", i, d, text)
				}
			}
			if s := again.String(); s != g.String() {
				t.Errorf("text became\n%s\nfrom\n%s", s, text)
			}
		})
	}
}
