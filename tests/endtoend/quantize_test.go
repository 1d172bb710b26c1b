package endtoend

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ingot-go/ingot/onnx"
)

// TestQuantize writes the example's int8 and mixed form as ONNX files.
func TestQuantize(t *testing.T) {
	config, dir := filepath.Join(root, "examples/garments/garments.yaml"), t.TempDir()
	quantize := func(file string, flags ...string) (string, []byte) {
		out := must(t, dir, append(append([]string{"quantize", "-o", file}, flags...), config)...)
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return out, b
	}
	out, first := quantize("q.onnx")
	for _, want := range []string{"calibration.json", "19 nodes to int8, 0 stay fp32", "top-1 ", "q.onnx, "} {
		if !strings.Contains(out, want) {
			t.Errorf("the report lacks %q:\n%s", want, out)
		}
	}
	if _, again := quantize("again.onnx"); !bytes.Equal(first, again) {
		t.Error("a second file differs")
	}
	m, err := onnx.Unmarshal(first)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, n := range m.Graph.Nodes {
		count[n.OpType]++
	}
	if m.OpsetImport[0].Version != 17 || count["QuantizeLinear"] != 19 || count["Conv"] < 10 || m.Graph.Inputs[0].Name != "image" || m.Graph.Outputs[0].Name != "logits" {
		t.Errorf("opset %v, operators %v", m.OpsetImport, count)
	}
	if out, _ := quantize("mixed.onnx", "-exclude-op", "Conv"); !strings.Contains(out, "fp32: ") || !strings.Contains(out, "excluded") {
		t.Errorf("the report of mixed precision does not say what stays fp32:\n%s", out)
	}
	if r := ingot(t, dir, "quantize", "-o", "again.onnx", "again.onnx"); r.status != 2 || !strings.Contains(r.stderr, "the model itself") {
		t.Errorf("writing over the model: status %d, %q", r.status, r.stderr)
	}
}
