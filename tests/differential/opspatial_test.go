package differential

import (
	"github.com/ingot-go/ingot/ir"
)

// spatial are the operators on images without weights.
func (o *opMaker) spatial() []operator {
	return []operator{
		{"MaxPool", func() {
			x := o.image()
			o.one(ir.MaxPool{Window: o.window(x.Shape), Ceil: o.yes()}, x)
		}},
		{"AvgPool", func() {
			x := o.image()
			o.one(ir.AvgPool{Window: o.window(x.Shape), Ceil: o.yes(), CountPad: o.yes()}, x)
		}},
		{"LpPool", func() {
			x := o.image()
			o.one(ir.LpPool{Window: o.window(x.Shape), Ceil: o.yes(), P: 1 + o.IntN(3)}, x)
		}},
		{"GlobalAvgPool", func() { o.one(ir.GlobalAvgPool{}, o.image()) }},
		{"GlobalMaxPool", func() { o.one(ir.GlobalMaxPool{}, o.image()) }},
		{"ArgMaxPool", func() {
			x := o.image()
			o.one(ir.ArgMaxPool{Window: o.window(x.Shape), Ceil: o.yes(), ColumnMajor: o.yes()}, x)
		}},
		{"MaxUnpool", func() {
			x := o.image()
			win, ceil := o.window(x.Shape), o.yes()
			at := o.one(ir.ArgMaxPool{Window: win, Ceil: ceil}, x)
			o.one(ir.MaxUnpool{Shape: x.Shape.Clone()}, o.one(ir.MaxPool{Window: win, Ceil: ceil}, x), at)
		}},
		{"Resample", o.resampling},
		{"GridSample", func() {
			x := o.image()
			grid := o.fresh(ir.F32, ir.Shape{x.Shape[0], 1 + o.IntN(5), 1 + o.IntN(5), 2})
			o.one(ir.GridSample{Mode: ir.SampleMode(o.IntN(int(ir.SampleCubic) + 1)), Edge: ir.EdgeMode(o.IntN(int(ir.EdgeReflect) + 1)),
				AlignCorners: o.yes()}, x, grid)
		}},
		{"RoiAlign", func() {
			x := o.image()
			n := 1 + o.IntN(3)
			regions := o.one(ir.Affine{Mul: []float32{2}, Add: []float32{3}}, o.fresh(ir.F32, ir.Shape{n, 4}))
			o.n++
			images := ir.Const(o.g.FreshName("images"), ir.NewTensor(ir.I64, ir.Shape{n}))
			if o.IntN(3) == 0 {
				images = o.input(ir.I64, ir.Shape{n})
			}
			o.one(ir.RoiAlign{Height: 1 + o.IntN(3), Width: 1 + o.IntN(3), Samples: o.IntN(3), Scale: []float32{1, 0.5}[o.IntN(2)],
				Max: o.yes(), HalfPixel: o.yes()}, x, regions, images)
		}},
	}
}

// resampling makes an axis longer or shorter by weighted sums of neighbours: averages mostly,
// which int8 has, or with negative weights as cubic resizing.
func (o *opMaker) resampling() {
	x := o.withAxes(o.real())
	if o.IntN(3) > 0 {
		x = o.image()
	}
	axis := o.axis(x)
	n := x.Shape[axis]
	out := 1 + o.IntN(2*n)
	if x.Shape.Elems()/n*out > o.most {
		out = n
	}
	op := ir.Resample{Axis: axis, Taps: o.pick(1, 2, 2, 2, 4)}
	cubic := o.IntN(4) == 0
	for i := range out {
		at := (float64(i) + 0.5) * float64(n) / float64(out)
		rest := 1.0
		for t := range op.Taps {
			op.Index = append(op.Index, min(max(int(at)+t-op.Taps/2, 0), n-1))
			w := rest
			if t < op.Taps-1 {
				w *= o.Float64()
				if cubic && t%2 == 0 {
					w = -w / 4
				}
			}
			rest -= w
			op.Weight = append(op.Weight, float32(w))
		}
	}
	o.one(op, x)
}
