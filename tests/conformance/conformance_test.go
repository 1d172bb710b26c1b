// Package conformance runs ONNX's own tests of operators, and whole models
// with recorded outputs, through the importer and an executor.
package conformance

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/ir/interp"
	"github.com/ingot-go/ingot/onnx"
)

var update = flag.Bool("update", false, "write results.tsv anew")

// table is the committed list of results: folder, then pass or out of scope
// with the reason.
const table = "results.tsv"

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

// rounded names tests whose expected output was written down with four digits.
var rounded = map[string]tolerance{
	"test_averagepool_2d_ceil_last_window_starts_on_pad": {1e-3, 1e-5},
}

// outOfScope is the reason why a test asks for something that ingot does not claim.
type outOfScope string

func (o outOfScope) Error() string { return string(o) }

// TestConformance runs every test folder. A wrong number fails; what could not
// be imported must be listed in the table with its reason, so that nothing that
// passed once is lost silently.
func TestConformance(t *testing.T) {
	root := data(t, "conformance")
	var now bytes.Buffer
	for _, set := range sets {
		dirs, err := filepath.Glob(filepath.Join(root, set.name, "*", "model.onnx"))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("%s: no tests found (%v)", set.name, err)
		}
		slices.Sort(dirs)
		passed := 0
		for _, file := range dirs {
			name := set.name + "/" + filepath.Base(filepath.Dir(file))
			tol, ok := rounded[filepath.Base(name)]
			if !ok {
				tol = set.tol
			}
			err := runFolder(filepath.Dir(file), tol)
			var scope outOfScope
			switch {
			case err == nil:
				passed++
				fmt.Fprintf(&now, "%s\tpass\n", name)
			case errors.As(err, &scope):
				fmt.Fprintf(&now, "%s\tout of scope\t%s\n", name, scope)
			default:
				t.Errorf("%s: %v", name, err)
				fmt.Fprintf(&now, "%s\tfails\n", name)
			}
		}
		t.Logf("%s: %d of %d pass, the others are out of scope", set.name, passed, len(dirs))
	}
	if *update {
		if err := os.WriteFile(table, now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	compareTable(t, now.String())
}

// compareTable reports every line that is not as committed.
func compareTable(t *testing.T, now string) {
	b, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, result, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		want[name] = result
	}
	for line := range strings.Lines(now) {
		name, result, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if want[name] != result {
			t.Errorf("%s: %q, the table says %q; if that is meant, run the test with -update", name, result, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is in the table but was not run", name)
	}
}

// runFolder runs one test: a model and its data sets.
func runFolder(dir string, tol tolerance) error {
	b, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return err
	}
	cases, err := filepath.Glob(filepath.Join(dir, "test_data_set_*"))
	if err != nil || len(cases) == 0 {
		return fmt.Errorf("has no data (%v)", err)
	}
	for _, data := range cases {
		m, err := onnx.Unmarshal(b)
		if err != nil {
			return err
		}
		if err := runCase(m, data, tol); err != nil {
			return err
		}
	}
	return nil
}

// runCase runs a model on one data set.
func runCase(m *onnx.ModelProto, dir string, tol tolerance) error {
	if err := inScope(m); err != nil {
		return err
	}
	in, err := bindInputs(m, dir)
	if err != nil {
		return err
	}
	g, err := onnx.ImportBytes(m.Marshal(), "", onnx.Options{})
	if err != nil {
		return importReason(err)
	}
	out, err := interp.Run(g, in)
	if err != nil {
		return err
	}
	for i, got := range out {
		want, err := readTensor(filepath.Join(dir, fmt.Sprintf("output_%d.pb", i)))
		if err != nil {
			return err
		}
		if err := tol.compare(got, want); err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return nil
}

// importReason is the reason why a model of these tests was refused.
func importReason(err error) error {
	var e *onnx.Error
	if !errors.As(err, &e) {
		return err
	}
	p := e.Problems[0]
	reason, _, _ := strings.Cut(p.What, "; ")
	reason, _, _ = strings.Cut(reason, ", want")
	if strings.HasPrefix(reason, "the operator is not supported") {
		reason = "not supported"
	}
	if p.Op != "" {
		reason = p.Op + ": " + reason
	}
	return outOfScope(reason)
}

// laterOpset is the last version of the standard operators of which those that
// ingot reads differ from opset 21 only in the element types that they allow
// (bfloat16 in 22; 4-bit, 8-bit and 2-bit floats in 23 to 25). The importer
// refuses them all the same, since it can't know that of a whole model; the
// tests are run as opset 21.
const laterOpset = 25

// inScope lowers the opset where that changes nothing.
func inScope(m *onnx.ModelProto) error {
	for i := range m.OpsetImport {
		if o := &m.OpsetImport[i]; o.Domain == "" && o.Version > 21 && o.Version <= laterOpset {
			o.Version = 21
		} else if o.Domain == "" && o.Version > laterOpset {
			return outOfScope(fmt.Sprintf("opset %d", o.Version))
		}
	}
	for _, v := range m.Graph.Inputs {
		if v.NoTensor {
			return outOfScope("input that is no tensor")
		}
	}
	return nil
}

// parameters lists the operands that ingot wants as constants. The tests give
// them as inputs; networks never do, so they are made initializers.
var parameters = map[string][]int{
	"Clip": {1, 2}, "ConstantOfShape": {0}, "Dropout": {1, 2}, "Expand": {1}, "Gather": {1}, "Pad": {1, 2, 3}, "ReduceMean": {1},
	"ReduceSum": {1}, "ReduceMax": {1}, "ReduceMin": {1}, "ReduceProd": {1}, "ReduceL1": {1}, "ReduceL2": {1}, "ReduceLogSum": {1},
	"ReduceLogSumExp": {1}, "ReduceSumSquare": {1}, "TopK": {1}, "CumSum": {1}, "OneHot": {1}, "Compress": {1}, "Trilu": {1}, "ReverseSequence": {1},
	"NonMaxSuppression": {2, 3, 4}, "Range": {0, 1, 2},
	"Reshape": {1}, "Resize": {1, 2, 3}, "Slice": {1, 2, 3, 4}, "Split": {1}, "Squeeze": {1}, "Tile": {1}, "Unsqueeze": {1}, "Upsample": {1},
}

// bindInputs reads input_*.pb, makes initializers of those that are parameters,
// and returns the others in the order of the graph's inputs.
func bindInputs(m *onnx.ModelProto, dir string) ([]*ir.Tensor, error) {
	fixed := map[string]bool{}
	for _, n := range m.Graph.Nodes {
		for _, i := range parameters[n.OpType] {
			if i < len(n.Inputs) {
				fixed[n.Inputs[i]] = true
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
			return nil, outOfScope(fmt.Sprintf("input of %s", p.DataType))
		}
		in = append(in, x)
	}
	return in, nil
}
