package plan

import (
	"errors"
	"fmt"

	"github.com/ingot-go/ingot/asm/spec"
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// node plans the steps of a node. Views are not planned: they are found when
// somebody reads them.
func (p *planner) node(n *ir.Node) error {
	if p.absorbed[n] {
		return nil
	}
	switch op := n.Op.(type) {
	case ir.Identity, ir.Reshape, ir.Transpose, ir.Slice, ir.Split:
		return nil
	case ir.QConv:
		l, err := p.convolution(n, op.Window, op.Groups)
		if err == nil {
			p.layerInt8(l, &op.Requant)
		}
		return err
	case ir.QFC:
		l, err := p.fullyConnected(n)
		if err == nil {
			p.layerInt8(l, &op.Requant)
		}
		return err
	case ir.Conv:
		l, err := p.convolution(n, op.Window, op.Groups)
		if err == nil {
			p.layerF32(l, op.Epilogue)
		}
		return err
	case ir.FC:
		l, err := p.fullyConnected(n)
		if err == nil {
			p.layerF32(l, op.Epilogue)
		}
		return err
	case ir.MaxPool:
		return p.pool(n, portable.Pool{Max: true}, op.Window)
	case ir.GlobalMaxPool:
		return p.pool(n, portable.Pool{Max: true}, wholeInput(n))
	case ir.QAvgPool:
		s := portable.Pool{Mul: op.Mul, Epilogue: portable.Epilogue{Zero: op.Zero, Lo: op.Lo, Hi: op.Hi}}
		if op.CountPad {
			s.Count = &op.Pad
		}
		return p.pool(n, s, op.Window)
	case ir.QGlobalAvgPool:
		return p.pool(n, portable.Pool{Mul: []float32{op.Mul}, Epilogue: portable.Epilogue{Zero: op.Zero, Lo: op.Lo, Hi: op.Hi}}, wholeInput(n))
	case ir.QAdd:
		return p.pairOfBytes(n, portable.Binary{MulA: op.MulA, MulB: op.MulB,
			Epilogue: portable.Epilogue{Zero: op.Zero, Lo: op.Lo, Hi: op.Hi, Table: p.table(op.Table)}})
	case ir.QMul:
		return p.pairOfBytes(n, portable.Binary{Product: true, MulA: op.Mul,
			Epilogue: portable.Epilogue{Zero: op.Zero, Lo: op.Lo, Hi: op.Hi, Table: p.table(op.Table)}})
	case ir.QTable:
		return p.tableOf(n, op)
	case ir.Quantize:
		return p.quantize(n, op)
	case ir.Dequantize:
		return p.dequantize(n, op)
	case ir.Concat, ir.Pad, ir.ChannelShuffle, ir.DepthToSpace, ir.SpaceToDepth, ir.Resample, ir.ResizeNearest, ir.Gather, ir.Expand:
		return p.rearrange(n)
	}
	return p.float(n)
}

// wholeInput is the window of a global pooling.
func wholeInput(n *ir.Node) ir.Window {
	s := n.In[0].Shape
	return ir.Window{Kernel: [2]int{s[2], s[3]}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
}

// errNoMean is what a mean over nothing is refused with.
var errNoMean = errors.New("a window lies in the padding with all its taps, so that it has no mean")

func (p *planner) pool(n *ir.Node, s portable.Pool, w ir.Window) error {
	switch x := n.In[0]; {
	case x.Type == ir.F32:
		return p.poolF32(n, s, w)
	case x.Type != ir.U8: // plain bytes have a maximum like others
		return fmt.Errorf("has no kernel for %s: cast to float32 or uint8 before it", x.Type)
	}
	if err := oneImage(n.In[0]); err != nil {
		return err
	}
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	if !s.Max && s.Count == nil && !tapsInside(w, n.In[0].Shape, n.Out[0].Shape) {
		return errNoMean
	}
	y := p.result(n.Out[0])
	s.Name = n.Name
	s.KH, s.KW, s.StrideH, s.StrideW = w.Kernel[0], w.Kernel[1], w.Stride[0], w.Stride[1]
	s.DilH, s.DilW, s.Top, s.Left = w.Dilation[0], w.Dilation[1], w.Pad[0], w.Pad[1]
	s.InZero, s.Epilogue.Table = uint8(n.In[0].Zero()), -1
	k := spec.Kernel{Family: spec.MaxPool}
	form := "maximum"
	if !s.Max {
		form = "mean"
		most := 0.0
		for _, m := range s.Mul {
			most = max(most, 255*float64(w.Kernel[0]*w.Kernel[1])*float64(m))
		}
		k = spec.Kernel{Family: spec.AvgPool, Clamp: s.Epilogue.Lo > 0 || most >= 1<<30}
	}
	p.useBoth(k)
	ys := shapeOf(y)
	for isa := range s.Rows {
		s.Rows[isa] = max(1, poolBudget/(ys.W*ys.C*s.KH*s.KW))
	}
	form = fmt.Sprintf("%s over %dx%d", form, s.KH, s.KW)
	p.step(n, describe(form, n), []*place{x}, []*place{y}, func() portable.Step {
		s.X, s.Y, s.Kernel = x.tensor(), y.tensor(), p.both(k)
		return s
	})
	return nil
}

// tapsInside reports whether every position of a window has a tap inside the input.
func tapsInside(w ir.Window, x, y ir.Shape) bool {
	for i := range 2 {
		for o := range y[2+i] {
			inside := false
			for k := range w.Kernel[i] {
				at := o*w.Stride[i] - w.Pad[i] + k*w.Dilation[i]
				inside = inside || at >= 0 && at < x[2+i]
			}
			if !inside {
				return false
			}
		}
	}
	return true
}

// pairOfBytes plans the sum or product of two tensors. The second may have one
// row and one column; what broadcasts otherwise is spread out first.
func (p *planner) pairOfBytes(n *ir.Node, s portable.Binary) error {
	a, b := n.In[0], n.In[1]
	if a.Shape.Elems() < b.Shape.Elems() {
		a, b = b, a
		if !s.Product {
			s.MulA, s.MulB = s.MulB, s.MulA
		}
	}
	y := p.result(n.Out[0])
	pa, err := p.spread(n, a, n.Out[0], false)
	if err != nil {
		return err
	}
	pb, err := p.spread(n, b, n.Out[0], true)
	if err != nil {
		return err
	}
	s.Name, s.ZeroA, s.ZeroB = n.Name, uint8(a.Zero()), uint8(b.Zero())
	k := spec.Kernel{Family: spec.Add, Table: s.Epilogue.Table >= 0}
	reach := 255 * (abs(s.MulA) + abs(s.MulB))
	form := "sum"
	if s.Product {
		k.Family, reach, form = spec.Mul, 255*255*abs(s.MulA), "product"
		if bs := shapeOf(pb); bs.H*bs.W == 1 {
			k.Family = spec.MulChannels
		}
	}
	k.Clamp = s.Epilogue.Lo > 0 || reach >= 1<<30
	p.useBoth(k)
	p.step(n, describe(form, n), []*place{pa, pb}, []*place{y}, func() portable.Step {
		s.A, s.B, s.Y, s.Kernel = pa.tensor(), pb.tensor(), y.tensor(), p.both(k)
		return s
	})
	return nil
}

func abs(f float32) float64 { return max(float64(f), -float64(f)) }

// spread returns an operand of an elementwise step in the result's form. With
// repeat, one row, one column or both may stand for all.
func (p *planner) spread(n *ir.Node, v, result *ir.Value, repeat bool) (*place, error) {
	l, err := p.find(v)
	if err != nil {
		return nil, err
	}
	if l.dims.Equal(result.Shape) {
		return p.operand(n, v, [4]int{})
	}
	// Leading axes that v lacks are of extent 1.
	full := *l
	full.dims = append(make(ir.Shape, 0, len(result.Shape)), result.Shape[:len(result.Shape)-len(l.dims)]...)
	full.strides = make([]int, len(full.dims))
	for i := range full.dims {
		full.dims[i] = 1
	}
	full.dims = append(full.dims, l.dims...)
	full.strides = append(full.strides, l.strides...)
	full.whole = false
	if s := full.dims; repeat && isImage(result) && s[1] == result.Shape[1] && full.asImage() {
		return &full, nil
	}
	for i, d := range result.Shape {
		if full.dims[i] == 1 && d > 1 {
			full.strides[i] = 0
		}
	}
	full.dims = result.Shape
	like := *result
	return p.copyTo(n, &full, p.newPlaceHalo(&like, [4]int{})), nil
}

func (p *planner) tableOf(n *ir.Node, op ir.QTable) error {
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	y := p.result(n.Out[0])
	s := portable.Table{Name: n.Name, Table: p.table(op.Table), PerChannel: len(op.Table) > 256}
	tensor := (*place).tensor
	if s.PerChannel && x.isVector() {
		tensor = (*place).rows
	}
	k := spec.Kernel{Family: spec.Table}
	p.useBoth(k)
	p.step(n, describe("table", n), []*place{x}, []*place{y}, func() portable.Step {
		s.X, s.Y, s.Kernel = tensor(x), tensor(y), p.both(k)
		return s
	})
	return nil
}

func (p *planner) quantize(n *ir.Node, op ir.Quantize) error {
	y := p.result(n.Out[0])
	if !y.asImage() || y.isVector() && len(op.Mul) > 1 {
		return fmt.Errorf("quantization of %s for each channel has no kernel: want one image", n.In[0].Shape)
	}
	s := portable.Quantize{Name: n.Name, Input: p.inputIndex(n.In[0]), Mul: op.Mul, Add: op.Add, Zero: op.Zero}
	if s.Input < 0 && len(op.Mul) == 1 && len(op.Add) == 1 {
		return p.quantizeRun(n, op, y)
	}
	var x *place
	if s.Input < 0 {
		var err error
		if x, err = p.flat(n, n.In[0]); err != nil {
			return err
		}
	}
	k := spec.Kernel{Family: quantizer(planes(y, shapeOf(y)))}
	s.Planes = planesOf[k.Family]
	p.useBoth(k)
	p.step(n, describe("quantization", n), []*place{x}, []*place{y}, func() portable.Step {
		s.Y, s.Kernel = planar(y), p.both(k)
		if x != nil {
			s.X = x.at()
		}
		return s
	})
	if v := n.In[0]; s.Input == 0 && len(p.g.Inputs) == 1 && len(v.Shape) == 4 && len(p.readers[v]) == 1 {
		p.imageAt = len(p.pending) - 1
	}
	return nil
}

// planesOf is how many planes a kernel quantizes together.
var planesOf = map[spec.Family]int{spec.Quantize: 1, spec.QuantizeRun: 1, spec.QuantizeRGB: 3, spec.QuantizeEight: 8}

// quantizer returns the family that quantizes planes of float32 to t.
func quantizer(t portable.Tensor) spec.Family {
	run := t.W
	if t.Row == t.W*t.Pix {
		run *= t.H
	}
	switch {
	case t.C == 1 && t.Pix == 1:
		return spec.QuantizeRun
	case t.C == 3 && t.Pix == 3 && run >= portable.ShortRGB:
		return spec.QuantizeRGB
	case t.C >= 8 && run >= portable.ShortRun:
		return spec.QuantizeEight
	}
	return spec.Quantize
}

// planar is the tensor of a place that the border steps see.
func planar(l *place) portable.Tensor { return planes(l, l.tensor()) }

// planes is the tensor t of a place as the border steps see it: a vector is one
// channel of many columns, which lie side by side.
func planes(l *place, t portable.Tensor) portable.Tensor {
	if l.isVector() {
		t.W, t.C, t.Pix = t.C, 1, l.elem
	}
	return t
}

// quantizeRun plans the quantization of float32 in the arena.
func (p *planner) quantizeRun(n *ir.Node, op ir.Quantize, y *place) error {
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	k := spec.Kernel{Family: spec.QuantizeRun}
	p.useBoth(k)
	p.step(n, describe("quantization", n), []*place{x}, []*place{y}, func() portable.Step {
		return portable.QuantizeRun{Name: n.Name, X: x.tensor(), Y: y.tensor(), Mul: op.Mul[0], Add: op.Add[0], Zero: op.Zero, Kernel: p.both(k)}
	})
	return nil
}

func (p *planner) dequantize(n *ir.Node, op ir.Dequantize) error {
	x, err := p.operand(n, n.In[0], [4]int{})
	if err != nil {
		return err
	}
	s := portable.Dequantize{Name: n.Name, Output: -1, Zero: uint8(n.In[0].Zero()), Scale: op.Scale}
	k := spec.Kernel{Family: spec.Dequantize}
	p.useBoth(k)
	out := n.Out[0]
	if p.dequantizedToCaller(out) {
		s.Output = p.outputIndex(out)
		p.step(n, describe("dequantization", n), []*place{x}, nil, func() portable.Step {
			s.X, s.Kernel = planar(x), p.both(k)
			return s
		})
		return nil
	}
	y := p.result(out)
	p.step(n, describe("dequantization", n), []*place{x}, []*place{y}, func() portable.Step {
		return portable.DequantizeRun{Name: n.Name, X: x.tensor(), Y: y.tensor(), Zero: s.Zero, Scale: s.Scale, Kernel: p.both(k)}
	})
	return nil
}

// dequantizedToCaller reports whether a Dequantize writes its result to the caller's array
// at once. Images of several channels become pixels of float32 first, for which there
// is a kernel that makes planes of them.
func (p *planner) dequantizedToCaller(v *ir.Value) bool {
	if p.outputIndex(v) < 0 || len(p.readers[v]) > 0 {
		return false
	}
	return !isImage(v) || v.Shape[1] == 1 || v.Shape[2]*v.Shape[3] == 1
}

// inputIndex returns which input of the graph v is, or -1.
func (p *planner) inputIndex(v *ir.Value) int {
	for i, in := range p.g.Inputs {
		if in == v {
			return i
		}
	}
	return -1
}

// outputIndex returns which of the caller's arrays the output v is written to,
// or -1 where it is none or more than one.
func (p *planner) outputIndex(v *ir.Value) int {
	at := -1
	for i, out := range p.g.Outputs {
		if out == v {
			if at >= 0 {
				return -1
			}
			at = len(p.g.Inputs) + i
		}
	}
	return at
}

// input copies a caller's array to the arena.
func (p *planner) input(v *ir.Value) (*place, error) {
	i := p.inputIndex(v)
	if i < 0 {
		return nil, fmt.Errorf("value %q has no definition", v.Name)
	}
	if l := p.inputPixels(v, i); l != nil {
		p.places[v] = l
		return l, nil
	}
	l := rowMajorPlace(p, v.Shape, v.Type.Size())
	p.places[v] = l
	p.step(&ir.Node{Name: v.Name}, "input "+v.Shape.String(), nil, []*place{l}, func() portable.Step {
		return portable.Port{Name: v.Name, Array: i, X: l.values(kindOf(v.Type))}
	})
	return l, nil
}

// output copies a result to a caller's array, unless its step writes it there.
func (p *planner) output(i int, v *ir.Value) error {
	if v.Def != nil && v.Def.Op.Kind() == "Dequantize" && p.dequantizedToCaller(v) {
		return nil
	}
	if v.Shape.Elems() == 0 {
		return fmt.Errorf("is empty: %s", v.Shape)
	}
	if done, err := p.outputPlanes(v, len(p.g.Inputs)+i); done || err != nil {
		return err
	}
	n := &ir.Node{Name: v.Name}
	x, err := p.plainOperand(n, v)
	if err != nil {
		return err
	}
	p.step(n, "output "+v.Shape.String(), []*place{x.place}, nil, func() portable.Step {
		return portable.Port{Name: v.Name, Array: len(p.g.Inputs) + i, X: x.values(v), Out: true}
	})
	return nil
}
