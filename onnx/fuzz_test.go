package onnx

import (
	"math/rand/v2"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// corpus returns small models that together use most of the importer.
func corpus() [][]byte {
	img := value("x", -1, 4, 6, 6)
	return [][]byte{
		everything().Marshal(),
		model(13, img, []*TensorProto{ramp("w", 4, 4, 3, 3), ramp("b", 4), longs("s", 1, -1)},
			node("Conv: x, w, b -> a", attrIs("pads", 1, 1, 1, 1), attrIs("strides", 2, 2), attrS("auto_pad", "NOTSET")),
			node("MaxPool: a -> m", attrIs("kernel_shape", 2, 2), attrI("ceil_mode", 1)), node("Reshape: m, s -> y")).Marshal(),
		model(18, img, []*TensorProto{longs("n", 12, 3), longs("p", 1, 2, 3, 4), longs("a", 2, 3), longs("t", -1), longs("i", 0, -1), longs("lo", 1, -4), longs("hi", 9, 1<<40)},
			node("Resize: x, _, _, n -> r", attrIs("axes", 2, 3)), node("Pad: r, p, _, a -> q"), node("Slice: q, lo, hi, a -> z"), node("Shape: q -> s"),
			node("Gather: s, i -> g"), node("Concat: g, t -> h", attrI("axis", 0)), node("Reshape: q, h -> y"), node("Split: x -> u, v", attrI("axis", 1))).Marshal(),
		model(9, value("x", 1, 4, 6), []*TensorProto{ramp("w", 4, 1, 3), longs("d", 6, 2)},
			node("Conv: x, w -> a", attrI("group", 4), attrS("auto_pad", "SAME_LOWER")), node("ConstantOfShape: d -> c"), node("MatMul: a, c -> y"),
			node("Softmax: a -> z"), node("Transpose: a -> t", attrIs("perm", 2, 0, 1)), node("Unsqueeze: t -> k", attrIs("axes", 0))).Marshal(),
		model(13, img, []*TensorProto{some("s", 0.5), unsigned("z", 3), bytesOf("w", []int{2, 4, 1, 1}, 1, 2, 3, 4, 5, 6, 7, 8), some("t", 0.5, 1), s8s("v", 1, 2),
			NewTensor("b", &ir.Tensor{Type: ir.S32, Shape: ir.Shape{2}, S32: []int32{7, 8}}), unsigned("k", 1, 2, 3, 4)},
			node("QuantizeLinear: x, s, z -> q"), node("QLinearConv: q, s, z, w, t, v, s, z, b -> c"), node("DequantizeLinear: c, s, z -> y"),
			node("DequantizeLinear: w, t, v -> d", attrI("axis", 0)), node("Conv: x, d -> e"), node("DynamicQuantizeLinear: e -> f, g, h"),
			atRuntime(node("QLinearAdd: c, s, z, f, g, h, s, z -> o")), node("DequantizeLinear: o, s, z -> p")).Marshal(),
	}
}

// check imports data; a panic or a graph that Verify refuses is a failure.
func check(t *testing.T, data []byte) {
	g, err := ImportBytes(data, "", Options{})
	if err == nil {
		err = ir.Verify(g)
		if err != nil {
			t.Errorf("the imported graph is wrong: %v", err)
		}
	}
}

// The files must import as they are, or their mutations would test little.
func TestCorpus(t *testing.T) {
	for i, b := range corpus()[1:] {
		if _, err := ImportBytes(b, "", Options{}); err != nil {
			t.Errorf("file %d: %v", i+1, err)
		}
	}
}

func FuzzImport(f *testing.F) {
	for _, b := range corpus() {
		f.Add(b)
	}
	f.Fuzz(check)
}

// TestMutations imports files with changed, cut and repeated bytes.
func TestMutations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, b := range corpus() {
		for i := range b {
			check(t, b[:i])
		}
		for range 3000 {
			m := append([]byte{}, b...)
			for range 1 + r.IntN(4) {
				i := r.IntN(len(m))
				switch r.IntN(4) {
				case 0:
					m[i] ^= 1 << r.IntN(8)
				case 1:
					m[i] = byte(r.IntN(256))
				case 2:
					m[i] = 0xff
				default:
					j := i + r.IntN(len(m)-i)
					m = append(m[:i:i], m[j:]...)
				}
				if len(m) == 0 {
					break
				}
			}
			check(t, m)
		}
	}
}
