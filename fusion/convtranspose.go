package fusion

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// affineIntoTransposed folds an Affine into the weights and the bias of the transposed
// convolution that only it reads.
func affineIntoTransposed(e *edit, n *ir.Node) (bool, error) {
	a, ok := n.Op.(ir.Affine)
	if !ok {
		return false, nil
	}
	t, o, ok := sole[ir.ConvTranspose](e, n.In[0])
	if !ok || !t.In[1].IsConst() || !constOrNil(operand(t, 2)) {
		return false, nil
	}
	w, b := t.In[1].Const, operand(t, 2)
	perGroup, mg, taps := w.Shape[0]/o.Groups, w.Shape[1], o.Kernel[0]*o.Kernel[1]
	w2, b2 := ir.NewTensor(ir.F32, w.Shape), ir.NewTensor(ir.F32, ir.Shape{mg * o.Groups})
	for i, v := range w.F32 {
		m := i/(mg*taps)/perGroup*mg + i/taps%mg
		w2.F32[i] = float32(float64(v) * at(a.Mul, m))
	}
	for m := range b2.F32 {
		b2.F32[m] = float32(at(a.Add, m))
		if b != nil {
			b2.F32[m] = float32(float64(float64(b.Const.F32[m])*at(a.Mul, m)) + at(a.Add, m))
		}
	}
	return true, e.fuse(t, n, o, e.withWeights(t, w2, b2)[:3])
}

// phase is what a transposed convolution's results at one distance from the multiples of
// the stride are made of, along one axis: far[i] is how far behind the element that the
// multiple belongs to the one is that position taps[i] of the window meets.
type phase struct {
	taps, far []int
}

// phases is a transposed convolution along one axis as a convolution for each position
// within a stride: result q*stride+r, less what is cut off, is phase r at q.
type phases struct {
	stride int
	extent int // of the input
	each   []phase
	count  int // results of each
	cut    int // results before the first that counts
	lo, hi int // of what is far, in any phase
	dist   int // between taps
	cost   int
}

// apart returns the phases of axis i for an input and a result of the given extents, with
// so much cut off that the windows are smallest: of all together, or the sum of each.
func apart(o ir.ConvTranspose, i, extent, result int, together bool) phases {
	var best phases
	for cut := range o.Stride[i] {
		p := phasesOf(o, i, extent, result, cut)
		p.cost = (p.hi-p.lo)/p.dist + 1
		if together {
			p.cost *= p.stride
		} else {
			p.cost = 0
			for _, f := range p.each {
				lo, hi := p.reach(f)
				p.cost += (hi-lo)/p.dist + 1
			}
		}
		if p.cost *= p.count; cut == 0 || p.cost < best.cost {
			best = p
		}
	}
	return best
}

func phasesOf(o ir.ConvTranspose, i, extent, result, cut int) phases {
	s := o.Stride[i]
	p := phases{stride: s, extent: extent, cut: cut}
	first := true
	for r := range s {
		var f phase
		for k := range o.Kernel[i] {
			if t := r + o.Pad[i] - cut - k*o.Dilation[i]; (t%s+s)%s == 0 {
				far := (t - (t%s+s)%s) / s
				f.taps, f.far = append(f.taps, k), append(f.far, far)
				if first {
					p.lo, p.hi, first = far, far, false
				}
				p.lo, p.hi = min(p.lo, far), max(p.hi, far)
			}
		}
		p.each = append(p.each, f)
	}
	// What would be left out before the first element is computed, and cut off.
	if p.lo > 0 {
		p.cut += s * p.lo
		for _, f := range p.each {
			for j := range f.far {
				f.far[j] -= p.lo
			}
		}
		p.lo, p.hi = 0, p.hi-p.lo
	}
	p.count = (result + p.cut + s - 1) / s
	p.count = max(p.count, extent-p.hi) // and behind the last
	p.dist = p.distance()
	return p
}

// distance returns what the distances between all taps are multiples of.
func (p phases) distance() int {
	d := p.hi - p.lo
	for _, f := range p.each {
		for _, v := range f.far {
			for a := v - p.lo; a != 0; {
				d, a = a, d%a
			}
		}
	}
	return max(d, 1)
}

// reach returns the nearest and the farthest element of a phase by itself. Its results
// begin and end with those of the others, so that no element before or behind is left out.
func (p phases) reach(f phase) (lo, hi int) {
	if len(f.far) > 0 {
		lo, hi = slices.Min(f.far), slices.Max(f.far)
	}
	if lo > 0 || len(f.far) == 0 {
		lo = p.lo
	}
	if hi < p.extent-p.count || len(f.far) == 0 {
		hi = p.hi
	}
	return lo, hi
}

