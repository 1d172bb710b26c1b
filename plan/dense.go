package plan

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// layer is a convolution or a fully connected layer on its way to a step.
type layer struct {
	n       *ir.Node
	x, y, r *place
	win     ir.Window
	groups  int
	rq      *ir.Requant
	w       *ir.Value // [M,IC,KH,KW], or [M,K]
	bias    []int32   // with the input's zero point folded in
	mul     []float32
	zeroX   int32
	m, ic   int // output channels, input channels of a group
	kh, kw  int
	// index returns where weight (kh, kw, channel) of an output channel is.
	index func(y, x, c int) int
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
		ok = ok && (h == 0 || l.whole && l.buf.halo[i] >= h)
	}
	if ok {
		return l, nil
	}
	return p.copyTo(n, l, p.newPlaceHalo(v, halo)), nil
}

func (p *planner) conv(n *ir.Node, op ir.QConv) error {
	if err := oneImage(n.In[0]); err != nil {
		return err
	}
	x, err := p.operand(n, n.In[0], convHalo(n, op))
	if err != nil {
		return err
	}
	w := n.In[1].Shape
	l := &layer{n: n, x: x, win: op.Window, groups: op.Groups, rq: &op.Requant, w: n.In[1], zeroX: n.In[0].Zero(),
		m: w[0], ic: w[1], kh: w[2], kw: w[3]}
	l.index = func(y, x, c int) int { return (c*l.kh+y)*l.kw + x }
	if err := p.finishLayer(l); err != nil {
		return err
	}
	if op.Groups == l.m && l.ic == 1 && op.Groups == n.In[0].Shape[1] && !l.weightZeros() {
		p.depthwise(l)
		return nil
	}
	p.dense(l)
	return nil
}

// fullyConnected plans a layer on a vector. Where the vector is an image in
// row-major order it is a convolution of the image's size instead, which reads
// the image as it lies.
func (p *planner) fullyConnected(n *ir.Node, op ir.QFC) error {
	if n.In[0].Shape[0] != 1 {
		return fmt.Errorf("batch of %d: fix the batch at 1 with -shape", n.In[0].Shape[0])
	}
	l := &layer{n: n, groups: 1, rq: &op.Requant, w: n.In[1], zeroX: n.In[0].Zero(), m: n.In[1].Shape[0]}
	l.win = ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	src := n.In[0]
	for src.Def != nil && src.Def.Op.Kind() == "Reshape" && !isImage(src) {
		src = src.Def.In[0]
	}
	c, h, w := n.In[0].Shape[1], 1, 1
	if isImage(src) && src.Shape.Elems() == c {
		c, h, w = src.Shape[1], src.Shape[2], src.Shape[3]
	} else {
		src = n.In[0]
	}
	x, err := p.operand(n, src, [4]int{})
	if err != nil {
		return err
	}
	l.x, l.ic, l.kh, l.kw = x, c, h, w
	l.win.Kernel = [2]int{h, w}
	l.index = func(y, x, c int) int { return (c*h+y)*w + x }
	if err := p.finishLayer(l); err != nil {
		return err
	}
	p.dense(l)
	return nil
}

func oneImage(v *ir.Value) error {
	if len(v.Shape) == 4 && v.Shape[0] != 1 {
		return fmt.Errorf("batch of %d: fix the batch at 1 with -shape", v.Shape[0])
	}
	return nil
}

