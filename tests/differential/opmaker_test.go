package differential

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// opMaker makes graphs of all operators, in any order and on tensors of any type and number of
// axes. It computes what it makes on one sample, and goes on with numbers of ordinary size only.
type opMaker struct {
	*netMaker
	pool   []*ir.Value // what may be read
	sample map[*ir.Value]*ir.Tensor
	most   int // elements of a value that is read on
	images int // at most in a tensor of images
}

// newOps makes a graph of random operators.
func newOps(t *testing.T, seed, stream uint64) *opMaker {
	t.Helper()
	m := &netMaker{Rand: rand.New(rand.NewPCG(seed, stream)), t: t, g: &ir.Graph{Name: fmt.Sprint("ops", seed)}}
	o := &opMaker{netMaker: m, sample: map[*ir.Value]*ir.Tensor{}, most: 1500, images: 1}
	first := ir.Shape{1, o.pick(1, 3, 4, 7, 16), 1 + o.IntN(10), 1 + o.IntN(10)}
	if o.IntN(8) == 0 { // sizes of several tiles
		o.most = 20000
		first = ir.Shape{1, o.pick(3, 17, 32, 64), 1 + o.IntN(24), 1 + o.IntN(24)}
	}
	if o.IntN(12) == 0 {
		o.images = 3
		first[0] = o.pick(2, 3)
	}
	o.input(ir.F32, first)
	for range 4 + o.IntN(10) {
		o.any()
	}
	o.outputs()
	return o
}

// any adds an operator. Layers are frequent, so that there is int8 around the others.
func (o *opMaker) any() {
	if o.IntN(4) == 0 {
		o.conv()
		return
	}
	all := o.operators()
	all[o.IntN(len(all))].add()
}

// operator is a way to add a kind of node.
type operator struct {
	kind string
	add  func()
}

// operators are all ways. Some add other nodes before it, so that its operands fit.
func (o *opMaker) operators() []operator {
	return slices.Concat(o.layers(), o.elementwise(), o.moves(), o.along(), o.indexed(), o.spatial(), o.roundings(), o.spelled())
}

// outputs makes outputs of values at the ends and inside, of an input and a constant sometimes.
func (o *opMaker) outputs() {
	add := func(v *ir.Value) {
		if !slices.Contains(o.g.Outputs, v) {
			o.g.Outputs = append(o.g.Outputs, v)
		}
	}
	add(o.pool[len(o.pool)-1])
	readers := o.g.Readers()
	for _, v := range o.pool { // most of what nothing reads
		if v.Def != nil && readers[v] == nil && len(o.g.Outputs) < 6 && o.IntN(3) > 0 {
			add(v)
		}
	}
	for range o.IntN(3) {
		if v := o.pool[o.IntN(len(o.pool))]; v.Def != nil || o.IntN(8) == 0 {
			add(v)
		}
	}
	if o.IntN(20) == 0 {
		add(o.numbers(1, 2, 3))
	}
	o.g.RemoveDead()
	used := o.g.Readers()
	o.g.Inputs = slices.DeleteFunc(o.g.Inputs, func(v *ir.Value) bool { return used[v] == nil && !o.g.IsOutput(v) })
	if err := ir.Verify(o.g); err != nil {
		o.t.Fatalf("%v\n%s", err, o.g)
	}
}

// input adds an input.
func (o *opMaker) input(t ir.DType, s ir.Shape) *ir.Value {
	o.n++
	v := &ir.Value{Name: fmt.Sprint("in", o.n), Type: t, Shape: s}
	o.g.Inputs = append(o.g.Inputs, v)
	o.sample[v] = randomTensor(o.Rand, t, s)
	o.pool = append(o.pool, v)
	return v
}

// add adds a node, and to the pool what is of ordinary size.
func (o *opMaker) add(op ir.Op, in ...*ir.Value) []*ir.Value {
	o.t.Helper()
	n := o.node(op, in...)
	operands := make([]*ir.Tensor, len(in))
	for i, v := range in {
		if v != nil {
			if operands[i] = o.sample[v]; v.IsConst() {
				operands[i] = v.Const
			}
		}
	}
	out, err := interp.Eval(n, operands)
	if err != nil {
		o.t.Fatalf("%v\n%s", err, o.g)
	}
	for i, v := range n.Out {
		o.sample[v] = out[i]
		if o.usual(out[i]) || o.IntN(50) == 0 {
			o.pool = append(o.pool, v)
		}
	}
	return n.Out
}

// usual reports whether a tensor is small, not empty, and its numbers neither large nor special.
func (o *opMaker) usual(x *ir.Tensor) bool {
	for _, v := range x.F32 {
		if !(math.Abs(float64(v)) < 1000) {
			return false
		}
	}
	return x.Elems() > 0 && x.Elems() <= o.most
}

func (o *opMaker) yes() bool { return o.IntN(2) == 0 }

// one adds a node and returns its first result.
func (o *opMaker) one(op ir.Op, in ...*ir.Value) *ir.Value { return o.add(op, in...)[0] }

