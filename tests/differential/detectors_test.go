package differential

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/quant"
)

// TestDetectors compares what detectors have behind their convolutions: boxes decoded in float32
// from the results of int8 layers, and the best of them.
func TestDetectors(t *testing.T) {
	heads := []struct {
		name string
		make func(m *netMaker, maps []*ir.Value) (boxes, scores *ir.Value)
	}{{"SSD", (*netMaker).priorBoxes}, {"YOLOv5", (*netMaker).anchorGrid}, {"YOLOv8", (*netMaker).distances}}
	for _, h := range heads {
		for _, int8 := range []bool{false, true} {
			t.Run(fmt.Sprint(h.name, " int8 ", int8), func(t *testing.T) {
				t.Parallel()
				x := &ir.Value{Name: "input", Type: ir.F32, Shape: ir.Shape{1, 3, 12, 12}}
				m := &netMaker{Rand: rand.New(rand.NewPCG(1, 22)), t: t, g: &ir.Graph{Name: "net", Inputs: []*ir.Value{x}}, images: 1}
				a := m.act(m.conv(x, 16, 3, 2, 1))
				b := m.act(m.conv(a, 24, 3, 2, 1))
				boxes, scores := h.make(m, []*ir.Value{a, b})
				m.g.Outputs = append([]*ir.Value{boxes, scores}, m.best(boxes, scores)...)
				g := quantized(t, m.g, [][]*ir.Tensor{m.inputs(), m.inputs()}, func(*ir.Graph) quant.Options { return quant.Options{} })
				if !int8 {
					g = m.g // fused
				}
				if err := networks.Graph(g, m.inputs()); err != nil {
					t.Errorf("%v\n%.6000s", err, g)
				}
			})
		}
	}
}

// best is what selects of the boxes [1,n,4] and scores [1,n,c]: a suppression, the boxes that
// it selects, the classes, and the largest scores with their boxes.
func (m *netMaker) best(boxes, scores *ir.Value) []*ir.Value {
	byClass := m.value(ir.Transpose{Perm: []int{0, 2, 1}}, scores)
	rows := m.value(ir.NonMaxSuppression{Most: 5, IoU: 0.5, Score: 0.01}, boxes, byClass)
	column := m.value(ir.Slice{Start: []int{0, 2}, Step: []int{1, 1}, Size: []int{rows.Shape[0], 1}}, rows)
	column = m.value(ir.Reshape{Shape: ir.Shape{rows.Shape[0]}}, column)
	selected := m.value(ir.GatherAt{Axis: 1}, boxes, column)
	top := m.node(ir.TopK{Axis: 1, K: 10}, m.value(ir.Reduce{Fn: ir.ReduceMax, Axes: []int{2}}, scores)).Out
	index := m.value(ir.Reshape{Shape: ir.Shape{1, 10, 1}}, top[1])
	four := m.value(ir.Concat{Axis: 2}, index, index, index, index)
	return []*ir.Value{rows, selected, m.value(ir.ArgMax{Axis: 2}, scores), top[0], m.value(ir.GatherElements{Axis: 1}, boxes, four)}
}

// rows makes rows of n numbers of an image's channels.
func (m *netMaker) rows(x *ir.Value, n int) *ir.Value {
	x = m.value(ir.Transpose{Perm: []int{0, 2, 3, 1}}, x)
	return m.value(ir.Reshape{Shape: ir.Shape{1, x.Shape.Elems() / n, n}}, x)
}

// part is n numbers of each row from the first on.
func (m *netMaker) part(x *ir.Value, first, n int) *ir.Value {
	start, step, size := make([]int, len(x.Shape)), ones(len(x.Shape)), x.Shape.Clone()
	start[len(start)-1], size[len(size)-1] = first, n
	return m.value(ir.Slice{Start: start, Step: step, Size: size}, x)
}

func (m *netMaker) times(x *ir.Value, f float32) *ir.Value {
	return m.value(ir.Binary{Fn: ir.Mul}, x, ir.Const(m.g.FreshName("factor"), ir.Floats(ir.Shape{}, []float32{f})))
}

// corners makes corners of centres and sizes.
func (m *netMaker) corners(center, size *ir.Value) *ir.Value {
	low := m.value(ir.Binary{Fn: ir.Sub}, center, m.times(size, 0.5))
	return m.value(ir.Concat{Axis: 2}, low, m.value(ir.Binary{}, low, size))
}

