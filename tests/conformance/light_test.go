package conformance

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/ir"
	"github.com/ingot-go/ingot/onnx"
)

// lightSet is how the names of ONNX's light networks begin in the table.
const lightSet = "onnx-light/"

// quickMACs is how many products a network may have to run without -long: plain Go takes
// some seconds for a billion.
const quickMACs = 4e8

// TestLight runs ONNX's networks whose weights ConstantOfShape makes, as a whole, and
// compiles them. The input is 0, 1/n, 2/n and so on. The larger ones run with -long and
// -update only.
func TestLight(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(data(t, "conformance", "onnx-light"), "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks found (%v)", err)
	}
	now, skipped := results{}, map[string]bool{}
	tests := map[string]func() outcome{}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".onnx")
		name := lightSet + filepath.Base(base)
		g, err := onnx.Import(file, onnx.Options{})
		if err == nil && g.MACs() > quickMACs && !*long && !*update {
			skipped[name] = true
			continue
		}
		tests[name] = func() outcome { return runLight(base, g, err) }
	}
	t.Logf("%d larger networks are imported only, without -long", len(skipped))
	now.run(t, strings.TrimSuffix(lightSet, "/"), tests)
	now.settle(t, func(name string) bool { return strings.HasPrefix(name, lightSet) && !skipped[name] })
}

// runLight runs a network that was imported, or not, which err says.
func runLight(base string, g *ir.Graph, err error) outcome {
	if err != nil {
		return outcome{interpreted: importReason(err)}
	}
	want, err := readTensor(base + "_output_0.pb")
	if err != nil {
		return outcome{interpreted: err}
	}
	check := func(out []*ir.Tensor, err error) error {
		if err == nil && len(out) != 1 {
			err = fmt.Errorf("%d outputs, want 1", len(out))
		}
		if err == nil {
			_, err = compareOutput(out[0], want)
		}
		return err
	}
	in := []*ir.Tensor{ramp(g.Inputs[0].Shape)}
	if err := check(execute(g, in)); err != nil {
		return outcome{interpreted: err}
	}
	c := testCase{g: g, in: in}
	return outcome{fp32: c.compile(check)}
}

// ramp returns the input that ONNX's runner of backend tests makes.
func ramp(s ir.Shape) *ir.Tensor {
	v := make([]float32, s.Elems())
	for i := range v {
		v[i] = float32(float64(i) / float64(len(v)))
	}
	return ir.Floats(s, v)
}
