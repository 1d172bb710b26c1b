package plan

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// plainMaker makes a random operator of plain Go, each operand an input of the graph or a constant.
type plainMaker struct {
	*testing.T
	rng  *rand.Rand
	g    *ir.Graph
	in   []*ir.Tensor // of the inputs
	args []*ir.Value
}

func (m *plainMaker) yes() bool { return m.rng.IntN(2) == 0 }

// shape is of some axes, now and then with enough elements for several workers.
func (m *plainMaker) shape(rank int) ir.Shape {
	s := make(ir.Shape, rank)
	for i := range s {
		s[i] = 1 + m.rng.IntN(5)
	}
	if m.rng.IntN(4) == 0 {
		s[m.rng.IntN(rank)] = 40 + m.rng.IntN(3000)
	}
	return s
}

// tensor adds an operand.
func (m *plainMaker) tensor(t ir.DType, s ir.Shape) {
	x := ir.NewTensor(t, s)
	for i := range x.Elems() {
		switch v := m.rng.IntN(25) - 12; t {
		case ir.F32:
			if x.F32[i] = float32(m.rng.NormFloat64()); m.rng.IntN(3) == 0 {
				x.F32[i] = float32(v) / 4 // so that some are equal
			}
		case ir.U8:
			x.U8[i] = uint8(v)
		case ir.S32:
			x.S32[i] = int32(v)
		case ir.I64:
			x.I64[i] = int64(v)
		}
	}
	if len(m.args) > 0 && m.yes() {
		m.args = append(m.args, ir.Const(fmt.Sprint("c", len(m.args)), x))
		return
	}
	v := &ir.Value{Name: fmt.Sprint("x", len(m.args)), Type: t, Shape: s}
	m.g.Inputs, m.in, m.args = append(m.g.Inputs, v), append(m.in, x), append(m.args, v)
}

func (m *plainMaker) anyType() ir.DType {
	return []ir.DType{ir.F32, ir.U8, ir.S32, ir.I64}[m.rng.IntN(4)]
}

// index is a type of indices.
func (m *plainMaker) index() ir.DType { return []ir.DType{ir.S32, ir.I64}[m.rng.IntN(2)] }

func (m *plainMaker) axes(rank int) (list []int) {
	for i := range rank {
		if m.yes() {
			list = append(list, i)
		}
	}
	return list
}

// along makes the operators that work along axes.
func (m *plainMaker) along() ir.Op {
	s := m.shape(1 + m.rng.IntN(4))
	axis := m.rng.IntN(len(s))
	switch m.rng.IntN(7) {
	case 0:
		op := ir.Reduce{Fn: ir.ReduceKind(m.rng.IntN(int(ir.ReduceSumSquare) + 1)), Axes: m.axes(len(s)), Keep: m.yes()}
		t := ir.F32
		if op.Fn.Picks() {
			t = m.anyType()
		}
		m.tensor(t, s)
		return op
	case 1:
		m.tensor(m.anyType(), s)
		return ir.ArgMax{Axis: axis, Min: m.yes(), Last: m.yes(), Keep: m.yes()}
	case 2:
		m.tensor(m.anyType(), s)
		return ir.TopK{Axis: axis, K: 1 + m.rng.IntN(s[axis]), Smallest: m.yes()}
	case 3:
		m.tensor([]ir.DType{ir.F32, ir.S32, ir.I64}[m.rng.IntN(3)], s)
		return ir.CumSum{Axis: axis, Exclusive: m.yes(), Reverse: m.yes()}
	case 4:
		m.tensor(ir.F32, s)
		return ir.Softmax{Axis: axis, Fn: ir.SoftmaxKind(m.rng.IntN(3))}
	case 5:
		s = append(ir.Shape{1 + m.rng.IntN(2), 1 + m.rng.IntN(9)}, s...)
		m.tensor(ir.F32, s)
		return ir.LRN{Size: 1 + m.rng.IntN(6), Alpha: 0.3, Beta: []float32{0.75, 1, 0.6}[m.rng.IntN(3)], Bias: 1.5}
	}
	m.tensor(ir.F32, s)
	for range m.rng.IntN(3) {
		factors := s[m.rng.IntN(len(s)):].Clone()
		for i := range factors {
			if m.yes() {
				factors[i] = 1
			}
		}
		m.tensor(ir.F32, factors)
	}
	return ir.Normalize{Axes: m.axes(len(s)), Epsilon: 1e-2, NoMean: m.yes(), Stats: m.yes()}
}

