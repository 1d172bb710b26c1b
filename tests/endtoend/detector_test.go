package endtoend

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// detector is an int8 convolution with a head of operators in plain Go behind it, some of whose
// outputs are integers.
func detector() []byte {
	g := &onnx.GraphProto{Name: "detector", Inputs: []*onnx.ValueInfoProto{value("x", 1, 1, 8, 8)}}
	constant := func(name string, t *ir.Tensor) { g.Initializers = append(g.Initializers, onnx.NewTensor(name, t)) }
	longs := func(name string, v ...int64) {
		constant(name, &ir.Tensor{Type: ir.I64, Shape: ir.Shape{len(v)}, I64: v})
	}
	floats := func(name string, v ...float32) { constant(name, ir.Floats(ir.Shape{len(v)}, v)) }
	add := func(n *onnx.NodeProto, attributes ...*onnx.AttributeProto) *onnx.NodeProto {
		n.Attributes = attributes
		g.Nodes = append(g.Nodes, n)
		return n
	}
	integer := func(name string, v int64) *onnx.AttributeProto {
		return &onnx.AttributeProto{Name: name, Type: onnx.AttrInt, I: v}
	}
	w := make([]float32, 18)
	for i := range w {
		w[i] = float32(i%5) - 2
	}
	constant("w", ir.Floats(ir.Shape{2, 1, 3, 3}, w))
	floats("scale", 0.5, 2)
	floats("bias", 0.25, -1)
	floats("two", 0, 1)
	longs("four", 4)
	longs("last", 2)
	longs("rows", 1, 2, 25)
	longs("flat", 25)
	longs("column", 4, 1)
	longs("zero", 0)
	longs("count", 48)
	longs("one", 1)
	longs("boxShape", 1, 12, 4)
	longs("scoreShape", 1, 1, 12)
	longs("depth", 25)
	floats("half", 0.5)

	add(node("Conv", "conv", "x", "w"))
	add(node("Relu", "relu", "conv"))
	add(node("InstanceNormalization", "instance", "relu", "scale", "bias"))
	add(node("LRN", "lrn", "instance"), integer("size", 3))
	add(node("LpPool", "pool", "lrn"), &onnx.AttributeProto{Name: "kernel_shape", Type: onnx.AttrInts, Ints: []int64{2, 2}})
	add(node("Reshape", "lines", "pool", "rows"))
	add(node("ReduceLogSumExp", "sums", "lines"), &onnx.AttributeProto{Name: "axes", Type: onnx.AttrInts, Ints: []int64{1}}, integer("keepdims", 0))
	add(node("TopK", "top", "sums", "four")).Outputs = []string{"top", "at"}
	add(node("GatherElements", "taken", "sums", "at"), integer("axis", 1))
	add(node("OneHot", "hot", "at", "depth", "two"))
	add(node("CumSum", "steps", "hot", "last"))
	add(node("ArgMax", "first", "steps"), integer("axis", 2))
	add(node("Reshape", "list", "sums", "flat"))
	add(node("Reshape", "places", "at", "column"))
	add(node("GatherND", "picked", "list", "places"))
	add(node("ScatterND", "scattered", "list", "places", "picked"), &onnx.AttributeProto{Name: "reduction", Type: onnx.AttrString, S: []byte("add")})
	add(node("Gather", "again", "list", "at"))
	add(node("Flatten", "all", "pool"))
	add(node("Slice", "some", "all", "zero", "count", "one"))
	add(node("Reshape", "boxes", "some", "boxShape"))
	add(node("ReduceMax", "best", "boxes"), &onnx.AttributeProto{Name: "axes", Type: onnx.AttrInts, Ints: []int64{2}})
	add(node("Reshape", "scores", "best", "scoreShape"))
	add(node("NonMaxSuppression", "selected", "boxes", "scores", "four", "half"))
	add(node("LogSoftmax", "logs", "boxes"), integer("axis", 1))
	add(node("Hardmax", "hard", "boxes"))
	for _, name := range []string{"top", "taken", "first", "scattered", "again", "selected", "logs", "hard"} {
		g.Outputs = append(g.Outputs, &onnx.ValueInfoProto{Name: name})
	}
	m := onnx.ModelProto{IRVersion: 8, Graph: g, OpsetImport: []onnx.OperatorSetID{{Version: 17}}}
	return m.Marshal()
}

// A package with operators in plain Go is complete, and gives the same on all instruction sets and
// with any number of workers.
func TestDetectorPackage(t *testing.T) {
	module := t.TempDir()
	if err := newModule(module); err != nil {
		t.Fatal(err)
	}
	samples(t, filepath.Join(module, "in.npy"), 0.5)
	write(t, filepath.Join(module, "model.onnx"), detector())
	must(t, module, "build", "-calib", "in.npy", "-o", "net", "-pkg", "net", "model.onnx")
	gocmd(t, module, nil, "vet", "./net")
	gocmd(t, module, nil, "test", "-count=1", "./net")
	if qemu, err := exec.LookPath("qemu-aarch64-static"); err == nil {
		gocmd(t, module, []string{"GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"}, "test", "-count=1", "-run", "TestKnown", "-exec", qemu, "./net")
	}
}
