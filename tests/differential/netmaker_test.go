package differential

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// netMaker makes fp32 networks of the blocks that image networks have.
type netMaker struct {
	*rand.Rand
	t *testing.T
	g *ir.Graph
	n int

	images int // the batch
}

func (m *netMaker) pick(v ...int) int { return v[m.IntN(len(v))] }

func (m *netMaker) node(op ir.Op, in ...*ir.Value) *ir.Node {
	m.t.Helper()
	m.n++
	n, err := m.g.Add(fmt.Sprintf("n%d", m.n), op, in...)
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

func (m *netMaker) value(op ir.Op, in ...*ir.Value) *ir.Value {
	m.t.Helper()
	return m.node(op, in...).Out[0]
}

func (m *netMaker) constant(scale float64, shape ...int) *ir.Value {
	m.n++
	t := ir.NewTensor(ir.F32, shape)
	for i := range t.F32 {
		t.F32[i] = float32(m.NormFloat64() * scale)
	}
	return ir.Const(fmt.Sprintf("c%d", m.n), t)
}

func (m *netMaker) inputs() []*ir.Tensor {
	var in []*ir.Tensor
	for _, v := range m.g.Inputs {
		in = append(in, randomTensor(m.Rand, v.Type, v.Shape))
	}
	return in
}

// randomTensor has real numbers of the size of activations, bytes of pictures, small integers.
func randomTensor(r *rand.Rand, t ir.DType, s ir.Shape) *ir.Tensor {
	x := ir.NewTensor(t, s)
	for i := range x.Elems() {
		switch small := r.IntN(9) - 2; t {
		case ir.F32:
			x.F32[i] = float32(r.NormFloat64())
		case ir.U8:
			x.U8[i] = uint8(r.Uint32())
		case ir.S8:
			x.S8[i] = int8(r.Uint32())
		case ir.S32:
			x.S32[i] = int32(small)
		case ir.I64:
			x.I64[i] = int64(small)
		case ir.Bool:
			x.U8[i] = uint8(small & 1)
		}
	}
	return x
}

// build adds 5 to 15 blocks, each on one of the latest values, and a head.
func (m *netMaker) build() {
	x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{m.images, m.pick(1, 3, 4), 5 + m.IntN(10), 5 + m.IntN(10)}}
	m.g.Inputs = []*ir.Value{x}
	if m.IntN(6) == 0 { // bytes of a picture
		x.Type = ir.U8
		x = m.value(ir.Affine{Mul: []float32{1.0 / 64}, Add: []float32{-2}}, m.value(ir.Cast{To: ir.F32}, x))
	}
	all := []*ir.Value{m.conv(x, m.pick(8, 12, 16), 3, m.pick(1, 2), 1)}
	for range 5 + m.IntN(11) {
		from := all[max(0, len(all)-1-m.IntN(3))]
		blocks := []func(*ir.Value) *ir.Value{m.layer, m.layer, m.separable, m.separable, m.pool, m.residual, m.residual,
			m.branches, m.dense, m.shuffleUnit, m.squeeze, m.activation, m.rearrange, m.arithmetic, m.enlarge,
			m.attention, m.layerNorm, m.plain, m.plain}
		all = append(all, blocks[m.IntN(len(blocks))](from))
	}
	m.g.Outputs = []*ir.Value{m.head(all[len(all)-1])}
	if side := all[m.IntN(len(all))]; m.IntN(4) == 0 && !slices.Contains(m.g.Outputs, side) {
		m.g.Outputs = append(m.g.Outputs, side)
	}
	if m.IntN(6) == 0 { // a mask
		m.g.Outputs = append(m.g.Outputs, m.value(ir.Compare{Fn: ir.Less}, all[0], m.constant(0.5)))
	}
	m.g.RemoveDead()
	if err := ir.Verify(m.g); err != nil {
		m.t.Fatal(err)
	}
}

// conv is a convolution of any form, with a normalization sometimes.
func (m *netMaker) conv(x *ir.Value, oc, k, stride, groups int) *ir.Value {
	win := ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}, Pad: [4]int{k / 2, k / 2, k / 2, k / 2}}
	if m.IntN(6) == 0 {
		win.Dilation, win.Pad = [2]int{2, 2}, [4]int{k - 1, k - 1, k - 1, k - 1}
	}
	c := x.Shape[1] / groups
	var b *ir.Value
	if m.IntN(3) > 0 {
		b = m.constant(0.3, oc)
	}
	y := m.value(ir.Conv{Window: win, Groups: groups}, x, m.constant(1/math.Sqrt(float64(c*k*k)), oc, c, k, k), b)
	if m.IntN(2) == 0 {
		return y
	}
	return m.normalize(y)
}

func (m *netMaker) normalize(x *ir.Value) *ir.Value {
	c := x.Shape[1]
	variance := m.constant(0, c)
	for i := range variance.Const.F32 {
		variance.Const.F32[i] = float32(0.5 + m.Float64())
	}
	return m.value(ir.BatchNorm{Epsilon: 1e-5}, x, m.constant(1, c), m.constant(0.3, c), m.constant(0.3, c), variance)
}

