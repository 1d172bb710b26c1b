package fusion

import (
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// scatterToConcat makes a Concat of a ScatterND that writes a box of its operand: that is how
// exporters write an assignment to a slice, as y[..., 0:2] = xy of detectors.
func scatterToConcat(e *edit, n *ir.Node) (bool, error) {
	if n.Op != ir.Op(ir.ScatterND{}) || n.In[0].Type != ir.F32 {
		return false, nil
	}
	data := n.In[0]
	start, size, ok := boxOf(n.In[1], data.Shape)
	if !ok {
		return false, nil
	}
	part, err := e.insert(n, n.Name+".part", ir.Reshape{Shape: size.Clone()}, n.In[2])
	if err != nil {
		return false, err
	}
	part.Def.From = n.From
	for a := len(size) - 1; a >= 0; a-- { // the part grows until it is the whole
		if size[a] == data.Shape[a] {
			continue
		}
		list := []*ir.Value{part}
		for i, from := range []int{0, start[a] + size[a]} {
			s := ir.Slice{Start: slices.Clone(start), Step: slices.Repeat([]int{1}, len(size)), Size: size.Clone()}
			s.Start[a], s.Size[a] = from, start[a]
			if i == 1 {
				s.Size[a] = data.Shape[a] - from
			}
			if s.Size[a] == 0 {
				continue
			}
			rest, err := e.insert(n, n.Name+".rest", s, data)
			if err != nil {
				return false, err
			}
			rest.Def.From = n.From
			list = slices.Insert(list, i*len(list), rest)
		}
		if part, err = e.insert(n, n.Name+".parts", ir.Concat{Axis: a}, list...); err != nil {
			return false, err
		}
		part.Def.From = n.From
		start[a], size[a] = 0, data.Shape[a]
	}
	return true, e.fuse(n, n, ir.Identity{}, []*ir.Value{part})
}

// boxOf returns the box of a tensor of shape s that constant indices of a ScatterND name in
// row-major order.
func boxOf(indices *ir.Value, s ir.Shape) (start []int, size ir.Shape, ok bool) {
	if !indices.IsConst() || indices.Type != ir.I64 || indices.Shape.Elems() == 0 {
		return nil, nil, false
	}
	list, depth := indices.Const.I64, indices.Shape[len(indices.Shape)-1]
	at := func(tuple, axis int) int { // an index may count from the end
		i := int(list[tuple*depth+axis])
		if i < 0 {
			i += s[axis]
		}
		return i
	}
	tuples := len(list) / depth
	start, size = make([]int, len(s)), s.Clone()
	count := 1
	for a := range depth {
		start[a] = at(0, a)
		size[a] = at(tuples-1, a) - start[a] + 1
		if start[a] < 0 || size[a] < 1 || start[a]+size[a] > s[a] || size[a] > tuples/count {
			return nil, nil, false
		}
		count *= size[a]
	}
	if count != tuples {
		return nil, nil, false
	}
	for t := range tuples {
		rest := t
		for a := depth - 1; a >= 0; a-- {
			if at(t, a) != start[a]+rest%size[a] {
				return nil, nil, false
			}
			rest /= size[a]
		}
	}
	return start, size, true
}

// sliceOfConcat lets a Slice read the operand of a Concat that its elements come from.
func sliceOfConcat(e *edit, n *ir.Node) (bool, error) {
	o, ok := n.Op.(ir.Slice)
	if !ok {
		return false, nil
	}
	c, join, ok := producer[ir.Concat](n.In[0])
	if !ok || o.Size[join.Axis] < 1 {
		return false, nil
	}
	a, from := join.Axis, o.Start[join.Axis]
	last := from + (o.Size[a]-1)*o.Step[a]
	for _, v := range c.In {
		d := v.Shape[a]
		if min(from, last) >= 0 && max(from, last) < d {
			o.Start = slices.Clone(o.Start)
			o.Start[a] = from
			return true, e.fuse(n, n, o, []*ir.Value{v})
		}
		from, last = from-d, last-d
	}
	return false, nil
}
