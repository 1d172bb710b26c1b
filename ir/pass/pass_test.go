package pass

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

func chain(t *testing.T) *ir.Graph {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 4}}
	g := &ir.Graph{Name: "g", Inputs: []*ir.Value{x}}
	for _, name := range []string{"a", "b", "c"} {
		n, err := g.Add(name, ir.Unary{Act: ir.Act{Kind: ir.Relu}}, x)
		if err != nil {
			t.Fatal(err)
		}
		x = n.Out[0]
	}
	g.Outputs = []*ir.Value{x}
	return g
}

func nothing(*ir.Graph) (int, error) { return 0, nil }

// dropReluOfRelu is a real rewrite.
func dropReluOfRelu(g *ir.Graph) (int, error) {
	changes := 0
	for _, n := range g.Nodes {
		if d := n.In[0].Def; d != nil && d.Op == n.Op {
			g.Replace(n.Out[0], n.In[0])
			changes++
		}
	}
	g.RemoveDead()
	return changes, nil
}

// loseNode forgets a node whose result is read.
func loseNode(g *ir.Graph) (int, error) {
	g.Nodes = slices.Delete(g.Nodes, 1, 2)
	return 1, nil
}

func TestRun(t *testing.T) {
	g := chain(t)
	var dumped []string
	p := Pipeline{
		Passes: []Pass{
			{Name: "relu", Run: dropReluOfRelu},
			{Name: "again", Run: dropReluOfRelu, After: []Order{{"relu", "there is nothing left to do then"}}},
		},
		Dump: func(name string, g *ir.Graph) { dumped = append(dumped, name) },
	}
	reports, err := p.Run(g)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Nodes) != 1 || g.Outputs[0].Name != "a" {
		t.Errorf("%d nodes, output %q: want 1 and a", len(g.Nodes), g.Outputs[0].Name)
	}
	if len(reports) != 2 || reports[0].Name != "relu" || reports[0].Changes != 2 || reports[1].Changes != 0 {
		t.Errorf("reports %+v: want 2 changes, then 0", reports)
	}
	if !slices.Equal(dumped, []string{"relu", "again"}) {
		t.Errorf("dumped %q", dumped)
	}
}

func TestBrokenGraphNamesPass(t *testing.T) {
	dumped := 0
	p := Pipeline{
		Passes: []Pass{{Name: "fine", Run: nothing}, {Name: "loses", Run: loseNode}, {Name: "never", Run: nothing}},
		Dump:   func(string, *ir.Graph) { dumped++ },
	}
	reports, err := p.Run(chain(t))
	if err == nil || !strings.Contains(err.Error(), `pass "loses" broke the graph: node "c": Unary`) {
		t.Errorf("error %v: want the pass and the node", err)
	}
	if len(reports) != 2 || dumped != 2 {
		t.Errorf("%d reports, %d dumps: want 2 of each", len(reports), dumped)
	}
}

func TestErrors(t *testing.T) {
	failed := errors.New("no luck")
	broken := chain(t)
	broken.Outputs = nil
	cases := []struct {
		name   string
		g      *ir.Graph
		passes []Pass
		want   string
	}{
		{"pass fails", chain(t), []Pass{{Name: "p", Run: func(*ir.Graph) (int, error) { return 0, failed }}}, `pass "p": no luck`},
		{"broken from the start", broken, []Pass{{Name: "p", Run: nothing}}, "before the first pass"},
		{"twice", chain(t), []Pass{{Name: "p", Run: nothing}, {Name: "p", Run: nothing}}, `"p" is listed twice`},
		{"nameless", chain(t), []Pass{{Run: nothing}}, "lacks a name"},
		{"order", chain(t), []Pass{{Name: "a", Run: nothing, After: []Order{{"b", "it needs b"}}}, {Name: "b", Run: nothing}}, `"a" must run after "b": it needs b`},
		{"unknown", chain(t), []Pass{{Name: "a", Run: nothing, After: []Order{{"z", "it needs z"}}}}, `"z", which is not in the list`},
		{"no reason", chain(t), []Pass{{Name: "a", Run: nothing}, {Name: "b", Run: nothing, After: []Order{{Pass: "a"}}}}, "for no reason"},
	}
	for _, c := range cases {
		p := Pipeline{Passes: c.passes}
		if _, err := p.Run(c.g); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
