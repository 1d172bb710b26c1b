package differential

import "github.com/ingot-go/ingot/ir"

// space is an operator on images of float32 that runs in plain Go, or a resampling of a
// tensor of any shape.
func (m *maker) space() {
	m.numbers = true
	x := m.floatInput(1+m.IntN(2), 1+m.IntN(6), 1+m.IntN(6), 1+m.IntN(6))
	s := x.Shape
	win := ir.Window{Stride: [2]int{1 + m.IntN(3), 1 + m.IntN(3)}, Dilation: [2]int{1 + m.IntN(2), 1 + m.IntN(2)}}
	for i := range 2 {
		win.Kernel[i] = 1 + m.IntN(3)
		win.Pad[i], win.Pad[i+2] = m.IntN(win.Kernel[i]), m.IntN(win.Kernel[i])
	}
	var y *ir.Value
	kind := m.IntN(6)
	if kind == 3 && s[0] > 1 { // poolings have one image
		kind = 4
	}
	switch kind {
	case 0:
		g := m.pick(1, s[1])
		in := []*ir.Value{x, m.floatInput(s[1], 1+m.IntN(2), win.Kernel[0], win.Kernel[1])}
		if m.chance(2) {
			in = append(in, m.floatConst(g*in[1].Shape[1]))
		}
		op := ir.ConvTranspose{Window: win, OutPad: [2]int{m.IntN(2), m.IntN(2)}, Groups: g}
		if _, err := op.Infer(in); err != nil { // all would be cut off
			op.Pad = [4]int{}
		}
		y = m.value(op, nil, in...)
	case 1:
		grid := m.floatInput(s[0], 1+m.IntN(4), 1+m.IntN(4), 2)
		y = m.value(ir.GridSample{Mode: ir.SampleMode(m.IntN(3)), Edge: ir.EdgeMode(m.IntN(3)), AlignCorners: m.chance(2)}, nil, x, grid)
	case 2:
		n := 1 + m.IntN(4)
		images := ir.NewTensor(ir.I64, ir.Shape{n})
		for i := range images.I64 {
			images.I64[i] = int64(m.IntN(s[0]+2) - 1)
		}
		y = m.value(ir.RoiAlign{Height: 1 + m.IntN(3), Width: 1 + m.IntN(3), Samples: m.IntN(3), Scale: 1.5, Max: m.chance(2), HalfPixel: m.chance(2)},
			nil, x, m.floatInput(n, 4), ir.Const("images", images))
	case 3:
		for i := range 2 { // the whole padded input at most
			win.Kernel[i], win.Dilation[i] = min(win.Kernel[i], s[2+i]), 1
			win.Pad[i], win.Pad[i+2] = min(win.Pad[i], win.Kernel[i]-1), min(win.Pad[i+2], win.Kernel[i]-1)
		}
		best := m.value(ir.MaxPool{Window: win}, nil, x)
		index := m.value(ir.ArgMaxPool{Window: win, ColumnMajor: m.chance(2)}, nil, x)
		border := ir.Pad{Before: []int{0, m.IntN(2), 0, 1}, After: []int{0, 0, m.IntN(2), 0}, Value: -1, Mode: ir.PadMode(m.pick(0, 0, 2))}
		y = m.value(ir.MaxUnpool{Shape: s}, nil, m.value(border, nil, best), m.value(border, nil, index))
	case 4:
		y = m.value(ir.ResizeNearest{Y: m.indices(s[2]), X: m.indices(s[3])}, nil, x)
	default:
		op := m.average(m.IntN(4), s)
		for i := range op.Weight {
			op.Weight[i] += float32(m.NormFloat64())
		}
		y = m.value(op, nil, x)
	}
	m.g.Outputs = []*ir.Value{y}
}
