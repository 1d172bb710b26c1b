package plan

import (
	"fmt"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// haloOf returns the border that a window reads around an input of h by w when
// its result is oh by ow: top, left, bottom, right.
func haloOf(win ir.Window, h, w, oh, ow int) [4]int {
	after := func(i, extent, outputs int) int {
		reach := (outputs-1)*win.Stride[i] + win.Dilation[i]*(win.Kernel[i]-1) + 1 - win.Pad[i]
		return max(0, reach-extent)
	}
	return [4]int{win.Pad[0], win.Pad[1], after(0, h, oh), after(1, w, ow)}
}

// convHalo returns the border that a convolution needs around its input.
func convHalo(n *ir.Node, win ir.Window) [4]int {
	x, y := n.In[0].Shape, n.Out[0].Shape
	h, w := y[2], y[3]
	if winogradPays(n) { // tiles of two rows and columns
		h, w = h+h%2, w+w%2
	}
	return haloOf(win, x[2], x[3], h, w)
}

// convWindow returns the window of a convolution, and whether n is one.
func convWindow(n *ir.Node) (ir.Window, bool) {
	switch op := n.Op.(type) {
	case ir.QConv:
		return op.Window, true
	case ir.Conv:
		return op.Window, true
	}
	return ir.Window{}, false
}

// findHalos notes for every buffer's owner the border that convolutions read.
func (p *planner) findHalos() {
	for _, n := range p.g.Nodes {
		win, ok := convWindow(n)
		if !ok {
			continue
		}
		owner, _ := p.owner(n.In[0])
		if paddingOf(owner) != paddingOf(n.In[0]) { // parts of a concatenation have their own zero points
			continue
		}
		need, have := convHalo(n, win), p.halos[owner]
		for i := range have {
			have[i] = max(have[i], need[i])
		}
		p.halos[owner] = have
	}
}

// fillHalo plans the filling of a buffer's border before its first writer.
func (p *planner) fillHalo(n *ir.Node, b *buffer) {
	if b.filled || b.halo == [4]int{} {
		return
	}
	b.filled = true
	p.pending = append(p.pending, pending{
		info:   Info{Name: n.Name, Text: fmt.Sprintf("padding of the result: %d rows and %d columns", b.halo[0]+b.halo[2], b.halo[1]+b.halo[3])},
		writes: []*buffer{b},
		border: true,
		make: func() portable.Step {
			t := b.tensor
			return portable.Halo{X: t.tensor(), Top: b.halo[0], Left: b.halo[1], Bottom: b.halo[2], Right: b.halo[3], Value: b.value}
		},
	})
}

// owner returns the value whose buffer v lies in, and v's first channel there.
func (p *planner) owner(v *ir.Value) (of *ir.Value, from int) {
	for s, ok := p.inside[v]; ok; s, ok = p.inside[v] {
		v, from = s.of, from+s.from
	}
	return v, from
}

// nestConcats puts operands of concatenations along the channels of an image
// where they will be needed, so that nothing is copied. The rest is copied. Where a later
// concatenation has the same operands side by side, as those of a dense block do, the result
// is a part of that one.
func (p *planner) nestConcats() {
	for i := len(p.g.Nodes) - 1; i >= 0; i-- {
		n := p.g.Nodes[i]
		op, ok := n.Op.(ir.Concat)
		if !ok || op.Axis != 1 || !isImage(n.Out[0]) {
			continue
		}
		if p.absorbsConcat(n, op) {
			p.absorbed[n] = true
			continue
		}
		if s, ok := p.run(n.In); ok {
			p.inside[n.Out[0]] = s
		}
		from := 0
		for _, v := range n.In {
			if _, taken := p.inside[v]; !taken && writesAnywhere(v) {
				p.inside[v] = slot{n.Out[0], from}
			}
			from += v.Shape[1]
		}
	}
}

// run reports whether values lie side by side in a concatenation, and where the first is.
func (p *planner) run(values []*ir.Value) (first slot, ok bool) {
	next := 0
	for i, v := range values {
		s, ok := p.inside[v]
		if i == 0 {
			first, next = s, s.from
		}
		if !ok || s != (slot{first.of, next}) {
			return slot{}, false
		}
		next += v.Shape[1]
	}
	return first, true
}

// isImage reports whether v is one image.
func isImage(v *ir.Value) bool {
	return (v.Type == ir.U8 || v.Type == ir.F32) && len(v.Shape) == 4 && v.Shape[0] == 1
}

// writesAnywhere reports whether v is computed by a step that can write it with
// any distance between pixels.
func writesAnywhere(v *ir.Value) bool {
	if v.Def == nil || !isImage(v) {
		return false
	}
	switch v.Def.Op.(type) {
	case ir.Identity, ir.Reshape, ir.Transpose, ir.Slice, ir.Split:
		return false
	}
	return true
}