// transposedToConv writes a transposed convolution by constant weights as convolutions.
// The results at one place within the strides, a phase, are a convolution of the input by
// some of the weights. All phases become the channels of one convolution, whose windows
// have zeros where a phase has no weight, or one convolution each, joined along the
// channels, where that takes clearly fewer products, or all are depthwise. The channels are
// moved into space, and what the strides have too much is cut off. It comes to this where
// the stride is 1: a convolution by the mirrored window.
func transposedToConv(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.ConvTranspose)
	if !ok || !n.In[1].IsConst() || !constOrNil(operand(n, 2)) || n.In[1].Shape.Elems() == 0 || max(o.Stride[0], o.Stride[1]) > mostPhases {
		return false, nil
	}
	l := lowering{edit: e, n: n, op: o, m: n.Out[0].Shape[1]}
	x, y := n.In[0].Shape, n.Out[0].Shape
	var one, many [2]phases
	for i := range 2 {
		one[i], many[i] = apart(o, i, x[2+i], y[2+i], true), apart(o, i, x[2+i], y[2+i], false)
	}
	count := o.Stride[0] * o.Stride[1]
	if count > 1 && count <= mostPhases && l.separate(one, many) {
		return true, l.several(many)
	}
	return true, l.single(one)
}

// mostPhases bounds the convolutions that a transposed one becomes, and its strides: beyond,
// it is computed as it is.
const mostPhases = 64

type lowering struct {
	*edit
	n  *ir.Node
	op ir.ConvTranspose
	m  int // channels of the result
}

// separate reports whether a convolution for each phase is better than one of all.
func (l lowering) separate(one, many [2]phases) bool {
	if g := l.op.Groups; g == l.n.In[0].Shape[1] && g == l.m {
		return true // the kernels of depthwise convolutions have a channel for each
	}
	blocks := func(channels int) int { return (channels/l.op.Groups + 15) / 16 }
	strides := one[0].stride * one[1].stride
	together := one[0].cost * one[1].cost / strides * blocks(strides*l.m)
	return 5*many[0].cost*many[1].cost*blocks(l.m) < 4*together
}

// single makes one convolution of all phases.
func (l lowering) single(p [2]phases) error {
	count := p[0].stride * p[1].stride
	// Groups are of channels side by side, so their phases are too.
	crd := l.op.Groups > 1
	channel := func(ry, rx, m int) int {
		if crd {
			return m*count + ry*p[1].stride + rx
		}
		return (ry*p[1].stride+rx)*l.m + m
	}
	lo, hi := [2]int{p[0].lo, p[1].lo}, [2]int{p[0].hi, p[1].hi}
	w := l.weights(count*l.m, p, lo, hi)
	for ry := range p[0].each {
		for rx := range p[1].each {
			l.fill(w, p, lo, ry, rx, func(m int) int { return channel(ry, rx, m) })
		}
	}
	b := l.bias(count, crd)
	v, err := l.conv(l.n.Name, p, lo, hi, w, b)
	if err != nil {
		return err
	}
	return l.intoSpace(v, p, crd)
}

// several makes a convolution for each phase, and joins them.
func (l lowering) several(p [2]phases) error {
	var parts []*ir.Value
	for ry, fy := range p[0].each {
		for rx, fx := range p[1].each {
			var lo, hi [2]int
			lo[0], hi[0] = p[0].reach(fy)
			lo[1], hi[1] = p[1].reach(fx)
			w := l.weights(l.m, p, lo, hi)
			l.fill(w, p, lo, ry, rx, func(m int) int { return m })
			v, err := l.conv(fmt.Sprintf("%s/phase%d", l.n.Name, len(parts)), p, lo, hi, w, l.bias(1, false))
			if err != nil {
				return err
			}
			parts = append(parts, v)
		}
	}
	v, err := l.add("phases", ir.Concat{Axis: 1}, parts...)
	if err != nil {
		return err
	}
	return l.intoSpace(v, p, false)
}

// weights returns zeros for a convolution to so many channels that reaches from lo to hi.
func (l lowering) weights(channels int, p [2]phases, lo, hi [2]int) *ir.Tensor {
	return ir.NewTensor(ir.F32, ir.Shape{channels, l.n.In[0].Shape[1] / l.op.Groups, (hi[0]-lo[0])/p[0].dist + 1, (hi[1]-lo[1])/p[1].dist + 1})
}

