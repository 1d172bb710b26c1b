package plan

import (
	"fmt"
	"slices"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// buffer is a piece of the arena.
type buffer struct {
	size        int
	first, last int // steps between which it is in use
	off         int // in the arena
	halo        [4]int
	value       uint8 // of the halo
	tensor      place // what the halo lies around
	filled      bool
}

// place is where a value lies: a view of a buffer.
type place struct {
	buf     *buffer
	off     int // in the buffer, of the first element
	dims    ir.Shape
	strides []int // bytes, by axis
	elem    int   // bytes of an element
	whole   bool  // all positions of an image that has the buffer to itself, so that the buffer's halo is its own
}

// slot is a value's part of a concatenation.
type slot struct {
	of   *ir.Value
	from int // channel
}

// rowMajor returns the strides of a dense tensor.
func rowMajor(s ir.Shape, elem int) []int {
	st := make([]int, len(s))
	step := elem
	for i := len(s) - 1; i >= 0; i-- {
		st[i] = step
		step *= s[i]
	}
	return st
}

// contiguous reports whether the elements lie in row-major order without gaps.
func (l *place) contiguous() bool {
	want := rowMajor(l.dims, l.elem)
	for i, d := range l.dims {
		if d > 1 && l.strides[i] != want[i] {
			return false
		}
	}
	return true
}

// at returns the offset in the arena. Buffers have one only when planning is done.
func (l *place) at() int { return l.buf.off + l.off }

// asImage reports whether kernels can read l as channels-last pixels: four axes,
// one image, channels side by side; or a vector, which is one pixel.
func (l *place) asImage() bool {
	if l.isVector() {
		return l.contiguous()
	}
	return (l.dims[1] == 1 || l.strides[1] == l.elem) &&
		(l.dims[2] == 1 || l.strides[2] > 0) && (l.dims[3] == 1 || l.strides[3] > 0)
}

// isVector reports whether l is no single image: the steps see one pixel.
func (l *place) isVector() bool { return len(l.dims) != 4 || l.dims[0] != 1 }

// tensor is l in the form of the steps; asImage must hold.
func (l *place) tensor() portable.Tensor {
	if l.isVector() {
		n := l.dims.Elems()
		return portable.Tensor{Off: l.at(), Row: n * l.elem, Pix: n * l.elem, H: 1, W: 1, C: n}
	}
	t := portable.Tensor{Off: l.at(), Row: l.strides[2], Pix: l.strides[3], C: l.dims[1], H: l.dims[2], W: l.dims[3]}
	if t.H == 1 && !l.whole { // a view's stride along one row may be anything
		t.Row = t.W * t.Pix
	}
	return t
}

// rows is a matrix as one row of pixels, each a row of the matrix; contiguous must hold.
func (l *place) rows() portable.Tensor {
	n, k := l.dims[0], l.dims[1]
	return portable.Tensor{Off: l.at(), Row: n * k * l.elem, Pix: k * l.elem, H: 1, W: n, C: k}
}

// values is l as one run of elements of a kind; contiguous must hold.
func (l *place) values(k portable.Kind) portable.Values {
	return portable.Values{Off: l.at(), N: l.dims.Elems(), Kind: k}
}

// newPlace makes room for v in a buffer of its own: channels-last with the halo
// that its readers need for images, else row-major.
func (p *planner) newPlace(v *ir.Value) *place { return p.newPlaceHalo(v, p.halos[v]) }

func (p *planner) newPlaceHalo(v *ir.Value, halo [4]int) *place {
	l := &place{buf: &buffer{halo: halo}, dims: v.Shape, elem: v.Type.Size()}
	p.buffers = append(p.buffers, l.buf)
	if !isImage(v) {
		l.strides = rowMajor(v.Shape, l.elem)
		l.buf.size = v.Shape.Elems() * l.elem
		return l
	}
	c, h, w := v.Shape[1], v.Shape[2], v.Shape[3]
	pix := c * l.elem
	row := (halo[1] + w + halo[3]) * pix
	l.strides = []int{(halo[0] + h + halo[2]) * row, l.elem, row, pix}
	l.off = halo[0]*row + halo[1]*pix
	l.buf.size = l.strides[0]
	l.whole = true
	l.buf.tensor = *l
	l.buf.value = paddingOf(v)
	return l
}

// paddingOf returns what the border of v is filled with. In a buffer of several zero
// points the first one counts.
func paddingOf(v *ir.Value) uint8 {
	if v.Type == ir.U8 {
		return uint8(v.Zero()) // 0 of plain integers
	}
	return 0
}

// result returns the place that a node's result is to be written to.
func (p *planner) result(v *ir.Value) *place {
	s, ok := p.inside[v]
	if !ok {
		if p.places[v] == nil {
			p.places[v] = p.newPlace(v)
		}
		return p.places[v]
	}
	whole := p.result(s.of)
	l := *whole
	l.dims = v.Shape
	l.off += s.from * l.elem
	p.places[v] = &l
	return &l
}

// settle says where a result v of a node lies that no image has been planned for:
// in y, or in the concatenation that holds it, where a copy goes.
func (p *planner) settle(n *ir.Node, v *ir.Value, y *place) {
	if _, ok := p.inside[v]; ok {
		p.copyTo(n, y, p.result(v))
		return
	}
	p.places[v] = y
}

// find returns where a value lies. Views of other values are made here, when
// somebody asks for them.
func (p *planner) find(v *ir.Value) (*place, error) {
	if l := p.places[v]; l != nil {
		return l, nil
	}
	if v.IsConst() {
		return p.constant(v)
	}
	if v.Def == nil {
		return p.input(v)
	}
	l, err := p.view(v.Def, v)
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, fmt.Errorf("value %q is read before it is computed", v.Name)
	}
	p.places[v] = l
	return l, nil
}

