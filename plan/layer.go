package plan

import (
	"fmt"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// layer is a convolution or a fully connected layer on its way to a step.
type layer struct {
	n       *ir.Node
	x, y, r *place
	win     ir.Window
	groups  int
	w       *ir.Value // [M,IC,KH,KW], or [M,K]
	m, ic   int       // output channels, input channels of a group
	kh, kw  int
	rows    int // of a product with a matrix: each is a pixel to the kernels
	// index returns where weight (kh, kw, channel) of an output channel is.
	index func(y, x, c int) int

	// Of int8.
	rq   *ir.Requant
	bias []int32 // with the input's zero point folded in
	mul  []float32
}

// operand returns the place of an image that kernels can read, with a border of
// the given size; a copy where the value lies otherwise.
func (p *planner) operand(n *ir.Node, v *ir.Value, halo [4]int) (*place, error) {
	l, err := p.find(v)
	if err != nil {
		return nil, err
	}
	ok := l.asImage()
	for i, h := range halo {
		ok = ok && (h == 0 || l.whole && l.buf.halo[i] >= h && l.buf.value == paddingOf(v))
	}
	if ok {
		return l, nil
	}
	return p.copyTo(n, l, p.newPlaceHalo(v, halo)), nil
}

// convolution returns the layer of a convolution, its operands in place.
func (p *planner) convolution(n *ir.Node, win ir.Window, groups int) (*layer, error) {
	if err := oneImage(n.In[0]); err != nil {
		return nil, err
	}
	if err := constantWeights(n); err != nil {
		return nil, err
	}
	x, err := p.operand(n, n.In[0], convHalo(n, win))
	if err != nil {
		return nil, err
	}
	w := n.In[1].Shape
	l := &layer{n: n, x: x, win: win, groups: groups, w: n.In[1], m: w[0], ic: w[1], kh: w[2], kw: w[3]}
	l.index = func(y, x, c int) int { return (c*l.kh+y)*l.kw + x }
	return l, p.residual(l)
}

// isDepthwise reports whether every channel is convolved by itself.
func (l *layer) isDepthwise() bool {
	return l.groups == l.m && l.ic == 1 && l.groups == l.n.In[0].Shape[1] && l.rows <= 1
}

// fullyConnected returns the layer of a product with a vector, or with each row of a
// matrix. Where the vector is an image in row-major order it is a convolution of the image's
// size instead, which reads the image as it lies.
func (p *planner) fullyConnected(n *ir.Node) (*layer, error) {
	if err := constantWeights(n); err != nil {
		return nil, err
	}
	l := &layer{n: n, groups: 1, w: n.In[1], m: n.In[1].Shape[0], rows: n.In[0].Shape[0]}
	l.win = ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	src := n.In[0]
	for src.Def != nil && src.Def.Op.Kind() == "Reshape" && !isImage(src) {
		src = src.Def.In[0]
	}
	c, h, w := n.In[0].Shape[1], 1, 1
	if l.rows == 1 && isImage(src) && src.Shape.Elems() == c {
		c, h, w = src.Shape[1], src.Shape[2], src.Shape[3]
	} else {
		src = n.In[0]
	}
	x, err := p.operand(n, src, [4]int{})
	if err != nil {
		return nil, err
	}
	l.x, l.ic, l.kh, l.kw = x, c, h, w
	l.win.Kernel = [2]int{h, w}
	l.index = func(y, x, c int) int { return (c*h+y)*w + x }
	return l, p.residual(l)
}

// widest is how many rows of a matrix are a row of pixels at most, so that there are several to
// cut into calls.
const widest = 64

// rowsToPixels makes the matrices of a product images of a pixel a row.
func (l *layer) rowsToPixels() {
	if l.rows <= 1 {
		return
	}
	w := min(l.rows, widest)
	for l.rows%w != 0 {
		w--
	}
	if w < widest/8 { // few divisors
		w = l.rows
	}
	for _, at := range []**place{&l.x, &l.y, &l.r} {
		if *at == nil {
			continue
		}
		c := **at
		k := c.dims[1] * c.elem
		c.dims, c.strides, c.whole = ir.Shape{1, c.dims[1], l.rows / w, w}, []int{l.rows * k, c.elem, w * k, k}, false
		*at = &c
	}
}

// residual finds the residual operand, if there is one.
func (p *planner) residual(l *layer) (err error) {
	if len(l.n.In) > 3 && l.n.In[3] != nil {
		l.r, err = p.operand(l.n, l.n.In[3], [4]int{})
	}
	return err
}

func oneImage(v *ir.Value) error {
	if len(v.Shape) == 4 && v.Shape[0] != 1 {
		return fmt.Errorf("batch of %d: fix the batch at 1 with -shape", v.Shape[0])
	}
	return nil
}

// constantWeights fails for a layer whose weights or bias are computed.
func constantWeights(n *ir.Node) error {
	for _, v := range n.In[1:min(3, len(n.In))] {
		if v != nil && !v.IsConst() {
			return fmt.Errorf("weights or bias: %q is computed: want a constant", v.Name)
		}
	}
	return nil
}

// tap is one input of a sum: a position of the window and a channel.
type tap struct{ y, x, c int }

// runs is how a kernel walks over a window: rows of runs of channels. Where pixels
// lie side by side, the channels of a whole kernel row are one run.
func (l *layer) runs(t portable.Tensor) (runs, length int) {
	if l.groups == 1 && l.win.Dilation[1] == 1 && t.Pix == t.C*l.x.elem {
		return 1, l.kw * l.ic
	}
	return l.kw, l.ic
}

// steps lists the taps of the K steps of bytes, four a step.
func (l *layer) steps(runs, length int) (taps [][4]tap) {
	for y := range l.kh {
		for r := range runs {
			for i := 0; i < length; i += 4 {
				var step [4]tap
				for j := range step {
					step[j] = tap{y: -1}
					if b := i + j; b < length {
						step[j] = tap{y, r + b/l.ic, b % l.ic}
					}
				}
				taps = append(taps, step)
			}
		}
	}
	return taps
}

// form names a layer as people do.
func (l *layer) form() string {
	s := fmt.Sprintf("convolution %dx%d", l.kh, l.kw)
	switch {
	case l.n.Op.Kind() == "QFC", l.n.Op.Kind() == "FC":
		s = "fully connected layer"
	case l.groups > 1 && l.ic == 1:
		s = "depthwise " + s
	case l.groups > 1:
		s += fmt.Sprintf(" in %d groups", l.groups)
	}
	if l.rq == nil {
		s += " of float32"
	}
	if winogradPays(l.n) {
		s += " (Winograd)"
	}
	if st := l.win.Stride; st != [2]int{1, 1} {
		s += fmt.Sprintf(", stride %dx%d", st[0], st[1])
	}
	if dl := l.win.Dilation; dl != [2]int{1, 1} {
		s += fmt.Sprintf(", dilation %dx%d", dl[0], dl[1])
	}
	if l.r != nil {
		s += ", plus the residual operand"
	}
	if l.rq != nil && len(l.rq.Table) > 0 {
		s += ", activation table"
	}
	return s
}

// shapeOf is the tensor of a place whose address is not known yet.
func shapeOf(l *place) portable.Tensor {
	buf := buffer{}
	c := *l
	c.buf = &buf
	t := c.tensor()
	t.Off = 0
	return t
}
