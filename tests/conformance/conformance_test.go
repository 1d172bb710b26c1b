// Package conformance runs ONNX's own tests of operators, and whole models
// with recorded outputs, through the importer and an executor, and compiled.
package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/onnx"
)

// sets are the folders of tests, each with the tolerance that its expected
// outputs allow: they were computed in float32, by various libraries.
var sets = []struct {
	name string
	tol  tolerance
}{
	{"onnx-node", tolerance{1e-5, 1e-6}},
	{"onnx-node-opset8", tolerance{1e-5, 1e-6}},
	{"onnx-node-opset12", tolerance{1e-5, 1e-6}},
	{"onnx-pytorch-converted", tolerance{1e-5, 1e-6}},
	{"onnx-pytorch-operator", tolerance{1e-5, 1e-6}},
}

// rounded names tests whose expected output was written down with four digits, or is float16.
var rounded = map[string]tolerance{
	"test_averagepool_2d_ceil_last_window_starts_on_pad": {1e-3, 1e-5},
	"test_celu_float16":          {1.0 / 2048, 1e-6},
	"test_celu_float16_expanded": {1.0 / 2048, 1e-6},
}

// TestConformance runs every test folder: interpreted, compiled in fp32, and in int8
// where the test is of quantized operators. A wrong number fails; what does not get that far
// must be listed in the table with its reason, so that nothing that passed once is lost silently.
func TestConformance(t *testing.T) {
	root := data(t, "conformance")
	now := results{}
	for _, set := range sets {
		files, err := filepath.Glob(filepath.Join(root, set.name, "*", "model.onnx"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no tests found (%v)", set.name, err)
		}
		tests := map[string]func() outcome{}
		for _, file := range files {
			dir := filepath.Dir(file)
			tol, ok := rounded[filepath.Base(dir)]
			if !ok {
				tol = set.tol
			}
			tests[set.name+"/"+filepath.Base(dir)] = func() outcome { return runFolder(dir, tol) }
		}
		now.run(t, set.name, tests)
	}
	now.settle(t, func(name string) bool { return !strings.HasPrefix(name, lightSet) })
}

// runFolder runs one test: a model and its data sets. The outcome is that of the first
// data set that does not pass.
func runFolder(dir string, tol tolerance) outcome {
	b, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return outcome{interpreted: err}
	}
	cases, err := filepath.Glob(filepath.Join(dir, "test_data_set_*"))
	if err != nil || len(cases) == 0 {
		return outcome{interpreted: fmt.Errorf("has no data (%v)", err)}
	}
	var all outcome
	for _, data := range cases {
		all.join(runCase(b, data, tol))
	}
	return all
}

// runCase runs a model on one data set.
func runCase(model []byte, dir string, tol tolerance) (o outcome) {
	check := func(out []*ir.Tensor, err error) error {
		for i, got := range out {
			want, err := readTensor(filepath.Join(dir, fmt.Sprintf("output_%d.pb", i)))
			if err != nil {
				return err
			}
			if err := tol.compare(got, want); err != nil {
				return fmt.Errorf("output %d: %w", i, err)
			}
		}
		return err
	}
	c, err := importCase(model, dir, parameters)
	if err != nil {
		return outcome{interpreted: err}
	}
	if err := check(interp.Run(c.g, c.in)); err != nil {
		return outcome{interpreted: err}
	}
	o.quantized = c.quantized
	if c, err = importCase(model, dir, parameters, weights); err == nil {
		err = c.compile(check)
	}
	o.compiled(err)
	return o
}

// testCase is a model on one data set.
type testCase struct {
	g         *ir.Graph
	in        []*ir.Tensor
	quantized bool // it has quantized operators
}

// importCase imports a model whose operands in the tables are constants.
func importCase(model []byte, dir string, constants ...map[string][]int) (*testCase, error) {
	m, err := onnx.Unmarshal(model)
	if err != nil {
		return nil, err
	}
	if err := inScope(m); err != nil {
		return nil, err
	}
	in, err := bindInputs(m, dir, constants)
	if err != nil {
		return nil, err
	}
	g, err := onnx.ImportBytes(m.Marshal(), "", onnx.Options{})
	if err != nil {
		return nil, importReason(err)
	}
	return &testCase{g, in, isQuantized(m)}, nil
}