// view returns the place of a result that is a view of its operand, or nil.
func (p *planner) view(n *ir.Node, v *ir.Value) (*place, error) {
	switch n.Op.(type) {
	case ir.Identity, ir.Transpose, ir.Slice, ir.Split, ir.Reshape:
	default:
		return nil, nil
	}
	x, err := p.find(n.In[0])
	if err != nil {
		return nil, err
	}
	l := *x
	switch op := n.Op.(type) {
	case ir.Transpose:
		l.dims, l.strides, l.whole = v.Shape, make([]int, len(op.Perm)), false
		for i, a := range op.Perm {
			l.strides[i] = x.strides[a]
		}
	case ir.Slice:
		l.dims, l.strides, l.whole = v.Shape, slices.Clone(x.strides), false
		for i := range op.Start {
			l.off += op.Start[i] * x.strides[i]
			l.strides[i] *= op.Step[i]
		}
	case ir.Split:
		l.dims, l.whole = v.Shape, false
		for i, o := range n.Out {
			if o == v {
				break
			}
			l.off += op.Sizes[i] * x.strides[op.Axis]
		}
	case ir.Reshape:
		return p.reshape(n, x, v)
	}
	return &l, nil
}

// reshape is a view where the operand's axes can be split and joined in place, else a copy:
// of an image to pixels, where these can be split and joined to the operand's axes, as where
// channels become places in space; in row-major order elsewhere.
func (p *planner) reshape(n *ir.Node, x *place, v *ir.Value) (*place, error) {
	if st := reshapeStrides(x.dims, x.strides, v.Shape); st != nil {
		l := *x
		l.dims, l.strides = v.Shape, st
		l.whole = l.whole && x.dims.Equal(v.Shape)
		return &l, nil
	}
	if isImage(v) && v.Type.Size() == x.elem {
		to := p.newPlace(v)
		if st := reshapeStrides(to.dims, to.strides, x.dims); st != nil && !to.contiguous() {
			split := *to
			split.dims, split.strides, split.whole = x.dims, st, false
			p.copyTo(n, x, &split)
			return to, nil
		}
		p.buffers = p.buffers[:len(p.buffers)-1]
	}
	to := rowMajorPlace(p, v.Shape, x.elem)
	same := *to
	same.dims, same.strides = x.dims, rowMajor(x.dims, x.elem)
	p.copyTo(n, x, &same)
	return to, nil
}

// reshapeStrides returns the strides that give the elements of a view another
// shape, or nil where there are none.
func reshapeStrides(from ir.Shape, strides []int, to ir.Shape) []int {
	st := make([]int, len(to))
	i, j := 0, 0
	for i < len(from) || j < len(to) {
		// The smallest groups of axes with as many elements.
		i0, j0 := i, j
		a, b := 1, 1
		if i < len(from) {
			a, i = from[i], i+1
		}
		if j < len(to) {
			b, j = to[j], j+1
		}
		for a != b {
			switch {
			case a < b && i < len(from):
				a, i = a*from[i], i+1
			case b < a && j < len(to):
				b, j = b*to[j], j+1
			default:
				return nil
			}
		}
		step, ok := joined(from[i0:i], strides[i0:i])
		if !ok {
			return nil
		}
		for k := j - 1; k >= j0; k-- {
			st[k] = step
			step *= to[k]
		}
	}
	return st
}

// joined returns the stride of axes read as one, and whether they can be.
func joined(dims ir.Shape, strides []int) (step int, ok bool) {
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		if dims[i] == 1 {
			continue
		}
		if n == 1 {
			step = strides[i]
		} else if strides[i] != step*n {
			return 0, false
		}
		n *= dims[i]
	}
	return step, true
}

// rowMajorPlace makes room for a dense tensor.
func rowMajorPlace(p *planner, s ir.Shape, elem int) *place {
	l := &place{buf: &buffer{size: s.Elems() * elem}, dims: s, strides: rowMajor(s, elem), elem: elem}
	p.buffers = append(p.buffers, l.buf)
	return l
}