// priorBoxes is the head of SSD and RetinaFace.
func (m *netMaker) priorBoxes(maps []*ir.Value) (boxes, scores *ir.Value) {
	var locs, confs []*ir.Value
	for _, x := range maps {
		locs = append(locs, m.rows(m.conv(x, 8, 3, 1, 1), 4))
		confs = append(confs, m.rows(m.conv(x, 6, 3, 1, 1), 3))
	}
	loc, conf := m.value(ir.Concat{Axis: 1}, locs...), m.value(ir.Concat{Axis: 1}, confs...)
	n := loc.Shape[1]
	size := m.constant(0.3, 1, n, 2)
	center := m.value(ir.Binary{}, m.value(ir.Binary{Fn: ir.Mul}, m.times(m.part(loc, 0, 2), 0.1), size), m.constant(1, 1, n, 2))
	wide := m.value(ir.Binary{Fn: ir.Mul}, m.value(ir.Unary{Act: ir.Act{Kind: ir.Exp}}, m.times(m.part(loc, 2, 2), 0.2)), size)
	return m.corners(center, wide), m.part(m.value(ir.Softmax{Axis: 2}, conf), 1, 2)
}

// anchorGrid is the head of YOLOv5.
func (m *netMaker) anchorGrid(maps []*ir.Value) (boxes, scores *ir.Value) {
	var all []*ir.Value
	for _, x := range maps {
		x = m.conv(x, 3*7, 1, 1, 1)
		h, w := x.Shape[2], x.Shape[3]
		x = m.value(ir.Transpose{Perm: []int{0, 1, 3, 4, 2}}, m.value(ir.Reshape{Shape: ir.Shape{1, 3, 7, h, w}}, x))
		p := m.node(ir.Split{Axis: 4, Sizes: []int{2, 2, 3}}, m.value(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, x)).Out
		xy := m.times(m.value(ir.Binary{}, m.times(p[0], 2), m.constant(3, 1, 3, h, w, 2)), 8)
		wh := m.times(p[1], 2)
		wh = m.value(ir.Binary{Fn: ir.Mul}, m.value(ir.Binary{Fn: ir.Mul}, wh, wh), m.constant(9, 1, 3, 1, 1, 2))
		y := m.value(ir.Concat{Axis: 4}, xy, wh, p[2])
		all = append(all, m.value(ir.Reshape{Shape: ir.Shape{1, 3 * h * w, 7}}, y))
	}
	y := m.value(ir.Concat{Axis: 1}, all...)
	scores = m.value(ir.Binary{Fn: ir.Mul}, m.part(y, 5, 2), m.part(y, 4, 1))
	return m.corners(m.part(y, 0, 2), m.part(y, 2, 2)), scores
}

// distances is the head of YOLOv8: distances to the sides as means of distributions.
func (m *netMaker) distances(maps []*ir.Value) (boxes, scores *ir.Value) {
	const bins = 8
	var all []*ir.Value
	for _, x := range maps {
		y := m.value(ir.Concat{Axis: 1}, m.conv(x, 4*bins, 3, 1, 1), m.conv(x, 3, 1, 1, 1))
		all = append(all, m.value(ir.Reshape{Shape: ir.Shape{1, 4*bins + 3, y.Shape[2] * y.Shape[3]}}, y))
	}
	y := m.value(ir.Concat{Axis: 2}, all...)
	n := y.Shape[2]
	p := m.node(ir.Split{Axis: 1, Sizes: []int{4 * bins, 3}}, y).Out
	d := m.value(ir.Transpose{Perm: []int{0, 2, 1, 3}}, m.value(ir.Reshape{Shape: ir.Shape{1, 4, bins, n}}, p[0]))
	d = m.value(ir.Softmax{Axis: 1}, d)
	w := ir.NewTensor(ir.F32, ir.Shape{1, bins, 1, 1})
	for i := range w.F32 {
		w.F32[i] = float32(i)
	}
	win := ir.Window{Kernel: [2]int{1, 1}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}
	d = m.value(ir.Conv{Window: win, Groups: 1}, d, ir.Const("bins", w))
	sides := m.node(ir.Split{Axis: 1, Sizes: []int{2, 2}}, m.value(ir.Reshape{Shape: ir.Shape{1, 4, n}}, d)).Out
	at := m.constant(5, 1, 2, n)
	low, high := m.value(ir.Binary{Fn: ir.Sub}, at, sides[0]), m.value(ir.Binary{}, at, sides[1])
	boxes = m.value(ir.Binary{Fn: ir.Mul}, m.value(ir.Concat{Axis: 1}, low, high), m.constant(1, 1, 1, n))
	boxes = m.value(ir.Transpose{Perm: []int{0, 2, 1}}, boxes)
	return boxes, m.value(ir.Transpose{Perm: []int{0, 2, 1}}, m.value(ir.Unary{Act: ir.Act{Kind: ir.Sigmoid}}, p[1]))
}
