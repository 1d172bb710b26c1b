package fusion

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestReaders rewrites random graphs at random and holds the readers and the nodes that are
// counted where something changed against a count of everything.
func TestReaders(t *testing.T) {
	total := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		g := unaries(t, r)
		// Most walks never settle, and end with an error.
		changes, _ := each(func(e *edit, n *ir.Node) (bool, error) {
			all := &ir.Graph{Nodes: slices.Clone(e.Nodes), Outputs: e.Outputs}
			if all.RemoveDead() != 0 {
				t.Errorf("seed %d: dead nodes are left", seed)
			}
			if want := all.Readers(); !maps.EqualFunc(want, e.readers, slices.Equal) {
				t.Errorf("seed %d: the readers are %v, want %v", seed, e.readers, want)
			}
			if len(e.live) != len(e.Nodes) {
				t.Errorf("seed %d: %d nodes are live, want %d", seed, len(e.live), len(e.Nodes))
			}
			if r.IntN(3) > 0 || len(e.Nodes) > 60 {
				return false, nil
			}
			return true, e.disturb(r, n)
		})(g)
		if err := ir.Verify(g); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		total += changes
	}
	if total < 1000 {
		t.Errorf("%d changes", total)
	}
}

// disturb drops a node, puts one before it, or redirects what it reads.
func (e *edit) disturb(r *rand.Rand, n *ir.Node) error {
	switch r.IntN(3) {
	case 0:
		e.bypass(n)
	case 1:
		v, err := e.insert(n, n.Name, ir.Identity{}, n.In[0])
		if err != nil {
			return err
		}
		n.In[0] = v
	default:
		n.In[0] = e.Inputs[0]
	}
	return nil
}

// unaries is a graph of sums and activations of one shape.
func unaries(t *testing.T, r *rand.Rand) *ir.Graph {
	x := &ir.Value{Name: "x", Type: ir.F32, Shape: ir.Shape{1, 2}}
	g := &ir.Graph{Name: "g", Inputs: []*ir.Value{x}}
	all := []*ir.Value{x}
	for i := range 12 {
		in := []*ir.Value{all[r.IntN(len(all))]}
		var op ir.Op = ir.Unary{}
		if r.IntN(2) == 0 {
			op, in = ir.Binary{}, append(in, all[r.IntN(len(all))])
		}
		n, err := g.Add(fmt.Sprint("n", i), op, in...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n.Out[0])
	}
	g.Outputs = all[len(all)-2:]
	return g
}
