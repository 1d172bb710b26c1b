package plan

import (
	"github.com/ingot-go/ingot/gen/portable"
	"github.com/ingot-go/ingot/ir"
)

// spaceStep returns what makes the step of an operator on images that has no kernel, nil
// for others.
func spaceStep(n *ir.Node) plainBuilder {
	in, out := n.In[0].Shape, n.Out[0].Shape
	switch op := n.Op.(type) {
	case ir.ConvTranspose:
		return func(x, y []portable.Values) portable.Step {
			s := portable.ConvTranspose{Name: n.Name, X: x[0], W: x[1], Y: y[0], Window: plainWindow(op.Window), Groups: op.Groups, XDims: in, YDims: out}
			if len(x) > 2 {
				s.B = x[2]
			}
			return s
		}
	case ir.ArgMaxPool:
		return func(x, y []portable.Values) portable.Step {
			return portable.ArgMaxPool{Name: n.Name, X: x[0], Y: y[0], Window: plainWindow(op.Window), ColumnMajor: op.ColumnMajor,
				H: in[2], W: in[3], OH: out[2], OW: out[3]}
		}
	case ir.MaxUnpool:
		return func(x, y []portable.Values) portable.Step {
			return portable.MaxUnpool{Name: n.Name, X: x[0], Index: x[1], Y: y[0]}
		}
	case ir.GridSample:
		taps := map[ir.SampleMode]int{ir.SampleNearest: 1, ir.SampleLinear: 2, ir.SampleCubic: 4}[op.Mode]
		return func(x, y []portable.Values) portable.Step {
			return portable.GridSample{Name: n.Name, X: x[0], Grid: x[1], Y: y[0], C: in[1], H: in[2], W: in[3], OH: out[2], OW: out[3],
				Taps: taps, Repeat: op.Edge == ir.EdgeRepeat, Mirror: op.Edge == ir.EdgeReflect, AlignCorners: op.AlignCorners}
		}
	case ir.RoiAlign:
		return func(x, y []portable.Values) portable.Step {
			return portable.RoiAlign{Name: n.Name, X: x[0], Regions: x[1], Image: x[2], Y: y[0], N: in[0], C: in[1], H: in[2], W: in[3],
				Height: op.Height, Width: op.Width, Samples: op.Samples, Most: ir.RoiSamples, Scale: op.Scale, Max: op.Max, HalfPixel: op.HalfPixel}
		}
	}
	return nil
}

func plainWindow(w ir.Window) portable.WindowF32 {
	return portable.WindowF32{KH: w.Kernel[0], KW: w.Kernel[1], StrideH: w.Stride[0], StrideW: w.Stride[1],
		DilH: w.Dilation[0], DilW: w.Dilation[1], Top: w.Pad[0], Left: w.Pad[1]}
}
