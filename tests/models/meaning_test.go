package models

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/quant"
)

// This file computes int8 networks a second time, in real numbers: constants are
// dequantized, every operator is computed in float64 from what the interpreter gave its operands, and
// the result is rounded to the steps of its scale. The operator's meaning is taken from the fp32
// network, not from the factors and tables that the quantizer made of it.

// TestMeaning allows a step of the result's scale to either side.
func TestMeaning(t *testing.T) {
	for _, name := range []string{"resnet8", "dscnn-kws", "vww"} {
		t.Run(name, func(t *testing.T) {
			n := networks[slices.IndexFunc(networks, func(n network) bool { return n.name == name })]
			g, real := n.graph(t)
			calib := n.inputs(t, calibSplit).first(10)
			for mode, c := range calibrated(t, g, real, calib) {
				x, _, err := n.inputs(t, testSplit).at(0)
				if err != nil {
					t.Fatal(err)
				}
				checkMeaning(t, string(mode), g, c, []*ir.Tensor{x})
			}
		})
	}
}

// checkMeaning quantizes g and checks every node on one input.
func checkMeaning(t *testing.T, what string, g *ir.Graph, c *quant.Calibration, in []*ir.Tensor) map[string]int {
	t.Helper()
	q, report, err := quant.Quantize(g, c, quant.Options{WeightBits: []quant.Bits{{Pattern: "*", Bits: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	m := meaning{real: map[string]*ir.Node{}, from: report.Real, values: map[*ir.Value]*ir.Tensor{}, kinds: map[string]int{}}
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			m.real[v.Name] = n
		}
	}
	if _, err := interp.Trace(q, in, func(v *ir.Value, x *ir.Tensor) { m.values[v] = x }); err != nil {
		t.Fatal(err)
	}
	for _, n := range q.Nodes {
		m.kinds[n.Op.Kind()]++
		if err := m.check(n); err != nil {
			t.Errorf("%s, %s: node %q (%s): %v", g.Name, what, n.Name, n.Op.Kind(), err)
		}
	}
	// The step that is allowed is for ties, not the rule.
	if m.equal < m.total*99/100 {
		t.Errorf("%s, %s: of %d elements only %d are the nearest step", g.Name, what, m.total, m.equal)
	}
	return m.kinds
}

// meaning is a run of an int8 network.
type meaning struct {
	real   map[string]*ir.Node // nodes of the fp32 network, by the value that they compute
	from   map[*ir.Node]quant.Real
	values map[*ir.Value]*ir.Tensor
	kinds  map[string]int // operators that were checked

	total, equal int // elements that were rounded once, and those that are the nearest step
}

// of returns a value's elements as real numbers.
func (m *meaning) of(v *ir.Value) []float64 {
	t := v.Const
	if t == nil {
		t = m.values[v]
	}
	all := make([]float64, t.Elems())
	for i := range all {
		switch q := v.Quant; t.Type {
		case ir.U8:
			c := 0
			if len(q.Scale) > 1 {
				c = i / v.Shape[2:].Elems() % v.Shape[1]
			}
			all[i] = float64(q.Scale[c]) * float64(int(t.U8[i])-int(q.Zero[c]))
		case ir.S8: // weights
			c := i / (len(all) / v.Shape[0]) % len(q.Scale)
			all[i] = float64(q.Scale[c]) * float64(int(t.S8[i])-int(q.Zero[c]))
		case ir.S32:
			all[i] = float64(t.S32[i])
		case ir.F32:
			all[i] = float64(t.F32[i])
		}
	}
	return all
}

// source returns the fp32 node that computes the same value.
func (m *meaning) source(n *ir.Node) *ir.Node {
	return m.real[strings.TrimSuffix(n.Out[0].Name, "/int8")]
}

// check computes a node and compares.
func (m *meaning) check(n *ir.Node) error {
	y, src := n.Out[0], m.from[n].Node
	switch op := n.Op.(type) {
	case ir.QConv:
		return m.layer(n, convolve(op.Window, op.Groups, m.of(n.In[0]), m.of(n.In[1]), n.In[0].Shape, n.In[1].Shape, y.Shape))
	case ir.QFC:
		one := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
		image := func(s ir.Shape) ir.Shape { return ir.Shape{s[0], s[1], 1, 1} }
		return m.layer(n, convolve(one, 1, m.of(n.In[0]), m.of(n.In[1]), image(n.In[0].Shape), image(n.In[1].Shape), image(y.Shape)))
	case ir.QAdd:
		fn := src.Op.(ir.Binary).Fn
		return m.rounded(n, m.binary(n, func(a, b float64) float64 {
			if fn == ir.Sub {
				return a - b
			}
			return a + b
		}))
	case ir.QMul:
		return m.rounded(n, m.binary(n, func(a, b float64) float64 { return a * b }))
	case ir.QAvgPool:
		return m.rounded(n, average(op.Window, op.CountPad, m.of(n.In[0]), n.In[0].Shape, y.Shape))
	case ir.QGlobalAvgPool:
		x := n.In[0].Shape
		w := ir.Window{Kernel: [2]int{x[2], x[3]}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
		return m.rounded(n, average(w, true, m.of(n.In[0]), x, ir.Shape{x[0], x[1], 1, 1}))
	case ir.QTable:
		return m.rounded(n, m.of(n.In[0]))
	case ir.Quantize:
		return m.rounded(n, m.quantized(n, src))
	case ir.Dequantize, ir.Softmax:
		return m.floats(n)
	}
	return m.moved(n)
}

// layer adds bias and residual operand to a layer's products.
func (m *meaning) layer(n *ir.Node, sums []float64) error {
	y := n.Out[0]
	inner, channels := y.Shape[2:].Elems(), y.Shape[1]
	if len(n.In) > 2 && n.In[2] != nil {
		b, x, w := m.of(n.In[2]), n.In[0].Quant.Scale, n.In[1].Quant.Scale
		for i := range sums {
			c := i / inner % channels
			sums[i] += b[c] * float64(x[c%len(x)]) * float64(w[c%len(w)])
		}
	}
	if len(n.In) > 3 && n.In[3] != nil {
		pre := m.from[n].Node.Op.(ir.Conv).Pre
		for i, r := range m.of(n.In[3]) {
			sums[i] = apply(pre, sums[i]) + r
		}
	}
	return m.rounded(n, sums)
}

// rounded compares x behind the functions that the fp32 network has with a u8 result. Tables see
// x rounded, which may have been a step away.
func (m *meaning) rounded(n *ir.Node, x []float64) error {
	y, tables := n.Out[0], m.from[n].Tables
	q, got := y.Quant, m.values[y].U8
	if len(got) != len(x) {
		return fmt.Errorf("%d elements, want %d", len(got), len(x))
	}
	functions := m.functions(n)
	first := len(functions)
	for _, t := range tables {
		if _, same := t.Op.(ir.Identity); !same {
			first--
		}
	}
	if first < 0 {
		return fmt.Errorf("the fp32 network has %d functions up to %q, the report %d tables", len(functions), y.Name, len(tables))
	}
	for i, v := range x {
		c := i / y.Shape[2:].Elems() % y.Shape[1]
		for _, f := range functions[:first] {
			v = f(c, v)
		}
		bytes := []float64{nearest(q, v)}
		for k, t := range tables {
			if b := nearest(t.Quant, v); k == 0 {
				bytes = []float64{b, max(b-1, 0), min(b+1, 255)}
			}
			next, rest := q, functions[first:]
			if k+1 < len(tables) {
				next = tables[k+1].Quant
			}
			for j, b := range bytes {
				v := (b - float64(t.Quant.Zero[0])) * float64(t.Quant.Scale[0])
				if _, same := t.Op.(ir.Identity); !same {
					v = rest[functionsBefore(tables[:k])](c, v)
				}
				bytes[j] = nearest(next, v)
			}
		}
		g := float64(got[i])
		if low, high := slices.Min(bytes)-1, slices.Max(bytes)+1; g < low || g > high {
			return fmt.Errorf("element %d is %v, want %v to %v of %v", i, g, low, high, x[i])
		}
		m.total, m.equal = m.total+1, m.equal+one(g == bytes[0])
	}
	return nil
}

// functionsBefore counts the tables that are more than a copy to another scale.
func functionsBefore(tables []quant.Rounded) (n int) {
	for _, t := range tables {
		_, same := t.Op.(ir.Identity)
		n += one(!same)
	}
	return n
}

// nearest is the byte for a real number.
func nearest(q *ir.Quant, v float64) float64 {
	return min(max(math.Round(v/float64(q.Scale[0]))+float64(q.Zero[0]), 0), 255)
}

// functions are those of one element that follow in the fp32 network on what an int8 node computes,
// up to its result.
func (m *meaning) functions(n *ir.Node) (list []func(c int, x float64) float64) {
	begin, _, last := m.from[n].Node, 0, m.source(n)
	_, table := n.Op.(ir.QTable)
	most := functionsBefore(m.from[n].Tables)
	for s := last; s != nil && (begin != nil || len(list) < most); s = s.In[0].Def {
		_, factors := s.Op.(ir.Affine) // which the weights of a convolution are
		if f := function(s); f != nil && (s != begin || table || !factors) {
			list = slices.Insert(list, 0, f)
		}
		if s == begin {
			break
		}
	}
	return list
}

// function is what a node of the fp32 network does last with each element, nil if nothing.
func function(n *ir.Node) func(c int, x float64) float64 {
	var act ir.Act
	switch op := n.Op.(type) {
	case ir.Conv:
		act = op.Act
	case ir.FC:
		act = op.Act
	case ir.Binary:
		act = op.Act
	case ir.Unary:
		return func(_ int, x float64) float64 { return apply(op.Act, x) }
	case ir.Affine:
		return func(c int, x float64) float64 {
			return x*float64(op.Mul[min(c, len(op.Mul)-1)]) + float64(op.Add[min(c, len(op.Add)-1)])
		}
	}
	if act.IsNone() {
		return nil
	}
	return func(_ int, x float64) float64 { return apply(act, x) }
}

// apply is an activation in float64.
func apply(a ir.Act, x float64) float64 {
	p, q := float64(a.A), float64(a.B)
	switch a.Kind {
	case ir.Relu:
		return max(x, 0)
	case ir.Clip:
		return min(max(x, p), q)
	case ir.LeakyRelu:
		if x < 0 {
			return p * x
		}
	case ir.Sigmoid:
		return 1 / (1 + math.Exp(-x))
	case ir.Tanh:
		return math.Tanh(x)
	case ir.HardSigmoid:
		return max(0, min(1, p*x+q))
	case ir.HardSwish:
		return x * max(0, min(1, x/6+0.5))
	case ir.Elu:
		if x < 0 {
			return p * (math.Exp(x) - 1)
		}
	case ir.Exp:
		return math.Exp(x)
	case ir.Silu:
		return x / (1 + math.Exp(-x))
	}
	return x
}

// convolve is a convolution of real numbers; what is outside the image is 0.
func convolve(w ir.Window, groups int, x, k []float64, xs, ks, ys ir.Shape) []float64 {
	y := make([]float64, ys.Elems())
	perGroup := ks[0] / groups
	for i := range y {
		col, row, m, n := i%ys[3], i/ys[3]%ys[2], i/ys[3]/ys[2]%ys[1], i/ys[3]/ys[2]/ys[1]
		for j := range ks[1:].Elems() {
			kx, ky, c := j%ks[3], j/ks[3]%ks[2], j/ks[3]/ks[2]
			r, s := row*w.Stride[0]+ky*w.Dilation[0]-w.Pad[0], col*w.Stride[1]+kx*w.Dilation[1]-w.Pad[1]
			if r >= 0 && r < xs[2] && s >= 0 && s < xs[3] {
				y[i] += x[((n*xs[1]+m/perGroup*ks[1]+c)*xs[2]+r)*xs[3]+s] * k[m*ks[1:].Elems()+j]
			}
		}
	}
	return y
}

// average is the mean over windows, of what is inside the image or of all.
func average(w ir.Window, countPad bool, x []float64, xs, ys ir.Shape) []float64 {
	y := make([]float64, ys.Elems())
	for i := range y {
		col, row, plane := i%ys[3], i/ys[3]%ys[2], i/ys[3]/ys[2]
		n := 0
		for j := range w.Kernel[0] * w.Kernel[1] {
			r, s := row*w.Stride[0]+j/w.Kernel[1]-w.Pad[0], col*w.Stride[1]+j%w.Kernel[1]-w.Pad[1]
			inside := r >= 0 && r < xs[2] && s >= 0 && s < xs[3]
			if inside {
				y[i] += x[(plane*xs[2]+r)*xs[3]+s]
			}
			n += one(inside || countPad && r < xs[2]+w.Pad[2] && s < xs[3]+w.Pad[3])
		}
		y[i] /= float64(n)
	}
	return y
}

// binary applies f to operands of the same shape, or the second of one element a channel.
func (m *meaning) binary(n *ir.Node, f func(a, b float64) float64) []float64 {
	a, b, s := m.of(n.In[0]), m.of(n.In[1]), n.Out[0].Shape
	inner := s[2:].Elems()
	y := make([]float64, s.Elems())
	at := func(x []float64, i int) float64 {
		if len(x) == len(y) {
			return x[i]
		}
		return x[i/inner%len(x)]
	}
	for i := range y {
		y[i] = f(at(a, i), at(b, i))
	}
	return y
}

// quantized is what is quantized: an input, and an Affine on it.
func (m *meaning) quantized(n, src *ir.Node) []float64 {
	x, s := m.of(n.In[0]), n.Out[0].Shape
	if src != nil {
		f := function(src)
		for i := range x {
			x[i] = f(i/s[2:].Elems()%s[1], x[i])
		}
	}
	return x
}

// floats checks what is computed behind the border.
func (m *meaning) floats(n *ir.Node) error {
	want := m.of(n.In[0])
	if _, ok := n.Op.(ir.Softmax); ok {
		most, sum := slices.Max(want), 0.0
		for i, v := range want {
			want[i] = math.Exp(v - most)
			sum += want[i]
		}
		for i := range want {
			want[i] /= sum
		}
	}
	for i, g := range m.values[n.Out[0]].F32 {
		if math.Abs(float64(g)-want[i]) > 1e-6*max(1, math.Abs(want[i])) {
			return fmt.Errorf("element %d is %v, want %v", i, g, want[i])
		}
	}
	return nil
}

// moved checks that what moves bytes keeps what they stand for. Which bytes go where is
// the same as in fp32.
func (m *meaning) moved(n *ir.Node) error {
	if q := n.Out[0].Quant; len(q.Scale) > 1 { // a Concat that keeps its operands' scales
		var parts []float64
		for _, v := range n.In {
			parts = append(parts, m.of(v)...)
		}
		if !slices.Equal(parts, m.of(n.Out[0])) {
			return fmt.Errorf("its channels are no longer the numbers of its operands")
		}
		return nil
	}
	for _, v := range append(n.In[:len(n.In):len(n.In)], n.Out...) {
		if v.Type != ir.U8 || v.Scale() != n.Out[0].Scale() || v.Zero() != n.Out[0].Zero() {
			return fmt.Errorf("%q has the scale %v, the result another", v.Name, v.Quant)
		}
	}
	return nil
}
