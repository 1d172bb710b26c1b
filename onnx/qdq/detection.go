package qdq

import (
	"errors"
	"math"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// detection writes the operators of detectors, and pooling with indices.
func (w *writer) detection(c call) error {
	one := func(op string, attrs ...*onnx.AttributeProto) error {
		w.add(op, c.name, c.in, c.out, attrs...)
		return nil
	}
	switch op := c.op.(type) {
	case ir.GridSample:
		mode := map[ir.SampleMode]string{ir.SampleLinear: "bilinear", ir.SampleNearest: "nearest", ir.SampleCubic: "bicubic"}[op.Mode]
		edge := map[ir.EdgeMode]string{ir.EdgeZeros: "zeros", ir.EdgeRepeat: "border", ir.EdgeReflect: "reflection"}[op.Edge]
		return one("GridSample", text("mode", mode), text("padding_mode", edge), truth("align_corners", op.AlignCorners))
	case ir.RoiAlign:
		return one("RoiAlign", regions(op)...)
	case ir.OneHot:
		depth := w.ints(c.name+"/depth", op.Depth)
		w.add("OneHot", c.name, []string{c.in[0], depth, c.in[1]}, c.out, integer("axis", op.Axis))
		return nil
	case ir.NonMaxSuppression:
		in := append(c.in[:2:2], w.ints(c.name+"/most", op.Most), w.floats(c.name+"/iou", op.IoU))
		if !math.IsInf(float64(op.Score), -1) {
			in = append(in, w.floats(c.name+"/score", op.Score))
		}
		w.add("NonMaxSuppression", c.name, in, c.out, truth("center_point_box", op.Center))
		return nil
	case ir.LpPool:
		if op.Dilation != [2]int{1, 1} || op.Ceil {
			return errors.New("a dilated window, or one that is rounded up, needs opset 18: ingot writes opset 17")
		}
		return one("LpPool", append(window(op.Window)[:3], integer("p", op.P))...)
	case ir.ArgMaxPool:
		values := w.fresh(c.name + "/values")
		w.add("MaxPool", c.name, c.in, []string{values, c.out[0]},
			append(window(op.Window), truth("ceil_mode", op.Ceil), truth("storage_order", op.ColumnMajor))...)
		return nil
	case ir.MaxUnpool:
		shape := w.ints(c.name+"/shape", op.Shape...)
		w.add("MaxUnpool", c.name, append(c.in[:2:2], shape), c.out, integers("kernel_shape", 1, 1))
		return nil
	}
	return w.rounding(c)
}

// regions are the attributes of RoiAlign.
func regions(op ir.RoiAlign) []*onnx.AttributeProto {
	mode, corners := "avg", "output_half_pixel"
	if op.Max {
		mode = "max"
	}
	if op.HalfPixel {
		corners = "half_pixel"
	}
	return []*onnx.AttributeProto{
		integer("output_height", op.Height), integer("output_width", op.Width), integer("sampling_ratio", op.Samples),
		number("spatial_scale", op.Scale), text("mode", mode), text("coordinate_transformation_mode", corners),
	}
}

// rounding writes the quantization that the source itself has, where it stays as it is.
func (w *writer) rounding(c call) error {
	switch op := c.op.(type) {
	case ir.FakeQuant:
		v := &ir.Value{Name: c.name + "/bytes", Type: ir.U8, Quant: &ir.Quant{Scale: op.Scale, Axis: op.Axis}}
		for _, z := range op.Zero {
			v.Quant.Zero = append(v.Quant.Zero, int32(z))
		}
		if err := w.quantized(v, w.fresh(c.name+"/quantize"), c.in[0]); err != nil {
			return err
		}
		s := w.scales[v]
		w.add("DequantizeLinear", c.name, []string{w.bytes[v], s[0], s[1]}, c.out, axisOf(v.Quant)...)
	case ir.QuantizeLinear:
		in := c.in
		if len(in) < 3 || in[2] == "" { // whose type is the result's
			in = append(in[:2:2], w.initializer(c.name+"/zero", ir.NewTensor(op.To, c.x[1])))
		}
		w.add("QuantizeLinear", c.name, in, c.out, integer("axis", op.Axis))
	case ir.DequantizeLinear:
		w.add("DequantizeLinear", c.name, c.in, c.out, integer("axis", op.Axis))
	case ir.DynamicQuantizeLinear:
		w.add("DynamicQuantizeLinear", c.name, c.in, c.out)
	default:
		return errNoForm
	}
	return nil
}