// recent is one of the latest values for which ok holds, nil where there is none.
func (o *opMaker) recent(ok func(*ir.Value) bool) *ir.Value {
	var fit []*ir.Value
	for _, v := range o.pool {
		if ok(v) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[max(0, len(fit)-1-o.IntN(1+o.IntN(5)))]
}

// of is a value of one of some types, a new input or constant where there is none.
func (o *opMaker) of(types ...ir.DType) *ir.Value {
	t := types[o.IntN(len(types))]
	if o.IntN(3) > 0 {
		if v := o.recent(func(v *ir.Value) bool { return slices.Contains(types, v.Type) }); v != nil {
			return v
		}
	}
	if v := o.recent(func(v *ir.Value) bool { return v.Type == t }); v != nil && o.IntN(6) > 0 {
		return v
	}
	return o.fresh(t, o.shape(1+o.IntN(4)))
}

// fresh is an input or a constant.
func (o *opMaker) fresh(t ir.DType, s ir.Shape) *ir.Value {
	if len(o.g.Inputs) < 4 && o.yes() {
		return o.input(t, s)
	}
	o.n++
	return ir.Const(fmt.Sprint("k", o.n), randomTensor(o.Rand, t, s))
}

// shape has some axes, most of them short.
func (o *opMaker) shape(rank int) ir.Shape {
	s := make(ir.Shape, rank)
	for i := range s {
		s[i] = o.pick(1, 2, 3, 4, 5, 7)
	}
	return s
}

// numbers is a constant of float32.
func (o *opMaker) numbers(shape ...int) *ir.Value { return o.constant(1, shape...) }

// real is a value of float32 that is computed.
func (o *opMaker) real() *ir.Value {
	if v := o.recent(func(v *ir.Value) bool { return v.Type == ir.F32 }); v != nil {
		return v
	}
	return o.input(ir.F32, o.shape(3))
}

// shaped is a value of float32 with some number of axes: another one reshaped where need be.
func (o *opMaker) shaped(rank int) *ir.Value {
	if v := o.recent(func(v *ir.Value) bool { return v.Type == ir.F32 && len(v.Shape) == rank }); v != nil && o.IntN(4) > 0 {
		return v
	}
	return o.reshape(o.real(), rank, rank == 4)
}

// image is a value of float32 [N,C,H,W], N being 1 in most graphs.
func (o *opMaker) image() *ir.Value { return o.imageOf(ir.F32) }

func (o *opMaker) imageOf(t ir.DType) *ir.Value {
	ok := func(v *ir.Value) bool { return v.Type == t && len(v.Shape) == 4 && v.Shape[0] <= o.images }
	if v := o.recent(ok); v != nil && o.IntN(8) > 0 {
		return v
	}
	if v := o.recent(func(v *ir.Value) bool { return v.Type == t }); v != nil {
		return o.reshape(v, 4, true)
	}
	return o.input(t, append(ir.Shape{1}, o.shape(3)...))
}

// reshape gives a value a number of axes, the first of extent 1 if it is to be images.
func (o *opMaker) reshape(x *ir.Value, rank int, single bool) *ir.Value {
	s := make(ir.Shape, rank)
	for i := range s {
		s[i] = 1
	}
	rest := x.Shape.Elems()
	for rest > 1 {
		p := 2
		for rest%p != 0 {
			p++
		}
		rest /= p
		at := o.IntN(rank)
		if single && rank > 1 {
			at = 1 + o.IntN(rank-1)
		}
		s[at] *= p
	}
	if s.Equal(x.Shape) {
		return x
	}
	return o.one(ir.Reshape{Shape: s}, x)
}

// axis is one of a value's axes; values without axes become vectors before.
func (o *opMaker) axis(x *ir.Value) int { return o.IntN(len(x.Shape)) }

// withAxes is x, or if it has none a vector.
func (o *opMaker) withAxes(x *ir.Value) *ir.Value {
	if len(x.Shape) > 0 {
		return x
	}
	return o.one(ir.Reshape{Shape: ir.Shape{1}}, x)
}

// axes are some of x's, in order.
func (o *opMaker) axes(x *ir.Value) []int {
	var list []int
	for i := range x.Shape {
		if o.yes() {
			list = append(list, i)
		}
	}
	return list
}

// partner is a shape that broadcasts with s, of as many axes at most.
func (o *opMaker) partner(s ir.Shape) ir.Shape {
	t := s[o.IntN(len(s)+1):].Clone()
	if o.yes() {
		t = s.Clone()
	}
	for i := range t {
		if o.IntN(3) == 0 {
			t[i] = 1
		}
	}
	return t
}

// beside is a value that broadcasts with x: the same one, one of its shape, a part or a maximum
// of it, or a constant.
func (o *opMaker) beside(x *ir.Value) *ir.Value {
	same := func(v *ir.Value) bool { return v.Type == x.Type && v != x && v.Shape.Equal(x.Shape) }
	broad := func(v *ir.Value) bool {
		s, err := ir.Broadcast(v.Shape, x.Shape)
		return v.Type == x.Type && err == nil && s.Elems() <= o.most
	}
	switch o.IntN(6) {
	case 0, 1:
		if v := o.recent(same); v != nil {
			return v
		}
	case 2:
		if v := o.recent(broad); v != nil {
			return v
		}
	case 3:
		return o.one(ir.Reduce{Fn: ir.ReduceMax, Axes: o.axes(x), Keep: true}, x)
	}
	return o.fresh(x.Type, o.partner(x.Shape))
}
