package plan

import (
	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// softmaxMost is the longest run of a softmax kernel: one call takes a whole run.
const softmaxMost = 1 << 16

// softmaxF32 plans a softmax over runs of numbers that lie side by side: the
// channels of an image, or the last axis of another tensor. It reports whether it did.
func (p *planner) softmaxF32(n *ir.Node, op ir.Softmax) (bool, error) {
	if op.Fn != ir.SoftmaxPlain {
		return false, nil
	}
	v := n.In[0]
	run := v.Shape[op.Axis]
	inner := v.Shape[op.Axis+1:].Elems()
	pixels := isImage(v) && op.Axis == 1
	if run > softmaxMost || !pixels && (isImage(v) || inner != 1) {
		return false, nil
	}
	x, err := p.operand(n, v, [4]int{})
	if err != nil {
		return false, err
	}
	y := p.result(n.Out[0])
	k := spec.Kernel{Family: spec.SoftmaxF32}
	p.useBoth(k)
	tensor := func(l *place) portable.Tensor {
		t := l.tensor()
		if !pixels { // rows of a vector
			t.W, t.C, t.Pix = t.C/run, run, 4*run
		}
		return t
	}
	p.step(n, describe("softmax", n), []*place{x}, []*place{y}, func() portable.Step {
		return portable.SoftmaxF32{Name: n.Name, X: tensor(x), Y: tensor(y), Kernel: p.both(k)}
	})
	return true, nil
}
