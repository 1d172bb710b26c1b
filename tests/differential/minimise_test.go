package differential

import (
	"flag"
	"fmt"
	"regexp"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

var minimal = flag.Bool("minimal", false, "reduce random graphs that fail")

// report fails the test with a graph, as small as still fails if the flag asks for it.
func report(t *testing.T, g *ir.Graph, err error, check func(*ir.Graph) error) {
	t.Helper()
	if !*minimal {
		t.Errorf("%v\n%.6000s", err, g)
		return
	}
	g = reduce(g, check)
	t.Errorf("%.3000v\nof the whole graph: %.1000v\n%.20000s", check(g), err, g)
}

// reduce drops outputs and nodes of g as long as check fails as it does for g.
func reduce(g *ir.Graph, check func(*ir.Graph) error) *ir.Graph {
	kind := failure(check(g))
	size := func(g *ir.Graph) int { return len(g.Nodes) + len(g.Outputs) }
	for smaller := true; smaller; {
		smaller = false
		for _, c := range candidates(g) {
			c.RemoveDead()
			c.Inputs = readInputs(c)
			if size(c) < size(g) && ir.Verify(c) == nil && failure(check(c)) == kind {
				g, smaller = c, true
				break
			}
		}
	}
	return g
}

var particulars = regexp.MustCompile(`"[^"]*"|[-+0-9.e]+`)

// failure is an error without names and numbers.
func failure(err error) string {
	if err == nil {
		return ""
	}
	text := particulars.ReplaceAllString(err.Error(), "")
	return text[:min(len(text), 60)]
}

// readInputs are the inputs that something reads.
func readInputs(g *ir.Graph) []*ir.Value {
	var list []*ir.Value
	readers := g.Readers()
	for _, v := range g.Inputs {
		if readers[v] != nil || g.IsOutput(v) {
			list = append(list, v)
		}
	}
	return list
}

// candidates are smaller graphs: with an output less, with a node's operand for the output, with an
// input for what a node computes, with an operand for a result of its type and shape.
func candidates(g *ir.Graph) []*ir.Graph {
	var all []*ir.Graph
	for i := range g.Outputs {
		if len(g.Outputs) > 1 {
			c := ir.Clone(g)
			c.Outputs = append(c.Outputs[:i:i], c.Outputs[i+1:]...)
			all = append(all, c)
		}
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		for j := range g.Nodes[i].Out {
			c := ir.Clone(g)
			v := c.Nodes[i].Out[j]
			in := &ir.Value{Name: fmt.Sprint("was_", v.Name), Type: v.Type, Shape: v.Shape}
			c.Replace(v, in)
			c.Inputs = append(c.Inputs, in)
			all = append(all, c)
			for k, x := range g.Nodes[i].In {
				if x != nil && x.Type == v.Type && x.Shape.Equal(v.Shape) {
					c := ir.Clone(g)
					c.Replace(c.Nodes[i].Out[j], c.Nodes[i].In[k])
					all = append(all, c)
				}
			}
		}
	}
	for i, v := range g.Outputs {
		if v.Def == nil {
			continue
		}
		for k, x := range v.Def.In {
			if x == nil || x.IsConst() {
				continue
			}
			c := ir.Clone(g)
			if w := c.Outputs[i]; !c.IsOutput(w.Def.In[k]) {
				c.Outputs[i] = w.Def.In[k]
				all = append(all, c)
			}
		}
	}
	return all
}

// TestReduce wants the one node that is wrong of a random graph.
func TestReduce(t *testing.T) {
	g := newOps(t, 2, 31).g
	kind := g.Nodes[len(g.Nodes)/2].Op.Kind()
	small := reduce(g, func(c *ir.Graph) error {
		for _, n := range c.Nodes {
			if n.Op.Kind() == kind {
				return fmt.Errorf("has a %s", kind)
			}
		}
		return nil
	})
	if len(small.Nodes) != 1 || small.Nodes[0].Op.Kind() != kind {
		t.Errorf("reduced to\n%s\nwant one %s", small, kind)
	}
	if _, err := interp.Run(small, inputsOf(small, newNet(t, 1, 1).Rand)); err != nil {
		t.Error(err)
	}
}