// fill writes the weights of a phase to where channel says.
func (l lowering) fill(w *ir.Tensor, p [2]phases, lo [2]int, ry, rx int, channel func(m int) int) {
	from := l.n.In[1].Const
	mg, perGroup := from.Shape[1], w.Shape[1]
	fy, fx := p[0].each[ry], p[1].each[rx]
	for m := range l.m {
		for c := range perGroup {
			source := (m/mg*perGroup + c) * mg * l.op.Kernel[0] * l.op.Kernel[1]
			source += m % mg * l.op.Kernel[0] * l.op.Kernel[1]
			to := (channel(m)*perGroup + c) * w.Shape[2] * w.Shape[3]
			for i, ky := range fy.taps {
				for j, kx := range fx.taps {
					at := (fy.far[i]-lo[0])/p[0].dist*w.Shape[3] + (fx.far[j]-lo[1])/p[1].dist
					w.F32[to+at] = from.F32[source+ky*l.op.Kernel[1]+kx]
				}
			}
		}
	}
}

// bias returns the bias for a number of phases: side by side for each channel, or the channels
// for each phase; nil where there is none.
func (l lowering) bias(count int, together bool) *ir.Tensor {
	v := operand(l.n, 2)
	if v == nil {
		return nil
	}
	b := ir.NewTensor(ir.F32, ir.Shape{count * l.m})
	for i := range b.F32 {
		b.F32[i] = v.Const.F32[i%l.m]
		if together {
			b.F32[i] = v.Const.F32[i/count]
		}
	}
	return b
}

// add puts a node before the transposed convolution, under its name.
func (l lowering) add(what string, op ir.Op, in ...*ir.Value) (*ir.Value, error) {
	v, err := l.insert(l.n, l.n.Name+"/"+what, op, in...)
	if err == nil {
		v.Def.From = l.n.From
	}
	return v, err
}

// conv adds a convolution that reads from lo to hi.
func (l lowering) conv(name string, p [2]phases, lo, hi [2]int, w, b *ir.Tensor) (*ir.Value, error) {
	win := ir.Window{Kernel: [2]int{w.Shape[2], w.Shape[3]}, Stride: [2]int{1, 1}, Dilation: [2]int{p[0].dist, p[1].dist}}
	for i := range 2 {
		win.Pad[i] = -lo[i]
		win.Pad[i+2] = p[i].count + hi[i] - l.n.In[0].Shape[2+i]
	}
	in := []*ir.Value{l.n.In[0], ir.Const(l.FreshName(name+".weights"), w)}
	if b != nil {
		in = append(in, ir.Const(l.FreshName(name+".bias"), b))
	}
	return l.add("conv", ir.Conv{Window: win, Groups: l.op.Groups}, in...)
}

// intoSpace moves the phases of v into space, cuts off what is too much, and puts the last
// node in the place of the transposed convolution.
func (l lowering) intoSpace(v *ir.Value, p [2]phases, crd bool) (err error) {
	var ops []ir.Op
	sy, sx := p[0].stride, p[1].stride
	y, s := l.n.Out[0].Shape, v.Shape
	whole := ir.Shape{s[0], l.m, s[2] * sy, s[3] * sx}
	switch {
	case sy == 1 && sx == 1:
	case sy == sx:
		ops = append(ops, ir.DepthToSpace{Block: sy, CRD: crd})
	case crd:
		ops = append(ops, ir.Reshape{Shape: ir.Shape{s[0], l.m, sy, sx, s[2], s[3]}},
			ir.Transpose{Perm: []int{0, 1, 4, 2, 5, 3}}, ir.Reshape{Shape: whole})
	default:
		ops = append(ops, ir.Reshape{Shape: ir.Shape{s[0], sy, sx, l.m, s[2], s[3]}},
			ir.Transpose{Perm: []int{0, 3, 4, 1, 5, 2}}, ir.Reshape{Shape: whole})
	}
	if !whole.Equal(y) {
		ops = append(ops, ir.Slice{Start: []int{0, 0, p[0].cut, p[1].cut}, Step: []int{1, 1, 1, 1}, Size: y})
	}
	if len(ops) == 0 { // the convolution itself
		c := v.Def
		return l.fuse(l.n, l.n, c.Op, c.In)
	}
	for _, op := range ops[:len(ops)-1] {
		if v, err = l.add("space", op, v); err != nil {
			return err
		}
	}
	return l.fuse(l.n, l.n, ops[len(ops)-1], []*ir.Value{v})
}