func (m *netMaker) act(x *ir.Value) *ir.Value {
	acts := []ir.Act{{Kind: ir.Relu}, {Kind: ir.Relu}, {Kind: ir.Clip, B: 6}, {Kind: ir.HardSwish}, {Kind: ir.Silu},
		{Kind: ir.LeakyRelu, A: 0.1}, {Kind: ir.Clip, A: -1, B: 1.5}, {Kind: ir.Sigmoid}}
	return m.value(ir.Unary{Act: acts[m.IntN(len(acts))]}, x)
}

func (m *netMaker) activation(x *ir.Value) *ir.Value {
	if m.IntN(4) == 0 {
		return m.value(ir.PRelu{}, x, m.constant(0.3, x.Shape[1], 1, 1))
	}
	return m.act(x)
}

func (m *netMaker) layer(x *ir.Value) *ir.Value {
	stride := 1
	if x.Shape[2] > 4 && x.Shape[3] > 4 {
		stride = m.pick(1, 1, 2)
	}
	y := m.conv(x, m.pick(4, 10, 16, 24, 32, 40), m.pick(1, 1, 3, 3, 5), stride, 1)
	if m.IntN(4) > 0 {
		y = m.act(y)
	}
	return y
}

func (m *netMaker) separable(x *ir.Value) *ir.Value {
	y := m.act(m.conv(x, x.Shape[1], m.pick(3, 3, 5), 1, x.Shape[1]))
	y = m.conv(y, m.pick(8, 12, 24, 33), 1, 1, 1)
	if y.Shape.Equal(x.Shape) {
		return m.value(ir.Binary{}, y, x)
	}
	return y
}

func (m *netMaker) pool(x *ir.Value) *ir.Value {
	k, stride := m.pick(2, 3), 1
	if x.Shape[2] > 4 && x.Shape[3] > 4 {
		stride = m.pick(1, 2)
	}
	win := ir.Window{Kernel: [2]int{k, k}, Stride: [2]int{stride, stride}, Dilation: [2]int{1, 1}}
	if x.Shape[2] < 3 || x.Shape[3] < 3 || m.IntN(2) == 0 {
		win.Pad = [4]int{k / 2, k / 2, k / 2, k / 2}
	}
	if m.IntN(2) == 0 {
		return m.value(ir.MaxPool{Window: win, Ceil: m.IntN(2) == 0}, x)
	}
	return m.value(ir.AvgPool{Window: win, Ceil: m.IntN(2) == 0, CountPad: m.IntN(2) == 0}, x)
}

// residual is a block with a shortcut, with the activation before or behind the sum.
func (m *netMaker) residual(x *ir.Value) *ir.Value {
	c := x.Shape[1]
	y := m.conv(m.act(m.conv(x, m.pick(8, c), m.pick(1, 3), 1, 1)), c, 3, 1, 1)
	if m.IntN(3) == 0 {
		y = m.act(y)
	}
	if m.IntN(2) == 0 {
		x, y = y, x
	}
	y = m.value(ir.Binary{}, x, y)
	if m.IntN(2) == 0 {
		y = m.act(y)
	}
	return y
}

// branches are joined along the channels.
func (m *netMaker) branches(x *ir.Value) *ir.Value {
	in := []*ir.Value{m.act(m.conv(x, m.pick(4, 7, 16), 1, 1, 1)), m.act(m.conv(x, m.pick(4, 8), 3, 1, 1))}
	if m.IntN(2) == 0 {
		in = append(in, x)
	}
	if m.IntN(3) == 0 {
		win := ir.Window{Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Pad: [4]int{1, 1, 1, 1}}
		in = append(in, m.value(ir.MaxPool{Window: win}, in[0]))
	}
	return m.value(ir.Concat{Axis: 1}, in...)
}

// dense is a block whose layers each read, normalized, what all before them gave: joined at
// once, or to what is joined already.
func (m *netMaker) dense(x *ir.Value) *ir.Value {
	parts, joined := []*ir.Value{x}, x
	for range 1 + m.IntN(3) {
		y := m.conv(m.act(m.normalize(joined)), m.pick(4, 7, 16), m.pick(1, 3), 1, 1)
		parts = append(parts, y)
		if m.IntN(3) == 0 {
			parts = []*ir.Value{joined, y}
		}
		joined = m.value(ir.Concat{Axis: 1}, parts...)
	}
	if m.IntN(4) == 0 { // then somebody else needs one scale
		return joined
	}
	return m.act(m.normalize(joined))
}

