package onnx

import (
	"fmt"
	"math"
	system "runtime" // the tests of this package have a function of that name
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
)

// TestLimits imports small files that ask for much memory: each is an error that says so.
func TestLimits(t *testing.T) {
	img := value("x", 1, 3, 8, 8)
	long := strings.Repeat("n", 10<<20)
	for _, c := range []struct {
		name string
		m    *ModelProto
		want []string
	}{
		{"a huge input", model(13, value("x", 1, 3, 20000, 20000), nil, node("Relu: x -> y")),
			[]string{`graph input "x"`, "4577 MiB, at most 1024 MiB", "-shape"}},
		{"a huge result", model(13, img, []*TensorProto{longs("p", 0, 0, 9000, 9000, 0, 0, 9000, 9000)}, node("Pad: x, p -> y")),
			[]string{`node "Pad_y"`, "at most 1024 MiB"}},
		{"a long name", model(13, img, nil, node("Relu "+long+": x -> y")),
			[]string{`"nnnn`, "has 10485760 bytes", "at most 4096"}},
		{"a long input name", model(13, value(long, 1, 3), nil, node("Relu: "+long+" -> y")),
			[]string{"has 10485760 bytes"}},
		{"much from a small constant", model(13, img, []*TensorProto{longs("s", 1<<20, 1<<9), longs("one", 1)}, node("Expand: one, s -> y")),
			[]string{`Expand`, "more than 671088640 bytes"}},
		{"a window without bound", model(13, img, nil, node("AveragePool: x -> y", attrIs("kernel_shape", 1<<20, 1<<20), attrIs("pads", 1<<20-1, 1<<20-1, 1<<20-1, 1<<20-1))),
			[]string{"window of 1048576x1048576: want at most"}},
	} {
		_, err := ImportBytes(c.m.Marshal(), "", Options{})
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q lacks %q", c.name, err, w)
			}
		}
		if len(err.Error()) > 5000 {
			t.Errorf("%s: an error of %d bytes", c.name, len(err.Error()))
		}
	}
}

// TestEmptyConstants has huge extents beside an empty one: no elements, so no memory and no time.
func TestEmptyConstants(t *testing.T) {
	empty := &TensorProto{Name: "e", DataType: TypeInt64, Dims: []int64{1 << 30, 0}}
	for _, nodes := range [][]*NodeProto{
		{node("Expand: e, to -> y")},
		{node("Expand: row, to -> y")},
		{node("Gather: e, i -> y")},
		{node("Transpose: e -> y")},
		{node("Concat: e, e -> y", attrI("axis", 1))},
		{node("Slice: e, zero, zero -> y")},
		{node("Where: yes, row, row -> y")},
		{node("Add: row, row -> y")},
	} {
		row := &TensorProto{Name: "row", DataType: TypeInt64, Dims: []int64{1, 0}}
		yes := NewTensor("yes", &ir.Tensor{Type: ir.Bool, Shape: ir.Shape{1}, U8: []uint8{1}})
		m := model(13, value("x", 1, 3), []*TensorProto{empty, row, yes, longs("to", 1<<30, 0), longs("i", 0, 1, 2), longs("zero", 0)},
			append(nodes, node("Relu: x -> z"))...)
		var before, after system.MemStats
		system.ReadMemStats(&before)
		_, err := ImportBytes(m.Marshal(), "", Options{})
		system.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", nodes[0].OpType, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: took %d bytes", nodes[0].OpType, n)
		}
	}
}

// TestManyProblems has an error that does not grow with the model.
func TestManyProblems(t *testing.T) {
	var nodes []*NodeProto
	for i := range 5000 {
		nodes = append(nodes, node(fmt.Sprintf("Nothing: x -> y%d", i)))
	}
	huge := make([]int64, 100000)
	for i := range huge {
		huge[i] = math.MaxInt64
	}
	nodes[0] = node("Split: x -> y0", attrIs("split", huge...))
	_, err := ImportBytes(model(11, value("x", 1, 3), nil, nodes...).Marshal(), "", Options{})
	wantError(t, err, "5000 problems", "and 4960 more", "bytes more)")
	if len(err.Error()) > 40000 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}
