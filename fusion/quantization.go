package fusion

import (
	"reflect"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// pairQuantization makes a FakeQuant of a QuantizeLinear and a DequantizeLinear that reads
// its result, directly or behind nodes that move bytes. All pairs of one
// QuantizeLinear become one node. Where the parameters of the two differ, an Affine follows.
func pairQuantization(e *edit, n *ir.Node) (bool, error) {
	if _, ok := n.Op.(ir.Split); ok {
		return e.mergeSplit(n), nil
	}
	dq, ok := n.Op.(ir.DequantizeLinear)
	if !ok || n.In[0].Def == nil {
		return false, nil
	}
	to, ok := parameters(n, dq.Axis, n.In[0].Type)
	if !ok {
		return false, nil
	}
	before := n.In[0].Def
	if q, ok := before.Op.(ir.QuantizeLinear); ok {
		from, ok := parameters(before, q.Axis, q.To)
		if !ok || !reflect.DeepEqual(from, to) && len(from.Scale)+len(to.Scale) > 2 {
			return false, nil
		}
		return true, e.pair(before, n, from, to)
	}
	if len(to.Scale) > 1 || !movesBytes(before) {
		return false, nil
	}
	return e.dequantizeFirst(before, n)
}

// parameters returns those of a QuantizeLinear or DequantizeLinear of bytes of type t,
// as of unsigned bytes; not ok where they are not constant, or axis not an axis that they belong to.
func parameters(n *ir.Node, axis int, t ir.DType) (ir.FakeQuant, bool) {
	scale, zero := n.In[1], operand(n, 2)
	if !scale.IsConst() || !constOrNil(zero) || t != ir.U8 && t != ir.S8 {
		return ir.FakeQuant{}, false
	}
	o := ir.FakeQuant{Scale: scale.Const.F32}
	if len(o.Scale) > 1 {
		o.Axis = axis
	}
	for i, s := range o.Scale {
		if !(s > 0) || s-s != 0 {
			return ir.FakeQuant{}, false
		}
		z := 0
		switch {
		case zero != nil && t == ir.U8:
			z = int(zero.Const.U8[i])
		case zero != nil:
			z = int(zero.Const.S8[i])
		}
		if t == ir.S8 {
			z += 128
		}
		o.Zero = append(o.Zero, z)
	}
	return o, true
}

// pair puts a FakeQuant beside q, or takes the one that is there, and lets n's readers read it.
func (e *edit) pair(q, n *ir.Node, from, to ir.FakeQuant) error {
	op := ir.Op(from)
	x := q.In[0]
	i := slices.IndexFunc(e.readers[x], func(m *ir.Node) bool { return reflect.DeepEqual(m.Op, op) })
	if i < 0 {
		fake, err := ir.NewNode(e.FreshName(n.Name+"/rounded"), op, x)
		if err != nil {
			return err
		}
		fake.From = slices.Clone(q.From)
		e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, q), fake)
		return e.stand(n, fake, 0, from, to)
	}
	return e.stand(n, e.readers[x][i], 0, from, to)
}

// stand lets the readers of n, a DequantizeLinear, read result i of m in its place, which was
// quantized with other parameters if from is not to.
func (e *edit) stand(n, m *ir.Node, i int, from, to ir.FakeQuant) error {
	m.From = appendNew(m.From, n.From)
	v := m.Out[i]
	if !reflect.DeepEqual(from, to) {
		// q is x/sf + zf, and what n makes of it (q-zt)*st
		sf, st := float64(from.Scale[0]), float64(to.Scale[0])
		op := ir.Affine{Mul: []float32{float32(st / sf)}, Add: []float32{float32(float64(from.Zero[0]-to.Zero[0]) * st)}}
		a, err := ir.NewNode(n.Name, op, v)
		if err != nil {
			return err
		}
		a.From = n.From
		e.put(a, n)
		return nil
	}
	if e.IsOutput(n.Out[0]) {
		if e.IsOutput(v) {
			id, err := ir.NewNode(n.Name, ir.Identity{}, v)
			if err != nil {
				return err
			}
			id.From = n.From
			e.put(id, n)
			return nil
		}
	}
	if len(e.readers[v]) == 0 { // new: it takes n's names
		m.Name, v.Name = n.Name, n.Out[0].Name
	}
	if e.IsOutput(n.Out[0]) {
		v.Name = n.Out[0].Name
	}
	e.Replace(n.Out[0], v)
	return nil
}

// appendNew appends what of names is not in list yet.
func appendNew(list, names []string) []string {
	for _, s := range names {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// mergeSplit lets the readers of a Split read an equal one: each DequantizeLinear behind a Split of
// bytes has brought its own.
func (e *edit) mergeSplit(n *ir.Node) bool {
	readers := e.readers[n.In[0]]
	i := slices.IndexFunc(readers, func(m *ir.Node) bool { return reflect.DeepEqual(m.Op, n.Op) })
	if readers[i] == n || slices.ContainsFunc(n.Out, e.IsOutput) {
		return false
	}
	for k, v := range n.Out {
		e.Replace(v, readers[i].Out[k])
	}
	return true
}

// movesBytes reports whether a node's results are elements of its operands, whatever they stand for.
func movesBytes(n *ir.Node) bool {
	switch o := n.Op.(type) {
	case ir.MaxPool, ir.GlobalMaxPool, ir.Identity, ir.Concat, ir.Split, ir.Slice, ir.Reshape,
		ir.Transpose, ir.ChannelShuffle, ir.DepthToSpace, ir.ResizeNearest, ir.Gather:
		return true
	case ir.Pad:
		return o.Mode != ir.PadConstant || o.Value-o.Value == 0
	}
	return false
}

// dequantizeFirst exchanges n, a DequantizeLinear, with the node that moves the bytes that it reads.
func (e *edit) dequantizeFirst(m, n *ir.Node) (bool, error) {
	p, _ := parameters(n, 0, n.In[0].Type)
	op := m.Op
	if pad, ok := op.(ir.Pad); ok { // by a byte, which stands for a number
		zero := p.Zero[0]
		if n.In[0].Type == ir.S8 {
			zero -= 128
		}
		pad.Value = float32((float64(pad.Value) - float64(zero)) * float64(p.Scale[0]))
		op = pad
	}
	var in []*ir.Value
	for _, v := range m.In {
		x, err := e.insert(m, v.Name+"/real", n.Op, append([]*ir.Value{v}, n.In[1:]...)...)
		if err != nil {
			return false, err
		}
		x.Def.From = n.From
		in = append(in, x)
	}
	moved, err := ir.NewNode(e.FreshName(n.Name+"/moved"), op, in...)
	if err != nil {
		return false, err
	}
	moved.From = slices.Clone(m.From)
	e.Nodes = slices.Insert(e.Nodes, slices.Index(e.Nodes, m), moved)
	for _, v := range moved.Out {
		v.Name = e.FreshName(v.Name)
	}
	return true, e.stand(n, moved, slices.Index(m.Out, n.In[0]), p, p)
}