// shuffleUnit works on one half of the channels and shuffles both.
func (m *netMaker) shuffleUnit(x *ir.Value) *ir.Value {
	c := x.Shape[1]
	if c%2 != 0 {
		return m.layer(x)
	}
	half := m.node(ir.Split{Axis: 1, Sizes: []int{c / 2, c / 2}}, x).Out
	y := m.act(m.conv(m.conv(half[1], c/2, 3, 1, c/2), c/2, 1, 1, 1))
	return m.value(ir.ChannelShuffle{Groups: 2}, m.value(ir.Concat{Axis: 1}, half[0], y))
}

// squeeze is a gate by channel.
func (m *netMaker) squeeze(x *ir.Value) *ir.Value {
	s := m.value(ir.GlobalAvgPool{}, x)
	s = m.value(ir.Unary{Act: ir.Act{Kind: ir.Relu}}, m.conv(s, 4, 1, 1, 1))
	gate := []ir.Act{{Kind: ir.Sigmoid}, {Kind: ir.HardSigmoid, A: 1.0 / 6, B: 0.5}}[m.IntN(2)]
	s = m.value(ir.Unary{Act: gate}, m.conv(s, x.Shape[1], 1, 1, 1))
	return m.value(ir.Binary{Fn: ir.Mul}, x, s)
}

// attention is a gate by position, made of the mean and the maximum of the channels.
func (m *netMaker) attention(x *ir.Value) *ir.Value {
	mean := m.value(ir.Reduce{Axes: []int{1}, Keep: true}, x)
	most := m.value(ir.Reduce{Fn: ir.ReduceMax, Axes: []int{1}, Keep: true}, x)
	s := m.conv(m.value(ir.Concat{Axis: 1}, mean, most), 1, 3, 1, 1)
	return m.value(ir.Binary{Fn: ir.Mul}, x, m.value(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, s))
}

// layerNorm normalizes the channels of each position, or each channel.
func (m *netMaker) layerNorm(x *ir.Value) *ir.Value {
	c := x.Shape[1]
	axes := [][]int{{1}, {2, 3}, {1, 2, 3}}[m.IntN(3)]
	return m.value(ir.Normalize{Axes: axes, Epsilon: 1e-2}, x, m.constant(1, c, 1, 1), m.constant(0.3, c, 1, 1))
}

func (m *netMaker) rearrange(x *ir.Value) *ir.Value {
	c, h, w := x.Shape[1], x.Shape[2], x.Shape[3]
	switch m.IntN(7) {
	case 0:
		return m.value(ir.Pad{Before: []int{0, 0, 1, 0}, After: []int{0, 0, 1, 2}}, x)
	case 1:
		if h*w < 100 {
			return m.value(ir.ResizeNearest{Y: twice(h), X: twice(w)}, x)
		}
	case 2:
		if c%4 == 0 && h*w < 100 {
			return m.value(ir.DepthToSpace{Block: 2, CRD: m.IntN(2) == 0}, x)
		}
	case 3:
		return m.value(ir.Transpose{Perm: []int{0, 1, 3, 2}}, x)
	case 4:
		return m.value(ir.Slice{Start: []int{0, c / 2, 0, 0}, Step: []int{1, 1, 1, 1}, Size: []int{m.images, c - c/2, h, max(1, w-1)}}, x)
	case 5:
		if c%2 == 0 {
			return m.value(ir.ChannelShuffle{Groups: 2}, x)
		}
	}
	return m.value(ir.Reshape{Shape: ir.Shape{m.images, c, w, h}}, x)
}

func twice(n int) []int {
	var idx []int
	for i := range n {
		idx = append(idx, i, i)
	}
	return idx
}

func (m *netMaker) arithmetic(x *ir.Value) *ir.Value {
	c := x.Shape[1]
	switch m.IntN(4) {
	case 0:
		return m.value(ir.Affine{Mul: m.constant(1, c).Const.F32, Add: m.constant(0.5, c).Const.F32}, x)
	case 1:
		return m.value(ir.Binary{Fn: ir.Sub}, x, m.conv(x, c, 1, 1, 1))
	case 2:
		return m.value(ir.Binary{Fn: ir.Mul}, m.constant(1, c, 1, 1), x)
	}
	return m.value(ir.Binary{Fn: ir.Mul}, x, m.value(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, x))
}

// head is a classifier, or nothing.
func (m *netMaker) head(x *ir.Value) *ir.Value {
	switch m.IntN(4) {
	case 0:
		return x
	case 1:
		if n := x.Shape[1:].Elems(); n <= 1<<12 {
			x = m.value(ir.Reshape{Shape: ir.Shape{m.images, n}}, x)
			break
		}
		fallthrough
	default:
		x = m.value(ir.GlobalAvgPool{}, x)
		x = m.value(ir.Reshape{Shape: ir.Shape{m.images, x.Shape[1]}}, x)
	}
	x = m.value(ir.FC{}, x, m.constant(1/math.Sqrt(float64(x.Shape[1])), m.pick(3, 10, 20), x.Shape[1]), nil)
	if m.IntN(2) == 0 {
		return m.value(ir.Softmax{Axis: 1}, x)
	}
	return x
}