// inScope fails for a test whose inputs a package can't have.
func inScope(m *onnx.ModelProto) error {
	for _, v := range m.Graph.Inputs {
		if v.NoTensor {
			return outOfScope{controlFlow, "input that is no tensor"}
		}
	}
	return nil
}

// parameters lists the operands that ingot wants as constants. The tests give
// them as inputs; networks never do, so they are made initializers.
var parameters = map[string][]int{
	"AffineGrid": {1}, "CenterCropPad": {1}, "MaxUnpool": {2},
	"Clip": {1, 2}, "ConstantOfShape": {0}, "Dropout": {1, 2}, "Expand": {1}, "Gather": {1}, "Pad": {1, 2, 3}, "ReduceMean": {1},
	"QLinearConv": {1, 2, 4, 5, 6, 7}, "QLinearMatMul": {1, 2, 4, 5, 6, 7}, "QuantizeLinear": {1, 2}, "DequantizeLinear": {1, 2},
	"ConvInteger": {2, 3}, "MatMulInteger": {2, 3},
	"ReduceSum": {1}, "ReduceMax": {1}, "ReduceMin": {1}, "ReduceProd": {1}, "ReduceL1": {1}, "ReduceL2": {1}, "ReduceLogSum": {1},
	"ReduceLogSumExp": {1}, "ReduceSumSquare": {1}, "TopK": {1}, "CumSum": {1}, "OneHot": {1}, "Compress": {1}, "Trilu": {1}, "ReverseSequence": {1},
	"NonMaxSuppression": {2, 3, 4}, "Range": {0, 1, 2},
	"Reshape": {1}, "Resize": {1, 2, 3}, "Slice": {1, 2, 3, 4}, "Split": {1}, "Squeeze": {1}, "Tile": {1}, "Unsqueeze": {1}, "Upsample": {1},
}

// weights lists the operands that compiled layers want as constants beside those: weights,
// scales and zero points. The tests give them as inputs too.
var weights = map[string][]int{
	"BatchNormalization": {1, 2, 3, 4}, "Conv": {1, 2}, "ConvTranspose": {1, 2}, "Gemm": {1, 2},
	"ConvInteger": {1, 2, 3}, "MatMulInteger": {1, 2, 3}, "QLinearConv": {1, 2, 3, 4, 5, 6, 7, 8}, "QLinearMatMul": {1, 2, 3, 4, 5, 6, 7},
	"QuantizeLinear": {1, 2}, "DequantizeLinear": {1, 2},
}

// bindInputs reads input_*.pb, makes initializers of those that the tables list,
// and returns the others in the order of the graph's inputs.
func bindInputs(m *onnx.ModelProto, dir string, constants []map[string][]int) ([]*ir.Tensor, error) {
	fixed := map[string]bool{}
	for _, n := range m.Graph.Nodes {
		for _, table := range constants {
			for _, i := range table[n.OpType] {
				if i < len(n.Inputs) {
					fixed[n.Inputs[i]] = true
				}
			}
		}
	}
	stored := map[string]bool{}
	for _, p := range m.Graph.Initializers {
		stored[p.Name] = true
	}
	var in []*ir.Tensor
	file := 0
	for _, v := range m.Graph.Inputs {
		if stored[v.Name] {
			continue
		}
		p, err := readProto(filepath.Join(dir, fmt.Sprintf("input_%d.pb", file)))
		if err != nil {
			return nil, err
		}
		file++
		if fixed[v.Name] {
			p.Name = v.Name
			m.Graph.Initializers = append(m.Graph.Initializers, p)
			continue
		}
		x, err := p.Tensor()
		if err != nil {
			return nil, outOfScope{classOf("", "has elements of "+p.DataType.String()), fmt.Sprintf("input of %s", p.DataType)}
		}
		in = append(in, x)
	}
	return in, nil
}