// byIndex makes the operators that take or give positions.
func (m *plainMaker) byIndex() ir.Op {
	s := m.shape(1 + m.rng.IntN(3))
	axis := m.rng.IntN(len(s))
	t := m.anyType()
	switch m.rng.IntN(6) {
	case 0:
		m.tensor(t, s)
		m.tensor(m.index(), m.shape(1+m.rng.IntN(2)))
		return ir.GatherAt{Axis: axis}
	case 1:
		m.tensor(t, s)
		batch := m.rng.IntN(len(s))
		m.tensor(m.index(), append(s[:batch].Clone(), 1+m.rng.IntN(4), 1+m.rng.IntN(len(s)-batch)))
		return ir.GatherND{Batch: batch}
	case 2:
		m.tensor(t, s)
		m.tensor(m.index(), m.beside(s, axis))
		return ir.GatherElements{Axis: axis}
	case 3:
		op := ir.ScatterElements{Axis: axis, Fn: ir.ScatterKind(m.rng.IntN(5))}
		if t == ir.U8 {
			op.Fn = ir.ScatterSet
		}
		m.tensor(t, s)
		index := m.beside(s, axis)
		m.tensor(m.index(), index)
		m.tensor(t, index)
		return op
	case 4:
		op := ir.ScatterND{Fn: ir.ScatterKind(m.rng.IntN(5))}
		if t == ir.U8 {
			op.Fn = ir.ScatterSet
		}
		m.tensor(t, s)
		n, k := 1+m.rng.IntN(5), 1+m.rng.IntN(len(s))
		m.tensor(m.index(), ir.Shape{n, k})
		m.tensor(t, append(ir.Shape{n}, s[k:]...))
		return op
	}
	m.tensor([]ir.DType{ir.F32, ir.S32, ir.I64}[m.rng.IntN(3)], s)
	m.tensor(t, ir.Shape{2})
	return ir.OneHot{Axis: m.rng.IntN(len(s) + 1), Depth: 1 + m.rng.IntN(12)}
}

func (m *plainMaker) beside(s ir.Shape, axis int) ir.Shape {
	index := s.Clone()
	for i, d := range index {
		if index[i] = 1 + m.rng.IntN(d); i == axis {
			index[i] = 1 + m.rng.IntN(7)
		}
	}
	return index
}

// others makes a suppression of boxes, a pooling or a product of matrices.
func (m *plainMaker) others() ir.Op {
	switch m.rng.IntN(3) {
	case 0:
		b, c, n := 1+m.rng.IntN(2), 1+m.rng.IntN(3), 1+m.rng.IntN(40)
		m.tensor(ir.F32, ir.Shape{b, n, 4})
		m.tensor(ir.F32, ir.Shape{b, c, n})
		score := []float32{0.25, float32(math.Inf(-1))}[m.rng.IntN(2)]
		return ir.NonMaxSuppression{Most: 1 + m.rng.IntN(20), IoU: float32(m.rng.IntN(4)) / 4, Score: score, Center: m.yes()}
	case 1:
		m.tensor(ir.F32, ir.Shape{1 + m.rng.IntN(2), 1 + m.rng.IntN(3), 4 + m.rng.IntN(30), 4 + m.rng.IntN(30)})
		pad := m.rng.IntN(2)
		return ir.LpPool{P: 1 + m.rng.IntN(3), Ceil: m.yes(), Window: ir.Window{Kernel: [2]int{2, 1 + m.rng.IntN(3)},
			Stride: [2]int{1 + m.rng.IntN(2), 2}, Dilation: [2]int{1 + m.rng.IntN(2), 1}, Pad: [4]int{pad, 0, 1, 0}}}
	}
	k := 1 + m.rng.IntN(40)
	m.tensor(ir.F32, ir.Shape{1 + m.rng.IntN(3), 1, 1 + m.rng.IntN(50), k})
	m.tensor(ir.F32, ir.Shape{1 + m.rng.IntN(3), k, 1 + m.rng.IntN(50)})
	return ir.MatMul{}
}