// finishLayer finds the result's and the residual operand's place and folds the
// zero points into the bias.
func (p *planner) finishLayer(l *layer) (err error) {
	if len(l.n.In) > 3 && l.n.In[3] != nil {
		if l.r, err = p.operand(l.n, l.n.In[3], [4]int{}); err != nil {
			return err
		}
	}
	l.y = p.result(l.n.Out[0])
	l.bias = make([]int32, l.m)
	if len(l.n.In) > 2 && l.n.In[2] != nil {
		copy(l.bias, l.n.In[2].Const.S32)
	}
	k := l.ic * l.kh * l.kw
	for o := range l.bias {
		sum := int32(0)
		for _, v := range l.w.Const.S8[o*k : (o+1)*k] {
			sum += int32(v) - l.weightZero(o)
		}
		l.bias[o] -= l.zeroX * sum
	}
	l.mul = make([]float32, l.m)
	for o := range l.mul {
		l.mul[o] = l.rq.Mul[min(o, len(l.rq.Mul)-1)]
	}
	return nil
}

func (l *layer) weightZero(o int) int32 {
	z := l.w.Quant.Zero
	return z[min(o, len(z)-1)]
}

func (l *layer) weightZeros() bool {
	for _, z := range l.w.Quant.Zero {
		if z != 0 {
			return true
		}
	}
	return false
}

// weight returns an output channel's weight at (y, x, c).
func (l *layer) weight(o, y, x, c int) int8 {
	return l.w.Const.S8[o*l.ic*l.kh*l.kw+l.index(y, x, c)]
}

// tap is one byte of a K step.
type tap struct{ y, x, c int }

// window describes how a kernel walks over a window, and lists the taps of
// its K steps. Where pixels lie side by side, the channels of a whole kernel row
// are one run, which wastes less of the last step.
func (l *layer) window(t portable.Tensor) (runs, length int, taps [][4]tap) {
	runs, length = l.kw, l.ic
	if l.groups == 1 && l.win.Dilation[1] == 1 && t.Pix == t.C {
		runs, length = 1, l.kw*l.ic
	}
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
	return runs, length, taps
}

// dense plans a layer of the dense family.
func (p *planner) dense(l *layer) {
	x := shapeOf(l.x)
	runs, length, taps := l.window(x)
	oc := l.m / l.groups
	blocks := (oc + 15) / 16
	d := portable.Dense{
		Name: l.n.Name, KH: l.kh, Runs: runs, RunLen: length,
		RowStep: l.win.Dilation[0] * x.Row, RunStep: l.win.Dilation[1] * x.Pix,
		StrideH: l.win.Stride[0], StrideW: l.win.Stride[1], Top: l.win.Pad[0], Left: l.win.Pad[1],
		Groups: l.groups, WZero: -1, Ones: -1,
		Epilogue: p.epilogue(l),
	}
	packed, proof, proved := l.pack(taps, blocks)
	d.W, d.Proof = p.weights(packed), -1
	if !proved {
		d.Proof = p.weights(proof)
	}
	order := func(i int) int { // channel of an entry of the padded lists, or -1
		if i%(16*blocks) >= oc {
			return -1
		}
		return i/(16*blocks)*oc + i%(16*blocks)
	}
	n := l.groups * blocks * 16
	d.Bias, d.Mul = p.int32s(n, order, l.bias), p.float32s(n, order, l.mul)
	k := spec.Kernel{Family: spec.Dense, WZero: l.weightZeros()}
	if k.WZero {
		zeros := make([]int32, l.m)
		for o := range zeros {
			zeros[o] = l.weightZero(o)
		}
		d.WZero, d.Ones = p.int32s(n, order, zeros), p.weights(ones(taps))
	}
	k.Sum, k.Pre, k.Clamp, k.Table = l.r != nil, l.r != nil && l.rq.Pre, l.needsClamp(), len(l.rq.Table) > 0
	p.emitDense(l, d, k, len(taps), oc)
}

