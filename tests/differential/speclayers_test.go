package differential

import (
	"fmt"
	"math"
	"slices"

	"github.com/ingot-go/ingot/ir"
)

// window is a random one with an input of up to 30 columns that it fits on.
func (m *maker) window(kernels ...int) (win ir.Window, h, w int) {
	win = ir.Window{Kernel: [2]int{m.pick(kernels...), m.pick(kernels...)}, Stride: [2]int{m.pick(1, 1, 2, 3), m.pick(1, 1, 2, 3)},
		Dilation: [2]int{m.pick(1, 1, 1, 2, 3), m.pick(1, 1, 1, 2)}}
	if m.chance(2) { // the usual square form
		win.Kernel[1], win.Stride[1], win.Dilation[1] = win.Kernel[0], win.Stride[0], win.Dilation[0]
	}
	size := [2]int{1 + m.IntN(10), 1 + m.IntN(30)}
	for i := range size {
		reach := win.Dilation[i]*(win.Kernel[i]-1) + 1
		win.Pad[i], win.Pad[i+2] = m.pick(0, reach/2, m.IntN(reach)), m.pick(0, reach/2, m.IntN(reach))
		size[i] = max(size[i], reach-win.Pad[i]-win.Pad[i+2])
	}
	return win, size[0], size[1]
}

// shrink lowers channels until a layer has few enough products to be emulated
// in milliseconds.
func shrink(positions, kernel int, ic, oc *int) {
	for positions*kernel**ic**oc > 1<<20 {
		if *ic > 4 {
			*ic /= 2
		} else if *oc > 1 {
			*oc /= 2
		} else {
			return
		}
	}
}

func (m *maker) anyConv() {
	win, h, w := m.window(1, 2, 3, 3, 4, 5, 7)
	ic, oc := m.pick(2, 4, 5, 8, 12, 16, 20, 33), m.tail()
	shrink(h*w, win.Kernel[0]*win.Kernel[1], &ic, &oc)
	m.conv(win, h, w, ic, oc, 1)
}

func (m *maker) firstConv() {
	win, h, w := m.window(3, 5, 7)
	ic, oc := m.pick(1, 3), m.pick(8, 16, 24, 32, 64)
	shrink(h*w, win.Kernel[0]*win.Kernel[1], &ic, &oc)
	m.conv(win, h, w, ic, oc, 1)
}

func (m *maker) groupConv() {
	win, h, w := m.window(1, 3)
	groups := m.pick(2, 3, 4)
	ic, oc := 1+m.IntN(9), m.pick(1, 5, 16, 20, 32)
	shrink(h*w*groups, win.Kernel[0]*win.Kernel[1], &ic, &oc)
	m.conv(win, h, w, groups*ic, groups*oc, groups)
}

func (m *maker) pointwise() {
	win, h, w := m.window(1)
	win.Pad = [4]int{}
	ic, oc := m.pick(1, 3, 16, 24, 64, 65), m.tail()
	shrink(h*w, 1, &ic, &oc)
	m.conv(win, h, w, ic, oc, 1)
}

func (m *maker) depthwise() {
	win, h, w := m.window(3, 3, 5, 1, 2, 4)
	c := m.pick(m.tail(), 96, 130)
	m.conv(win, h, w, c, c, c)
}

// stacked are depthwise convolutions of the growing joint of parts with scales of their own.
func (m *maker) stacked() {
	win, h, w := m.window(1, 1, 1, 3)
	h, w, win.Pad = h+win.Pad[0]+win.Pad[2], w+win.Pad[1]+win.Pad[3], [4]int{}
	q := &ir.Quant{Axis: 1}
	var parts []*ir.Value
	for i := range 2 + m.IntN(3) {
		x := m.input(1, m.pick(1, 5, 16, 32, 64, 70), h, w)
		parts = append(parts, x)
		for range x.Shape[1] {
			q.Scale, q.Zero = append(q.Scale, x.Scale()), append(q.Zero, x.Zero())
		}
		if i == 0 {
			continue
		}
		joined := m.value(ir.Concat{Axis: 1}, &ir.Quant{Scale: slices.Clone(q.Scale), Zero: slices.Clone(q.Zero), Axis: 1}, parts...)
		c := len(q.Scale)
		rq, qy := m.requant(c, win.Kernel[0]*win.Kernel[1])
		weights := m.weights(c, 1, win.Kernel[0], win.Kernel[1])
		weights.Name = fmt.Sprint("w", i)
		m.output(m.value(ir.QConv{Window: win, Groups: c, Requant: rq}, qy, joined, weights))
	}
}

