package onnx

import (
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
)

// TestSpaceOperators checks the operators on images that are read, written out as in ops.
func TestSpaceOperators(t *testing.T) {
	img := value("x", 1, 4, 5, 6)
	w := []*TensorProto{ramp("w", 4, 2, 3, 4)}
	window := func(pad, out string) string {
		return "ConvTranspose{Window:{Kernel:[3 4] Stride:[2 3] Dilation:[1 1] Pad:[" + pad + "]} OutPad:[" + out + "] Groups:1}(x, w) -> y "
	}
	strides := attrIs("strides", 2, 3)
	for _, c := range []struct {
		name  string
		opset int64
		x     *ValueInfoProto
		inits []*TensorProto
		node  *NodeProto
		want  string
	}{
		{"transposed", 11, img, w, node("ConvTranspose: x, w -> y", strides, attrIs("pads", 1, 0, 0, 1), attrIs("output_padding", 1, 2)), window("1 0 0 1", "1 2") + "1x2x11x20"},
		{"same upper", 11, img, w, node("ConvTranspose: x, w -> y", strides, attrS("auto_pad", "SAME_UPPER")), window("0 0 1 1", "0 0") + "1x2x10x18"},
		{"same lower", 11, img, w, node("ConvTranspose: x, w -> y", strides, attrS("auto_pad", "SAME_LOWER")), window("1 1 0 0", "0 0") + "1x2x10x18"},
		{"longer than the whole", 11, img, w, node("ConvTranspose: x, w -> y", strides, attrIs("output_shape", 12, 16)), window("0 2 0 1", "1 0") + "1x2x12x16"},
		{"line", 11, value("x", 1, 4, 6), []*TensorProto{ramp("w", 4, 2, 3)}, node("ConvTranspose: x, w -> y", attrIs("strides", 2)),
			"Reshape{Shape:1x4x1x6}(x) -> y/input 1x4x1x6\nConvTranspose{Window:{Kernel:[1 3] Stride:[1 2] Dilation:[1 1] Pad:[0 0 0 0]} OutPad:[0 0] Groups:1}(y/input, y/weights) -> y/image 1x2x1x13\nReshape{Shape:1x2x13}(y/image) -> y 1x2x13"},
		{"blocks", 13, value("x", 1, 2, 4, 6), nil, node("SpaceToDepth: x -> y", attrI("blocksize", 2)), "SpaceToDepth{Block:2}(x) -> y 1x8x2x3"},
		{"unpooled", 11, value("x", 1, 1, 2, 2), []*TensorProto{NewTensor("i", ir.NewTensor(ir.I64, ir.Shape{1, 1, 2, 2}))},
			node("MaxUnpool: x, i -> y", attrIs("kernel_shape", 2, 2), attrIs("strides", 2, 2)), "MaxUnpool{Shape:1x1x4x4}(x, i) -> y 1x1x4x4"},
		{"grid", 16, value("x", 1, 2, 4, 4), []*TensorProto{ramp("g", 1, 3, 3, 2)}, node("GridSample: x, g -> y", attrS("mode", "bicubic"), attrS("padding_mode", "reflection"), attrI("align_corners", 1)),
			"GridSample{Mode:cubic Edge:reflect AlignCorners:true}(x, g) -> y 1x2x3x3"},
		{"regions", 10, value("x", 1, 2, 4, 4), []*TensorProto{ramp("r", 3, 4), longs("b", 0, 0, 0)}, node("RoiAlign: x, r, b -> y", attrI("output_height", 2), attrS("mode", "max")),
			"RoiAlign{Height:2 Width:1 Samples:0 Scale:1 Max:true HalfPixel:false}(x, r, b) -> y 3x2x2x1"},
		{"shifted regions", 16, value("x", 1, 2, 4, 4), []*TensorProto{ramp("r", 3, 4), longs("b", 0, 0, 0)}, node("RoiAlign: x, r, b -> y"),
			"RoiAlign{Height:1 Width:1 Samples:0 Scale:1 Max:false HalfPixel:true}(x, r, b) -> y 3x2x1x1"},
		{"cropped and padded", 18, value("x", 5, 6, 7), []*TensorProto{longs("n", 8, 3)}, node("CenterCropPad: x, n -> y", attrIs("axes", -1, 0)),
			"Pad{Before:[-1 0 0] After:[-1 0 1] Mode:constant Value:0}(x) -> y 3x6x8"},
		{"wrapped", 19, value("x", 1, 3), []*TensorProto{longs("p", 0, 2, 0, 1)}, node("Pad: x, p -> y", attrS("mode", "wrap")), "Pad{Before:[0 2] After:[0 1] Mode:wrap Value:0}(x) -> y 1x6"},
		{"linear, rows first where they shrink", 13, value("x", 1, 1, 4, 2), []*TensorProto{longs("n", 1, 1, 2, 4)}, node("Resize: x, _, _, n -> y", attrS("mode", "linear")),
			"Resample{Axis:2 Taps:2 Index:[0 1 2 3] Weight:[0.5 0.5 0.5 0.5]}(x) -> y/axis0 1x1x2x2\n" +
				"Resample{Axis:3 Taps:2 Index:[0 0 0 1 0 1 1 1] Weight:[0.25 0.75 0.75 0.25 0.25 0.75 0.75 0.25]}(y/axis0) -> y 1x1x2x4"},
		{"linear of one axis", 7, value("x", 1, 2, 3), nil, node("Upsample: x -> y", attrS("mode", "linear"), attrFs("scales", 1, 1, 2)),
			"Reshape{Shape:1x2x1x3}(x) -> y/input 1x2x1x3\nResample{Axis:3 Taps:2 Index:[0 1 0 1 1 2 1 2 2 2 2 2] Weight:[1 0 0.5 0.5 1 0 0.5 0.5 1 0 0.5 0.5]}(y/input) -> y/image 1x2x1x6\nReshape{Shape:1x2x6}(y/image) -> y 1x2x6"},
		{"nothing to do", 13, img, []*TensorProto{some("s", 1, 1, 1, 1)}, node("Resize: x, _, s -> y", attrS("mode", "cubic")), "Identity{}(x) -> y 1x4x5x6"},
		{"channels", 13, value("x", 1, 2, 4, 4), []*TensorProto{some("s", 1, 2, 1, 1)}, node("Resize: x, _, s -> y", attrS("coordinate_transformation_mode", "asymmetric"), attrS("nearest_mode", "floor")),
			"Gather{Axis:1 Index:[0 0 1 1] IndexShape:4}(x) -> y/axis0 1x4x4x4\nResizeNearest{Y:[0 1 2 3] X:[0 1 2 3]}(y/axis0) -> y 1x4x4x4"},
		{"beyond the end", 13, value("x", 1, 1, 1, 3), []*TensorProto{longs("n", 1, 1, 1, 3), some("roi", 0, 0, 0, 0.5, 1, 1, 1, 1.5)},
			node("Resize: x, roi, _, n -> y", attrS("mode", "linear"), attrS("coordinate_transformation_mode", "tf_crop_and_resize"), attrF("extrapolation_value", 9)),
			"Resample{Axis:3 Taps:2 Index:[1 2 2 2] Weight:[1 0 1 0]}(x) -> y/axis0 1x1x1x2\nPad{Before:[0 0 0 0] After:[0 0 0 1] Mode:constant Value:9}(y/axis0) -> y 1x1x1x3"},
	} {
		if got := ops(mustImport(t, model(c.opset, c.x, c.inits, c.node))); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestMaxPoolIndices has the indices as a node of their own, only where they are read.
func TestMaxPoolIndices(t *testing.T) {
	pool := node("MaxPool: x -> y, z", attrIs("kernel_shape", 2, 2), attrI("storage_order", 1))
	m := model(13, value("x", 1, 1, 3, 3), nil, pool, node("MaxUnpool: y, z -> u", attrIs("kernel_shape", 2, 2)))
	want := "ArgMaxPool{Window:{Kernel:[2 2] Stride:[1 1] Dilation:[1 1] Pad:[0 0 0 0]} Ceil:false ColumnMajor:true}(x) -> z 1x1x2x2"
	if got := ops(mustImport(t, m)); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m = model(13, value("x", 1, 1, 3, 3), nil, pool, node("Relu: y -> u"))
	m.Graph.Outputs = m.Graph.Outputs[1:]
	if got := ops(mustImport(t, m)); strings.Contains(got, "ArgMaxPool") {
		t.Errorf("nobody reads the indices:\n%s", got)
	}
}

// TestAffineGrid maps the corners of two columns by an identity and a shift.
func TestAffineGrid(t *testing.T) {
	x := ir.Floats(ir.Shape{1, 2, 3}, []float32{1, 0, 0, 0, 1, 3})
	for align, want := range map[int64][]float32{0: {-0.5, 3, 0.5, 3}, 1: {-1, 2, 1, 2}} {
		g := mustImport(t, model(20, value("x", 1, 2, 3), []*TensorProto{longs("n", 1, 1, 1, 2)}, node("AffineGrid: x, n -> y", attrI("align_corners", align))))
		out, err := interp.Run(g, []*ir.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range want {
			if out[0].F32[i] != v {
				t.Errorf("corners %d: got %v, want %v", align, out[0].F32, want)
				break
			}
		}
	}
}

func TestSpaceErrors(t *testing.T) {
	img := value("x", 1, 4, 5, 6)
	w := []*TensorProto{ramp("w", 4, 2, 3, 4)}
	for _, c := range []struct {
		want  string
		x     *ValueInfoProto
		inits []*TensorProto
		node  *NodeProto
	}{
		{"only one, two or three axes of space", value("x", 1, 4, 2, 2, 2, 2), []*TensorProto{ramp("w", 4, 2, 3, 4, 1, 1)}, node("ConvTranspose: x, w -> y")},
		{"the weights have 3 axes", img, []*TensorProto{ramp("w", 4, 2, 3)}, node("ConvTranspose: x, w -> y")},
		{"output_padding [1]: want 2", img, w, node("ConvTranspose: x, w -> y", attrIs("output_padding", 1))},
		{"output_shape [7 8 9]: want 2", img, w, node("ConvTranspose: x, w -> y", attrIs("output_shape", 7, 8, 9))},
		{"cuts off all of axis 2", img, w, node("ConvTranspose: x, w -> y", attrIs("pads", 9, 0, 9, 0))},
		{"do not fit the input", img, w, node("ConvTranspose: x, w -> y", attrI("group", 3))},
		{"blocksize 0", img, nil, node("SpaceToDepth: x -> y")},
		{"blocks of 2 do not divide", img, nil, node("SpaceToDepth: x -> y", attrI("blocksize", 2))},
		{`mode "odd"`, img, []*TensorProto{ramp("g", 1, 2, 2, 2)}, node("GridSample: x, g -> y", attrS("mode", "odd"))},
		{`padding_mode "odd"`, img, []*TensorProto{ramp("g", 1, 2, 2, 2)}, node("GridSample: x, g -> y", attrS("padding_mode", "odd"))},
		{"does not fit the input", img, []*TensorProto{ramp("g", 1, 2, 2, 3)}, node("GridSample: x, g -> y")},
		{`mode "odd"`, img, []*TensorProto{ramp("r", 1, 4), longs("b", 0)}, node("RoiAlign: x, r, b -> y", attrS("mode", "odd"))},
		{"want positive numbers", img, []*TensorProto{ramp("r", 1, 4), longs("b", 0)}, node("RoiAlign: x, r, b -> y", attrI("output_width", 0))},
		{"kernel_shape is missing", img, []*TensorProto{longs("i", 0)}, node("MaxUnpool: x, i -> y")},
		{"shape [3] for 4 axes", img, []*TensorProto{longs("n", 3)}, node("CenterCropPad: x, n -> y")},
		{"want [N,2,3]", img, []*TensorProto{longs("n", 1, 1, 2, 2)}, node("AffineGrid: x, n -> y")},
		{"are too many", img, []*TensorProto{some("s", 1, 1, 1e6, 1)}, node("Resize: x, _, s -> y", attrS("mode", "cubic"))},
	} {
		_, err := ImportBytes(model(20, c.x, c.inits, c.node).Marshal(), "", Options{})
		wantError(t, err, c.want, `node "`)
	}
}
