package plan

import (
	"slices"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// interleaves reports whether n takes the channels of two groups by turns.
func interleaves(n *ir.Node) bool {
	op, ok := n.Op.(ir.ChannelShuffle)
	return ok && op.Groups == 2 && isImage(n.Out[0])
}

// absorbsConcat reports whether the groups of an interleaving are the operands of
// the concatenation c, which need not be joined then.
func (p *planner) absorbsConcat(c *ir.Node, op ir.Concat) bool {
	v := c.Out[0]
	readers := p.readers[v]
	return !p.keep && op.Axis == 1 && len(c.In) == 2 && c.In[0].Shape.Equal(c.In[1].Shape) &&
		len(readers) == 1 && interleaves(readers[0]) && !slices.Contains(p.g.Outputs, v)
}

// unjoined returns the concatenation that v is the result of if the interleaving that
// reads v has absorbed it, or nil. An absorbed border has its result in place.
func (p *planner) unjoined(v *ir.Value) *ir.Node {
	if v.Def == nil || !p.absorbed[v.Def] || v.Def.Op.Kind() != "Concat" {
		return nil
	}
	return v.Def
}

// interleave plans the step of a channel shuffle of two groups.
func (p *planner) interleave(n *ir.Node) error {
	groups, err := p.groups(n)
	if err != nil {
		return err
	}
	a, b, y := groups[0], groups[1], p.result(n.Out[0])
	k := spec.Kernel{Family: spec.InterleaveF32}
	if y.elem == 1 {
		k.Family = spec.Interleave
	}
	p.useBoth(k)
	step := *n
	if c := p.unjoined(n.In[0]); c != nil {
		step.In, step.From = c.In, slices.Concat(c.From, n.From)
	}
	p.step(&step, describe("channel shuffle", &step), groups[:], []*place{y}, func() portable.Step {
		return portable.Interleave{Name: n.Name, Elem: y.elem, A: a.tensor(), B: b.tensor(), Y: y.tensor(), Kernel: p.both(k)}
	})
	return nil
}

// groups returns the two groups of channels of a shuffle: the operands of a
// concatenation that it absorbed, or the halves of its own operand.
func (p *planner) groups(n *ir.Node) (groups [2]*place, err error) {
	x := n.In[0]
	if c := p.unjoined(x); c != nil {
		for i, v := range c.In {
			if groups[i], err = p.operand(n, v, [4]int{}); err != nil {
				return groups, err
			}
		}
		return groups, nil
	}
	l, err := p.operand(n, x, [4]int{})
	if err != nil {
		return groups, err
	}
	for i := range groups {
		half := *l
		half.dims, half.whole = x.Shape.Clone(), false
		half.dims[1] /= 2
		half.off += i * half.dims[1] * l.elem
		groups[i] = &half
	}
	return groups, nil
}
