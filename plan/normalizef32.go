package plan

import (
	"slices"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// normalizeF32 plans a normalization over runs of numbers that lie side by side, by constants of each
// place in a run: over the channels of an image, or over the last axes of a tensor. It reports whether it did.
func (p *planner) normalizeF32(n *ir.Node, op ir.Normalize) (bool, error) {
	v := n.In[0]
	if v.IsConst() || op.NoMean || op.Stats || !ofRun(n, op, 1) || !ofRun(n, op, 2) {
		return false, nil
	}
	run := n.In[1].Shape.Elems()
	if run > softmaxMost || run == 0 {
		return false, nil
	}
	var x, y *place
	var err error
	pixels := isImage(v) && slices.Equal(op.Axes, []int{1})
	switch {
	case pixels:
		if x, err = p.operand(n, v, [4]int{}); err == nil {
			y = p.result(n.Out[0])
		}
	case lastAxes(v.Shape, marked(v.Shape, op.Axes)):
		if x, err = p.flat(n, v); err == nil {
			y = rowMajorPlace(p, n.Out[0].Shape, 4)
		}
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	k := spec.Kernel{Family: spec.NormalizeF32}
	p.useBoth(k)
	tensor := func(l *place) portable.Tensor {
		if pixels {
			return l.tensor()
		}
		all := l.values(portable.KindF32)
		return portable.Tensor{Off: all.Off, Row: 4 * all.N, Pix: 4 * run, H: 1, W: all.N / run, C: run}
	}
	mul, add := p.weights(constantBytes(n.In[1].Const)), p.weights(constantBytes(n.In[2].Const))
	p.step(n, describe("normalization", n), []*place{x}, []*place{y}, func() portable.Step {
		return portable.NormalizeF32{Name: n.Name, X: tensor(x), Y: tensor(y), Mul: mul, Add: add, Epsilon: op.Epsilon, Kernel: p.both(k)}
	})
	if !pixels {
		p.settle(n, n.Out[0], y)
	}
	return true, nil
}

// ofRun reports whether operand i of a normalization is a constant with a number for each element of
// a run, the same for all runs.
func ofRun(n *ir.Node, op ir.Normalize, i int) bool {
	if i >= len(n.In) || n.In[i] == nil || !n.In[i].IsConst() {
		return false
	}
	in := n.In[0].Shape
	run := 1
	stride := repeating(n.In[i].Shape, in)
	for axis, reduced := range marked(in, op.Axes) {
		if reduced {
			run *= in[axis]
		} else if stride[axis] != 0 {
			return false
		}
	}
	return n.In[i].Shape.Elems() == run
}

// lastAxes reports whether the marked axes are the last ones, but for axes of extent 1.
func lastAxes(s ir.Shape, reduced []bool) bool {
	within := true
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == 1 {
			continue
		}
		if reduced[i] && !within {
			return false
		}
		within = reduced[i]
	}
	return true
}