// emitDense chooses tiles and plans the step.
func (p *planner) emitDense(l *layer, d portable.Dense, k spec.Kernel, steps, oc int) {
	xs, ys := shapeOf(l.x), shapeOf(l.y)
	rs := portable.Tensor{}
	if l.r != nil {
		rs = shapeOf(l.r)
	}
	var tilings [spec.NumISA]tiling
	for isa := range spec.NumISA {
		k.ISA = isa
		tilings[isa] = chooseTiling(k, xs, ys, steps, oc, mergeable(&d, xs, ys, rs))
		for _, used := range tilings[isa].kernels() {
			p.use(used)
		}
	}
	text := describe(l.form(), l.n)
	p.step(l.n, text, []*place{l.x, l.r}, []*place{l.y}, func() portable.Step {
		d.X, d.Y = l.x.tensor(), l.y.tensor()
		if l.r != nil {
			d.R = l.r.tensor()
		}
		for isa := range spec.NumISA {
			d.Tiling[isa] = tilings[isa].make(p.ids)
		}
		return d
	})
	p.addWork(l, ys)
}

// addWork notes a layer's products and weights for the last planned step.
func (p *planner) addWork(l *layer, y portable.Tensor) {
	info := &p.pending[len(p.pending)-1].info
	perPixel := int64(l.m) * int64(l.ic*l.kh*l.kw)
	info.MACs = perPixel * int64(y.H*y.W)
	info.Bytes += perPixel
}

// form names a layer as people do.
func (l *layer) form() string {
	s := fmt.Sprintf("convolution %dx%d", l.kh, l.kw)
	switch {
	case l.n.Op.Kind() == "QFC":
		s = "fully connected layer"
	case l.groups > 1 && l.ic == 1:
		s = "depthwise " + s
	case l.groups > 1:
		s += fmt.Sprintf(" in %d groups", l.groups)
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
	if len(l.rq.Table) > 0 {
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

// epilogue returns the epilogue of a layer.
func (p *planner) epilogue(l *layer) portable.Epilogue {
	e := portable.Epilogue{Zero: l.rq.Zero, Lo: l.rq.Lo, Hi: l.rq.Hi, Table: p.table(l.rq.Table)}
	if l.r != nil {
		e.Pre, e.PreLo, e.PreHi = l.rq.Pre, l.rq.PreLo, l.rq.PreHi
		e.ResMul, e.ResZero = l.rq.SumMul, uint8(l.n.In[3].Zero())
	}
	return e
}

// table adds a table to the weights, or returns -1 for none.
func (p *planner) table(t []uint8) int {
	if len(t) == 0 {
		return -1
	}
	return p.weights(t)
}

// needsClamp reports whether the result's limits are not the ones that packing
// to bytes has, or a scaled sum could leave the integers that it converts to.
func (l *layer) needsClamp() bool {
	if l.rq.Lo > 0 || l.rq.Hi < 255 {
		return true
	}
	k := l.ic * l.kh * l.kw
	for o, b := range l.bias {
		low, high := int64(b), int64(b) // as x runs over 0..255
		for _, v := range l.w.Const.S8[o*k : (o+1)*k] {
			if d := 255 * (int64(v) - int64(l.weightZero(o))); d < 0 {
				low += d
			} else {
				high += d
			}
		}
		v := max(math.Abs(float64(low)), math.Abs(float64(high))) * math.Abs(float64(l.mul[o]))
		if l.r != nil {
			v += 255 * math.Abs(float64(l.rq.SumMul))
		}
		if v >= 1<<30 {
			return true
		}
	}
	return false
}

// int32s adds a list in the order of the kernels to the weights; order gives
// the channel of each of n entries, or -1.
func (p *planner) int32s(n int, order func(int) int, v []int32) int {
	data := make([]byte, 0, 4*n)
	for i := range n {
		x := int32(0)
		if c := order(i); c >= 0 {
			x = v[c]
		}
		data = binary.LittleEndian.AppendUint32(data, uint32(x))
	}
	return p.weights(data)
}

// float32s is int32s for factors.
func (p *planner) float32s(n int, order func(int) int, v []float32) int {
	bits := make([]int32, len(v))
	for i, f := range v {
		bits[i] = int32(math.Float32bits(f))
	}
	return p.int32s(n, order, bits)
}