// conv adds a convolution with every kind of epilogue.
func (m *maker) conv(win ir.Window, h, w, ic, oc, groups int) {
	x := m.input(1, ic, h, w)
	in := []*ir.Value{x, m.weights(oc, ic/groups, win.Kernel[0], win.Kernel[1]), m.bias(oc), nil}
	rq, q := m.requant(oc, ic/groups*win.Kernel[0]*win.Kernel[1])
	op := ir.QConv{Window: win, Groups: groups, Requant: rq}
	m.finish(func(rq ir.Requant) ir.Op { op.Requant = rq; return op }, rq, q, in)
}

// fullyConnected reads a vector, a matrix, or an image in row-major order.
func (m *maker) fullyConnected() {
	k, oc := 1+m.IntN(200), m.tail()
	var x *ir.Value
	if m.chance(2) {
		x = m.input(m.pick(1, 1, 2, 7, 64, 130, 1+m.IntN(200)), k)
	} else {
		c, h, w := m.pick(1, 3, 8, 17), 1+m.IntN(4), 1+m.IntN(5)
		k = c * h * w
		x = m.input(1, c, h, w)
		x = m.value(ir.Reshape{Shape: ir.Shape{1, k}}, x.Quant, x)
	}
	in := []*ir.Value{x, m.weights(oc, k), m.bias(oc), nil}
	rq, q := m.requant(oc, k)
	m.finish(func(rq ir.Requant) ir.Op { return ir.QFC{Requant: rq} }, rq, q, in)
}

// extreme is a factor that makes results leave the integers, or even float32.
func (m *maker) extreme() float64 { return [...]float64{1e5, 1e25, 1e36}[m.IntN(3)] }

// finish adds a layer, with a residual operand sometimes.
func (m *maker) finish(op func(ir.Requant) ir.Op, rq ir.Requant, q *ir.Quant, in []*ir.Value) {
	if m.chance(3) {
		types, err := op(rq).Infer(in)
		if err != nil {
			m.t.Fatal(err)
		}
		in[3] = m.input(types[0].Shape...)
		rq.SumMul = float32(m.NormFloat64())
		if m.chance(12) {
			rq.SumMul *= 3e36 // the sum of two infinities
		}
		if rq.Pre = m.chance(2); rq.Pre {
			rq.PreLo, rq.PreHi = float32(-m.IntN(100)), float32(m.IntN(100))
			if m.chance(2) {
				rq.PreLo, rq.PreHi = 0, float32(math.Inf(1))
			}
		}
	}
	m.output(m.value(op(rq), q, in...))
}

// weights are of 8 or 7 bits, small, or nothing but extremes; sometimes they have zero points.
func (m *maker) weights(shape ...int) *ir.Value {
	w := ir.NewTensor(ir.S8, shape)
	kind := m.IntN(5)
	for i := range w.S8 {
		switch kind {
		case 0:
			w.S8[i] = int8(m.pick(-128, -127, 127))
		case 1:
			w.S8[i] = int8(m.IntN(127) - 63)
		case 2:
			w.S8[i] = int8(m.NormFloat64() * 20)
		default:
			w.S8[i] = int8(m.IntN(256) - 128)
		}
	}
	m.n++
	v := ir.Const("w", w)
	v.Quant = &ir.Quant{Scale: []float32{0.01}, Zero: []int32{0}}
	if m.chance(4) {
		v.Quant.Scale, v.Quant.Zero = nil, nil
		for range m.pick(1, shape[0]) {
			v.Quant.Scale, v.Quant.Zero = append(v.Quant.Scale, 0.01), append(v.Quant.Zero, int32(m.pick(0, -128, 127, m.IntN(30)-15)))
		}
	}
	return v
}

func (m *maker) bias(n int) *ir.Value {
	if m.chance(6) {
		return nil
	}
	b := ir.NewTensor(ir.S32, ir.Shape{n})
	for i := range b.S32 {
		b.S32[i] = int32(m.NormFloat64() * 5000)
	}
	return ir.Const("b", b)
}

// requant brings sums of k products to the range of bytes; sometimes far beyond.
func (m *maker) requant(channels, k int) (ir.Requant, *ir.Quant) {
	q := m.quant()
	r := ir.Requant{Zero: uint8(q.Zero[0]), Table: m.maybeTable()}
	r.Lo, r.Hi = m.limits()
	if len(r.Table) > 0 {
		q = m.quant()
	}
	far := 1.0
	if m.chance(12) {
		far = m.extreme()
	}
	for range m.pick(1, channels) {
		f := (0.3 + 2*m.Float64()) * 60 / (7000 * math.Sqrt(float64(k)))
		if m.chance(10) {
			f = -f
		}
		r.Mul = append(r.Mul, float32(f*far))
	}
	return r, q
}
