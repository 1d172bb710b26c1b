package onnx

import (
	"reflect"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestResize checks the index lists along the width; the height doubles from 1
// or stays. The expected numbers are worked out by hand from ONNX's formulas.
func TestResize(t *testing.T) {
	mode := func(coord, nearest string) []*AttributeProto {
		return []*AttributeProto{attrS("coordinate_transformation_mode", coord), attrS("nearest_mode", nearest)}
	}
	scales := func(w float32) []*TensorProto { return []*TensorProto{some("s", 1, 1, 2, w)} }
	sizes := func(w int64) []*TensorProto { return []*TensorProto{longs("n", 1, 2, 2, w)} }
	byScale, bySize := "Resize: x, _, s -> y", "Resize: x, _, _, n -> y"
	for _, c := range []struct {
		name  string
		opset int64
		width int64
		inits []*TensorProto
		node  *NodeProto
		want  []int
	}{
		{"upsample 7", 7, 3, nil, node("Upsample: x -> y", attrFs("scales", 1, 1, 2, 2)), []int{0, 0, 1, 1, 2, 2}},
		{"upsample 9", 9, 3, scales(1.5), node("Upsample: x, s -> y"), []int{0, 0, 1, 2}},
		{"resize 10", 10, 4, scales(0.5), node("Resize: x, s -> y"), []int{0, 2}},
		{"half pixel", 11, 4, scales(0.5), node(byScale), []int{0, 2}}, // 0.5, 2.5: ties to the floor
		{"half pixel, ceil tie", 11, 4, scales(0.5), node(byScale, mode("half_pixel", "round_prefer_ceil")...), []int{1, 3}},
		{"half pixel, ceil", 13, 2, scales(2), node(byScale, mode("half_pixel", "ceil")...), []int{0, 1, 1, 1}},
		{"half pixel sizes", 13, 2, sizes(3), node(bySize), []int{0, 0, 1}}, // -0.17, 0.5, 1.17
		{"asymmetric floor", 13, 2, sizes(5), node(bySize, mode("asymmetric", "floor")...), []int{0, 0, 0, 1, 1}},
		{"asymmetric ceil", 13, 2, sizes(4), node(bySize, mode("asymmetric", "ceil")...), []int{0, 1, 1, 1}},
		{"align corners", 13, 3, sizes(5), node(bySize, mode("align_corners", "floor")...), []int{0, 0, 1, 1, 2}},
		{"align corners to one", 13, 3, sizes(1), node(bySize, mode("align_corners", "floor")...), []int{0}},
		{"pytorch half pixel to one", 13, 5, sizes(1), node(bySize, mode("pytorch_half_pixel", "floor")...), []int{0}},
		{"tf half pixel", 11, 4, sizes(2), node(bySize, mode("tf_half_pixel_for_nn", "floor")...), []int{1, 3}},
		{"symmetric", 19, 4, scales(0.6), node(byScale, mode("half_pixel_symmetric", "round_prefer_floor")...), []int{1, 2}}, // 0.667, 2.333
		{"crop", 13, 5, append(sizes(3), some("roi", 0, 0, 0, 0.25, 1, 1, 1, 0.75)),
			node("Resize: x, roi, _, n -> y", mode("tf_crop_and_resize", "floor")...), []int{1, 2, 3}},
		{"axes", 18, 4, []*TensorProto{longs("n", 8, 2)}, node(bySize, attrIs("axes", -1, 2), attrS("coordinate_transformation_mode", "asymmetric"), attrS("nearest_mode", "floor")),
			[]int{0, 0, 1, 1, 2, 2, 3, 3}},
		{"not larger", 18, 4, []*TensorProto{longs("n", 3, 8)}, node(bySize, attrIs("axes", 2, 3), attrS("keep_aspect_ratio_policy", "not_larger")), []int{0, 0, 1, 1, 2, 2, 3, 3}},
		{"not smaller", 18, 4, []*TensorProto{longs("n", 2, 2)}, node(bySize, attrIs("axes", 2, 3), attrS("keep_aspect_ratio_policy", "not_smaller")), []int{0, 0, 1, 1, 2, 2, 3, 3}},
	} {
		g := mustImport(t, model(c.opset, value("x", 1, 2, 1, c.width), c.inits, c.node))
		op, ok := g.Nodes[0].Op.(ir.ResizeNearest)
		if !ok || !reflect.DeepEqual(op.X, c.want) || op.Y[0] != 0 || g.Outputs[0].Shape[1] != 2 {
			t.Errorf("%s: got %+v, want X %v", c.name, g.Nodes[0].Op, c.want)
		}
	}
}

func TestResizeLine(t *testing.T) {
	g := mustImport(t, model(13, value("x", 1, 2, 3), []*TensorProto{some("s", 1, 1, 2)}, node("Resize: x, _, s -> y")))
	want := "Reshape{Shape:1x2x1x3}(x) -> y/input 1x2x1x3\nResizeNearest{Y:[0] X:[0 0 1 1 2 2]}(y/input) -> y/image 1x2x1x6\nReshape{Shape:1x2x6}(y/image) -> y 1x2x6"
	if got := ops(g); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestResizeErrors(t *testing.T) {
	x := value("x", 1, 2, 4, 4)
	for _, c := range []struct {
		want  string
		inits []*TensorProto
		node  *NodeProto
	}{
		{`mode "bicubic" is not supported`, []*TensorProto{some("s", 1, 1, 2, 2)}, node("Resize: x, _, s -> y", attrS("mode", "bicubic"))},
		{"either scales or sizes", nil, node("Resize: x -> y")},
		{"either scales or sizes", []*TensorProto{some("s", 1, 1, 2, 2), longs("n", 1, 2, 8, 8)}, node("Resize: x, _, s, n -> y")},
		{"3 scales or sizes for 4 axes", []*TensorProto{some("s", 1, 1, 2)}, node("Resize: x, _, s -> y")},
		{"4 becomes 0.4", []*TensorProto{some("s", 1, 1, 0.1, 1)}, node("Resize: x, _, s -> y")},
		{"becomes 4e+09", []*TensorProto{some("s", 1, 1, 1e9, 1)}, node("Resize: x, _, s -> y")},
		{"0 is no extent", []*TensorProto{longs("n", 1, 2, 0, 4)}, node("Resize: x, _, _, n -> y")},
		{"100000000 long", []*TensorProto{longs("n", 1, 2, 100000000, 4)}, node("Resize: x, _, _, n -> y")},
		{`coordinate_transformation_mode "odd"`, []*TensorProto{some("s", 1, 1, 2, 2)}, node("Resize: x, _, s -> y", attrS("coordinate_transformation_mode", "odd"))},
		{`nearest_mode "odd"`, []*TensorProto{some("s", 1, 1, 2, 2)}, node("Resize: x, _, s -> y", attrS("nearest_mode", "odd"))},
		{"the region from 2 to 3 lies outside", []*TensorProto{longs("n", 1, 2, 4, 4), some("roi", 0, 0, 2, 0, 1, 1, 3, 1)},
			node("Resize: x, roi, _, n -> y", attrS("coordinate_transformation_mode", "tf_crop_and_resize"))},
		{"is computed while the model runs", nil, node("Resize: x, _, x -> y")},
	} {
		_, err := ImportBytes(model(13, x, c.inits, c.node).Marshal(), "", Options{})
		wantError(t, err, c.want, "Resize(")
	}
}