// TestPlainOperators compares operators in plain Go with the interpreter, by one worker and by
// several, which must give the same bits.
func TestPlainOperators(t *testing.T) {
	seen := map[string]int{}
	for i := range uint64(900) {
		m := &plainMaker{T: t, rng: rand.New(rand.NewPCG(i, 21)), g: &ir.Graph{Name: fmt.Sprint("plain", i)}}
		op := []func() ir.Op{m.along, m.along, m.byIndex, m.byIndex, m.others}[i%5]()
		n, err := m.g.Add("n", op, m.args...)
		if err != nil {
			t.Fatal(err)
		}
		seen[op.Kind()]++
		m.g.Outputs = n.Out
		prog, err := Build(m.g, Options{})
		if err != nil {
			t.Fatalf("%v\n%.2000s", err, m.g)
		}
		want, err := interp.Run(m.g, m.in)
		if err != nil {
			t.Fatal(err)
		}
		var first []*ir.Tensor
		for workers := 1; workers <= 3; workers++ {
			got := runWorkers(t, prog, m.in, workers)
			for j := range want {
				if err := near(got[j], want[j]); err != nil {
					t.Fatalf("%d workers, output %d: %v\n%.2000s", workers, j, err, m.g)
				}
				if first != nil && !bytes.Equal(first[j].Bytes(), got[j].Bytes()) {
					t.Fatalf("%d workers give other bits in output %d\n%.2000s", workers, j, m.g)
				}
			}
			first = got
		}
	}
	if len(seen) != 16 {
		t.Errorf("tested %v", seen)
	}
}

// runWorkers runs a program with some workers on an arena that is dirty.
func runWorkers(t *testing.T, prog *Program, in []*ir.Tensor, workers int) []*ir.Tensor {
	w := portable.Bind(prog.Steps, prog.Weights, nil, 0)
	work := w.NewWorkers(prog.Arena, len(prog.Inputs)+len(prog.Outputs), workers)
	defer work.Close()
	for i := range work.Arena() {
		work.Arena()[i] = 0xaa
	}
	var arrays [][]byte
	for _, x := range in {
		arrays = append(arrays, x.Bytes())
	}
	var out []*ir.Tensor
	for _, o := range prog.Outputs {
		out = append(out, ir.NewTensor(o.Type, o.Shape))
		arrays = append(arrays, out[len(out)-1].Bytes())
	}
	w.RunBytes(work, arrays...)
	if workers > 1 {
		return out
	}
	if n := testing.AllocsPerRun(1, func() { w.RunBytes(work, arrays...) }); n > 0 {
		t.Fatalf("a run allocates %g times", n)
	}
	return out
}

// near compares integers exactly and real numbers to a millionth of each and of the largest.
func near(got, want *ir.Tensor) error {
	if want.Type != ir.F32 {
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			return fmt.Errorf("is %v, want %v", got, want)
		}
		return nil
	}
	largest := 0.0
	for _, v := range want.F32 {
		if a := math.Abs(float64(v)); a <= math.MaxFloat32 {
			largest = max(largest, a)
		}
	}
	for i, v := range want.F32 {
		g := got.F32[i]
		if d := math.Abs(float64(g) - float64(v)); g != v && !(g != g && v != v) && !(d <= 1e-6*largest) {
			return fmt.Errorf("element %d is %v, want %v", i, g, v)
		}
	}
	return nil
}
